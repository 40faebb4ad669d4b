// One lever against another over common (sample, replica) pairs: row (s, r) of both saw the same world, so differences
// are taken pair by pair and what both share cancels. Inference on the differences is that of
// sim/experiment/estimate.hpp: over samples when there are several, else over replicas. A pair with a NaN on either
// side is missing.
#pragma once
#include <cstdint>
#include <optional>

#include "sim/experiment/estimate.hpp"
#include "sim/experiment/matrix.hpp"
#include "sim/experiment/proportion.hpp"

namespace nadc {

enum class Better { higher, lower };  // which outcome is better

enum class PairVerdict { a_better, b_better, undecided };

struct Comparison {
  double mean_a, mean_b;          // over the pairs
  Estimate difference;            // of a - b
  ProbabilityEstimate a_beats_b;  // that a is better in a world; ties count one half
  double correlation;             // of a and b over what the interval is taken over
  double variance_ratio;          // what common random numbers bought: (var a + var b) / var(a - b), of the same means;
                                  // 1 is nothing, 4 is a quarter of the rows; infinite when differences do not vary
  PairVerdict verdict;            // decided when the interval of the difference leaves out 0
  VarianceComponents spread;      // of the differences
  std::uint64_t samples, replicas;  // samples with a pair; pairs a sample, on average, rounded down
};

// Throws Error(usage) when the shapes differ.
Comparison compare(MatrixView a, MatrixView b, Better better);

// How large the study must be for the difference's 95 % half-width to fall below a target, the spread staying as it is.
struct StudySize {
  std::optional<std::uint64_t> samples;   // at the present replicas a sample; none with one sample (use replicas)
  std::optional<std::uint64_t> replicas;  // a sample, at the present samples; none when samples alone spread too much
};
// target [unit of the outcome] > 0. Counts above 10^9 are none.
StudySize size_for_half_width(const Comparison& comparison, double target);
// Until decided: half-width below |mean difference|. A mean of 0 has no such size.
StudySize size_to_decide(const Comparison& comparison);

}  // namespace nadc
