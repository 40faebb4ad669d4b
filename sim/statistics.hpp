// Counting what can be merged in any order, and the small statistics that are made of it on the host.
//
// Sketch: a histogram of non-negative integers in nearly geometric buckets: exact below 64, then 40 buckets an octave
// up to 2⁴⁰; larger values count in the last bucket. Buckets are integers of integers, so sketches from any backend add
// up to the same counts. Error: the value of a bucket is within 1 % of every value in it (exact below 64), so a
// quantile is within 1 % of the nearest-rank quantile of the values themselves. 1,424 counts. bucket() is about 2 ns.
//
// Moments and mean_interval take rows in index order, so their result does not depend on who computed the rows.
#pragma once
#include <cmath>
#include <cstdint>
#include <span>

#include "sim/platform.hpp"

namespace nadc {

struct Sketch {
  static constexpr std::uint32_t exact_values = 64;
  static constexpr std::uint32_t buckets_per_octave = 40;
  static constexpr int largest_bit = 40;  // values of 2⁴⁰ and more count in the last bucket
  static constexpr std::uint32_t bucket_count = exact_values + (largest_bit - 6) * buckets_per_octave;
  static constexpr double relative_error = 0.01;

  NADC_HD static std::uint32_t bucket(std::uint64_t value) {
    if (value < exact_values) return static_cast<std::uint32_t>(value);
    if (value >> largest_bit) return bucket_count - 1;
    const int octave = highest_bit(value);
    // log2(1 + x) ≈ x + 0.344·x·(1 − x), x a 16-bit fraction; non-decreasing in x, slope within 10 % of geometric.
    const std::uint64_t x = ((value << (63 - octave)) >> 47) & 0xffffu;
    const std::uint64_t logarithm = x + ((x * (0x10000u - x) * 22544u) >> 32);
    return exact_values + static_cast<std::uint32_t>(octave - 6) * buckets_per_octave +
           static_cast<std::uint32_t>((logarithm * buckets_per_octave) >> 16);
  }

  static std::uint64_t least(std::uint32_t bucket);  // the smallest value that falls into a bucket
  static double value(std::uint32_t bucket);         // what stands for all of its values
  // The value at rank ⌈p·n⌉ of n, from 1; p in [0, 1]. NaN when nothing was counted.
  static double quantile(std::span<const std::uint32_t> counts, double p);
  static double quantile(std::span<const std::uint64_t> counts, double p);

  // The same with values of which it is only known that they are greater, counted in `censored` at the bound, by
  // Kaplan and Meier (J. Am. Stat. Assoc. 53 (1958) 457): survival falls by the share of those still at risk; within a
  // bucket, bounds come after values. Where survival ends above 1 − p, the greatest value or bound. Both have
  // bucket_count counts.
  static double quantile(std::span<const std::uint64_t> counts, std::span<const std::uint64_t> censored, double p);
  // The area under the survival curve up to the greatest value or bound: the mean of values cut there. NaN for none.
  static double restricted_mean(std::span<const std::uint64_t> counts, std::span<const std::uint64_t> censored);
};

// Running mean and variance (Welford).
struct Moments {
  std::uint64_t n = 0;
  double mean = 0.0;
  double squares = 0.0;  // sum of squared deviations from the mean

  void add(double x) {
    ++n;
    const double step = x - mean;
    mean += step / static_cast<double>(n);
    squares += step * (x - mean);
  }
  double variance() const { return n > 1 ? squares / static_cast<double>(n - 1) : NAN; }
  double sd() const { return std::sqrt(variance()); }
  double standard_error() const { return std::sqrt(variance() / static_cast<double>(n)); }
};

Moments moments_of(std::span<const double> rows);

struct MeanInterval {
  std::uint64_t n;
  double mean;
  double sd;         // NaN for n < 2, as are the bounds
  double low, high;  // Student's t
};
MeanInterval mean_interval(const Moments& moments, double confidence = 0.95);
MeanInterval mean_interval(std::span<const double> rows, double confidence = 0.95);

double student_t_quantile(double p, double degrees_of_freedom);

// Nearest-rank quantile of values in rising order; NaN when there are none.
double sorted_quantile(std::span<const double> sorted, double p);

}  // namespace nadc
