// What knowing more would be worth before choosing (Raiffa and Schlaifer 1961).
//
// levers: shape (lever, sample). Chosen now is the lever with the best mean.
//   EVPI     what a choice in full knowledge of the future gains: mean of the best lever of each sample, less the best
//   mean.
//            It is the mean regret of the lever chosen now.
//   EVPPI    what knowing one input x alone gains: mean of max_l E[y_l | x], less max_l E[y_l] (Strong, Oakley and
//   Brennan
//            2014, Medical Decision Making 34). E[y_l - y_chosen | x] is a regression: discrete orthogonal polynomials
//            in x (Forsythe 1957, J. SIAM 5), the degree 0 to 5 by generalised cross-validation (Craven and Wahba
//            1979).
// Both in the outcome's unit, never negative. EVPPI is at most EVPI but for sampling error, and cut to it. Noise that
// the levers do not share counts in EVPI as if it could be known: average replicas first; it does not enter EVPPI.
//
// Samples where a lever that takes part has no finite value are left out. standard_error: delete-a-group jackknife, 20
// groups (NaN below 40 samples). Throws Error(usage) when lengths differ. O(levers × samples × degree) an input and
// group.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/experiment/compare.hpp"
#include "sim/experiment/matrix.hpp"

namespace nadc {

struct InformationValue {
  double value = 0.0;
  double standard_error;
};

struct InformationValues {
  InformationValue perfect;              // EVPI
  std::vector<InformationValue> inputs;  // EVPPI, (input); 0 for a constant input
  std::size_t chosen = 0;                // lever with the best mean
  std::uint64_t samples = 0;             // that count
};

// inputs: shape (input, sample). Nothing when fewer than two levers take part or no sample counts.
std::optional<InformationValues> information_value(MatrixView levers, Better better, MatrixView inputs);

}  // namespace nadc
