// Sweep results: a grid file (lever, sample, replica), and the part files from which it is made.
//
// A part holds the rows that one process runs, by number: row = (lever · samples + sample) · replicas + replica. It is
// laid out and filled with NaN before the first replica runs (so a full disk shows at once), published as a whole, and
// only numbers change afterwards: values first, then `row_crc32` and `row_state`. Killed at any moment it can be
// resumed: a row counts as done only when its state says so and number, state and values match their CRC-32. All other
// bytes of a part, and a grid file as a whole, are sealed (app/io/seal.hpp): damage is found before anything is read.
// The grid file is always made by merging parts, one or many, so the same rows give the same values however they were
// split.
//
// Grid layout: metrics (lever, sample, replica[, group | class | period]); points, the sampled uncertainties, (lever,
// sample), taken from any row of that point; `row_state` and `row_crc32` (lever, sample, replica). Values of rows that
// are not done are NaN. A part has (row[, axis]) and the coordinate `row` instead. Everything is 64-bit float, in one
// piece, uncompressed. Memory: about 16 MiB of rows at once, and 9 bytes for each row of an open part. Files are not
// shared between processes.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/io/results_file.hpp"
#include "sim/error.hpp"

namespace nadc {

enum class RowState : std::int8_t {
  missing = 0,
  done = 1,
  failed = 2,   // the replica failed: its metrics are NaN, its point is kept
  skipped = 3,  // the stopping rule did without it
};

struct SweepGrid {
  std::vector<std::string> levers;
  std::uint64_t samples = 1;
  std::uint64_t replicas = 1;

  std::uint64_t rows() const { return levers.size() * samples * replicas; }
  std::uint64_t row(std::uint64_t lever, std::uint64_t sample, std::uint64_t replica) const {
    return (lever * samples + sample) * replicas + replica;
  }
  std::string describe(std::uint64_t row) const;  // lever "A", sample 3, replica 7
};

struct SweepSchema {
  SweepGrid grid;
  std::vector<Axis> axes;         // group, class, period: whatever the metrics add
  std::vector<Variable> metrics;  // dims name the added axes only: {} or {"group"}
  std::vector<Variable> points;   // one value a point each

  // Values in a row: every metric in order, each with its axes in row-major order, then the points.
  std::uint64_t row_width() const;
  std::uint64_t width(const Variable& metric) const;
  // Forecast size of the grid file [B].
  std::uint64_t bytes() const { return grid.rows() * (row_width() * 8 + 9); }
};

enum class MissingRows { refuse, keep };

struct MergeReport {
  std::uint64_t rows = 0, done = 0, failed = 0, skipped = 0, missing = 0;
  // The first missing runs of rows, both ends included, in words; then what is wrong with which file.
  std::vector<std::string> missing_rows;
  std::vector<Problem> damaged;
};

class SweepPart {
 public:
  // Makes PATH.part for these rows (ascending). Fails when PATH is not to be replaced, or when PATH.part exists.
  static SweepPart create(const std::string& path, const Header& header, const SweepSchema& schema,
                          std::span<const std::uint64_t> rows);
  // Opens PATH.part. Fails, naming what differs, unless it is of the same scenario text, seed, program version and git
  // hash, schema and rows.
  static SweepPart resume(const std::string& path, const Header& header, const SweepSchema& schema,
                          std::span<const std::uint64_t> rows);
  static bool exists(const std::string& path);

  std::span<const std::uint64_t> rows() const { return rows_; }
  std::span<const RowState> states() const { return states_; }  // by place in rows()

  // values: row_width() of them. Written in blocks; put again replaces. Rows of a failed replica keep their point only.
  void put(std::uint64_t row, RowState state, std::span<const double> values);
  // Takes over the finished rows of another file: where(old row) is the row here, if any. Returns how many. A row that
  // does not match its check is an error, or left out.
  enum class Damaged { refuse, leave_out };
  std::uint64_t import(const std::string& other,
                       const std::function<std::optional<std::uint64_t>(std::uint64_t)>& where,
                       Damaged damaged = Damaged::refuse);
  // Everything put so far survives a kill once this returns; the disk is synced too.
  void checkpoint();

  // Ends the part: as PATH itself, to be merged later (a shard), or as the grid file at PATH. PATH.part then goes,
  // unless rows are missing in the grid file.
  void publish_part();
  MergeReport publish_grid(MissingRows missing);

 private:
  SweepPart(std::string path, SweepSchema schema, h5::File file);
  void open_columns();
  void write_block();
  std::uint64_t place_of(std::uint64_t row) const;

  std::string path_, part_;
  SweepSchema schema_;
  std::optional<h5::File> file_;
  std::vector<h5::Dataset> columns_;
  std::optional<h5::Dataset> state_, check_;
  std::vector<std::uint64_t> rows_;
  std::vector<RowState> states_;
  std::uint64_t width_ = 0;
  std::vector<std::pair<std::uint64_t, RowState>> held_;  // place, state
  std::vector<double> values_;                            // width_ for each held row
};

// Rows of a grid file or of a part, in ascending order of row number. A part that another process writes can be watched
// (h5::Access::watch): its layout is fixed, and values reach the file before the states that vouch for them, so what
// has a state when states are read first has its values too.
class SweepReader {
 public:
  explicit SweepReader(const std::string& path);
  SweepReader(const std::string& path, h5::Access access);  // read or watch

  const Header& header() const { return header_; }
  const SweepSchema& schema() const { return schema_; }
  bool is_part() const { return part_; }
  std::uint64_t rows() const { return count_; }

  // For the rows at places [first, first + count).
  std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t count) const;
  std::vector<RowState> states(std::uint64_t first, std::uint64_t count) const;
  // One metric or point, (count, width).
  std::vector<double> read(const Variable& variable, std::uint64_t first, std::uint64_t count) const;
  // Whole rows, (count, row_width()).
  std::vector<double> read_rows(std::uint64_t first, std::uint64_t count) const;
  // The stored check of each row.
  std::vector<std::int64_t> checks(std::uint64_t first, std::uint64_t count) const;

 private:
  h5::File file_;
  Header header_;
  SweepSchema schema_;
  bool part_ = false;
  std::uint64_t count_ = 0;
};

// By place: the row matches its check, or is missing. A grid file is checked as a whole when it is opened.
std::vector<bool> sound_rows(const SweepReader& reader);

// Joins parts (or grid files) of one study into the grid file at `path`, streaming. The same for any split, in any
// order; a row that two files hold must be equal in both. A file that cannot be read, is cut off or has rows that do
// not match their checks is reported by name, and its sound rows are used. With rows missing or a file damaged:
// `refuse` throws (kind partial) and writes nothing, `keep` writes what there is. Files of another study are an error
// (kind input).
MergeReport merge_sweeps(const std::string& path, std::span<const std::string> files, MissingRows missing,
                         const std::string& command_line);

}  // namespace nadc
