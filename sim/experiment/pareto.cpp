#include "sim/experiment/pareto.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/error.hpp"
#include "sim/random.hpp"

namespace nadc {
namespace {

// values: shape (lever, outcome), more is better.
std::optional<std::size_t> dominator(const std::vector<double>& values, std::size_t outcomes, std::size_t lever) {
  const double* own = values.data() + lever * outcomes;
  for (std::size_t other = 0; other * outcomes < values.size(); ++other) {
    if (other == lever) continue;
    const double* rival = values.data() + other * outcomes;
    bool better = false, worse = false;
    for (std::size_t o = 0; o < outcomes && !worse; ++o) {
      worse = !(rival[o] >= own[o]);
      better = better || rival[o] > own[o];
    }
    if (better && !worse) return other;
  }
  return std::nullopt;
}

}  // namespace

ParetoSet pareto_set(std::span<const ParetoOutcome> outcomes, std::uint32_t resamples, std::uint64_t seed) {
  if (outcomes.empty()) throw Error(ErrorKind::usage, "a Pareto set of no outcomes");
  const std::size_t m = outcomes.size(), k = outcomes.front().levers.rows(), n = outcomes.front().levers.columns();
  for (const ParetoOutcome& outcome : outcomes)
    if (outcome.levers.rows() != k || outcome.levers.columns() != n)
      throw Error(ErrorKind::usage, "outcomes of a Pareto set differ in levers or samples");
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  ParetoSet out;
  std::vector<std::size_t> part;  // levers that take part
  for (std::size_t i = 0; i < k; ++i) {
    const bool all = std::all_of(outcomes.begin(), outcomes.end(), [&](const ParetoOutcome& outcome) {
      const auto row = outcome.levers.row(i);
      return std::any_of(row.begin(), row.end(), [](double v) { return !std::isnan(v); });
    });
    out.levers.push_back({all, false, nan, nan, std::nullopt});
    if (all) part.push_back(i);
  }
  std::vector<double> cube;  // (sample, lever that takes part, outcome), more is better
  for (std::size_t s = 0; s < n && !part.empty(); ++s) {
    const std::size_t before = cube.size();
    for (const std::size_t i : part)
      for (const ParetoOutcome& outcome : outcomes)
        cube.push_back((outcome.better == Better::higher ? 1.0 : -1.0) * outcome.levers(i, s));
    const bool whole = std::none_of(cube.begin() + static_cast<std::ptrdiff_t>(before), cube.end(),
                                    [](double v) { return std::isnan(v); });
    if (!whole) cube.resize(before);
    ++(whole ? out.samples : out.left_out);
  }
  if (out.samples == 0) return out;
  const std::size_t width = part.size() * m;
  std::vector<double> shares(part.size(), 0.0), held(part.size(), 0.0), values(width);
  for (std::size_t s = 0; s < out.samples; ++s) {
    values.assign(cube.begin() + static_cast<std::ptrdiff_t>(s * width),
                  cube.begin() + static_cast<std::ptrdiff_t>((s + 1) * width));
    for (std::size_t p = 0; p < part.size(); ++p) shares[p] += !dominator(values, m, p);
  }
  for (std::uint32_t b = 0; b < resamples; ++b) {
    values.assign(width, 0.0);
    for (std::uint32_t d = 0; d < out.samples; ++d) {
      const std::uint32_t word = draw({seed, 0, b}, 0, 0, d).word[0];
      const std::size_t s = (static_cast<std::uint64_t>(word) * out.samples) >> 32;
      for (std::size_t v = 0; v < width; ++v) values[v] += cube[s * width + v];
    }
    for (std::size_t p = 0; p < part.size(); ++p) held[p] += !dominator(values, m, p);
  }
  values.assign(width, 0.0);
  for (std::size_t s = 0; s < out.samples; ++s)
    for (std::size_t v = 0; v < width; ++v) values[v] += cube[s * width + v];
  for (std::size_t p = 0; p < part.size(); ++p) {
    ParetoLever& lever = out.levers[part[p]];
    const auto by = dominator(values, m, p);
    lever.in_set = !by;
    if (by) lever.dominated_by = part[*by];
    lever.share_of_samples = shares[p] / static_cast<double>(out.samples);
    lever.p_in_set = resamples > 0 ? held[p] / static_cast<double>(resamples) : nan;
  }
  return out;
}

}  // namespace nadc
