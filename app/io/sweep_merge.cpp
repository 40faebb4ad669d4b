#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "app/io/atomic_file.hpp"
#include "app/io/seal.hpp"
#include "app/io/sweep_file.hpp"
#include "app/io/sweep_layout.hpp"

namespace nadc {

using namespace sweep_layout;

namespace {

constexpr std::size_t named_runs = 8;

// done beats failed beats skipped beats missing, in whatever order the files come.
int rank(RowState state) {
  switch (state) {
    case RowState::done:
      return 3;
    case RowState::failed:
      return 2;
    case RowState::skipped:
      return 1;
    case RowState::missing:
      return 0;
  }
  return 0;
}

// The grid file being made.
class GridFile {
 public:
  GridFile(const std::string& temporary, const Header& header, SweepSchema schema)
      : file_(h5::File::create(temporary)),
        schema_(std::move(schema)),
        variables_(columns(schema_)),
        states_(schema_.grid.rows(), RowState::missing),
        checks_(schema_.grid.rows(), 0) {
    write_header(file_, header);
    write_sizes(file_, schema_.grid);
    create_schema(file_, grid_schema(schema_));
    for (const Variable& v : variables_) data_.push_back(file_.open_dataset(v.name));
  }

  const std::vector<Variable>& variables() const { return variables_; }
  const std::vector<RowState>& states() const { return states_; }
  RowState& state(std::uint64_t row) { return states_[row]; }
  std::int64_t& check(std::uint64_t row) { return checks_[row]; }

  // Values (count, width) of one column for rows [first, first + count).
  void write(std::size_t column, std::uint64_t first, std::uint64_t count, std::span<const double> values) {
    const std::uint64_t width = schema_.width(variables_[column]);
    if (column >= schema_.metrics.size()) {
      write_points(column, first, count, values);
      return;
    }
    for (const Box& box : boxes(schema_.grid, first, count)) {
      const auto [start, size] = block(box, added_shape(schema_, variables_[column]));
      const std::uint64_t rows = box.count[0] * box.count[1] * box.count[2];
      data_[column].write(start, size, values.subspan(box.offset * width, rows * width));
    }
  }

  bool equal(std::size_t column, std::uint64_t first, std::uint64_t count, std::span<const double> values) const {
    if (column >= schema_.metrics.size()) return true;
    const std::uint64_t width = schema_.width(variables_[column]);
    std::vector<double> stored;
    for (const Box& box : boxes(schema_.grid, first, count)) {
      const auto [start, size] = block(box, added_shape(schema_, variables_[column]));
      stored.resize(box.count[0] * box.count[1] * box.count[2] * width);
      data_[column].read(start, size, std::span(stored));
      const std::span<const double> given = values.subspan(box.offset * width, stored.size());
      if (std::memcmp(stored.data(), given.data(), given.size_bytes()) != 0) return false;
    }
    return true;
  }

  void close() {
    std::vector<std::int8_t> flags(states_.size());
    std::transform(states_.begin(), states_.end(), flags.begin(),
                   [](RowState s) { return static_cast<std::int8_t>(s); });
    file_.open_dataset(state_name).write_all(std::span<const std::int8_t>(flags));
    file_.open_dataset(check_name).write_all(std::span<const std::int64_t>(checks_));
    data_.clear();
    file_.close();
  }

 private:
  void write_points(std::size_t column, std::uint64_t first, std::uint64_t count, std::span<const double> values) {
    const std::uint64_t replicas = schema_.grid.replicas, from = first / replicas, to = (first + count - 1) / replicas;
    std::vector<double> points;
    for (std::uint64_t point = from; point <= to; ++point)
      points.push_back(values[point == from ? 0 : point * replicas - first]);
    const SweepGrid plane{schema_.grid.levers, schema_.grid.samples, 1};
    for (const Box& box : boxes(plane, from, points.size()))
      data_[column].write({box.start[0], box.start[1]}, {box.count[0], box.count[1]},
                          std::span<const double>(points).subspan(box.offset, box.count[0] * box.count[1]));
  }

  h5::File file_;
  SweepSchema schema_;
  std::vector<Variable> variables_;
  std::vector<h5::Dataset> data_;
  std::vector<RowState> states_;
  std::vector<std::int64_t> checks_;
};

// Copies the rows at places [first, first + count) of one file; returns how many do not match their check, and the
// first.
std::pair<std::uint64_t, std::uint64_t> copy_block(const SweepReader& reader, const std::string& path,
                                                   std::uint64_t first, std::uint64_t count, GridFile& grid) {
  const std::vector<std::uint64_t> rows = reader.numbers(first, count);
  std::vector<RowState> states = reader.states(first, count);
  std::vector<std::vector<double>> values;
  for (const Variable& v : grid.variables()) values.push_back(reader.read(v, first, count));

  std::pair<std::uint64_t, std::uint64_t> bad{0, 0};
  const std::vector<std::int64_t> checks = reader.checks(first, count);
  std::vector<double> row;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (states[i] == RowState::missing && checks[i] == 0) continue;
    row.clear();
    for (const std::vector<double>& column : values) {
      const std::uint64_t width = column.size() / count;
      const auto at = column.begin() + static_cast<std::ptrdiff_t>(i * width);
      row.insert(row.end(), at, at + static_cast<std::ptrdiff_t>(width));
    }
    blank(reader.schema(), states[i],
          row);  // a grid file keeps the point of a skipped row with those of its neighbours
    if (states[i] != RowState::missing && rows[i] < grid.states().size() &&
        checks[i] == row_check(rows[i], states[i], row))
      continue;
    if (bad.first++ == 0) bad.second = rows[i];
    states[i] = RowState::missing;
  }
  for (std::uint64_t begin = 0, end; begin < count; begin = end) {
    const auto alike = [&](std::uint64_t i) {
      return rows[i] == rows[begin] + (i - begin) && states[i] == states[begin] &&
             grid.state(rows[i]) == grid.state(rows[begin]);
    };
    end = begin + 1;
    if (states[begin] == RowState::missing) continue;
    while (end < count && states[end] != RowState::missing && alike(end)) ++end;
    const RowState old = grid.state(rows[begin]);
    if (rank(states[begin]) < rank(old)) continue;
    for (std::size_t c = 0; c < values.size(); ++c) {
      const std::uint64_t width = values[c].size() / count;
      const std::span<const double> run = std::span(values[c]).subspan(begin * width, (end - begin) * width);
      if (old == RowState::done && !grid.equal(c, rows[begin], end - begin, run))
        throw Error(ErrorKind::input,
                    fmt::format("two files disagree on \"{}\" near {}", grid.variables()[c].name,
                                reader.schema().grid.describe(rows[begin])),
                    "equal rows are equal bit for bit: one of the files was made by another build or was changed",
                    in_file(path));
      const bool point = c >= reader.schema().metrics.size();
      if (old != RowState::done && !(point && states[begin] == RowState::skipped))
        grid.write(c, rows[begin], end - begin, run);
    }
    for (std::uint64_t i = begin; i < end; ++i) {
      grid.state(rows[i]) = states[i];
      grid.check(rows[i]) = checks[i];
    }
  }
  return bad;
}

void name_missing(const SweepGrid& grid, const std::vector<RowState>& states, MergeReport& report) {
  for (std::uint64_t begin = 0, end; begin < states.size(); begin = end) {
    for (end = begin + 1;
         end < states.size() && (states[end] == RowState::missing) == (states[begin] == RowState::missing);)
      ++end;
    if (states[begin] != RowState::missing) continue;
    report.missing += end - begin;
    if (report.missing_rows.size() == named_runs) report.missing_rows.push_back("and more");
    if (report.missing_rows.size() > named_runs) continue;
    std::string run = grid.describe(begin);
    if (end - begin > 1) run += fmt::format(" to {} ({} rows)", grid.describe(end - 1), end - begin);
    report.missing_rows.push_back(std::move(run));
  }
  for (const RowState s : states) {
    report.done += s == RowState::done;
    report.failed += s == RowState::failed;
    report.skipped += s == RowState::skipped;
  }
  report.rows = states.size();
}

Error incomplete(const std::string& path, const MergeReport& report) {
  std::vector<Problem> problems = report.damaged;
  if (report.missing > 0) {
    std::string text = fmt::format("{} of {} rows are missing", report.missing, report.rows);
    for (const std::string& run : report.missing_rows) text += "\n    " + run;
    problems.push_back(
        {text, "resume or rerun the shards that hold them, or merge what there is with --partial", in_file(path)});
  }
  return Error(ErrorKind::partial, std::move(problems));
}

}  // namespace

MergeReport merge_sweeps(const std::string& path, std::span<const std::string> files, MissingRows missing,
                         const std::string& command_line) {
  check_replaceable(path);
  const std::string temporary = temporary_name(path);
  MergeReport report;
  std::optional<GridFile> grid;
  std::string study, study_file;
  const SweepGrid* shape = nullptr;
  SweepGrid grid_shape;
  try {
    for (const std::string& name : files) {
      std::optional<SweepReader> reader;
      try {
        reader.emplace(name);
      } catch (const Error& e) {
        report.damaged.insert(report.damaged.end(), e.problems().begin(), e.problems().end());
        continue;
      }
      const std::string identity_here = identity(reader->header(), reader->schema());
      if (!grid) {
        study = identity_here;
        study_file = name;
        grid_shape = reader->schema().grid;
        shape = &grid_shape;
        Header header = reader->header();
        header.kind = grid_kind;
        if (header.provenance.finished.empty()) header.provenance.finished = utc_now();
        if (!command_line.empty()) header.history += fmt::format("\n{} {}", utc_now(), command_line);
        grid.emplace(temporary, header, reader->schema());
      } else if (const std::string why = difference(study, identity_here); !why.empty()) {
        throw Error(ErrorKind::input, fmt::format("the file is of another study than \"{}\" ({})", study_file, why),
                    "merge parts of one study only", in_file(name));
      }
      std::uint64_t bad = 0, first_bad = 0;
      const std::uint64_t step = block_rows(reader->schema());
      for (std::uint64_t first = 0; first < reader->rows(); first += step) {
        const auto [n, row] = copy_block(*reader, name, first, std::min(step, reader->rows() - first), *grid);
        if (bad == 0) first_bad = row;
        bad += n;
      }
      if (bad > 0)
        report.damaged.push_back(
            {fmt::format("the file is damaged: {} {}, the first is {}", bad,
                         bad == 1 ? "row does not match its check" : "rows do not match their checks",
                         grid_shape.describe(std::min(first_bad, grid_shape.rows() - 1))),
             "copy the file again, or resume the shard", in_file(name)});
    }
    if (!grid)
      throw Error(ErrorKind::partial, report.damaged.empty()
                                          ? std::vector<Problem>{{"there is nothing to merge", {}, {}}}
                                          : report.damaged);
    name_missing(*shape, grid->states(), report);
    if (missing == MissingRows::refuse && (report.missing > 0 || !report.damaged.empty()))
      throw incomplete(path, report);
    grid->close();
    grid.reset();
    seal_finished(temporary);
    publish(temporary, path);
  } catch (...) {
    grid.reset();
    ::unlink(temporary.c_str());
    throw;
  }
  return report;
}

}  // namespace nadc
