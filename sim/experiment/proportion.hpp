// Probabilities from rows, shape (sample, replica): how often an outcome reaches a threshold, how often one lever beats
// another.
//
// ConfidenceInterval: Wilson's score interval (Wilson 1927, JASA 22) on an effective number of rows. Replicas of one
// sample are not independent, so n_eff = p (1 - p) / se² with se the standard error of the mean of the samples' shares,
// held between the number of samples and the number of rows (Korn and Graubard 1998, Survey Methodology 24); when all
// samples have the same share 0 or 1, n_eff is the number of samples. With one sample the interval is over its
// replicas.
#pragma once
#include "sim/experiment/estimate.hpp"
#include "sim/experiment/matrix.hpp"

namespace nadc {

// Wilson's interval for a share p of n independent trials, n > 0 not necessarily whole.
ConfidenceInterval wilson_interval(double p, double n, double level = 0.95);

struct ProbabilityEstimate {
  double p;
  ConfidenceInterval ci;
  double effective_n;
  std::uint64_t n;
  std::uint64_t missing;
};

// Mean share over samples of indicator rows (values in [0, 1]). NaN and [0, 1] without rows.
ProbabilityEstimate probability(MatrixView indicators, double level = 0.95);

enum class ThresholdSide { at_least, at_most };

// P(outcome >= threshold) or P(outcome <= threshold).
ProbabilityEstimate threshold_probability(MatrixView rows, double threshold, ThresholdSide side, double level = 0.95);

}  // namespace nadc
