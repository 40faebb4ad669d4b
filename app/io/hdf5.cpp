#include "app/io/hdf5.hpp"

#include <fmt/format.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "app/io/atomic_file.hpp"
#include "sim/error.hpp"

namespace nadc::h5 {
namespace {

static_assert(sizeof(hid_t) == sizeof(std::int64_t));

struct Reason {
  std::string text;  // innermost description
  int number = 0;    // errno where the library reports one
};

herr_t take_innermost(unsigned depth, const H5E_error2_t* entry, void* out) {
  if (depth == 0 && entry->desc) static_cast<Reason*>(out)->text = entry->desc;
  return 0;
}

// The library writes "unable to open file: name = 'x', errno = 13, error message = 'Permission denied', flags = …".
Reason last_reason() {
  Reason reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &reason);
  H5Eclear2(H5E_DEFAULT);
  if (const auto at = reason.text.find("errno = "); at != std::string::npos)
    reason.number = std::atoi(reason.text.c_str() + at + 8);
  if (reason.number != 0) {
    const std::string head = reason.text.substr(0, std::min(reason.text.find(": "), reason.text.find(", errno")));
    reason.text = fmt::format("{}: {}", head, std::strerror(reason.number));
  }
  if (reason.text.empty()) reason.text = "no reason given by HDF5";
  return reason;
}

std::string hint_for(const Reason& reason) {
  if (reason.text.find("signature not found") != std::string::npos) return "this is not an HDF5 file";
  if (reason.text.find("truncated") != std::string::npos)
    return "the file is damaged: it was cut off, perhaps while being copied";
  const bool about_locks = reason.text.find("lock file") != std::string::npos;
  if (about_locks && reason.number == EWOULDBLOCK) return "another process has the file open: wait for it to end";
  if (about_locks)
    return "the file system has no locks: if no other process uses the file, set HDF5_USE_FILE_LOCKING=FALSE";
  return hint_for_errno(reason.number);
}

[[noreturn]] void fail_at(ErrorKind kind, const std::string& file, const std::string& what) {
  const Reason reason = last_reason();
  throw Error(kind, fmt::format("{} ({})", what, reason.text), hint_for(reason), in_file(file));
}

std::string file_of(hid_t id) {
  char name[4096] = "";
  return H5Fget_name(id, name, sizeof name) >= 0 ? name : "";
}

// Keeps the errors at hand, which every other call of the library forgets.
std::string name_of(hid_t id) {
  char name[1024] = "";
  const hid_t errors = H5Eget_current_stack();
  const bool known = H5Iget_name(id, name, sizeof name) >= 0;
  H5Eset_current_stack(errors);
  if (!known) return {};
  const std::string path = name;
  return path.substr(path.rfind('/') + 1);
}

[[noreturn]] void fail(ErrorKind kind, hid_t id, const std::string& what) {
  const Reason reason = last_reason();
  throw Error(kind, fmt::format("{} ({})", what, reason.text), hint_for(reason), in_file(file_of(id)));
}

[[noreturn]] void fail_write(hid_t id, std::string_view what) {
  fail(ErrorKind::failed, id, fmt::format("cannot {} \"{}\"", what, name_of(id)));
}

[[noreturn]] void fail_read(hid_t id, std::string_view what) {
  fail(ErrorKind::input, id, fmt::format("cannot read {} of \"{}\"", what, name_of(id)));
}

// Property lists, spaces and types are closed on the way out; a negative identifier is the caller's error to report.
struct Scoped : Handle {
  explicit Scoped(hid_t id) : Handle(id) {}
  operator hid_t() const { return get(); }
};

// No messages of the library's own, and no tear-down at exit: after a full disk it would try to write again.
void prepare_library() {
  static const bool once = [] {
    H5dont_atexit();
    H5open();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  static_cast<void>(once);
}

hid_t text_type() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

hid_t stored_type(Type type) {
  switch (type) {
    case Type::int8:
      return H5Tcopy(H5T_STD_I8LE);
    case Type::int32:
      return H5Tcopy(H5T_STD_I32LE);
    case Type::int64:
      return H5Tcopy(H5T_STD_I64LE);
    case Type::float64:
      return H5Tcopy(H5T_IEEE_F64LE);
    case Type::string:
      return text_type();
  }
  return -1;
}

hid_t memory_type(const double*) { return H5T_NATIVE_DOUBLE; }
hid_t memory_type(const std::int64_t*) { return H5T_NATIVE_INT64; }
hid_t memory_type(const std::int8_t*) { return H5T_NATIVE_INT8; }

std::uint64_t volume(const Extent& count) {
  std::uint64_t n = 1;
  for (const std::uint64_t c : count) n *= c;
  return n;
}

// The file space with the block selected. Checks the sizes, which the library would read past.
hid_t select_block(hid_t dataset, const Extent& start, const Extent& count, std::size_t values) {
  if (values != volume(count) || start.size() != count.size())
    throw Error(ErrorKind::failed,
                fmt::format("\"{}\": a block of {} values is given {}", name_of(dataset), volume(count), values), {},
                in_file(file_of(dataset)));
  const hid_t space = H5Dget_space(dataset);
  if (space < 0) return space;
  const int axes = H5Sget_simple_extent_ndims(space);
  bool ok = axes == static_cast<int>(count.size());
  if (ok && axes > 0)
    ok = (values == 0 ? H5Sselect_none(space)
                      : H5Sselect_hyperslab(space, H5S_SELECT_SET, reinterpret_cast<const hsize_t*>(start.data()),
                                            nullptr, reinterpret_cast<const hsize_t*>(count.data()), nullptr)) >= 0;
  if (ok && axes > 0 && values > 0) ok = H5Sselect_valid(space) > 0;
  if (ok) return space;
  H5Sclose(space);
  return -1;
}

hid_t memory_space(const Extent& count) {
  if (count.empty()) return H5Screate(H5S_SCALAR);
  const hsize_t n = volume(count);
  return H5Screate_simple(1, &n, nullptr);
}

template <class T> void write_numbers(hid_t id, const Extent& start, const Extent& count, std::span<const T> values) {
  const Scoped file(select_block(id, start, count, values.size())), memory(memory_space(count));
  if (file < 0 || H5Dwrite(id, memory_type(values.data()), memory, file, H5P_DEFAULT, values.data()) < 0)
    fail_write(id, "write");
}

template <class T> void read_numbers(hid_t id, const Extent& start, const Extent& count, std::span<T> values) {
  const Scoped file(select_block(id, start, count, values.size())), memory(memory_space(count));
  if (file < 0 || H5Dread(id, memory_type(values.data()), memory, file, H5P_DEFAULT, values.data()) < 0)
    fail_read(id, "the values");
}

void put_attribute(hid_t object, std::string_view name_view, hid_t stored, hid_t memory, hid_t space,
                   const void* value) {
  const std::string name(name_view);
  if (H5Aexists(object, name.c_str()) > 0) H5Adelete(object, name.c_str());
  const Scoped attribute(H5Acreate2(object, name.c_str(), stored, space, H5P_DEFAULT, H5P_DEFAULT));
  if (attribute < 0 || H5Awrite(attribute, memory, value) < 0)
    fail(ErrorKind::failed, object, fmt::format("cannot write attribute \"{}\" of \"{}\"", name, name_of(object)));
}

constexpr unsigned tracked = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

hid_t group_properties(hid_t kind) {
  const hid_t list = H5Pcreate(kind);
  H5Pset_link_creation_order(list, tracked);
  H5Pset_attr_creation_order(list, tracked);
  H5Pset_obj_track_times(list, false);
  return list;
}

hid_t access_properties() {
  const hid_t list = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(list, H5F_LIBVER_V18, H5F_LIBVER_V18);
  H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
  H5Pset_file_locking(list, true, true);  // without locks where the file system knows none
  return list;
}

}  // namespace

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = std::exchange(other.id_, -1);
  }
  return *this;
}

void Handle::reset() noexcept {
  const hid_t id = std::exchange(id_, -1);
  if (id < 0) return;
  switch (H5Iget_type(id)) {
    case H5I_FILE:
      H5Fclose(id);
      break;
    case H5I_GROUP:
      H5Gclose(id);
      break;
    case H5I_DATASET:
      H5Dclose(id);
      break;
    case H5I_DATATYPE:
      H5Tclose(id);
      break;
    case H5I_DATASPACE:
      H5Sclose(id);
      break;
    case H5I_ATTR:
      H5Aclose(id);
      break;
    case H5I_GENPROP_LST:
      H5Pclose(id);
      break;
    default:
      H5Eclear2(H5E_DEFAULT);
      break;  // already closed with its file
  }
}

void Object::set_attribute(std::string_view name, std::string_view text) {
  const Scoped type(H5Tcopy(H5T_C_S1)), space(H5Screate(H5S_SCALAR));
  const std::string value = text.empty() ? std::string(1, '\0') : std::string(text);
  H5Tset_size(type, value.size());
  H5Tset_cset(type, H5T_CSET_UTF8);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  put_attribute(id_.get(), name, type, type, space, value.data());
}

void Object::set_attribute(std::string_view name, std::int64_t value) {
  const Scoped space(H5Screate(H5S_SCALAR));
  put_attribute(id_.get(), name, H5T_STD_I64LE, H5T_NATIVE_INT64, space, &value);
}

void Object::set_attribute(std::string_view name, double value) {
  const Scoped space(H5Screate(H5S_SCALAR));
  put_attribute(id_.get(), name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, space, &value);
}

void Object::set_attribute(std::string_view name, std::span<const std::int8_t> values) {
  const hsize_t n = values.size();
  const Scoped space(H5Screate_simple(1, &n, nullptr));
  put_attribute(id_.get(), name, H5T_STD_I8LE, H5T_NATIVE_INT8, space, values.data());
}

bool Object::has_attribute(std::string_view name) const { return H5Aexists(id_.get(), std::string(name).c_str()) > 0; }

std::optional<std::string> Object::text_attribute(std::string_view name) const {
  if (!has_attribute(name)) return std::nullopt;
  const Scoped attribute(H5Aopen(id_.get(), std::string(name).c_str(), H5P_DEFAULT));
  if (attribute < 0) fail_read(id_.get(), fmt::format("attribute {}", name));
  const Scoped type(H5Aget_type(attribute));
  if (H5Tget_class(type) != H5T_STRING) return std::nullopt;
  if (H5Tis_variable_str(type) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute, type, &text) < 0) fail_read(id_.get(), fmt::format("attribute {}", name));
    std::string value = text ? text : "";
    H5free_memory(text);
    return value;
  }
  std::string value(H5Tget_size(type), '\0');
  if (H5Aread(attribute, type, value.data()) < 0) fail_read(id_.get(), fmt::format("attribute {}", name));
  value.resize(std::min(value.size(), value.find('\0')));
  return value;
}

std::optional<std::int64_t> Object::integer_attribute(std::string_view name) const {
  if (!has_attribute(name)) return std::nullopt;
  const Scoped attribute(H5Aopen(id_.get(), std::string(name).c_str(), H5P_DEFAULT));
  const Scoped type(H5Aget_type(attribute));
  if (attribute < 0 || H5Tget_class(type) != H5T_INTEGER) return std::nullopt;
  std::int64_t value = 0;
  if (H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0) fail_read(id_.get(), fmt::format("attribute {}", name));
  return value;
}

std::string Dataset::name() const { return name_of(id_.get()); }

Type Dataset::type() const {
  const Scoped type(H5Dget_type(id_.get()));
  const std::size_t size = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      if (size == 1) return Type::int8;
      if (size == 4) return Type::int32;
      if (size == 8) return Type::int64;
      break;
    case H5T_FLOAT:
      if (size == 8) return Type::float64;
      break;
    case H5T_STRING:
      if (H5Tis_variable_str(type) > 0) return Type::string;
      break;
    default:
      break;
  }
  throw Error(ErrorKind::input, fmt::format("\"{}\" is of a type that nadc does not write", name()), {},
              in_file(file_of(id_.get())));
}

Extent Dataset::shape() const {
  const Scoped space(H5Dget_space(id_.get()));
  const int axes = H5Sget_simple_extent_ndims(space);
  if (axes < 0) fail_read(id_.get(), "the shape");
  Extent shape(static_cast<std::size_t>(axes));
  H5Sget_simple_extent_dims(space, reinterpret_cast<hsize_t*>(shape.data()), nullptr);
  return shape;
}

std::vector<std::string> Dataset::dimensions() const {
  std::vector<std::string> names(shape().size());
  const auto take_first = [](hid_t, unsigned, hid_t scale, void* out) -> herr_t {
    *static_cast<std::string*>(out) = name_of(scale);
    return 1;
  };
  if (is_scale() && names.size() == 1) return {name()};
  for (unsigned axis = 0; axis < names.size(); ++axis)
    if (H5DSget_num_scales(id_.get(), axis) > 0 &&
        H5DSiterate_scales(id_.get(), axis, nullptr, take_first, &names[axis]) < 0)
      fail_read(id_.get(), "the dimensions");
  return names;
}

bool Dataset::is_scale() const { return H5DSis_scale(id_.get()) > 0; }

void Dataset::make_scale(const std::string& name) {
  if (H5DSset_scale(id_.get(), name.c_str()) < 0) fail_write(id_.get(), "make a dimension of");
}

void Dataset::attach_scale(const Dataset& scale, unsigned axis) {
  if (H5DSattach_scale(id_.get(), scale.id_.get(), axis) < 0) fail_write(id_.get(), "attach a dimension to");
}

std::optional<std::uint64_t> Dataset::offset() const {
  const haddr_t at = H5Dget_offset(id_.get());
  if (at != HADDR_UNDEF) return at;
  H5Eclear2(H5E_DEFAULT);
  return std::nullopt;
}

void Dataset::extend(std::uint64_t rows) {
  Extent size = shape();
  if (!size.empty()) size[0] = rows;
  if (size.empty() || H5Dset_extent(id_.get(), reinterpret_cast<const hsize_t*>(size.data())) < 0)
    fail_write(id_.get(), "extend");
}

void Dataset::write(const Extent& start, const Extent& count, std::span<const double> values) {
  write_numbers(id_.get(), start, count, values);
}
void Dataset::write(const Extent& start, const Extent& count, std::span<const std::int64_t> values) {
  write_numbers(id_.get(), start, count, values);
}
void Dataset::write(const Extent& start, const Extent& count, std::span<const std::int8_t> values) {
  write_numbers(id_.get(), start, count, values);
}
void Dataset::read(const Extent& start, const Extent& count, std::span<double> values) const {
  read_numbers(id_.get(), start, count, values);
}
void Dataset::read(const Extent& start, const Extent& count, std::span<std::int64_t> values) const {
  read_numbers(id_.get(), start, count, values);
}
void Dataset::read(const Extent& start, const Extent& count, std::span<std::int8_t> values) const {
  read_numbers(id_.get(), start, count, values);
}

void Dataset::write(const Extent& start, const Extent& count, std::span<const std::string> values) {
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  const Scoped file(select_block(id_.get(), start, count, values.size())), memory(memory_space(count)),
      type(text_type());
  if (file < 0 || H5Dwrite(id_.get(), type, memory, file, H5P_DEFAULT, pointers.data()) < 0)
    fail_write(id_.get(), "write");
}

void Dataset::read(const Extent& start, const Extent& count, std::span<std::string> values) const {
  std::vector<char*> pointers(values.size(), nullptr);
  const Scoped file(select_block(id_.get(), start, count, values.size())), memory(memory_space(count)),
      type(text_type());
  if (file < 0 || H5Dread(id_.get(), type, memory, file, H5P_DEFAULT, pointers.data()) < 0)
    fail_read(id_.get(), "the values");
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = pointers[i] ? pointers[i] : "";
  H5Dvlen_reclaim(type, memory, H5P_DEFAULT, pointers.data());
}

Group Group::create_group(const std::string& name) {
  const Scoped properties(group_properties(H5P_GROUP_CREATE));
  Handle group(H5Gcreate2(id_.get(), name.c_str(), H5P_DEFAULT, properties, H5P_DEFAULT));
  if (group.get() < 0) fail(ErrorKind::failed, id_.get(), fmt::format("cannot create group \"{}\"", name));
  return Group(std::move(group));
}

Group Group::open_group(const std::string& name) const {
  Handle group(H5Gopen2(id_.get(), name.c_str(), H5P_DEFAULT));
  if (group.get() < 0) fail(ErrorKind::input, id_.get(), fmt::format("there is no group \"{}\"", name));
  return Group(std::move(group));
}

Dataset Group::create_dataset(const std::string& name, Type type, const Extent& shape, Growth growth,
                              std::uint64_t chunk_rows) {
  const Scoped stored(stored_type(type)), properties(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_attr_creation_order(properties, tracked);
  H5Pset_obj_track_times(properties, false);
  if (type == Type::float64) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    H5Pset_fill_value(properties, H5T_NATIVE_DOUBLE, &nan);
  }
  Extent limit = shape;
  if (growth == Growth::rows && !shape.empty()) {
    std::uint64_t row_bytes = 8;
    for (std::size_t axis = 1; axis < shape.size(); ++axis) row_bytes *= std::max<std::uint64_t>(shape[axis], 1);
    Extent chunk = shape;
    chunk[0] = chunk_rows ? chunk_rows : std::clamp<std::uint64_t>(65536 / row_bytes, 1, 8192);
    for (std::uint64_t& n : chunk) n = std::max<std::uint64_t>(n, 1);
    limit[0] = H5S_UNLIMITED;
    H5Pset_chunk(properties, static_cast<int>(chunk.size()), reinterpret_cast<const hsize_t*>(chunk.data()));
  } else {
    H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(properties, H5D_FILL_TIME_ALLOC);
  }
  const Scoped space(shape.empty() ? H5Screate(H5S_SCALAR)
                                   : H5Screate_simple(static_cast<int>(shape.size()),
                                                      reinterpret_cast<const hsize_t*>(shape.data()),
                                                      reinterpret_cast<const hsize_t*>(limit.data())));
  Handle dataset(H5Dcreate2(id_.get(), name.c_str(), stored, space, H5P_DEFAULT, properties, H5P_DEFAULT));
  if (dataset.get() < 0) fail(ErrorKind::failed, id_.get(), fmt::format("cannot create \"{}\"", name));
  return Dataset(std::move(dataset));
}

Dataset Group::open_dataset(const std::string& name) const {
  Handle dataset(H5Dopen2(id_.get(), name.c_str(), H5P_DEFAULT));
  if (dataset.get() < 0) fail(ErrorKind::input, id_.get(), fmt::format("there is no variable \"{}\"", name));
  return Dataset(std::move(dataset));
}

bool Group::has(const std::string& name) const { return H5Lexists(id_.get(), name.c_str(), H5P_DEFAULT) > 0; }

std::vector<std::string> Group::datasets() const {
  std::vector<std::string> names;
  const auto take = [](hid_t group, const char* name, const H5L_info_t*, void* out) -> herr_t {
    H5O_info_t info;
    if (H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0) return -1;
    if (info.type == H5O_TYPE_DATASET) static_cast<std::vector<std::string>*>(out)->push_back(name);
    return 0;
  };
  if (H5Literate(id_.get(), H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, take, &names) < 0)
    fail(ErrorKind::input, id_.get(), "cannot list the variables");
  return names;
}

File::File(Handle file, Handle root, std::string path)
    : Group(std::move(root)), file_(std::move(file)), path_(std::move(path)) {}

File File::create(const std::string& path, std::uint64_t user_block) {
  prepare_library();
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    throw file_error(ErrorKind::usage, "create the file", EISDIR, path);
  const Scoped properties(group_properties(H5P_FILE_CREATE)), access(access_properties());
  H5Pset_userblock(properties, user_block);
  Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties, access));
  if (file.get() < 0) fail_at(ErrorKind::failed, path, "cannot create the file");
  Handle root(H5Gopen2(file.get(), "/", H5P_DEFAULT));
  return File(std::move(file), std::move(root), path);
}

File File::open(const std::string& path, Access access_kind) {
  prepare_library();
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    throw file_error(ErrorKind::input, "open the file", EISDIR, path);
  const Scoped access(access_properties());
  if (access_kind == Access::watch) H5Pset_file_locking(access, false, true);
  Handle file(H5Fopen(path.c_str(), access_kind == Access::write ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access));
  if (file.get() < 0) fail_at(ErrorKind::input, path, "cannot open the file");
  Handle root(H5Gopen2(file.get(), "/", H5P_DEFAULT));
  return File(std::move(file), std::move(root), path);
}

void File::flush() {
  if (H5Fflush(file_.get(), H5F_SCOPE_LOCAL) < 0) fail_at(ErrorKind::failed, path_, "cannot write the file");
}

void File::sync() {
  flush();
  void* descriptor = nullptr;
  if (H5Fget_vfd_handle(file_.get(), H5P_DEFAULT, &descriptor) < 0)
    fail_at(ErrorKind::failed, path_, "cannot sync the file");
  if (fsync(*static_cast<int*>(descriptor)) != 0) {
    throw file_error(ErrorKind::failed, "sync the file", errno, path_);
  }
}

void File::close() {
  if (file_.get() < 0) return;
  flush();
  id_.reset();
  const Handle file = std::move(file_);
  if (H5Iget_type(file.get()) == H5I_FILE && H5Fclose(file.get()) < 0)
    fail_at(ErrorKind::failed, path_, "cannot close the file");
}

}  // namespace nadc::h5
