// Studies as a file that a machine without scenarios, YAML or Boost can run: the world, the points, and what some rows
// must hash to. For checks of a device against the machine that wrote the file; not a format for results.
//
// Format, little-endian: "NADCBLOB", version (u32), number of studies (u32), layout (u64: a fingerprint of the headers
// that define what is in it and the loop that reads it; a file of another layout is refused). A study: length and bytes
// of its name (u32, padded to 8), length and bytes of the world (u64), number of points (u32) and of rows (u32), each
// point as length (u64) and bytes, each row as point (u32), replica (u32) and hash (u64). Errors: Error (input) for a
// file that is missing, cut, damaged or of another version; Error (failed) when it cannot be written.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gpu/ensemble.hpp"

namespace nadc {

struct ExpectedRow {
  Task task;
  std::uint64_t hash;  // hash_of its raw
};

// Not the Study of app/: a world with its points.
struct BlobStudy {
  std::string name;
  std::vector<std::byte> world_block;
  std::vector<std::vector<std::byte>> points;
  std::vector<ExpectedRow> rows;

  const World& world() const { return *reinterpret_cast<const World*>(world_block.data()); }
};

void write_study_blob(const std::string& path, const std::vector<BlobStudy>& studies);
std::vector<BlobStudy> read_study_blob(const std::string& path);

}  // namespace nadc
