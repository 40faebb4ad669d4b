// Sampling designs: sample s of a study is a point u in the open unit cube, a pure function of (spec, s). Random
// access, no state: samples may be made in any order, on any shard, again after a resume.
//
//   sobol   Sobol sequence in Gray-code order, origin included (index s is Boost's index s - 1), direction numbers of
//           Boost.Random (Joe and Kuo 2008), 32 bits, with one keyed random digital shift (exclusive or) a dimension.
//           The shift keeps the net: every aligned block of 2^k samples has one point in each of the 2^k equal strata
//           of every dimension. Best with a power of two of samples; unbounded, so a study may be extended.
//   lhs     Latin hypercube: one point in each of N equal strata of every dimension, uniform inside the stratum. The
//           permutation is a keyed Feistel network on Z_a × Z_b, ab >= N, walked until it falls below N
//           (Black and Rogaway 2002). N belongs to the study and s < N: not extendable.
//   random  independent uniforms. Extendable.
//
// Dimension d depends on (seed, d) alone: adding an uncertainty at the end moves none of the others. Uniforms are odd
// multiples of 2^-33 (sobol, random), never 0 or 1.
//
// Correlation: Gaussian copula. z_d = Φ⁻¹(u_d), z' = L z with L the Cholesky factor, u' = Φ(z'). A dimension without
// correlations to earlier ones passes unchanged; a correlated u' is rounded to an odd multiple of 2^-33, so that a
// last-bit difference between math libraries stays out of results. A correlated lhs dimension keeps its distribution
// but not its strata, except the first of each correlated group. The stated coefficient is either
//   spearman  the rank correlation of the uniforms, which every monotone law keeps: r_z = 2 sin(π ρ / 6) (exact for
//             the Gaussian copula; Kruskal 1958),
//   pearson   the linear correlation of the normal scores z (equal to that of the outcome for normal laws).
//
// Cost of one sample, measured on one core: 10 ns a dimension (lhs 220 ns), plus 150 ns a dimension and O(dimensions²)
// with a correlation.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace nadc {

enum class Sampling { sobol, lhs, random };
enum class CorrelationKind { spearman, pearson };
enum class SobolShift { keyed, none };  // none: the bare Sobol points, each in the middle of its 2^-32 cell; for tests

inline constexpr std::uint32_t max_dimensions = 3667;  // direction numbers that Boost.Random has

struct DesignSpec {
  Sampling sampling = Sampling::sobol;
  std::uint64_t seed = 0;
  std::uint32_t dimensions = 1;     // 0 to max_dimensions; 0: a study without uncertain scalars
  std::uint32_t samples = 0;        // N of the Latin hypercube; the other designs do not look at it
  std::vector<double> correlation;  // shape (dimensions, dimensions), row-major; empty: independent
  CorrelationKind correlation_kind = CorrelationKind::spearman;
  SobolShift shift = SobolShift::keyed;
};

class Design {
 public:
  // Throws Error(input) when dimensions or N are out of range, when the correlation matrix is not a correlation matrix
  // (shape, unit diagonal, symmetry, [-1, 1]), or when it is not positive definite; the hint then lists the entries of
  // the nearest valid matrix that differ.
  explicit Design(DesignSpec spec);

  // Point of sample s, u has `dimensions` values in (0, 1). Throws Error(usage) for another length, and for s >= N of a
  // Latin hypercube.
  void sample(std::uint32_t s, std::span<double> u) const;

  const DesignSpec& spec() const { return spec_; }

 private:
  DesignSpec spec_;
  std::vector<std::uint32_t> directions_;  // (dimension, 32), sobol
  std::vector<std::uint32_t> shifts_;      // (dimension), sobol
  std::vector<double> factor_;             // (dimension, dimension), lower; empty: independent
  std::uint32_t side_a_ = 1, side_b_ = 1;  // of the Feistel domain, lhs
};

}  // namespace nadc
