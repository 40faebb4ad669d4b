#include "app/io/seal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>

#include "app/io/atomic_file.hpp"
#include "app/io/digest.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

static_assert(std::endian::native == std::endian::little, "seals are stored little-endian");

constexpr std::array<char, 8> trailer_mark{'n', 'a', 'd', 'c', 's', 'e', 'a', 'l'};
constexpr std::array<char, 8> part_mark{'n', 'a', 'd', 'c', 'p', 'a', 'r', 't'};
constexpr std::array<char, 8> hdf5_mark{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
constexpr std::size_t piece = std::size_t{1} << 20;

struct Trailer {
  std::array<char, 8> mark;
  std::uint64_t size;     // [B] before the trailer
  std::uint32_t crc;      // of them
  std::uint32_t own_crc;  // of the fields above
};
static_assert(sizeof(Trailer) == 24);

struct PartHead {
  std::array<char, 8> mark;
  std::uint64_t size;        // [B] of the file, this block included
  std::uint32_t ranges;      // FileRange each, behind the head, ascending
  std::uint32_t crc;         // of all bytes outside of this block and the ranges
  std::uint32_t own_crc;     // of head and ranges, with this field 0
  std::uint32_t block_size;  // [B] of this block
};
static_assert(sizeof(PartHead) == 32);

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC)) {
    struct stat info {};
    if (fd_ >= 0 && ::fstat(fd_, &info) == 0 && S_ISREG(info.st_mode)) size_ = static_cast<std::uint64_t>(info.st_size);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool usable() const { return fd_ >= 0 && size_.has_value(); }
  std::uint64_t size() const { return size_.value_or(0); }

  void read(std::uint64_t at, std::span<char> bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw file_error(ErrorKind::input, "read the file", errno, path_);
      if (n == 0) throw Error(ErrorKind::input, "the file changed while it was read", {}, in_file(path_));
      at += static_cast<std::uint64_t>(n);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }
  void write(std::uint64_t at, std::span<const char> bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw file_error(ErrorKind::failed, "write the file", errno, path_);
      at += static_cast<std::uint64_t>(n);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }
  // CRC-32 of [begin, end), going on from an earlier one.
  std::uint32_t checksum(std::uint64_t begin, std::uint64_t end, std::uint32_t crc = 0) const {
    std::vector<char> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(piece, end - begin)));
    for (std::uint64_t at = begin; at < end; at += buffer.size()) {
      const std::span<char> bytes(buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(piece, end - at)));
      read(at, bytes);
      crc = crc32_bytes(crc, bytes);
    }
    return crc;
  }
  template <class T> T value(std::uint64_t at) const {
    std::array<char, sizeof(T)> bytes;
    read(at, bytes);
    return std::bit_cast<T>(bytes);
  }

 private:
  std::string path_;
  int fd_;
  std::optional<std::uint64_t> size_;
};

template <class T> std::array<char, sizeof(T)> bytes_of(const T& value) {
  return std::bit_cast<std::array<char, sizeof(T)>>(value);
}

std::uint32_t own_crc(const Trailer& trailer) {
  const auto bytes = bytes_of(trailer);
  return crc32_bytes(0, std::span(bytes).first(offsetof(Trailer, own_crc)));
}

std::uint32_t own_crc(PartHead head, std::span<const FileRange> ranges) {
  head.own_crc = 0;
  std::uint32_t crc = crc32_bytes(0, bytes_of(head));
  for (const FileRange& range : ranges) crc = crc32_bytes(crc, bytes_of(range));
  return crc;
}

// Of what a part's seal covers: the file behind the block, without the ranges.
std::uint32_t covered_crc(const OpenFile& file, std::uint64_t block, std::span<const FileRange> ranges) {
  std::uint32_t crc = 0;
  std::uint64_t at = block;
  for (const FileRange& range : ranges) {
    crc = file.checksum(at, range.begin, crc);
    at = range.begin + range.size;
  }
  return file.checksum(at, file.size(), crc);
}

std::optional<Trailer> trailer_of(const OpenFile& file) {
  if (file.size() < sizeof(Trailer)) return std::nullopt;
  const auto trailer = file.value<Trailer>(file.size() - sizeof(Trailer));
  return trailer.mark == trailer_mark ? std::optional(trailer) : std::nullopt;
}

std::optional<PartHead> part_head_of(const OpenFile& file) {
  if (file.size() < sizeof(PartHead)) return std::nullopt;
  const auto head = file.value<PartHead>(0);
  return head.mark == part_mark ? std::optional(head) : std::nullopt;
}

// HDF5 looks for its signature at 0, 512, 1024, 2048…
bool looks_like_hdf5(const OpenFile& file) {
  for (std::uint64_t at = 0; at + hdf5_mark.size() <= file.size(); at = at == 0 ? 512 : 2 * at)
    if (file.value<std::array<char, 8>>(at) == hdf5_mark) return true;
  return false;
}

[[noreturn]] void damaged(const std::string& path, const std::string& why) {
  throw Error(ErrorKind::input, "the file is damaged: " + why, "copy it again from where it was made, or make it anew",
              in_file(path));
}

void check_part(const OpenFile& file, const PartHead& head, const std::string& path) {
  if (head.ranges > (head.block_size - std::min<std::uint64_t>(head.block_size, sizeof head)) / sizeof(FileRange) ||
      head.block_size > file.size())
    damaged(path, "its seal cannot be read");
  std::vector<FileRange> ranges;
  for (std::uint32_t i = 0; i < head.ranges; ++i)
    ranges.push_back(file.value<FileRange>(sizeof head + i * sizeof(FileRange)));
  if (head.own_crc != own_crc(head, ranges)) damaged(path, "its seal does not match its own checksum");
  if (file.size() < head.size) damaged(path, fmt::format("it was cut off at {} of {} bytes", file.size(), head.size));
  if (file.size() > head.size || head.crc != covered_crc(file, head.block_size, ranges))
    damaged(path, "its contents do not match their checksum");
}

}  // namespace

void seal_finished(const std::string& path) {
  const OpenFile file(path, O_RDWR);
  if (!file.usable()) throw file_error(ErrorKind::failed, "open the file", errno, path);
  Trailer trailer{trailer_mark, file.size(), file.checksum(0, file.size()), 0};
  trailer.own_crc = own_crc(trailer);
  file.write(file.size(), bytes_of(trailer));
}

std::uint64_t part_seal_bytes(std::size_t ranges) {
  return std::bit_ceil(std::max<std::uint64_t>(512, sizeof(PartHead) + ranges * sizeof(FileRange)));
}

void seal_part(const std::string& path, std::vector<FileRange> changing) {
  std::sort(changing.begin(), changing.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  const OpenFile file(path, O_RDWR);
  if (!file.usable()) throw file_error(ErrorKind::failed, "open the file", errno, path);
  const std::uint64_t block = part_seal_bytes(changing.size());
  PartHead head{part_mark,
                file.size(),
                static_cast<std::uint32_t>(changing.size()),
                covered_crc(file, block, changing),
                0,
                static_cast<std::uint32_t>(block)};
  head.own_crc = own_crc(head, changing);
  file.write(0, bytes_of(head));
  for (std::size_t i = 0; i < changing.size(); ++i)
    file.write(sizeof head + i * sizeof(FileRange), bytes_of(changing[i]));
}

void check_seal(const std::string& path) {
  const OpenFile file(path, O_RDONLY);
  if (!file.usable()) return;
  if (const auto trailer = trailer_of(file)) {
    const std::uint64_t before = file.size() - sizeof(Trailer);
    if (trailer->own_crc != own_crc(*trailer) || trailer->size != before || trailer->crc != file.checksum(0, before))
      damaged(path, "its contents do not match their checksum");
    return;
  }
  if (const auto head = part_head_of(file)) {
    check_part(file, *head, path);
    return;
  }
  if (looks_like_hdf5(file))
    throw Error(ErrorKind::input,
                "the file has no seal: it was cut off or changed, or an older nadc or another program wrote it",
                "copy it again from where it was made, or make it anew with this nadc", in_file(path));
}

bool is_sealed(const std::string& path) {
  const OpenFile file(path, O_RDONLY);
  return file.usable() && (trailer_of(file) || part_head_of(file));
}

}  // namespace nadc
