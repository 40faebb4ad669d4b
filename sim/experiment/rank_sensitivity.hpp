// First-order Sobol' indices from the plain rows of any study, input by input.
//
// Sort the rows by one input; y_(j) is the outcome of the j-th. Then Var(E[y | x]) / Var(y) is estimated by
//   S = Σ (y_(j) - m)(y_(j+1) - m) / Σ (y_j - m)²      (j + 1 wraps round at the end),
// no bins, no surface, consistent for any shape (Gamboa, Gremaud, Klein and Lagnoux 2022, Bernoulli 28; the cousin of
// Chatterjee's coefficient, 2021, JASA 116). An input without effect has 0 ± 1/√n and may come out negative.
//
// Interval: Student's on the linearised terms e_j = ((y_(j) - m)(y_(j+1) - m) - S (y_(j) - m)²) / Var(y). Given the
// inputs, neighbours alone share an outcome, so the variance of their mean is (Var(e) + 2 (C_1 - C_2)) / n with C_h the
// mean of e_j e_(j+h): C_1 holds the shared noise and the squared local mean, C_2 the latter alone. Coverage is
// measured in tests/sim/experiment/rank_sensitivity_test.cpp.
//
// Equal values of an input keep the order of the rows. Outcomes of several replicas should be averaged first: replica
// noise lowers every index. With correlated inputs an input also carries what the others tell through it. A row counts
// where outcome and input are finite. O(n log n) an input.
#pragma once
#include <cstdint>
#include <span>

#include "sim/experiment/estimate.hpp"

namespace nadc {

struct FirstOrder {
  double index;             // NaN below 4 rows, for a constant outcome or a constant input
  ConfidenceInterval ci95;  // unbounded where the index is NaN
  std::uint64_t n;          // rows that count
};

// Throws Error(usage) when the lengths differ.
FirstOrder rank_first_order(std::span<const double> input, std::span<const double> outcome);

}  // namespace nadc
