// Mean of an expensive outcome y with the help of a cheap correlated one x (the control) whose mean is known, or
// estimated on a much larger sample.
//
//   adjusted = mean(y) - b (mean(x) - m),   b = S_xy / S_xx by least squares on the n pairs
//   se²      = s² (1/n + (mean(x) - m)² / S_xx) + b² se_m²,   s² the residual variance, n - 2 degrees of freedom
//
// Residuals of waits grow with the load, so se² takes the greater of the above and Σ w_i² e_i² / (1 - h_i), w_i the
// weight of row i in the adjusted mean and h_i its leverage (the HC2 form of MacKinnon and White 1985, J. Econometrics
// 29).
//
// With m known (se_m = 0) the interval is exact for normal pairs (Lavenberg and Welch 1981, Management Science 27);
// with m estimated it is double sampling by regression, two-level Monte Carlo (Cochran 1977, section 12.6), and holds
// whether the large sample contains the n pairs or not. The regression's bias is O(1/n).
//
// One pair is one independent unit: with several replicas a sample, give sample means (sim/experiment/estimate.hpp).
// Pairs with a NaN are left out.
//
// The control is refused, and the plain mean stands, when it would not help: fewer than 10 pairs, a constant control, a
// correlation below `minimum_correlation` or not significant at 1 %, or an adjusted error no smaller than the plain.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "sim/experiment/estimate.hpp"

namespace nadc {

// Mean m of the control.
struct ControlMean {
  double mean;
  double standard_error = 0.0;  // 0: known
  std::uint64_t n = 0;          // size of the large sample; 0: known
};
// m from the control's outcome on the large sample, shape (sample, replica).
ControlMean control_mean(MatrixView cheap);

enum class ControlUse { used, refused };

struct ControlledMean {
  ControlUse use;
  std::string reason;  // why refused; empty when used
  double mean;
  double standard_error;
  ConfidenceInterval ci95;
  double plain_mean;
  double plain_standard_error;
  ConfidenceInterval plain_ci95;
  double correlation;       // of the pairs
  double coefficient;       // b [unit of y per unit of x]
  double variance_removed;  // 1 - (standard_error / plain_standard_error)², 0 when refused
  std::uint64_t n;          // pairs
};

// Throws Error(usage) when y and x differ in length.
ControlledMean controlled_mean(std::span<const double> y, std::span<const double> x, ControlMean control,
                               double minimum_correlation = 0.3);

// How to share a computing budget between the levels (Cochran 1977, section 12.7). cost_ratio: one cheap outcome
// against one expensive, in (0, 1).
struct TwoLevelPlan {
  double cheap_per_expensive;  // optimal size of the cheap sample over the expensive one, at least 1
  double gain;                 // variance of the plain mean over that of the adjusted, at equal cost; below 1: do not
};
TwoLevelPlan two_level_plan(double correlation, double cost_ratio);

}  // namespace nadc
