#include "sim/experiment/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/experiment/mean_inference.hpp"
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

}  // namespace

Comparison compare(MatrixView a, MatrixView b, Better better, Bounds a_bounds, Bounds b_bounds) {
  if (a.rows() != b.rows() || a.columns() != b.columns())
    throw Error(ErrorKind::usage, "levers with different numbers of samples or replicas cannot be paired",
                "compare the samples and replicas that both have");
  const std::size_t size = a.values().size();
  std::vector<double> paired_a(size), paired_b(size), difference(size), wins(size), ties(size), losses(size);
  Comparison out{};
  for (std::size_t i = 0; i < size; ++i) {
    const double x = a.values()[i], y = b.values()[i];
    if (std::isnan(x) || std::isnan(y)) {
      paired_a[i] = paired_b[i] = difference[i] = wins[i] = ties[i] = losses[i] =
          std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    paired_a[i] = x;
    paired_b[i] = y;
    difference[i] = x == y ? 0.0 : x - y;  // equal infinities too
    const bool a_open = !a_bounds.empty() && a_bounds[i], b_open = !b_bounds.empty() && b_bounds[i];
    // A true value at or above its bound is surely larger than one that is exact and below the bound.
    const bool known = a_open ? !b_open && x > y : !b_open || y > x;
    const bool a_better = (x > y) == (better == Better::higher);
    out.bounded += a_open || b_open;
    out.unknown += !known;
    wins[i] = known && x != y && a_better ? 1.0 : 0.0;
    losses[i] = known && x != y && !a_better ? 1.0 : 0.0;
    ties[i] = known && x == y ? 1.0 : 0.0;
  }
  const auto view = [&](const std::vector<double>& v) { return MatrixView(v, a.rows(), a.columns()); };
  out.difference = summarize(view(difference));
  out.better = probability(view(wins));
  out.equal = probability(view(ties));
  out.worse = probability(view(losses));
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
  out.p_value = infer_mean(over_samples ? sample_means(view(difference)) : difference).p_value();
  Comparison* const only = &out;
  adjust_for_many({&only, 1}, better);
  return out;
}

void adjust_for_many(std::span<Comparison* const> comparisons, Better better) {
  std::vector<double> p;
  std::uint64_t count = 0;
  for (const Comparison* c : comparisons) {
    const bool compared = c->difference.n > 1;
    p.push_back(compared ? c->p_value : std::numeric_limits<double>::quiet_NaN());
    count += compared;
  }
  adjust_holm(p);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    Comparison& c = *comparisons[i];
    c.comparisons = count;
    c.p_adjusted = std::isnan(p[i]) ? 1.0 : p[i];
    const bool decided = c.p_adjusted < error_allowed;
    c.verdict = !decided                                                  ? PairVerdict::undecided
                : (c.difference.mean > 0.0) == (better == Better::higher) ? PairVerdict::a_better
                                                                          : PairVerdict::b_better;
  }
}

StudySize size_for_half_width(const Comparison& comparison, double target, double level) {
  const auto t_at = [&](std::uint64_t n) {
    return student_t_quantile(0.5 + 0.5 * level, static_cast<double>(n) - 1.0);
  };
  StudySize size;
  if (!(target > 0.0) || comparison.difference.n < 2) return size;
  const double between = comparison.spread.between, within = comparison.spread.within;
  if (comparison.difference.over == IntervalOver::replicas) {
    size.replicas =
        smallest(target, [&](std::uint64_t n) { return t_at(n) * std::sqrt(within / static_cast<double>(n)); });
    return size;
  }
  const double replicas = static_cast<double>(comparison.replicas), samples = static_cast<double>(comparison.samples);
  size.samples = smallest(target, [&](std::uint64_t n) {
    return t_at(n) * std::sqrt((between + within / replicas) / static_cast<double>(n));
  });
  // One replica a sample does not tell the two spreads apart.
  if (comparison.replicas > 1) {
    const double t = t_at(comparison.samples);
    size.replicas = smallest(
        target, [&](std::uint64_t n) { return t * std::sqrt((between + within / static_cast<double>(n)) / samples); });
  }
  return size;
}

StudySize size_to_decide(const Comparison& comparison) {
  const double count = static_cast<double>(std::max<std::uint64_t>(comparison.comparisons, 1));
  return size_for_half_width(comparison, std::abs(comparison.difference.mean), 1.0 - error_allowed / count);
}

}  // namespace nadc
