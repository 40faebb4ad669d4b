#include "sim/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>

namespace nadc {
namespace {

// ⌈p·n⌉, from 1 to n.
std::uint64_t rank_of(double p, std::uint64_t n) {
  const double rank = std::ceil(p * static_cast<double>(n));
  if (!(rank > 1.0)) return 1;
  return std::min(n, static_cast<std::uint64_t>(rank));
}

template <class Count> double quantile_of(std::span<const Count> counts, double p) {
  std::uint64_t total = 0;
  for (const Count count : counts) total += count;
  if (total == 0) return NAN;
  const std::uint64_t rank = rank_of(p, total);
  std::uint64_t upto = 0;
  std::uint32_t bucket = 0;
  while ((upto += counts[bucket]) < rank) ++bucket;
  return Sketch::value(bucket);
}

}  // namespace

std::uint64_t Sketch::least(std::uint32_t bucket_index) {
  if (bucket_index <= exact_values) return bucket_index;
  const std::uint32_t octave = (bucket_index - exact_values) / buckets_per_octave;
  std::uint64_t low = std::uint64_t{exact_values} << octave;
  std::uint64_t high = 2 * low;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (bucket(middle) >= bucket_index)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

double Sketch::value(std::uint32_t bucket_index) {
  if (bucket_index < exact_values) return bucket_index;
  const auto from = static_cast<double>(least(bucket_index));
  const auto to = static_cast<double>(bucket_index + 1 < bucket_count ? least(bucket_index + 1) - 1
                                                                      : (std::uint64_t{1} << largest_bit) - 1);
  return 2.0 * from * to / (from + to);  // equal relative error at both ends
}

double Sketch::quantile(std::span<const std::uint32_t> counts, double p) { return quantile_of(counts, p); }
double Sketch::quantile(std::span<const std::uint64_t> counts, double p) { return quantile_of(counts, p); }

namespace {

// Calls f(value, survival just before it, survival from it on) for the buckets that are not empty, in rising order,
// while f is true. Survival is exact until the first bound: jumps are of whole counts.
template <class F>
void for_each_step(std::span<const std::uint64_t> counts, std::span<const std::uint64_t> censored, F&& f) {
  std::uint64_t at_risk = 0;
  for (std::uint32_t b = 0; b < Sketch::bucket_count; ++b) at_risk += counts[b] + censored[b];
  // survival = of · left / all since the last bound
  double of = 1;
  std::uint64_t all = at_risk, left = at_risk;
  for (std::uint32_t b = 0; b < Sketch::bucket_count && at_risk > 0; ++b) {
    if (counts[b] + censored[b] == 0) continue;
    const auto survival = [&] { return all > 0 ? of * static_cast<double>(left) / static_cast<double>(all) : 0.0; };
    const double before = survival();
    left -= counts[b];
    const double after = survival();
    if (!f(Sketch::value(b), before, after)) return;
    at_risk -= counts[b] + censored[b];
    if (censored[b] > 0) {
      of = after;
      all = left = at_risk;
    }
  }
}

}  // namespace

double Sketch::quantile(std::span<const std::uint64_t> counts, std::span<const std::uint64_t> censored, double p) {
  if (std::all_of(censored.begin(), censored.end(), [](std::uint64_t n) { return n == 0; })) return quantile(counts, p);
  double found = NAN;
  for_each_step(counts, censored, [&](double value, double, double after) {
    found = value;
    return after > 1.0 - p + 1e-12;
  });
  return found;
}

double Sketch::restricted_mean(std::span<const std::uint64_t> counts, std::span<const std::uint64_t> censored) {
  double area = 0, last = 0;
  bool any = false;
  for_each_step(counts, censored, [&](double value, double before, double) {
    area += (value - last) * before;
    last = value;
    return any = true;
  });
  return any ? area : NAN;
}

Moments moments_of(std::span<const double> rows) {
  Moments moments;
  for (const double x : rows) moments.add(x);
  return moments;
}

double student_t_quantile(double p, double degrees_of_freedom) {
  return boost::math::quantile(boost::math::students_t_distribution<double>(degrees_of_freedom), p);
}

MeanInterval mean_interval(const Moments& moments, double confidence) {
  MeanInterval interval{moments.n, moments.n > 0 ? moments.mean : NAN, moments.sd(), NAN, NAN};
  if (moments.n < 2) return interval;
  const double t = student_t_quantile(0.5 + 0.5 * confidence, static_cast<double>(moments.n - 1));
  interval.low = moments.mean - t * moments.standard_error();
  interval.high = moments.mean + t * moments.standard_error();
  return interval;
}

MeanInterval mean_interval(std::span<const double> rows, double confidence) {
  return mean_interval(moments_of(rows), confidence);
}

double sorted_quantile(std::span<const double> sorted, double p) {
  if (sorted.empty()) return NAN;
  return sorted[rank_of(p, sorted.size()) - 1];
}

}  // namespace nadc
