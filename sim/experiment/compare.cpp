#include "sim/experiment/compare.hpp"

#include <cmath>
#include <limits>

#include "sim/statistics.hpp"

namespace nadc {
namespace {

constexpr std::uint64_t plan_limit = 1'000'000'000;

// Smallest n >= 2 for which `half_width(n)`, falling in n, is below the target.
template <class HalfWidth> std::optional<std::uint64_t> smallest(double target, HalfWidth half_width) {
  std::uint64_t high = 2;
  while (!(half_width(high) < target)) {
    if (high > plan_limit) return std::nullopt;
    high *= 2;
  }
  std::uint64_t low = high / 2;  // fails, or is 1
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (half_width(middle) < target ? high : low) = middle;
  }
  return high <= plan_limit ? std::optional(high) : std::nullopt;
}

double t95(std::uint64_t n) { return student_t_quantile(0.975, static_cast<double>(n) - 1.0); }

}  // namespace

Comparison compare(MatrixView a, MatrixView b, Better better) {
  if (a.rows() != b.rows() || a.columns() != b.columns())
    throw Error(ErrorKind::usage, "levers with different numbers of samples or replicas cannot be paired",
                "compare the samples and replicas that both have");
  const std::size_t size = a.values().size();
  std::vector<double> paired_a(size), paired_b(size), difference(size), wins(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double x = a.values()[i], y = b.values()[i];
    if (std::isnan(x) || std::isnan(y)) {
      paired_a[i] = paired_b[i] = difference[i] = wins[i] = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    paired_a[i] = x;
    paired_b[i] = y;
    difference[i] = x == y ? 0.0 : x - y;  // equal infinities too
    wins[i] = x == y ? 0.5 : (x > y) == (better == Better::higher) ? 1.0 : 0.0;
  }
  const auto view = [&](const std::vector<double>& v) { return MatrixView(v, a.rows(), a.columns()); };
  Comparison out{};
  out.difference = summarize(view(difference));
  out.a_beats_b = probability(view(wins));
  out.spread = variance_components(view(difference));
  const bool over_samples = out.difference.over == IntervalOver::samples;
  const auto basis = [&](const std::vector<double>& v) {
    return row_moments(over_samples ? sample_means(view(v)) : v);
  };
  const RowMoments of_a = basis(paired_a), of_b = basis(paired_b), of_difference = basis(difference);
  out.mean_a = of_a.mean;
  out.mean_b = of_b.mean;
  out.samples = row_moments(sample_means(view(difference))).n;
  out.replicas = out.samples > 0 ? out.difference.n / out.samples : 0;
  out.variance_ratio = (of_a.variance + of_b.variance) / of_difference.variance;
  out.correlation = (of_a.variance + of_b.variance - of_difference.variance) /
                    (2.0 * std::sqrt(of_a.variance) * std::sqrt(of_b.variance));
  const ConfidenceInterval ci = out.difference.ci95;
  if (ci.low > 0.0 || ci.high < 0.0)
    out.verdict = (ci.low > 0.0) == (better == Better::higher) ? PairVerdict::a_better : PairVerdict::b_better;
  else
    out.verdict = PairVerdict::undecided;
  return out;
}

StudySize size_for_half_width(const Comparison& comparison, double target) {
  StudySize size;
  if (!(target > 0.0) || comparison.difference.n < 2) return size;
  const double between = comparison.spread.between, within = comparison.spread.within;
  if (comparison.difference.over == IntervalOver::replicas) {
    size.replicas =
        smallest(target, [&](std::uint64_t n) { return t95(n) * std::sqrt(within / static_cast<double>(n)); });
    return size;
  }
  const double replicas = static_cast<double>(comparison.replicas), samples = static_cast<double>(comparison.samples);
  size.samples = smallest(target, [&](std::uint64_t n) {
    return t95(n) * std::sqrt((between + within / replicas) / static_cast<double>(n));
  });
  // One replica a sample does not tell the two spreads apart.
  if (comparison.replicas > 1) {
    const double t = t95(comparison.samples);
    size.replicas = smallest(
        target, [&](std::uint64_t n) { return t * std::sqrt((between + within / static_cast<double>(n)) / samples); });
  }
  return size;
}

StudySize size_to_decide(const Comparison& comparison) {
  return size_for_half_width(comparison, std::abs(comparison.difference.mean));
}

}  // namespace nadc
