#include "app/io/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace nadc {
namespace {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

void write_all(Descriptor& file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw file_error(ErrorKind::failed, "write the file", errno, path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

Place in_file(std::string path) {
  Place place;
  place.file = std::move(path);
  return place;
}

std::string hint_for_errno(int number) {
  switch (number) {
    case EACCES:
    case EPERM:
      return "check the owner and the permissions of the file and its folder";
    case EROFS:
      return "the file system is mounted read-only: write elsewhere";
    case ENOSPC:
    case EDQUOT:
      return "the disk or the quota is full: free some space, or write to another file system";
    case EFBIG:
      return "the file would pass the size limit of this process or file system (see ulimit -f)";
    case ENOENT:
      return "check the name; the folder must exist";
    case EISDIR:
      return "the path is a directory: give the name of a file";
    case ENOTDIR:
      return "a part of the path is a file, not a directory";
    case EIO:
      return "the disk or the network file system reports an error";
    default:
      return {};
  }
}

Error file_error(ErrorKind kind, const std::string& what, int number, const std::string& path) {
  return Error(kind, fmt::format("cannot {} ({})", what, std::strerror(number)), hint_for_errno(number), in_file(path));
}

std::string resolved(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const auto target = std::filesystem::weakly_canonical(path, error);
  return error ? path : target.string();
}

std::string temporary_name(const std::string& path) { return resolved(path) + ".tmp"; }

void check_writable(const std::string& path) {
  if (path.empty()) throw Error(ErrorKind::usage, "the name of the file to write is empty");
  struct stat info {};
  const std::string folder = folder_of(resolved(path));
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) throw file_error(ErrorKind::usage, "write the file", EISDIR, path);
    if (!S_ISREG(info.st_mode))
      throw Error(ErrorKind::usage, "cannot write the file (it is a device or a pipe)",
                  "a results file needs the name of a regular file", in_file(path));
  }
  if (::stat(folder.c_str(), &info) != 0) throw file_error(ErrorKind::usage, "write the file", errno, path);
  if (!S_ISDIR(info.st_mode)) throw file_error(ErrorKind::usage, "write the file", ENOTDIR, path);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) throw file_error(ErrorKind::failed, "write the file", errno, path);
}

void publish(const std::string& temporary, const std::string& path) {
  const std::string target = resolved(path);
  {
    Descriptor file(temporary, O_RDONLY);
    if (file.get() < 0 || ::fsync(file.get()) != 0)
      throw file_error(ErrorKind::failed, "sync the file", errno, temporary);
  }
  if (::rename(temporary.c_str(), target.c_str()) != 0)
    throw file_error(ErrorKind::failed, fmt::format("rename \"{}\"", temporary), errno, path);
  // Some file systems cannot sync a folder; the file itself is safe by now.
  Descriptor folder(folder_of(target), O_RDONLY | O_DIRECTORY);
  if (folder.get() >= 0) ::fsync(folder.get());
}

void write_file(const std::string& path, std::string_view text) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    Descriptor file(path, O_WRONLY);
    if (file.get() < 0) throw file_error(ErrorKind::failed, "open the file", errno, path);
    write_all(file, text, path);
    return;
  }
  check_writable(path);
  const std::string temporary = temporary_name(path);
  try {
    Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.get() < 0) throw file_error(ErrorKind::failed, "create the file", errno, path);
    write_all(file, text, path);
    if (::fsync(file.get()) != 0 && errno != EINVAL) throw file_error(ErrorKind::failed, "sync the file", errno, path);
    if (file.close() != 0) throw file_error(ErrorKind::failed, "close the file", errno, path);
    publish(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace nadc
