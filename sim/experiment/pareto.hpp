// Levers that no other lever beats on every outcome, and how surely.
//
// One lever dominates another when it is at least as good in every outcome and better in one; the Pareto set holds the
// levers that none dominates. Three readings: on the means; `p_in_set`, the share of bootstrap resamples of the samples
// (all levers and outcomes together, so that what they share stays paired; Efron 1979) on whose means the lever is in
// the set; `share_of_samples`, the share of single samples in which it is. The first says what the study says, the
// second how much of that is chance, the third how often it is so in a future.
//
// Samples where a lever that takes part has no value in some outcome are left out; a lever that has none in any sample
// of some outcome takes no part. Throws Error(usage) when outcomes differ in shape or none is given. O(levers² ×
// outcomes × (samples + resamples)).
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/experiment/compare.hpp"
#include "sim/experiment/matrix.hpp"

namespace nadc {

struct ParetoOutcome {
  MatrixView levers;  // shape (lever, sample)
  Better better;
};

struct ParetoLever {
  bool takes_part;
  bool in_set;                              // on the means
  double p_in_set, share_of_samples;        // NaN when it takes no part
  std::optional<std::size_t> dominated_by;  // on the means: the first lever in index order that dominates it
};

struct ParetoSet {
  std::vector<ParetoLever> levers;
  std::uint64_t samples = 0, left_out = 0;
};

ParetoSet pareto_set(std::span<const ParetoOutcome> outcomes, std::uint32_t resamples = 1000, std::uint64_t seed = 1);

}  // namespace nadc
