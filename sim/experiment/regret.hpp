// Who is best in how many futures, and how far from the best each lever ever is.
//
// levers: shape (lever, sample). In sample s the regret of a lever is how much worse it is than the best lever of that
// sample, in the outcome's unit, never negative (Savage 1951, JASA 46). A lever is best in the samples where its regret
// is 0; equal levers share a sample. Samples where a lever that takes part has no value are left out and counted; a
// lever without any value takes no part. The replicas of a sample should be averaged first: noise that the levers do
// not share makes regrets larger.
//
// Errors: none. No lever with values, or no sample where all have one, gives NaN and 0 samples. O(levers × samples).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "sim/experiment/compare.hpp"
#include "sim/experiment/matrix.hpp"
#include "sim/experiment/proportion.hpp"

namespace nadc {

struct LeverRegret {
  bool takes_part;
  double mean, p90, max;           // [unit of the outcome]
  double p_best;                   // share of samples
  ConfidenceInterval p_best_ci95;  // Wilson's on the samples
};

struct Regrets {
  std::vector<LeverRegret> levers;
  std::uint64_t samples = 0;   // with a value under every lever that takes part
  std::uint64_t left_out = 0;  // samples where one of them has none
};

Regrets regrets(MatrixView levers, Better better);

// Share of samples in which every outcome of a lever is on the right side of its threshold (Simon's satisficing;
// Lempert, Groves et al. 2006, Management Science 52). holds: shape (outcome, sample), 1, 0 or NaN for no value; a
// sample with a NaN is left out and counted as missing.
ProbabilityEstimate share_where_all_hold(MatrixView holds);

}  // namespace nadc
