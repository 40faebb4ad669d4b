#include "app/report/down_sample.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nadc {

std::vector<std::uint32_t> kept_places(std::span<const double> values, std::size_t buckets) {
  std::vector<std::uint32_t> places;
  const std::size_t n = values.size();
  if (n <= 4 * buckets) {
    places.resize(n);
    std::iota(places.begin(), places.end(), 0u);
    return places;
  }
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    const std::size_t first = bucket * n / buckets, end = (bucket + 1) * n / buckets;
    std::size_t least = first, greatest = first;
    for (std::size_t i = first; i < end; ++i) {
      if (std::isnan(values[least]) || values[i] < values[least]) least = i;
      if (std::isnan(values[greatest]) || values[i] > values[greatest]) greatest = i;
    }
    std::uint32_t kept[] = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(least),
                            static_cast<std::uint32_t>(greatest), static_cast<std::uint32_t>(end - 1)};
    std::sort(std::begin(kept), std::end(kept));
    places.insert(places.end(), std::begin(kept), std::unique(std::begin(kept), std::end(kept)));
  }
  return places;
}

}  // namespace nadc
