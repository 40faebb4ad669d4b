#include "sim/experiment/proportion.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/law_shapes.hpp"

namespace nadc {

ConfidenceInterval wilson_interval(double p, double n, double level) {
  if (!(n > 0.0)) return {0.0, 1.0};
  const double z = law_shapes::normal_quantile(0.5 + 0.5 * level), z2 = z * z;
  const double centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
  const double half = z * std::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n)) / (1.0 + z2 / n);
  return {p <= 0.0 ? 0.0 : std::max(0.0, centre - half), p >= 1.0 ? 1.0 : std::min(1.0, centre + half)};
}

ProbabilityEstimate probability(MatrixView indicators, double level) {
  const RowMoments all = row_moments(indicators.values());
  const RowMoments over_samples = row_moments(sample_means(indicators));
  ProbabilityEstimate out{over_samples.mean, {0.0, 1.0}, 0.0, all.n, indicators.values().size() - all.n};
  if (all.n == 0) return out;
  const double rows = static_cast<double>(all.n), samples = static_cast<double>(over_samples.n);
  out.effective_n = rows;
  if (over_samples.n > 1) {
    const double p = out.p, error2 = over_samples.variance / samples;
    const double effective = p <= 0.0 || p >= 1.0 ? samples : error2 > 0.0 ? p * (1.0 - p) / error2 : rows;
    out.effective_n = std::clamp(effective, samples, rows);
  }
  out.ci = wilson_interval(out.p, out.effective_n, level);
  return out;
}

ProbabilityEstimate threshold_probability(MatrixView rows, double threshold, ThresholdSide side, double level) {
  std::vector<double> indicators(rows.values().size());
  std::transform(rows.values().begin(), rows.values().end(), indicators.begin(), [=](double x) {
    if (std::isnan(x)) return x;
    return (side == ThresholdSide::at_least ? x >= threshold : x <= threshold) ? 1.0 : 0.0;
  });
  return probability(MatrixView(indicators, rows.rows(), rows.columns()), level);
}

}  // namespace nadc
