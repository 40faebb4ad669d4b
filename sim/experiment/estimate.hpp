// Means with intervals and exact quantiles of rows, shape (sample, replica).
//
// The target is the mean over samples of the expected outcome of a sample. Rows are a nested design: replicas of one
// sample share its scalars, so they are not independent. The estimate is the mean of the sample means, and its standard
// error comes from the spread between sample means alone, sd(sample means) / √S: unbiased for any share of variance
// between and within samples (Cochran 1977, Sampling Techniques, section 10.3). The interval is Student's with S - 1
// degrees of freedom, widened where the values are skewed (sim/experiment/mean_inference.hpp). With one sample there is
// no spread between samples: the interval is over its replicas and speaks of that sample only. Sobol and Latin
// hypercube samples spread more evenly than independent ones, so their interval is conservative.
//
// Rows are read in index order with compensated sums: the answer depends on the rows only, never on who made them.
// NaN rows are left out and counted (sim/experiment/matrix.hpp). O(n log n).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "sim/experiment/matrix.hpp"

namespace nadc {

struct ConfidenceInterval {
  double low;
  double high;
  double half_width() const { return 0.5 * (high - low); }
};

// Sample mean and variance (divisor n - 1) of the values that are not NaN, two passes. Variance is NaN below two
// values.
struct RowMoments {
  double mean;
  double variance;
  std::uint64_t n;
};
RowMoments row_moments(std::span<const double> values);

// mean ± t · standard_error; an unbounded interval when degrees of freedom are below one or the error is NaN.
ConfidenceInterval student_interval(double mean, double standard_error, double degrees, double level = 0.95);

// Mean of each sample over its replicas, shape (sample); NaN where every replica is NaN.
std::vector<double> sample_means(MatrixView rows);

// One-way random effects: variance of the expected outcome between samples, and of replicas within a sample (Searle,
// Casella and McCulloch 1992, Variance Components, chapter 3; moment estimator, negative estimates cut to 0; unequal
// counts by the effective count). `within` is 0 with one replica a sample: all the spread then counts as between.
struct VarianceComponents {
  double between;
  double within;
};
VarianceComponents variance_components(MatrixView rows);

enum class IntervalOver { samples, replicas };

struct Estimate {
  double mean;            // of the sample means
  double sd;              // of all rows
  double standard_error;  // of the mean
  ConfidenceInterval ci95;
  double p05, p50, p95;   // of all rows
  std::uint64_t n;        // rows with a value
  std::uint64_t missing;  // rows without
  IntervalOver over;
  bool uncertain;  // few and skewed values: ci95 may cover less than 92 %
};

// Rows without any value give NaN and an unbounded interval. Infinite rows make the mean infinite or NaN; quantiles
// stay exact.
Estimate summarize(MatrixView rows);

}  // namespace nadc
