#include "sim/experiment/regret.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/experiment/quantile.hpp"

namespace nadc {

Regrets regrets(MatrixView levers, Better better) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::size_t k = levers.rows(), n = levers.columns();
  const double sign = better == Better::higher ? 1.0 : -1.0;
  Regrets out;
  for (std::size_t i = 0; i < k; ++i) {
    const auto row = levers.row(i);
    const bool any = std::any_of(row.begin(), row.end(), [](double v) { return !std::isnan(v); });
    out.levers.push_back({any, nan, nan, nan, nan, {0.0, 1.0}});
  }
  std::vector<std::vector<double>> regret(k);
  std::vector<double> best(k, 0.0);
  const bool none = std::none_of(out.levers.begin(), out.levers.end(), [](const auto& l) { return l.takes_part; });
  for (std::size_t s = 0; s < n && !none; ++s) {
    double top = -std::numeric_limits<double>::infinity();
    bool whole = true;
    for (std::size_t i = 0; i < k; ++i) {
      if (!out.levers[i].takes_part) continue;
      whole = whole && !std::isnan(levers(i, s));
      top = std::fmax(top, sign * levers(i, s));
    }
    if (!whole) {
      ++out.left_out;
      continue;
    }
    ++out.samples;
    std::size_t ties = 0;
    for (std::size_t i = 0; i < k; ++i) ties += out.levers[i].takes_part && sign * levers(i, s) == top;
    for (std::size_t i = 0; i < k; ++i) {
      if (!out.levers[i].takes_part) continue;
      const double own = sign * levers(i, s);
      regret[i].push_back(own == top ? 0.0 : top - own);  // inf - inf is no regret
      if (own == top) best[i] += 1.0 / static_cast<double>(ties);
    }
  }
  if (out.samples == 0) return out;
  const double samples = static_cast<double>(out.samples);
  for (std::size_t i = 0; i < k; ++i) {
    LeverRegret& lever = out.levers[i];
    if (!lever.takes_part) continue;
    lever.mean = row_moments(regret[i]).mean;
    std::sort(regret[i].begin(), regret[i].end());
    lever.p90 = interpolated_quantile(regret[i], 0.9);
    lever.max = regret[i].back();
    lever.p_best = std::min(1.0, best[i] / samples);
    lever.p_best_ci95 = wilson_interval(lever.p_best, samples);
  }
  return out;
}

ProbabilityEstimate share_where_all_hold(MatrixView holds) {
  std::vector<double> all(holds.columns(), 1.0);
  for (std::size_t s = 0; s < holds.columns(); ++s)
    for (std::size_t o = 0; o < holds.rows(); ++o) all[s] *= holds(o, s);
  return probability(MatrixView(all, all.size(), 1));
}

}  // namespace nadc
