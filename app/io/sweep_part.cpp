#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "app/io/atomic_file.hpp"
#include "app/io/seal.hpp"
#include "app/io/sweep_file.hpp"
#include "app/io/sweep_layout.hpp"

namespace nadc {

using namespace sweep_layout;

namespace {

std::string part_name(const std::string& path) { return resolved(path) + ".part"; }

// What changes in a part while it runs.
std::vector<FileRange> places_of_rows(const h5::File& file, const SweepSchema& schema, std::uint64_t rows) {
  std::vector<FileRange> places;
  const auto add = [&](const std::string& name, std::uint64_t row_bytes) {
    const std::optional<std::uint64_t> at = file.open_dataset(name).offset();
    if (!at) throw Error(ErrorKind::failed, "\"" + name + "\" is not in one piece", {}, in_file(file.path()));
    places.push_back({*at, rows * row_bytes});
  };
  for (const Variable& variable : columns(schema)) add(variable.name, 8 * schema.width(variable));
  add(state_name, 1);
  add(check_name, 8);
  return places;
}

}  // namespace

SweepPart::SweepPart(std::string path, SweepSchema schema, h5::File file)
    : path_(std::move(path)), part_(part_name(path_)), schema_(std::move(schema)), file_(std::move(file)) {
  width_ = schema_.row_width();
  for (const Variable& variable : columns(schema_)) columns_.push_back(file_->open_dataset(variable.name));
  state_ = file_->open_dataset(state_name);
  check_ = file_->open_dataset(check_name);
}

bool SweepPart::exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(part_name(path), error);
}

SweepPart SweepPart::create(const std::string& path, const Header& header, const SweepSchema& schema,
                            std::span<const std::uint64_t> rows) {
  check_sweep(schema);
  check_replaceable(path);
  const std::string part = part_name(path);
  if (exists(path))
    throw Error(ErrorKind::usage, "an unfinished sweep is there already",
                "go on with it (--resume), or remove the file", in_file(part));
  const bool ascending = std::adjacent_find(rows.begin(), rows.end(), std::greater_equal<>()) == rows.end();
  if (rows.empty() || !ascending || rows.back() >= schema.grid.rows())
    throw Error(ErrorKind::failed, "the rows of a part must be some, ascending, and within the sweep", {},
                in_file(part));
  const std::string temporary = temporary_name(part);
  Header part_header = header;
  part_header.kind = part_kind;
  try {
    h5::File file = h5::File::create(temporary, part_seal_bytes(columns(schema).size() + 4));
    write_header(file, part_header);
    write_sizes(file, schema.grid);
    create_schema(file, part_schema(schema, std::vector<std::int64_t>(rows.begin(), rows.end())));
    std::vector<FileRange> changing = places_of_rows(file, schema, rows.size());
    file.close();
    // HDF5 marks in its superblock (version 2, with a checksum of its own) that somebody writes.
    const std::uint64_t superblock = part_seal_bytes(changing.size() + 2);
    changing.push_back({superblock + 11, 1});
    changing.push_back({superblock + 44, 4});
    seal_part(temporary, changing);
    publish(temporary, part);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  SweepPart result(path, schema, h5::File::open(part, h5::Access::write));
  result.rows_.assign(rows.begin(), rows.end());
  result.states_.assign(rows.size(), RowState::missing);
  return result;
}

SweepPart SweepPart::resume(const std::string& path, const Header& header, const SweepSchema& schema,
                            std::span<const std::uint64_t> rows) {
  const std::string part = part_name(path);
  std::vector<RowState> states;
  {
    const SweepReader reader(part);
    const auto refuse = [&](const std::string& why) {
      throw Error(ErrorKind::input, fmt::format("cannot resume: the part is of another sweep ({})", why),
                  "run the program and the study that began it, or remove the file", in_file(part));
    };
    if (const std::string why = difference(identity(header, schema), identity(reader.header(), reader.schema()));
        !why.empty())
      refuse(why);
    const std::vector<std::uint64_t> stored = reader.numbers(0, reader.rows());
    if (!std::equal(stored.begin(), stored.end(), rows.begin(), rows.end()))
      refuse(fmt::format("its {} rows are not the {} rows here", stored.size(), rows.size()));
    states = reader.states(0, reader.rows());
    // After a power cut a state may have reached the disk before its values.
    const std::uint64_t width = schema.row_width(), step = block_rows(schema);
    for (std::uint64_t first = 0; first < states.size(); first += step) {
      const std::uint64_t count = std::min<std::uint64_t>(step, states.size() - first);
      const auto begin = states.begin() + static_cast<std::ptrdiff_t>(first);
      if (std::all_of(begin, begin + static_cast<std::ptrdiff_t>(count),
                      [](RowState s) { return s == RowState::missing; }))
        continue;
      const std::vector<double> values = reader.read_rows(first, count);
      const std::vector<std::int64_t> checks = reader.checks(first, count);
      for (std::uint64_t i = 0; i < count; ++i)
        if (checks[i] != row_check(stored[first + i], states[first + i], std::span(values).subspan(i * width, width)))
          states[first + i] = RowState::missing;
    }
  }
  SweepPart result(path, schema, h5::File::open(part, h5::Access::write));
  result.rows_.assign(rows.begin(), rows.end());
  result.states_ = std::move(states);
  return result;
}

std::uint64_t SweepPart::place_of(std::uint64_t row) const {
  const auto at = std::lower_bound(rows_.begin(), rows_.end(), row);
  if (at == rows_.end() || *at != row)
    throw Error(ErrorKind::failed, fmt::format("row {} is not of this part", row), {}, in_file(part_));
  return static_cast<std::uint64_t>(at - rows_.begin());
}

void SweepPart::put(std::uint64_t row, RowState state, std::span<const double> values) {
  if (values.size() != width_)
    throw Error(ErrorKind::failed, fmt::format("a row of {} values is given {}", width_, values.size()), {},
                in_file(part_));
  const std::uint64_t place = place_of(row);
  held_.emplace_back(place, state);
  values_.insert(values_.end(), values.begin(), values.end());
  blank(schema_, state, std::span(values_).last(width_));
  states_[place] = state;
  if (held_.size() >= block_rows(schema_)) write_block();
}

void SweepPart::write_block() {
  // By place; of equal places the last one put.
  std::vector<std::size_t> order(held_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return held_[a].first < held_[b].first; });
  std::vector<std::size_t> last;
  for (std::size_t i = 0; i < order.size(); ++i)
    if (i + 1 == order.size() || held_[order[i]].first != held_[order[i + 1]].first) last.push_back(order[i]);

  const auto for_each_run = [&](auto&& use) {
    for (std::size_t begin = 0, end; begin < last.size(); begin = end) {
      for (end = begin + 1; end < last.size() && held_[last[end]].first == held_[last[begin]].first + (end - begin);)
        ++end;
      use(std::span(last).subspan(begin, end - begin));
    }
  };
  const std::vector<Variable> variables = columns(schema_);
  std::vector<double> column;
  for_each_run([&](std::span<const std::size_t> run) {
    std::uint64_t at = 0;
    for (std::size_t c = 0; c < variables.size(); ++c) {
      const h5::Extent added = added_shape(schema_, variables[c]);
      const std::uint64_t width = schema_.width(variables[c]);
      column.clear();
      for (const std::size_t i : run) {
        const auto value = values_.begin() + static_cast<std::ptrdiff_t>(i * width_ + at);
        column.insert(column.end(), value, value + static_cast<std::ptrdiff_t>(width));
      }
      h5::Extent start(1 + added.size(), 0), count{run.size()};
      start[0] = held_[run[0]].first;
      count.insert(count.end(), added.begin(), added.end());
      columns_[c].write(start, count, std::span<const double>(column));
      at += width;
    }
  });
  file_->flush();  // values reach the operating system before the states that vouch for them
  for_each_run([&](std::span<const std::size_t> run) {
    std::vector<std::int64_t> checks;
    std::vector<std::int8_t> states;
    for (const std::size_t i : run) {
      checks.push_back(
          row_check(rows_[held_[i].first], held_[i].second, std::span(values_).subspan(i * width_, width_)));
      states.push_back(static_cast<std::int8_t>(held_[i].second));
    }
    check_->write({held_[run[0]].first}, {run.size()}, std::span<const std::int64_t>(checks));
    state_->write({held_[run[0]].first}, {run.size()}, std::span<const std::int8_t>(states));
  });
  file_->flush();
  held_.clear();
  values_.clear();
}

void SweepPart::checkpoint() {
  if (!held_.empty()) write_block();
  file_->sync();
}

std::vector<bool> sound_rows(const SweepReader& reader) {
  std::vector<bool> sound(reader.rows(), true);
  if (!reader.is_part()) return sound;
  const std::uint64_t step = block_rows(reader.schema());
  for (std::uint64_t first = 0; first < reader.rows(); first += step) {
    const std::uint64_t count = std::min(step, reader.rows() - first);
    const std::vector<std::uint64_t> numbers = reader.numbers(first, count);
    const std::vector<RowState> states = reader.states(first, count);
    const std::vector<double> values = reader.read_rows(first, count);
    const std::vector<std::int64_t> checks = reader.checks(first, count);
    const std::size_t width = values.size() / count;
    for (std::uint64_t i = 0; i < count; ++i)
      sound[first + i] =
          states[i] == RowState::missing
              ? checks[i] == 0
              : checks[i] == row_check(numbers[i], states[i], std::span(values).subspan(i * width, width));
  }
  return sound;
}

std::uint64_t SweepPart::import(const std::string& other,
                                const std::function<std::optional<std::uint64_t>(std::uint64_t)>& where,
                                Damaged damaged) {
  const SweepReader reader(other);
  const std::vector<Variable> here = columns(schema_), there = columns(reader.schema());
  const bool same =
      std::equal(here.begin(), here.end(), there.begin(), there.end(), [&](const Variable& a, const Variable& b) {
        return a.name == b.name && a.dims == b.dims && a.units == b.units &&
               added_shape(schema_, a) == added_shape(reader.schema(), b);
      });
  if (!same)
    throw Error(ErrorKind::input, "cannot extend: the file has other variables than this study", {}, in_file(other));
  std::uint64_t taken = 0;
  const std::uint64_t step = block_rows(schema_);
  for (std::uint64_t first = 0; first < reader.rows(); first += step) {
    const std::uint64_t count = std::min(step, reader.rows() - first);
    const std::vector<std::uint64_t> numbers = reader.numbers(first, count);
    const std::vector<RowState> states = reader.states(first, count);
    const std::vector<double> values = reader.read_rows(first, count);
    const std::vector<std::int64_t> checks = reader.checks(first, count);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (states[i] != RowState::done) continue;
      const auto row_values = std::span(values).subspan(i * width_, width_);
      const bool sound = checks[i] == row_check(numbers[i], states[i], row_values);
      if (!sound && damaged == Damaged::leave_out) continue;
      if (!sound)
        throw Error(ErrorKind::input,
                    "the file is damaged: " + reader.schema().grid.describe(numbers[i]) + " does not match its check",
                    "copy it again from where it was made, or make it anew", in_file(other));
      const std::optional<std::uint64_t> row = where(numbers[i]);
      if (!row || !std::binary_search(rows_.begin(), rows_.end(), *row)) continue;
      put(*row, RowState::done, row_values);
      ++taken;
    }
  }
  return taken;
}

void SweepPart::publish_part() {
  checkpoint();
  check_replaceable(path_);
  columns_.clear();
  state_.reset();
  check_.reset();
  file_->close();
  publish(part_, path_);
}

MergeReport SweepPart::publish_grid(MissingRows missing) {
  checkpoint();
  columns_.clear();
  state_.reset();
  check_.reset();
  file_->close();
  MergeReport report = merge_sweeps(path_, std::span(&part_, 1), missing, {});
  if (report.missing == 0) ::unlink(part_.c_str());
  return report;
}

}  // namespace nadc
