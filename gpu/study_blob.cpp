#include "gpu/study_blob.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <type_traits>

#include "gpu/source_fingerprint.hpp"  // written by the build
#include "models/world.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr char magic[8] = {'N', 'A', 'D', 'C', 'B', 'L', 'O', 'B'};
constexpr std::uint32_t version = 2;
constexpr std::uint64_t most_bytes = std::uint64_t{4} << 30;  // of one block; a sound file stays far below

// Of all that the blocks are made of: what their headers say, and what this compiler makes of it.
constexpr std::uint64_t layout() {
  std::uint64_t hash = source_fingerprint;
  for (const std::uint64_t size : {sizeof(World), sizeof(Point)}) hash = (hash ^ size) * 1099511628211ull;
  return hash;
}

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), file_(path, std::ios::binary) {
    if (!file_) fail("cannot be opened");
  }
  template <class T> T take() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    take_into(&value, sizeof(T));
    return value;
  }
  std::vector<std::byte> take_block(std::size_t header) {
    const auto bytes = take<std::uint64_t>();
    if (bytes < header || bytes > most_bytes) fail("holds a block of " + std::to_string(bytes) + " bytes");
    std::vector<std::byte> block;
    // In pieces, so that a damaged length meets the end of the file before it meets the end of memory.
    while (block.size() < bytes) {
      const std::size_t begin = block.size(), piece = std::min<std::size_t>(bytes - begin, std::size_t{1} << 24);
      block.resize(begin + piece);
      take_into(block.data() + begin, piece);
    }
    std::uint64_t stated = 0;  // the first member of World and Point
    std::memcpy(&stated, block.data(), sizeof stated);
    if (stated != bytes) fail("holds a block that states another length");
    return block;
  }
  std::string take_text() {
    const auto length = take<std::uint32_t>();
    if (length > 4096) fail("holds a name of " + std::to_string(length) + " bytes");
    std::string text((std::size_t{length} + 7) / 8 * 8, '\0');
    take_into(text.data(), text.size());
    text.resize(length);
    return text;
  }
  void expect_end() {
    if (file_.peek() != std::ifstream::traits_type::eof()) fail("goes on after its last study");
  }
  [[noreturn]] void fail(const std::string& why) const {
    Place place;
    place.file = path_;
    throw Error(ErrorKind::input, "study blob " + why, "write it again with this version of nadc", place);
  }

 private:
  void take_into(void* to, std::size_t bytes) {
    if (!file_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes))) fail("is cut short");
  }
  std::string path_;
  std::ifstream file_;
};

class Writer {
 public:
  explicit Writer(const std::string& path) : path_(path), file_(path, std::ios::binary | std::ios::trunc) {}
  template <class T> void put(const T& value) { put_bytes(&value, sizeof(T)); }
  void put_bytes(const void* from, std::size_t bytes) {
    file_.write(static_cast<const char*>(from), static_cast<std::streamsize>(bytes));
  }
  void put_block(const std::vector<std::byte>& block) {
    put(static_cast<std::uint64_t>(block.size()));
    put_bytes(block.data(), block.size());
  }
  void put_text(std::string text) {
    put(static_cast<std::uint32_t>(text.size()));
    text.resize((text.size() + 7) / 8 * 8, '\0');
    put_bytes(text.data(), text.size());
  }
  void finish() {
    file_.close();
    if (!file_) throw Error(ErrorKind::failed, "cannot write " + path_, "is the folder there, and is there room?");
  }

 private:
  std::string path_;
  std::ofstream file_;
};

}  // namespace

void write_study_blob(const std::string& path, const std::vector<BlobStudy>& studies) {
  Writer out(path);
  out.put_bytes(magic, sizeof magic);
  out.put(version);
  out.put(static_cast<std::uint32_t>(studies.size()));
  out.put(layout());
  for (const BlobStudy& study : studies) {
    out.put_text(study.name);
    out.put_block(study.world_block);
    out.put(static_cast<std::uint32_t>(study.points.size()));
    out.put(static_cast<std::uint32_t>(study.rows.size()));
    for (const auto& point : study.points) out.put_block(point);
    for (const ExpectedRow& row : study.rows) {
      out.put(row.task.point);
      out.put(row.task.replica);
      out.put(row.hash);
    }
  }
  out.finish();
}

std::vector<BlobStudy> read_study_blob(const std::string& path) {
  Reader in(path);
  const auto found = in.take<std::uint64_t>();
  if (std::memcmp(&found, magic, sizeof magic) != 0) in.fail("does not begin as one");
  const auto file_version = in.take<std::uint32_t>();
  if (file_version != version) in.fail("has version " + std::to_string(file_version));
  const auto count = in.take<std::uint32_t>();
  if (in.take<std::uint64_t>() != layout()) in.fail("was written by a program whose worlds look different");
  std::vector<BlobStudy> studies;
  for (std::uint32_t s = 0; s < count; ++s) {
    BlobStudy study;
    study.name = in.take_text();
    study.world_block = in.take_block(sizeof(World));
    const auto points = in.take<std::uint32_t>(), rows = in.take<std::uint32_t>();
    for (std::uint32_t p = 0; p < points; ++p) study.points.push_back(in.take_block(sizeof(Point)));
    for (std::uint32_t r = 0; r < rows; ++r) {
      ExpectedRow row{};
      row.task.point = in.take<std::uint32_t>();
      row.task.replica = in.take<std::uint32_t>();
      row.hash = in.take<std::uint64_t>();
      if (row.task.point >= points) in.fail("expects a row of a point that it does not hold");
      study.rows.push_back(row);
    }
    studies.push_back(std::move(study));
  }
  in.expect_end();
  return studies;
}

}  // namespace nadc
