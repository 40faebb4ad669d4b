// Seals: what tells a results file as it was written from one that was damaged since. They are checked before HDF5 sees
// the file, which hangs or dies on some damage.
//
// A finished file ends in a trailer behind HDF5's own bytes (readers of HDF5 and netCDF-4 ignore it): a mark, the size
// and the CRC-32 of all that stands before. A part is written to while it runs, so its seal covers what never changes:
// a block at the file's beginning (HDF5's user block) holds the places of the rows' values, states and checks, and the
// CRC-32 of every other byte; rows carry checks of their own. Every single flipped bit, and every error within 32
// neighbouring bits, is found; other damage goes unseen once in 2³². Reading is sequential, about 1 GB/s.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace nadc {

struct FileRange {
  std::uint64_t begin;  // [B] from the beginning of the file
  std::uint64_t size;   // [B]
};

// Appends the trailer to a closed file. Error (failed) when it cannot be written.
void seal_finished(const std::string& path);

// Size of the block at the beginning of a part, for so many ranges that change: a power of two, as HDF5 asks.
std::uint64_t part_seal_bytes(std::size_t ranges);
// Writes that block into a closed file that left room for it.
void seal_part(const std::string& path, std::vector<FileRange> changing);

// Error (input), naming the file, when it is damaged, cut off or not sealed. Says nothing of what is no HDF5 file or
// cannot be opened: that is for who opens it.
void check_seal(const std::string& path);
// Whether the file carries a seal, sound or not.
bool is_sealed(const std::string& path);

}  // namespace nadc
