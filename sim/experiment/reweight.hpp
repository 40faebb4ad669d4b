// What a study would say under another belief, without new runs.
//
// The belief about one input is moved by exponential tilting: row s counts with w_s ∝ exp(θ z_s), z the input in
// standard deviations from its mean. Of all beliefs with the new mean it is the one nearest to the old in Kullback and
// Leibler's sense (Kullback 1959, chapter 3); it stays within the range that was sampled, and for a normal input it is
// the same normal, moved. Means under it are self-normalised importance sampling, Σ w y / Σ w, with the delta-method
// error √Σ w² (y - mean)² / Σ w (Owen 2013, Monte Carlo theory, chapter 9). How many equally weighted rows that is
// worth is Kish's effective sample size (Σ w)² / Σ w² (Kish 1965, 11.7).
//
// switching() looks for the least move, either way, at which the mean of the difference y of two levers changes its
// sign. It looks only as far as the effective sample size stays at least `least_effective`; beyond, a few rows would
// decide, and new runs must.
//
// Rows where input or outcome is not finite are left out. Throws Error(usage) when the lengths differ.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/experiment/estimate.hpp"

namespace nadc {

struct Reweighted {
  double tilt;        // θ
  double input_mean;  // under the new belief [unit of the input]
  double mean;        // of the outcome under it
  double standard_error;
  ConfidenceInterval ci95;
  double effective;  // sample size
};

// Mean of y when the belief about x is tilted by θ per standard deviation.
Reweighted reweight(std::span<const double> x, std::span<const double> y, double tilt);

struct Switching {
  std::uint64_t n;               // rows that count
  double input_mean, input_sd;   // of the belief as sampled
  std::optional<Reweighted> at;  // where the sign changes; none within reach
  Reweighted lowest, highest;    // farthest beliefs within reach
};

// Nothing when x or y is constant or fewer than 2 × least_effective rows count.
std::optional<Switching> switching(std::span<const double> x, std::span<const double> y, double least_effective = 10);

}  // namespace nadc
