#include "models/network/calibrate.hpp"

#include <algorithm>

namespace nadc {

std::uint32_t SurfaceFit::cells_met() const {
  return static_cast<std::uint32_t>(std::count_if(weight_.begin(), weight_.end(), [](double w) { return w > 0; }));
}

std::vector<std::uint16_t> SurfaceFit::cells() const {
  using S = PaceSurface;
  const auto row_of = [](std::uint32_t size, std::uint32_t spread) { return (size * S::spreads + spread) * S::loads; };
  std::vector<double> value(S::cells, 0.0);  // 0: not known
  for (std::uint32_t c = 0; c < S::cells; ++c)
    if (weight_[c] > 0) value[c] = sum_[c] / weight_[c];
  // Along the load.
  for (std::uint32_t row = 0; row < S::cells; row += S::loads) {
    std::uint32_t last = S::loads;
    for (std::uint32_t l = 0; l < S::loads; ++l) {
      if (weight_[row + l] == 0.0) continue;
      for (std::uint32_t k = last == S::loads ? 0 : last + 1; k < l; ++k)
        value[row + k] = last == S::loads ? value[row + l]
                                          : value[row + last] + (value[row + l] - value[row + last]) * (k - last) /
                                                                    static_cast<double>(l - last);
      last = l;
    }
    if (last == S::loads) continue;
    for (std::uint32_t k = last + 1; k < S::loads; ++k) value[row + k] = value[row + last];
  }
  // Whole rows, from the nearest known one of the same size, else of another size.
  const auto nearest = [&](std::uint32_t size, std::uint32_t spread) {
    std::uint32_t best = S::cells, least = ~0u;
    for (std::uint32_t s = 0; s < S::sizes; ++s)
      for (std::uint32_t p = 0; p < S::spreads; ++p) {
        if (value[row_of(s, p)] == 0.0) continue;
        const std::uint32_t distance =
            (s > size ? s - size : size - s) * S::spreads + (p > spread ? p - spread : spread - p);
        if (distance < least) least = distance, best = row_of(s, p);
      }
    return best;
  };
  std::vector<std::uint16_t> cells(S::cells, S::one);
  for (std::uint32_t s = 0; s < S::sizes; ++s)
    for (std::uint32_t p = 0; p < S::spreads; ++p) {
      const std::uint32_t row = row_of(s, p), from = value[row] > 0 ? row : nearest(s, p);
      if (from == S::cells) continue;
      for (std::uint32_t l = 0; l < S::loads; ++l)
        cells[row + l] = static_cast<std::uint16_t>(std::lround(std::clamp(value[from + l] * S::one, 1024.0, 65535.0)));
    }
  return cells;
}

}  // namespace nadc
