// Fewer points of a long series, none of its extremes lost.
//
// The series is cut into equal buckets; each keeps its first, least, greatest and last value at their own places, so
// that a line through what is left has the same envelope. O(n).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace nadc {

// Places to keep, ascending: at most 4 · buckets of them; all when the series is no longer than that. NaN is kept only
// as the first or last of a bucket. Throws nothing.
std::vector<std::uint32_t> kept_places(std::span<const double> values, std::size_t buckets);

}  // namespace nadc
