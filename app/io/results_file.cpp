#include "app/io/results_file.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <limits>
#include <numeric>
#include <set>

#include "app/io/atomic_file.hpp"
#include "app/io/digest.hpp"
#include "app/io/seal.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::size_t block_values = 8192;

bool usable_name(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool becomes_timedelta(const std::string& units) {
  static const std::set<std::string> words{"days",         "hours",        "minutes",    "seconds",
                                           "milliseconds", "microseconds", "nanoseconds"};
  return words.count(units) > 0;
}

h5::Type coordinate_type(const Axis& dimension) {
  struct {
    h5::Type operator()(const std::vector<std::string>&) const { return h5::Type::string; }
    h5::Type operator()(const std::vector<std::int64_t>&) const { return h5::Type::int64; }
    h5::Type operator()(const std::vector<double>&) const { return h5::Type::float64; }
    h5::Type operator()(const Growing& g) const { return g.type; }
  } type;
  return std::visit(type, dimension.values);
}

h5::Dataset create_scale(h5::Group& group, const Axis& dimension) {
  h5::Dataset scale = group.create_dataset(dimension.name, coordinate_type(dimension), {dimension.size()},
                                           dimension.grows() ? h5::Growth::rows : h5::Growth::fixed);
  scale.make_scale(dimension.name);
  scale.set_attribute("units", dimension.units);
  scale.set_attribute("long_name", dimension.long_name);
  if (!dimension.calendar.empty()) {
    scale.set_attribute("standard_name", "time");
    scale.set_attribute("calendar", dimension.calendar);
    scale.set_attribute("axis", "T");
  }
  std::visit(
      [&](const auto& values) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(values)>, Growing>) scale.write_all(std::span(values));
      },
      dimension.values);
  return scale;
}

void create_variable(h5::Group& group, const Schema& schema, const Variable& variable) {
  h5::Extent shape;
  h5::Growth growth = h5::Growth::fixed;
  for (const std::string& name : variable.dims) {
    const Axis& dimension = schema.dimension(name);
    shape.push_back(dimension.size());
    if (dimension.grows()) growth = h5::Growth::rows;
  }
  h5::Dataset data = group.create_dataset(variable.name, variable.type, shape, growth);
  for (unsigned axis = 0; axis < variable.dims.size(); ++axis)
    data.attach_scale(group.open_dataset(variable.dims[axis]), axis);
  if (variable.type == h5::Type::float64) data.set_attribute("_FillValue", std::numeric_limits<double>::quiet_NaN());
  data.set_attribute("units", variable.units);
  data.set_attribute("long_name", variable.long_name);
  if (variable.flags.empty()) return;
  std::vector<std::int8_t> values;
  std::vector<std::string> meanings;
  for (const auto& [value, meaning] : variable.flags) {
    values.push_back(value);
    meanings.push_back(meaning);
  }
  data.set_attribute("flag_values", std::span<const std::int8_t>(values));
  data.set_attribute("flag_meanings", fmt::format("{}", fmt::join(meanings, " ")));
}

Provenance read_provenance(const h5::Group& group) {
  const auto text = [&](const char* name) { return group.text_attribute(name).value_or(""); };
  Provenance p;
  p.version = text("version");
  p.git_hash = text("git_hash");
  p.compiler = text("compiler");
  p.backend = text("backend");
  p.device = text("device");
  p.seed = static_cast<std::uint64_t>(group.integer_attribute("seed").value_or(0));
  p.command_line = text("command_line");
  p.host = text("host");
  p.started = text("started");
  p.finished = text("finished");
  if (group.has("scenario")) p.scenario = group.open_dataset("scenario").read_all<std::string>().at(0);
  if (group.has("assumptions")) p.assumptions = group.open_dataset("assumptions").read_all<std::string>();
  return p;
}

}  // namespace

Axis read_dimension(const h5::Dataset& scale) {
  Axis d{scale.name(), scale.text_attribute("long_name").value_or(""), scale.text_attribute("units").value_or(""),
         scale.text_attribute("calendar").value_or(""), std::vector<double>{}};
  switch (scale.type()) {
    case h5::Type::string:
      d.values = scale.read_all<std::string>();
      break;
    case h5::Type::float64:
      d.values = scale.read_all<double>();
      break;
    default:
      d.values = scale.read_all<std::int64_t>();
      break;
  }
  return d;
}

std::uint64_t Axis::size() const {
  return std::visit(
      [](const auto& v) -> std::uint64_t {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, Growing>)
          return 0;
        else
          return v.size();
      },
      values);
}

Axis labelled(std::string name, std::string long_name, std::vector<std::string> labels) {
  return {std::move(name), std::move(long_name), "1", "", std::move(labels)};
}

Axis counted(std::string name, std::string long_name, std::uint64_t n) {
  std::vector<std::int64_t> values(n);
  std::iota(values.begin(), values.end(), 0);
  return {std::move(name), std::move(long_name), "1", "", std::move(values)};
}

Axis time_axis(const std::string& start, std::string name) {
  return {std::move(name), "time", "seconds since " + start, "standard", Growing{h5::Type::float64}};
}

Axis growing(std::string name, std::string long_name) {
  return {std::move(name), std::move(long_name), "1", "", Growing{h5::Type::int64}};
}

const Axis& Schema::dimension(const std::string& name) const {
  const auto at = std::find_if(dimensions.begin(), dimensions.end(), [&](const Axis& d) { return d.name == name; });
  if (at == dimensions.end()) throw Error(ErrorKind::failed, fmt::format("the schema has no dimension \"{}\"", name));
  return *at;
}

std::string Provenance::scenario_sha256() const { return sha256_hex(scenario); }

std::string utc_now() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

void check_schema(const Schema& schema) {
  std::vector<Problem> problems;
  std::set<std::string> names;
  const auto fault = [&](const std::string& name, std::string what) {
    problems.push_back({fmt::format("results schema: \"{}\" {}", name, what), {}, {}});
  };
  const auto check_common = [&](const std::string& name, const std::string& units, const std::string& long_name) {
    if (!usable_name(name)) fault(name, "is not a usable name (letters, digits and _ only)");
    if (!names.insert(name).second) fault(name, "is declared twice");
    if (units.empty()) fault(name, "has no units (\"1\" where there are none)");
    if (becomes_timedelta(units))
      fault(name, fmt::format("has units \"{}\", which xarray reads as a timedelta", units));
    if (long_name.empty()) fault(name, "has no long_name");
  };
  for (const Axis& d : schema.dimensions) {
    check_common(d.name, d.units, d.long_name);
    if (d.size() == 0 && !d.grows()) fault(d.name, "is an empty dimension: leave it and its variables out");
  }
  for (const Variable& v : schema.variables) {
    check_common(v.name, v.units, v.long_name);
    if (!v.flags.empty() && v.type != h5::Type::int8) fault(v.name, "has flags but is not int8");
    for (std::size_t axis = 0; axis < v.dims.size(); ++axis) {
      const auto at = std::find_if(schema.dimensions.begin(), schema.dimensions.end(),
                                   [&](const Axis& d) { return d.name == v.dims[axis]; });
      if (at == schema.dimensions.end())
        fault(v.name, fmt::format("uses the unknown dimension \"{}\"", v.dims[axis]));
      else if (at->grows() && (axis > 0 || v.type == h5::Type::string))
        fault(v.name, fmt::format("cannot grow along \"{}\"", v.dims[axis]));
    }
  }
  if (!problems.empty()) throw Error(ErrorKind::failed, std::move(problems));
}

void check_replaceable(const std::string& path) {
  check_writable(path);
  std::error_code error;
  if (!std::filesystem::exists(path, error) || std::filesystem::file_size(path, error) == 0) return;
  if (is_sealed(path)) return;
  std::string reason = "it is not an nadc results file";
  try {
    if (h5::File::open(path, h5::Access::read).has_attribute("nadc_kind")) return;
  } catch (const Error& e) {
    reason = e.problems().front().message;
  }
  throw Error(ErrorKind::usage, fmt::format("will not overwrite this file ({})", reason),
              "give another name, or remove the file", in_file(path));
}

void write_header(h5::File& file, const Header& header) {
  const Provenance& p = header.provenance;
  if (p.seed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw Error(ErrorKind::input, fmt::format("seed {} cannot be stored", p.seed), "give a seed below 2^63");
  file.set_attribute("Conventions", "CF-1.11");
  file.set_attribute("title", header.title);
  file.set_attribute("source", "nadc " + p.version);
  file.set_attribute("history",
                     header.history.empty() ? fmt::format("{} {}", p.started, p.command_line) : header.history);
  file.set_attribute("format_version", results_format_version);
  file.set_attribute("nadc_kind", header.kind);
  h5::Group group = file.create_group("provenance");
  const std::pair<const char*, const std::string*> texts[] = {
      {"version", &p.version}, {"git_hash", &p.git_hash},         {"compiler", &p.compiler}, {"backend", &p.backend},
      {"device", &p.device},   {"command_line", &p.command_line}, {"host", &p.host},         {"started", &p.started}};
  for (const auto& [name, text] : texts) group.set_attribute(name, *text);
  if (!p.finished.empty()) group.set_attribute("finished", p.finished);
  group.set_attribute("seed", static_cast<std::int64_t>(p.seed));
  group.set_attribute("scenario_sha256", p.scenario_sha256());
  Schema schema;
  schema.variables.push_back({"scenario", {}, "1", "resolved scenario (YAML)", h5::Type::string, {}});
  if (!p.assumptions.empty()) {
    schema.dimensions.push_back(counted("assumption", "number of the assumption", p.assumptions.size()));
    schema.variables.push_back(
        {"assumptions", {"assumption"}, "1", "what the results assume, with its range", h5::Type::string, {}});
  }
  create_schema(group, schema);
  group.open_dataset("scenario").write_all(std::span<const std::string>(&p.scenario, 1));
  if (!p.assumptions.empty()) group.open_dataset("assumptions").write_all(std::span<const std::string>(p.assumptions));
}

void create_schema(h5::Group& group, const Schema& schema) {
  check_schema(schema);
  for (const Axis& dimension : schema.dimensions) create_scale(group, dimension);
  for (const Variable& variable : schema.variables) create_variable(group, schema, variable);
}

Header read_header(const h5::File& file) {
  const auto kind = file.text_attribute("nadc_kind");
  const auto format = file.integer_attribute("format_version");
  if (!kind || !format || !file.has("provenance"))
    throw Error(ErrorKind::input, "this is not an nadc results file", {}, in_file(file.path()));
  if (*format > results_format_version)
    throw Error(ErrorKind::input,
                fmt::format("the file has format {}, and this nadc reads up to {}", *format, results_format_version),
                "use the version of nadc that wrote it, or a later one", in_file(file.path()));
  Header header{*kind, file.text_attribute("title").value_or(""), read_provenance(file.open_group("provenance")),
                file.text_attribute("history").value_or("")};
  const auto stored = file.open_group("provenance").text_attribute("scenario_sha256");
  if (stored != header.provenance.scenario_sha256())
    throw Error(ErrorKind::input, "the file is damaged: its scenario does not match its SHA-256", {},
                in_file(file.path()));
  return header;
}

Schema read_schema(const h5::Group& group) {
  Schema schema;
  for (const std::string& name : group.datasets()) {
    const h5::Dataset data = group.open_dataset(name);
    if (data.is_scale()) {
      schema.dimensions.push_back(read_dimension(data));
      continue;
    }
    schema.variables.push_back({name,
                                data.dimensions(),
                                data.text_attribute("units").value_or(""),
                                data.text_attribute("long_name").value_or(""),
                                data.type(),
                                {}});
  }
  return schema;
}

ResultsWriter::ResultsWriter(std::string path, Header header, Schema schema)
    : path_(std::move(path)), header_(std::move(header)), schema_(std::move(schema)) {
  check_replaceable(path_);
  temporary_ = temporary_name(path_);
  file_ = h5::File::create(temporary_);
  try {
    write_header(*file_, header_);
    create_schema(*file_, schema_);
    const auto add = [&](const std::string& name, const std::string& dimension) {
      h5::Dataset data = file_->open_dataset(name);
      h5::Extent shape = data.shape();
      columns_.push_back({name, dimension, std::move(data), h5::Extent(shape.begin() + 1, shape.end()), 0, {}, {}});
    };
    for (const Axis& d : schema_.dimensions)
      if (d.grows()) add(d.name, d.name);
    for (const Variable& v : schema_.variables)
      if (!v.dims.empty() && schema_.dimension(v.dims[0]).grows()) add(v.name, v.dims[0]);
  } catch (...) {
    file_.reset();
    ::unlink(temporary_.c_str());
    throw;
  }
}

ResultsWriter::~ResultsWriter() {
  if (!file_) return;
  columns_.clear();
  file_.reset();
  ::unlink(temporary_.c_str());
}

void ResultsWriter::write(const std::string& variable, std::span<const double> values) {
  file_->open_dataset(variable).write_all(values);
}
void ResultsWriter::write(const std::string& variable, std::span<const std::int64_t> values) {
  file_->open_dataset(variable).write_all(values);
}
void ResultsWriter::write(const std::string& variable, std::span<const std::string> values) {
  file_->open_dataset(variable).write_all(values);
}

ResultsWriter::Column& ResultsWriter::column(const std::string& name) {
  const auto at = std::find_if(columns_.begin(), columns_.end(), [&](const Column& c) { return c.name == name; });
  if (at == columns_.end()) throw Error(ErrorKind::failed, fmt::format("\"{}\" is not a growing variable", name));
  return *at;
}

void ResultsWriter::append(const std::string& variable, std::span<const double> rows) {
  Column& c = column(variable);
  c.reals.insert(c.reals.end(), rows.begin(), rows.end());
  if (c.reals.size() >= block_values) drain(c);
}

void ResultsWriter::append(const std::string& variable, std::span<const std::int64_t> rows) {
  Column& c = column(variable);
  c.integers.insert(c.integers.end(), rows.begin(), rows.end());
  if (c.integers.size() >= block_values) drain(c);
}

void ResultsWriter::drain(Column& c) {
  const std::uint64_t width = std::accumulate(c.row.begin(), c.row.end(), std::uint64_t{1}, std::multiplies<>());
  const auto write = [&](auto& held) {
    if (held.empty() || width == 0) return;
    if (held.size() % width != 0)
      throw Error(ErrorKind::failed,
                  fmt::format("\"{}\": {} values are no whole rows of {}", c.name, held.size(), width));
    h5::Extent start(c.row.size() + 1, 0), count{held.size() / width};
    start[0] = c.written;
    count.insert(count.end(), c.row.begin(), c.row.end());
    c.data.extend(c.written + count[0]);
    c.data.write(start, count, std::span(std::as_const(held)));
    c.written += count[0];
    held.clear();
  };
  write(c.reals);
  write(c.integers);
}

void ResultsWriter::publish() {
  for (Column& c : columns_) drain(c);
  for (const Column& c : columns_) {
    const Column& scale = column(c.dimension);
    if (c.written != scale.written)
      throw Error(ErrorKind::failed,
                  fmt::format("\"{}\" has {} rows where \"{}\" has {}", c.name, c.written, scale.name, scale.written));
  }
  columns_.clear();
  h5::Group provenance = file_->open_group("provenance");
  provenance.set_attribute("finished", header_.provenance.finished.empty() ? utc_now() : header_.provenance.finished);
  file_->close();
  file_.reset();
  try {
    seal_finished(temporary_);
    nadc::publish(temporary_, path_);
  } catch (...) {
    ::unlink(temporary_.c_str());
    throw;
  }
}

ResultsReader::ResultsReader(const std::string& path)
    : file_((check_seal(path), h5::File::open(path, h5::Access::read))),
      header_(read_header(file_)),
      schema_(read_schema(file_)) {}

}  // namespace nadc
