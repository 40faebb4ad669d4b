#include "app/io/sweep_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "app/io/atomic_file.hpp"
#include "app/io/digest.hpp"
#include "sim/error.hpp"

namespace nadc {

std::string SweepGrid::describe(std::uint64_t row) const {
  const std::uint64_t point = row / replicas;
  return fmt::format("lever \"{}\", sample {}, replica {}", levers.at(point / samples), point % samples,
                     row % replicas);
}

std::uint64_t SweepSchema::width(const Variable& metric) const {
  std::uint64_t n = 1;
  for (const std::uint64_t size : sweep_layout::added_shape(*this, metric)) n *= size;
  return n;
}

std::uint64_t SweepSchema::row_width() const {
  std::uint64_t n = points.size();
  for (const Variable& metric : metrics) n += width(metric);
  return n;
}

namespace sweep_layout {
namespace {

const std::vector<std::pair<std::int8_t, std::string>> state_flags = {
    {0, "missing"}, {1, "done"}, {2, "failed"}, {3, "skipped"}};

std::string rows_attribute(const SweepGrid& grid) {
  return fmt::format("{} x {} x {}", grid.levers.size(), grid.samples, grid.replicas);
}

}  // namespace

h5::Extent added_shape(const SweepSchema& schema, const Variable& variable) {
  h5::Extent shape;
  for (const std::string& name : variable.dims) {
    const auto at = std::find_if(schema.axes.begin(), schema.axes.end(), [&](const Axis& d) { return d.name == name; });
    if (at == schema.axes.end())
      throw Error(ErrorKind::failed, fmt::format("metric \"{}\" uses the unknown axis \"{}\"", variable.name, name));
    shape.push_back(at->size());
  }
  return shape;
}

void check_sweep(const SweepSchema& schema) {
  const auto fault = [](const std::string& what) { throw Error(ErrorKind::failed, "sweep schema: " + what); };
  if (schema.grid.rows() == 0) fault("there are no rows");
  if (schema.grid.rows() > std::uint64_t{1} << 62) fault("there are too many rows to number");
  for (const Variable& v : schema.metrics)
    if (v.name.starts_with("point_") || v.type != h5::Type::float64)
      fault(fmt::format("metric \"{}\" must be float64 and not start with point_", v.name));
  for (const Variable& v : schema.points)
    if (!v.name.starts_with("point_") || v.type != h5::Type::float64 || !v.dims.empty())
      fault(fmt::format("point \"{}\" must be one float64 and start with point_", v.name));
  check_schema(grid_schema(schema));
}

void write_sizes(h5::File& file, const SweepGrid& grid) {
  file.set_attribute("samples", static_cast<std::int64_t>(grid.samples));
  file.set_attribute("replicas", static_cast<std::int64_t>(grid.replicas));
}

std::uint64_t block_rows(const SweepSchema& schema) {
  return std::max<std::uint64_t>(1, (std::uint64_t{8} << 20) / (8 * std::max<std::uint64_t>(schema.row_width(), 1)));
}

std::vector<Variable> columns(const SweepSchema& schema) {
  std::vector<Variable> all = schema.metrics;
  all.insert(all.end(), schema.points.begin(), schema.points.end());
  return all;
}

Schema part_schema(const SweepSchema& schema, std::vector<std::int64_t> rows) {
  Schema s;
  s.dimensions = {
      labelled("lever", "policy lever", schema.grid.levers),
      Axis{"row", "row of the sweep: (lever x samples + sample) x replicas + replica", "1", "", std::move(rows)}};
  s.dimensions.insert(s.dimensions.end(), schema.axes.begin(), schema.axes.end());
  s.variables = {{state_name, {"row"}, "1", "state of the replica", h5::Type::int8, state_flags},
                 {check_name, {"row"}, "1", "CRC-32 of the row's number, state and values", h5::Type::int64, {}}};
  for (Variable v : columns(schema)) {
    v.dims.insert(v.dims.begin(), "row");
    s.variables.push_back(std::move(v));
  }
  return s;
}

Schema grid_schema(const SweepSchema& schema) {
  Schema s;
  s.dimensions = {labelled("lever", "policy lever", schema.grid.levers),
                  counted("sample", "draw of the uncertain scalars", schema.grid.samples),
                  counted("replica", "random history", schema.grid.replicas)};
  s.dimensions.insert(s.dimensions.end(), schema.axes.begin(), schema.axes.end());
  const std::vector<std::string> cell = {"lever", "sample", "replica"};
  s.variables = {{state_name, cell, "1", "state of the replica", h5::Type::int8, state_flags},
                 {check_name, cell, "1", "CRC-32 of the row's number, state and values", h5::Type::int64, {}}};
  for (Variable v : schema.metrics) {
    v.dims.insert(v.dims.begin(), cell.begin(), cell.end());
    s.variables.push_back(std::move(v));
  }
  for (Variable v : schema.points) {
    v.dims = {"lever", "sample"};
    s.variables.push_back(std::move(v));
  }
  return s;
}

SweepSchema read_sweep_schema(const h5::File& file, const Header& header) {
  const auto damaged = [&](const std::string& why) {
    return Error(ErrorKind::input, fmt::format("this is no sweep that can be read ({})", why), {},
                 in_file(file.path()));
  };
  if (header.kind != part_kind && header.kind != grid_kind)
    throw damaged(fmt::format("it holds \"{}\" results", header.kind));
  const auto samples = file.integer_attribute("samples"), replicas = file.integer_attribute("replicas");
  if (!samples || !replicas || *samples < 1 || *replicas < 1)
    throw damaged("it does not say how many samples and replicas");
  SweepSchema schema;
  schema.grid.samples = static_cast<std::uint64_t>(*samples);
  schema.grid.replicas = static_cast<std::uint64_t>(*replicas);
  for (const std::string& name : file.datasets()) {
    const h5::Dataset data = file.open_dataset(name);
    if (name == "lever") {
      schema.grid.levers = data.read_all<std::string>();
    } else if (name != "row" && name != "sample" && name != "replica" && data.is_scale()) {
      schema.axes.push_back(read_dimension(data));
    } else if (!data.is_scale() && name != state_name && name != check_name) {
      Variable v{name,
                 data.dimensions(),
                 data.text_attribute("units").value_or(""),
                 data.text_attribute("long_name").value_or(""),
                 data.type(),
                 {}};
      std::erase_if(v.dims,
                    [](const std::string& d) { return d == "row" || d == "lever" || d == "sample" || d == "replica"; });
      (name.starts_with("point_") ? schema.points : schema.metrics).push_back(std::move(v));
    }
  }
  if (schema.grid.levers.empty() || !file.has(state_name)) throw damaged("a variable is missing");
  return schema;
}

std::int64_t row_check(std::uint64_t row, RowState state, std::span<const double> values) {
  const double head[] = {static_cast<double>(row >> 32), static_cast<double>(row & 0xffffffffu),
                         static_cast<double>(state)};
  std::vector<double> all(std::begin(head), std::end(head));
  all.insert(all.end(), values.begin(), values.end());
  return crc32(all);
}

void blank(const SweepSchema& schema, RowState state, std::span<double> row) {
  const std::size_t kept = state == RowState::failed ? schema.points.size() : 0;
  if (state != RowState::done)
    std::fill(row.begin(), row.end() - static_cast<std::ptrdiff_t>(kept), std::numeric_limits<double>::quiet_NaN());
}

std::string identity(const Header& header, const SweepSchema& schema) {
  const Provenance& p = header.provenance;
  std::string text = fmt::format("program version: {}\ngit hash: {}\nseed: {}\nSHA-256 of the study: {}\ngrid: {}\n",
                                 p.version, p.git_hash, p.seed, p.scenario_sha256(), rows_attribute(schema.grid));
  for (const std::string& lever : schema.grid.levers) text += fmt::format("lever: {}\n", lever);
  for (const Axis& axis : schema.axes) {
    std::string values;
    if (const auto* labels = std::get_if<std::vector<std::string>>(&axis.values))
      for (const std::string& label : *labels) values += label + ",";
    else if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(&axis.values))
      for (const std::int64_t n : *numbers) values += fmt::format("{},", n);
    else if (const auto* reals = std::get_if<std::vector<double>>(&axis.values))
      for (const double x : *reals) values += fmt::format("{},", x);
    text += fmt::format("axis: {} [{}] {}\n", axis.name, axis.units, values);
  }
  for (const Variable& v : columns(schema)) {
    text += fmt::format("variable: {} [{}]", v.name, v.units);
    for (const std::string& d : v.dims) text += " " + d;
    text += '\n';
  }
  return text;
}

std::string difference(const std::string& here, const std::string& there) {
  std::istringstream a(here), b(there);
  std::string x, y;
  while (true) {
    const bool more_a = static_cast<bool>(std::getline(a, x)), more_b = static_cast<bool>(std::getline(b, y));
    if (!more_a && !more_b) return {};
    if (!more_a) x = "nothing";
    if (!more_b) y = "nothing";
    if (x != y) return fmt::format("{} here, {} there", x, y);
  }
}

std::vector<Box> boxes(const SweepGrid& grid, std::uint64_t first, std::uint64_t count) {
  std::vector<Box> all;
  const std::uint64_t replicas = grid.replicas, lever_rows = grid.samples * grid.replicas;
  for (std::uint64_t offset = 0; offset < count;) {
    const std::uint64_t row = first + offset, left = count - offset;
    const std::uint64_t lever = row / lever_rows, sample = row / replicas % grid.samples, replica = row % replicas;
    Box box{{lever, sample, replica}, {1, 1, 1}, offset};
    if (replica != 0 || left < replicas) {
      box.count[2] = std::min(left, replicas - replica);
    } else if (sample != 0 || left < lever_rows) {
      box.count[1] = std::min(left / replicas, grid.samples - sample);
      box.count[2] = replicas;
    } else {
      box.count[0] = left / lever_rows;
      box.count[1] = grid.samples;
      box.count[2] = replicas;
    }
    offset += box.count[0] * box.count[1] * box.count[2];
    all.push_back(box);
  }
  return all;
}

std::pair<h5::Extent, h5::Extent> block(const Box& box, const h5::Extent& added) {
  h5::Extent start(box.start, box.start + 3), count(box.count, box.count + 3);
  start.resize(3 + added.size(), 0);
  count.insert(count.end(), added.begin(), added.end());
  return {start, count};
}

}  // namespace sweep_layout
}  // namespace nadc
