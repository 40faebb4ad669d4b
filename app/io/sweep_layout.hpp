// How rows of a sweep lie in a file: what SweepPart, SweepReader and merge share.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "app/io/sweep_file.hpp"

namespace nadc::sweep_layout {

inline constexpr const char* part_kind = "sweep-part";
inline constexpr const char* grid_kind = "sweep";
inline constexpr const char* state_name = "row_state";
inline constexpr const char* check_name = "row_crc32";

// Fails when the schema cannot be stored.
void check_sweep(const SweepSchema& schema);
// Root attributes samples and replicas.
void write_sizes(h5::File& file, const SweepGrid& grid);

// Rows in a block of about 8 MiB.
std::uint64_t block_rows(const SweepSchema& schema);

Schema part_schema(const SweepSchema& schema, std::vector<std::int64_t> rows);
Schema grid_schema(const SweepSchema& schema);
SweepSchema read_sweep_schema(const h5::File& file, const Header& header);

// Metrics, then points: the columns of a row.
std::vector<Variable> columns(const SweepSchema& schema);

// CRC-32 of what a row says: its number, state and values, the blank ones included.
std::int64_t row_check(std::uint64_t row, RowState state, std::span<const double> values);

// Of a row that is not done only the point counts: blanks the metrics, or all values where there is nothing to keep.
void blank(const SweepSchema& schema, RowState state, std::span<double> row);

// What must agree between files of one study, as lines "name: value".
std::string identity(const Header& header, const SweepSchema& schema);
// The first line in which two identities differ, in words; empty when equal.
std::string difference(const std::string& here, const std::string& there);

// A block of whole lines of a three-axis array: `count` rows from flat row `offset` of the call.
struct Box {
  std::uint64_t start[3], count[3];
  std::uint64_t offset;
};
// Cuts the flat rows [first, first + count) of a (lever, sample, replica) array into at most five boxes.
std::vector<Box> boxes(const SweepGrid& grid, std::uint64_t first, std::uint64_t count);

// start and count of a box with added axes.
std::pair<h5::Extent, h5::Extent> block(const Box& box, const h5::Extent& added);
h5::Extent added_shape(const SweepSchema& schema, const Variable& variable);

}  // namespace nadc::sweep_layout
