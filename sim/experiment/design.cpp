#include "sim/experiment/design.hpp"

#include <algorithm>
#include <bit>
#include <boost/random/sobol.hpp>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>

#include "sim/error.hpp"
#include "sim/experiment/linear.hpp"
#include "sim/experiment/quantile.hpp"
#include "sim/law_shapes.hpp"
#include "sim/random.hpp"

namespace nadc {
namespace {

// A design draws apart from every replica: as a replica index that no study reaches.
enum class Use : std::uint32_t { shift, jitter, uniform, permutation };

Uniforms block(std::uint64_t seed, Use use, std::uint32_t index, std::uint32_t dimension, std::uint32_t round = 0) {
  return draw({seed, index, 0xFFFFFFFFu}, static_cast<std::uint32_t>(use), dimension, round);
}

double to_open_unit(std::uint32_t bits) { return (static_cast<double>(bits) + 0.5) * 0x1p-32; }

double round_to_open_unit(double u) {
  return to_open_unit(static_cast<std::uint32_t>(std::clamp(std::floor(u * 0x1p32), 0.0, 0x1p32 - 1.0)));
}

// Point 2^k of the sequence is the exclusive or of directions k and k - 1, because its Gray code has those two bits.
std::vector<std::uint32_t> sobol_directions(std::uint32_t dimensions) {
  boost::random::sobol_engine<std::uint32_t, 32> engine(dimensions);
  std::vector<std::uint32_t> directions(std::size_t{dimensions} * 32);
  for (unsigned k = 0; k < 32; ++k) {
    engine.seed((std::uint32_t{1} << k) - 1);
    for (std::uint32_t d = 0; d < dimensions; ++d) {
      const std::uint32_t before = k > 0 ? directions[d * 32 + k - 1] : 0;
      directions[d * 32 + k] = engine() ^ before;
    }
  }
  return directions;
}

// One keyed bijection of [0, n) a dimension. A nearly square fold keeps walks short (ab < n + a); a small domain mixes
// slowly, so it gets more rounds.
std::uint32_t permute(std::uint64_t seed, std::uint32_t dimension, std::uint32_t index, std::uint32_t n,
                      std::uint32_t a, std::uint32_t b) {
  const std::uint32_t rounds = n < 4096 ? 16 : 8;
  std::uint64_t x = index;
  do {
    std::uint64_t left = x / b, right = x % b;
    for (std::uint32_t round = 0; round < rounds; round += 2) {
      const auto to_left = block(seed, Use::permutation, static_cast<std::uint32_t>(right), dimension, round);
      left = (left + (std::uint64_t{to_left.word[0]} * a >> 32)) % a;
      const auto to_right = block(seed, Use::permutation, static_cast<std::uint32_t>(left), dimension, round + 1);
      right = (right + (std::uint64_t{to_right.word[0]} * b >> 32)) % b;
    }
    x = left * b + right;
  } while (x >= n);
  return static_cast<std::uint32_t>(x);
}

std::string pair_name(std::size_t i, std::size_t j) {
  char text[64];
  std::snprintf(text, sizeof text, "(%zu, %zu)", i, j);
  return text;
}

std::string shortened(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", x);
  return text;
}

std::string nearest_hint(const DesignSpec& spec, const std::vector<double>& scores) {
  const std::size_t n = spec.dimensions;
  const std::vector<double> near = nearest_correlation(scores, n);
  struct Change {
    std::size_t i, j;
    double value, amount;
  };
  std::vector<Change> changes;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      double value = near[i * n + j];
      if (spec.correlation_kind == CorrelationKind::spearman) value = 6.0 / std::numbers::pi * std::asin(0.5 * value);
      const double amount = std::abs(value - spec.correlation[i * n + j]);
      if (amount > 5e-4) changes.push_back({j, i, value, amount});
    }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& x, const Change& y) { return x.amount > y.amount; });
  if (changes.empty()) return "weaken them all a little, say to 0.99 of what they are";
  std::string hint = "the nearest possible matrix has";
  for (std::size_t k = 0; k < std::min<std::size_t>(changes.size(), 6); ++k)
    hint += (k > 0 ? ", " : " ") + pair_name(changes[k].i, changes[k].j) + " = " + shortened(changes[k].value);
  if (changes.size() > 6) hint += " and " + std::to_string(changes.size() - 6) + " smaller changes";
  return hint;
}

// Cholesky factor of the correlation of the normal scores.
std::vector<double> copula_factor(const DesignSpec& spec) {
  const std::size_t n = spec.dimensions;
  const std::vector<double>& given = spec.correlation;
  if (given.size() != n * n)
    throw Error(ErrorKind::input,
                "the correlation matrix has " + std::to_string(given.size()) + " values for " + std::to_string(n) +
                    " uncertain scalars",
                "give " + std::to_string(n) + " x " + std::to_string(n) + " values");
  std::vector<Problem> problems;
  std::vector<double> scores(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      const double r = given[i * n + j];
      if (i == j && r != 1.0)
        problems.push_back({"correlation " + pair_name(i, i) + " of a scalar with itself is " + shortened(r), "1", {}});
      else if (!(r >= -1.0 && r <= 1.0))
        problems.push_back({"correlation " + pair_name(j, i) + " is " + shortened(r), "a number in [-1, 1]", {}});
      else if (given[j * n + i] != r)
        problems.push_back({"correlation " + pair_name(j, i) + " is " + shortened(given[j * n + i]) + " but " +
                                pair_name(i, j) + " is " + shortened(r),
                            "give both the same value",
                            {}});
      const bool spearman = spec.correlation_kind == CorrelationKind::spearman && i != j;
      scores[i * n + j] = scores[j * n + i] = spearman ? 2.0 * std::sin(std::numbers::pi * r / 6.0) : r;
    }
  if (!problems.empty()) throw Error(ErrorKind::input, std::move(problems));
  auto factor = cholesky(scores, n, 1e-9);
  if (!factor)
    throw Error(ErrorKind::input, "the correlations contradict each other (their matrix is not positive definite)",
                nearest_hint(spec, scores));
  return std::move(*factor);
}

}  // namespace

Design::Design(DesignSpec spec) : spec_(std::move(spec)) {
  const std::uint32_t dimensions = spec_.dimensions;
  if (dimensions > max_dimensions)
    throw Error(ErrorKind::input, "a design of " + std::to_string(dimensions) + " dimensions",
                "at most " + std::to_string(max_dimensions) + " uncertain scalars");
  if (spec_.sampling == Sampling::sobol && dimensions > 0) {
    directions_ = sobol_directions(dimensions);
    shifts_.assign(dimensions, 0);
    if (spec_.shift == SobolShift::keyed)
      for (std::uint32_t d = 0; d < dimensions; ++d) shifts_[d] = block(spec_.seed, Use::shift, 0, d).word[0];
  }
  if (spec_.sampling == Sampling::lhs) {
    const std::uint32_t n = spec_.samples;
    if (n == 0)
      throw Error(ErrorKind::input, "a Latin hypercube of no samples",
                  "state how many samples the study has, or use sobol, which may be extended");
    side_a_ = static_cast<std::uint32_t>(std::ceil(std::sqrt(static_cast<double>(n))));
    side_b_ = static_cast<std::uint32_t>((std::uint64_t{n} + side_a_ - 1) / side_a_);
  }
  if (!spec_.correlation.empty()) factor_ = copula_factor(spec_);
}

void Design::sample(std::uint32_t s, std::span<double> u) const {
  const std::uint32_t dimensions = spec_.dimensions;
  if (u.size() != dimensions)
    throw Error(ErrorKind::usage, "a point of " + std::to_string(dimensions) + " dimensions was asked into " +
                                      std::to_string(u.size()) + " places");
  switch (spec_.sampling) {
    case Sampling::sobol: {
      for (std::uint32_t d = 0; d < dimensions; ++d) {
        std::uint32_t x = shifts_[d];
        for (std::uint32_t gray = s ^ (s >> 1); gray != 0; gray &= gray - 1)
          x ^= directions_[std::size_t{d} * 32 + static_cast<std::size_t>(std::countr_zero(gray))];
        u[d] = to_open_unit(x);
      }
      break;
    }
    case Sampling::lhs: {
      const std::uint32_t n = spec_.samples;
      if (s >= n)
        throw Error(ErrorKind::usage,
                    "sample " + std::to_string(s) + " of a Latin hypercube of " + std::to_string(n) + " samples",
                    "a Latin hypercube cannot be extended; use sobol");
      for (std::uint32_t d = 0; d < dimensions; ++d) {
        const std::uint32_t stratum = permute(spec_.seed, d, s, n, side_a_, side_b_);
        const double jitter = to_open_unit(block(spec_.seed, Use::jitter, s, d).word[0]);
        u[d] = std::min((static_cast<double>(stratum) + jitter) / static_cast<double>(n), 1.0 - 0x1p-53);
      }
      break;
    }
    case Sampling::random: {
      Uniforms bits{};
      for (std::uint32_t d = 0; d < dimensions; ++d) {
        if (d % 4 == 0) bits = block(spec_.seed, Use::uniform, s, d / 4);
        u[d] = to_open_unit(bits.word[d % 4]);
      }
      break;
    }
  }
  if (factor_.empty()) return;
  std::vector<double> z(dimensions);
  for (std::uint32_t d = 0; d < dimensions; ++d) z[d] = law_shapes::normal_quantile(u[d]);
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    const double* row = factor_.data() + std::size_t{d} * dimensions;
    if (std::all_of(row, row + d, [](double x) { return x == 0.0; })) continue;
    double score = 0.0;
    for (std::uint32_t k = 0; k <= d; ++k) score += row[k] * z[k];
    u[d] = round_to_open_unit(normal_probability(score));
  }
}

}  // namespace nadc
