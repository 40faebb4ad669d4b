// One lever against another over common (sample, replica) pairs: row (s, r) of both saw the same world, so differences
// are taken pair by pair and what both share cancels. Inference on the differences is that of
// sim/experiment/estimate.hpp: over samples when there are several, else over replicas. A pair with a NaN on either
// side is missing.
//
// A value may be a lower bound of the true one (what was awaited did not come before the end). It counts as its bound,
// so the pair stays. Such a pair is `bounded`: its difference is one of bounds. Where the bounds leave open which value
// is larger the pair is `unknown`: neither better, nor equal, nor worse.
//
// Several levers against one baseline are several chances to be wrong: adjust_for_many applies Holm's adjustment to the
// p-values of one outcome's differences, and verdicts follow it.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "sim/experiment/estimate.hpp"
#include "sim/experiment/matrix.hpp"
#include "sim/experiment/proportion.hpp"

namespace nadc {

enum class Better { higher, lower };  // which outcome is better

enum class PairVerdict { a_better, b_better, undecided };

inline constexpr double error_allowed = 0.05;  // of one or more false decisions among the comparisons of an outcome

struct Comparison {
  double mean_a, mean_b;                     // over the pairs
  Estimate difference;                       // of a - b
  ProbabilityEstimate better, equal, worse;  // shares of worlds in which a is so; with `unknown` they come to 1
  std::uint64_t bounded, unknown;            // pairs; see above
  double p_value;                            // two-sided, of no difference: of this comparison alone
  double p_adjusted;                         // among all of the outcome; p_value until adjust_for_many
  std::uint64_t comparisons;                 // of the outcome
  double correlation;                        // of a and b over what the interval is taken over
  double variance_ratio;      // what common random numbers bought: (var a + var b) / var(a - b), of the same means;
                              // 1 is nothing, 4 is a quarter of the rows; infinite when differences do not vary
  PairVerdict verdict;        // decided when p_adjusted < error_allowed
  VarianceComponents spread;  // of the differences
  std::uint64_t samples, replicas;  // samples with a pair; pairs a sample, on average, rounded down
};

// Which rows of a lever are lower bounds: 0 is exact. Empty when none is.
using Bounds = std::span<const std::uint8_t>;

// Throws Error(usage) when the shapes differ.
Comparison compare(MatrixView a, MatrixView b, Better better, Bounds a_bounds = {}, Bounds b_bounds = {});

// Of one outcome: sets p_adjusted, comparisons and verdict. A comparison without two pairs is none.
void adjust_for_many(std::span<Comparison* const> comparisons, Better better);

// How large the study must be for the difference's half-width to fall below a target, the spread staying as it is.
// Student's, at 95 %; size_to_decide at the level that Bonferroni's inequality asks of each of the comparisons, which
// is on the safe side of Holm's.
struct StudySize {
  std::optional<std::uint64_t> samples;   // at the present replicas a sample; none with one sample (use replicas)
  std::optional<std::uint64_t> replicas;  // a sample, at the present samples; none when samples alone spread too much
};
// target [unit of the outcome] > 0. Counts above 10^9 are none.
StudySize size_for_half_width(const Comparison& comparison, double target, double level = 0.95);
// Until decided: half-width below |mean difference|. A mean of 0 has no such size.
StudySize size_to_decide(const Comparison& comparison);

}  // namespace nadc
