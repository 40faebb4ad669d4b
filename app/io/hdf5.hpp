// The one file that knows the HDF5 C library: files, groups, datasets, attributes and dimension scales as owning
// objects.
//
// Contract. Every file tracks creation order, and a fixed dataset is laid out in one piece and filled at creation (NaN
// for float64, 0 for integers, "" for strings), so that writing its numbers later changes no metadata: a process killed
// in between leaves a readable file. A growing dataset is chunked and can be extended along its first axis. File
// format: HDF5 1.8, which netCDF-4 readers know; modification times are not stored, so equal content gives equal bytes.
// Objects close themselves; close() on a file also reports what the last flush could not write, and closes what was
// opened in it. Not thread-safe: one thread at a time.
// Errors: nadc::Error with the file's name, the library's innermost reason and a hint; kind `input` where a file cannot
// be opened or read, `failed` where it cannot be written.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nadc::h5 {

enum class Type { int8, int32, int64, float64, string };
enum class Access {
  read,
  write,
  watch,  // read without a lock, beside a process that writes: for files whose layout no longer changes
};
enum class Growth { fixed, rows };  // rows: chunked, the first axis can be extended

using Extent = std::vector<std::uint64_t>;

// Owns one HDF5 identifier; -1 is none.
class Handle {
 public:
  Handle() = default;
  explicit Handle(std::int64_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(other.id_) { other.id_ = -1; }
  Handle& operator=(Handle&& other) noexcept;
  ~Handle() { reset(); }

  std::int64_t get() const { return id_; }
  void reset() noexcept;

 private:
  std::int64_t id_ = -1;
};

// What files, groups and datasets share: attributes. Strings are stored with fixed length, as netCDF text attributes.
class Object {
 public:
  void set_attribute(std::string_view name, std::string_view text);
  void set_attribute(std::string_view name, std::int64_t value);
  void set_attribute(std::string_view name, double value);
  void set_attribute(std::string_view name, std::span<const std::int8_t> values);

  bool has_attribute(std::string_view name) const;
  // Nothing when there is no such attribute, or when it is of another class.
  std::optional<std::string> text_attribute(std::string_view name) const;
  std::optional<std::int64_t> integer_attribute(std::string_view name) const;

 protected:
  explicit Object(Handle id) : id_(std::move(id)) {}
  Handle id_;
};

class Dataset : public Object {
 public:
  explicit Dataset(Handle id) : Object(std::move(id)) {}

  std::string name() const;  // without its groups
  Type type() const;         // error when the file holds another type
  Extent shape() const;      // empty for a scalar
  // Names of the scales attached to each axis, "" where there is none.
  std::vector<std::string> dimensions() const;
  bool is_scale() const;

  // Turns a one-axis dataset into the dimension scale `name`.
  void make_scale(const std::string& name);
  void attach_scale(const Dataset& scale, unsigned axis);

  // Where the values of a fixed dataset lie in the file [B], its user block counted; none where they are in pieces.
  std::optional<std::uint64_t> offset() const;

  // Growing datasets only: a new length of the first axis.
  void extend(std::uint64_t rows);

  // The block of `count` elements from `start` on each axis; values are in row-major order, and converted to or from
  // the stored type (out-of-range integers are clipped). A scalar has empty start and count.
  void write(const Extent& start, const Extent& count, std::span<const double> values);
  void write(const Extent& start, const Extent& count, std::span<const std::int64_t> values);
  void write(const Extent& start, const Extent& count, std::span<const std::int8_t> values);
  void write(const Extent& start, const Extent& count, std::span<const std::string> values);
  void read(const Extent& start, const Extent& count, std::span<double> values) const;
  void read(const Extent& start, const Extent& count, std::span<std::int64_t> values) const;
  void read(const Extent& start, const Extent& count, std::span<std::int8_t> values) const;
  void read(const Extent& start, const Extent& count, std::span<std::string> values) const;

  // Everything at once.
  template <class T> void write_all(std::span<const T> values) {
    const Extent whole = shape();
    write(Extent(whole.size(), 0), whole, values);
  }
  template <class T> std::vector<T> read_all() const {
    const Extent whole = shape();
    std::uint64_t size = 1;
    for (const std::uint64_t n : whole) size *= n;
    std::vector<T> values(size);
    read(Extent(whole.size(), 0), whole, std::span<T>(values));
    return values;
  }
};

class Group : public Object {
 public:
  explicit Group(Handle id) : Object(std::move(id)) {}

  Group create_group(const std::string& name);
  Group open_group(const std::string& name) const;
  // An empty shape makes a scalar. chunk_rows: rows in a chunk of a growing dataset; 0 chooses about 64 KiB.
  Dataset create_dataset(const std::string& name, Type type, const Extent& shape, Growth growth = Growth::fixed,
                         std::uint64_t chunk_rows = 0);
  Dataset open_dataset(const std::string& name) const;
  bool has(const std::string& name) const;
  std::vector<std::string> datasets() const;  // in creation order
};

class File : public Group {
 public:
  // Replaces what stands at the path. user_block [B]: room before HDF5's bytes, 0 or a power of two from 512.
  static File create(const std::string& path, std::uint64_t user_block = 0);
  static File open(const std::string& path, Access access);

  const std::string& path() const { return path_; }
  void flush();  // to the operating system
  void sync();   // flush, then to the disk
  void close();

 private:
  File(Handle file, Handle root, std::string path);
  Handle file_;
  std::string path_;
};

}  // namespace nadc::h5
