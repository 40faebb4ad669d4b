#include <algorithm>
#include <numeric>

#include "app/io/atomic_file.hpp"
#include "app/io/seal.hpp"
#include "app/io/sweep_file.hpp"
#include "app/io/sweep_layout.hpp"

namespace nadc {

using namespace sweep_layout;

SweepReader::SweepReader(const std::string& path) : SweepReader(path, h5::Access::read) {}

SweepReader::SweepReader(const std::string& path, h5::Access access)
    : file_((check_seal(path), h5::File::open(path, access))),
      header_(read_header(file_)),
      schema_(read_sweep_schema(file_, header_)) {
  part_ = header_.kind == part_kind;
  count_ = part_ ? file_.open_dataset("row").shape().at(0) : schema_.grid.rows();
  // A file with a variable of the wrong size is refused here, so that reads need not fear it.
  const auto check = [&](const std::string& name, h5::Extent leading, const h5::Extent& added) {
    leading.insert(leading.end(), added.begin(), added.end());
    if (file_.open_dataset(name).shape() != leading)
      throw Error(ErrorKind::input, "the file is damaged: \"" + name + "\" has the wrong size", {}, in_file(path));
  };
  const SweepGrid& grid = schema_.grid;
  const h5::Extent rows = part_ ? h5::Extent{count_} : h5::Extent{grid.levers.size(), grid.samples, grid.replicas};
  check(state_name, rows, {});
  check(check_name, rows, {});
  for (const Variable& v : schema_.metrics) check(v.name, rows, added_shape(schema_, v));
  for (const Variable& v : schema_.points)
    check(v.name, part_ ? rows : h5::Extent{grid.levers.size(), grid.samples}, {});
  if (part_ && count_ > 0) {
    const std::vector<std::uint64_t> all = numbers(0, count_);
    if (std::adjacent_find(all.begin(), all.end(), std::greater_equal<>()) != all.end() || all.back() >= grid.rows())
      throw Error(ErrorKind::input, "the file is damaged: its rows are not ascending within the sweep", {},
                  in_file(path));
  }
}

std::vector<std::uint64_t> SweepReader::numbers(std::uint64_t first, std::uint64_t count) const {
  std::vector<std::uint64_t> rows(count);
  if (!part_) {
    std::iota(rows.begin(), rows.end(), first);
    return rows;
  }
  std::vector<std::int64_t> stored(count);
  file_.open_dataset("row").read({first}, {count}, std::span(stored));
  std::copy(stored.begin(), stored.end(), rows.begin());
  return rows;
}

std::vector<RowState> SweepReader::states(std::uint64_t first, std::uint64_t count) const {
  std::vector<std::int8_t> stored(count);
  const h5::Dataset data = file_.open_dataset(state_name);
  if (part_) {
    data.read({first}, {count}, std::span(stored));
  } else {
    for (const Box& box : boxes(schema_.grid, first, count)) {
      const auto [start, size] = block(box, {});
      data.read(start, size, std::span(stored).subspan(box.offset, size[0] * size[1] * size[2]));
    }
  }
  std::vector<RowState> states(count);
  std::transform(stored.begin(), stored.end(), states.begin(),
                 [](std::int8_t s) { return s >= 1 && s <= 3 ? static_cast<RowState>(s) : RowState::missing; });
  return states;
}

std::vector<double> SweepReader::read(const Variable& variable, std::uint64_t first, std::uint64_t count) const {
  const h5::Dataset data = file_.open_dataset(variable.name);
  const h5::Extent added = added_shape(schema_, variable);
  const std::uint64_t width = schema_.width(variable), replicas = schema_.grid.replicas;
  std::vector<double> values(count * width);
  if (count == 0) return values;
  const bool point = std::any_of(schema_.points.begin(), schema_.points.end(),
                                 [&](const Variable& p) { return p.name == variable.name; });
  if (part_) {
    h5::Extent start(1 + added.size(), 0), size{count};
    start[0] = first;
    size.insert(size.end(), added.begin(), added.end());
    data.read(start, size, std::span(values));
  } else if (point) {
    const std::uint64_t from = first / replicas, points = (first + count - 1) / replicas - from + 1;
    std::vector<double> stored(points);
    for (const Box& box : boxes({schema_.grid.levers, schema_.grid.samples, 1}, from, points))
      data.read({box.start[0], box.start[1]}, {box.count[0], box.count[1]},
                std::span(stored).subspan(box.offset, box.count[0] * box.count[1]));
    for (std::uint64_t i = 0; i < count; ++i) values[i] = stored[(first + i) / replicas - from];
  } else {
    for (const Box& box : boxes(schema_.grid, first, count)) {
      const auto [start, size] = block(box, added);
      const std::uint64_t rows = box.count[0] * box.count[1] * box.count[2];
      data.read(start, size, std::span(values).subspan(box.offset * width, rows * width));
    }
  }
  return values;
}

std::vector<double> SweepReader::read_rows(std::uint64_t first, std::uint64_t count) const {
  const std::uint64_t row_width = schema_.row_width();
  std::vector<double> rows(count * row_width);
  std::uint64_t at = 0;
  for (const Variable& variable : columns(schema_)) {
    const std::uint64_t width = schema_.width(variable);
    const std::vector<double> column = read(variable, first, count);
    for (std::uint64_t i = 0; i < count; ++i)
      std::copy_n(column.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                  rows.begin() + static_cast<std::ptrdiff_t>(i * row_width + at));
    at += width;
  }
  return rows;
}

std::vector<std::int64_t> SweepReader::checks(std::uint64_t first, std::uint64_t count) const {
  std::vector<std::int64_t> stored(count);
  const h5::Dataset data = file_.open_dataset(check_name);
  if (part_) {
    data.read({first}, {count}, std::span(stored));
    return stored;
  }
  for (const Box& box : boxes(schema_.grid, first, count)) {
    const auto [start, size] = block(box, {});
    data.read(start, size, std::span(stored).subspan(box.offset, size[0] * size[1] * size[2]));
  }
  return stored;
}

}  // namespace nadc
