// Exact means and quantiles of the laws (Boost.Math) and the two-sided tables made from them. Host only, used by
// law.cpp.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "sim/law.hpp"

namespace nadc::law_shapes {

double normal_quantile(double p);
double quantile(const LawSpec& spec, double p);  // caps not applied
double mean(const LawSpec& spec);                // caps applied

// Points in rising order of value with cumulative probabilities from a positive one to exactly 1; factor not applied.
std::vector<LawPoint> cumulative_points(const LawSpec& spec);

// Nodes of both sides: lower(p) is the quantile at p, upper(q) the quantile at 1 − q, for p, q in [2⁻³³, ½].
template <class Lower, class Upper> void fill_table(double* table, Lower&& lower, Upper&& upper) {
  using law_detail::segments_per_octave, law_detail::side_nodes;
  const auto rounded = [](double x) { return std::nearbyint(x * 0x1p36) * 0x1p-36; };
  for (std::uint32_t i = 1; i < side_nodes; ++i) {
    const std::uint32_t shift = i < 2 * segments_per_octave ? 0 : i / segments_per_octave - 1;
    const double p = std::ldexp(static_cast<double>(i - segments_per_octave * shift), static_cast<int>(shift) - 33);
    table[i] = rounded(lower(p));
    table[side_nodes + i] = rounded(upper(p));
  }
  table[0] = table[1];  // never used
  table[side_nodes] = table[side_nodes + 1];
}

}  // namespace nadc::law_shapes
