#include "sim/experiment/design.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/random/sobol.hpp>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

#include "sim/error.hpp"
#include "sim/experiment/estimate.hpp"
#include "sim/experiment/linear.hpp"
#include "sim/law_shapes.hpp"

namespace nadc {
namespace {

DesignSpec spec_of(Sampling sampling, std::uint32_t dimensions, std::uint32_t samples = 0, std::uint64_t seed = 7) {
  DesignSpec spec;
  spec.sampling = sampling;
  spec.seed = seed;
  spec.dimensions = dimensions;
  spec.samples = samples;
  return spec;
}

std::vector<double> points(const Design& design, std::uint32_t first, std::uint32_t count) {
  const std::uint32_t d = design.spec().dimensions;
  std::vector<double> out(std::size_t{count} * d);
  for (std::uint32_t s = 0; s < count; ++s) design.sample(first + s, std::span(out).subspan(std::size_t{s} * d, d));
  return out;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const RowMoments a = row_moments(x), b = row_moments(y);
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - a.mean) * (y[i] - b.mean);
  return sum / (static_cast<double>(x.size()) - 1.0) / std::sqrt(a.variance * b.variance);
}

TEST(Sobol, WithoutShiftIsTheSequenceOfBoost) {
  DesignSpec spec = spec_of(Sampling::sobol, 80);
  spec.shift = SobolShift::none;
  const Design design(spec);
  std::vector<double> u(80);
  design.sample(0, u);
  for (double x : u) EXPECT_EQ(x, 0x1p-33);
  boost::random::sobol_engine<std::uint32_t, 32> engine(80);
  for (std::uint32_t s = 1; s < 3000; ++s) {
    design.sample(s, u);
    for (double x : u) ASSERT_EQ(x, (static_cast<double>(engine()) + 0.5) * 0x1p-32) << "sample " << s;
  }
}

TEST(Sobol, AnySampleIsReachedDirectly) {
  DesignSpec spec = spec_of(Sampling::sobol, 3);
  spec.shift = SobolShift::none;
  const Design design(spec);
  std::vector<double> u(3);
  for (const std::uint32_t s : {1u, 77'777u, 1u << 31, 4'294'967'295u}) {
    boost::random::sobol_engine<std::uint32_t, 32> engine(3);
    engine.seed(s - 1);
    design.sample(s, u);
    for (double x : u) EXPECT_EQ(x, (static_cast<double>(engine()) + 0.5) * 0x1p-32) << "sample " << s;
  }
}

TEST(Sobol, AShiftKeepsTheNetInEveryAlignedBlock) {
  const Design design(spec_of(Sampling::sobol, 64));
  const auto block = points(design, 3 * 256, 256);
  for (std::size_t d = 0; d < 64; ++d) {
    std::vector<int> hits(256, 0);
    for (std::size_t s = 0; s < 256; ++s) ++hits[static_cast<std::size_t>(block[s * 64 + d] * 256)];
    EXPECT_EQ(std::count(hits.begin(), hits.end(), 1), 256) << "dimension " << d;
  }
  // The first two dimensions are a (0, m, 2) net: one point in every elementary box of area 1/256.
  for (int k = 0; k <= 8; ++k) {
    std::set<std::pair<int, int>> boxes;
    for (std::size_t s = 0; s < 256; ++s)
      boxes.insert({int(block[s * 64] * (1 << k)), int(block[s * 64 + 1] * (1 << (8 - k)))});
    EXPECT_EQ(boxes.size(), 256u) << "boxes of 2^-" << k;
  }
}

TEST(Sobol, ShiftsDifferByDimensionAndSeed) {
  std::set<double> first;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto p = points(Design(spec_of(Sampling::sobol, 16, 0, seed)), 0, 1);
    first.insert(p.begin(), p.end());
  }
  EXPECT_EQ(first.size(), 128u);
}

TEST(LatinHypercube, EveryStratumOfEveryDimensionHasOnePoint) {
  for (const std::uint32_t n : {1u, 2u, 3u, 7u, 10u, 64u, 100u, 1009u}) {
    const Design design(spec_of(Sampling::lhs, 5, n));
    const auto p = points(design, 0, n);
    for (std::size_t d = 0; d < 5; ++d) {
      std::set<int> strata;
      for (std::size_t s = 0; s < n; ++s) {
        ASSERT_GT(p[s * 5 + d], 0.0);
        ASSERT_LT(p[s * 5 + d], 1.0);
        strata.insert(static_cast<int>(p[s * 5 + d] * n));
      }
      EXPECT_EQ(strata.size(), n) << "N " << n << ", dimension " << d;
    }
  }
}

// Chi-square of the places within their strata, in ten bins; false-alarm rate 10⁻³.
TEST(LatinHypercube, ASampleLiesAnywhereInItsStratum) {
  constexpr std::uint32_t n = 1000;
  std::vector<double> hits(10, 0.0);
  for (const double p : points(Design(spec_of(Sampling::lhs, 4, n)), 0, n))
    hits[static_cast<std::size_t>(10 * (p * n - std::floor(p * n)))] += 1;
  double chi2 = 0.0;
  for (const double h : hits) chi2 += (h - 400) * (h - 400) / 400;
  EXPECT_LT(chi2, 27.9);  // 9 degrees of freedom
}

// Chi-square of where sample 0 and the pair (0, 1) go, over seeds; false-alarm rate 10⁻⁴ each.
TEST(LatinHypercube, PermutationsAreUniform) {
  constexpr int n = 5, seeds = 20000;
  std::vector<double> one(n, 0.0), two(n * n, 0.0);
  for (int seed = 0; seed < seeds; ++seed) {
    const auto p = points(Design(spec_of(Sampling::lhs, 1, n, static_cast<std::uint64_t>(seed))), 0, 2);
    const auto a = static_cast<std::size_t>(p[0] * n), b = static_cast<std::size_t>(p[1] * n);
    one[a] += 1;
    two[a * n + b] += 1;
  }
  const auto chi2 = [](const std::vector<double>& hits, double cells) {
    double sum = 0.0;
    const double expected = seeds / cells;
    for (const double h : hits)
      if (h > 0.0) sum += (h - expected) * (h - expected) / expected;
    return sum;
  };
  EXPECT_LT(chi2(one, n), 23.5);            // 4 degrees of freedom
  EXPECT_LT(chi2(two, n * (n - 1)), 50.8);  // 19 degrees of freedom
}

TEST(LatinHypercube, DimensionsAreUncorrelated) {
  constexpr std::uint32_t n = 4096;
  const Design design(spec_of(Sampling::lhs, 6, n));
  const auto p = points(design, 0, n);
  std::vector<std::vector<double>> columns(6);
  for (std::size_t i = 0; i < p.size(); ++i) columns[i % 6].push_back(p[i]);
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_LT(std::abs(correlation(columns[i], columns[j])), 4.0 / std::sqrt(n));
}

TEST(LatinHypercube, RefusesSamplesBeyondN) {
  const Design design(spec_of(Sampling::lhs, 2, 10));
  std::vector<double> u(2);
  EXPECT_THROW(design.sample(10, u), Error);
  EXPECT_THROW(Design(spec_of(Sampling::lhs, 2, 0)), Error);
}

TEST(RandomDesign, IsUniformAndIndependentOfOrder) {
  const Design design(spec_of(Sampling::random, 9));
  const auto p = points(design, 0, 4000);
  std::vector<double> u(9);
  design.sample(3999, u);
  EXPECT_TRUE(std::equal(u.begin(), u.end(), p.end() - 9));
  const RowMoments m = row_moments(p);
  EXPECT_NEAR(m.mean, 0.5, 4.0 * std::sqrt(1.0 / 12 / 36000));  // false alarm 6·10⁻⁵
  EXPECT_NEAR(m.variance, 1.0 / 12, 4.0 * std::sqrt(1.0 / 180 / 36000));
}

TEST(Design, ANewDimensionMovesNoOther) {
  for (const Sampling sampling : {Sampling::sobol, Sampling::lhs, Sampling::random}) {
    const Design small(spec_of(sampling, 3, 50)), large(spec_of(sampling, 11, 50));
    std::vector<double> u(3), v(11);
    for (std::uint32_t s = 0; s < 50; ++s) {
      small.sample(s, u);
      large.sample(s, v);
      EXPECT_TRUE(std::equal(u.begin(), u.end(), v.begin()));
    }
  }
}

TEST(Design, WithoutUncertainScalarsIsThePointOfNoCoordinates) {
  for (const Sampling sampling : {Sampling::sobol, Sampling::lhs, Sampling::random})
    EXPECT_NO_THROW(Design(spec_of(sampling, 0, 4)).sample(2, {}));
}

// Mean of a smooth function over repeated shifts and permutations, against independent sampling.
TEST(Design, SobolAndLatinHypercubeBeatRandomOnASmoothFunction) {
  constexpr std::uint32_t n = 256, dimensions = 6, repeats = 60;
  const auto variance = [&](Sampling sampling) {
    std::vector<double> means;
    for (std::uint32_t r = 0; r < repeats; ++r) {
      const auto p = points(Design(spec_of(sampling, dimensions, n, r)), 0, n);
      double sum = 0.0;
      for (std::size_t s = 0; s < n; ++s) {
        double f = 1.0;  // mean 1, mild interactions
        for (std::size_t d = 0; d < dimensions; ++d) f *= 1.0 + 0.5 * (p[s * dimensions + d] - 0.5);
        sum += f;
      }
      means.push_back(sum / n);
    }
    const RowMoments m = row_moments(means);
    EXPECT_NEAR(m.mean, 1.0, 4.5 * std::sqrt(m.variance / repeats));  // unbiased
    return m.variance;
  };
  // Variance of f is (1 + 1/48)⁶ - 1; the ratio of two variances of 60 values strays beyond 2 once in 10⁴.
  const double random = variance(Sampling::random), expected = (std::pow(1.0 + 1.0 / 48, 6) - 1.0) / n;
  EXPECT_NEAR(random / expected, 1.0, 0.8);
  EXPECT_GT(random / variance(Sampling::sobol), 100.0);
  EXPECT_GT(random / variance(Sampling::lhs), 8.0);
}

TEST(Copula, ReachesTheStatedCoefficients) {
  constexpr std::uint32_t n = 8192;
  for (const CorrelationKind kind : {CorrelationKind::spearman, CorrelationKind::pearson}) {
    DesignSpec spec = spec_of(Sampling::sobol, 4);
    spec.correlation = {1.0, 0.7, -0.4, 0.0, 0.7, 1.0, 0.0, 0.0, -0.4, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0};
    spec.correlation_kind = kind;
    const auto p = points(Design(spec), 0, n);
    std::vector<std::vector<double>> columns(4);
    for (std::size_t i = 0; i < p.size(); ++i)
      columns[i % 4].push_back(kind == CorrelationKind::pearson ? law_shapes::normal_quantile(p[i]) : p[i]);
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < i; ++j)
        EXPECT_NEAR(correlation(columns[i], columns[j]), spec.correlation[i * 4 + j], 0.01) << i << ", " << j;
  }
}

TEST(Copula, KeepsEveryMarginUniformAndFreeDimensionsUntouched) {
  DesignSpec free = spec_of(Sampling::sobol, 3), bound = free;
  bound.correlation = {1.0, 0.0, 0.6, 0.0, 1.0, 0.0, 0.6, 0.0, 1.0};
  const auto p = points(Design(free), 0, 4096), q = points(Design(bound), 0, 4096);
  std::vector<double> third;
  for (std::size_t s = 0; s < 4096; ++s) {
    EXPECT_EQ(p[s * 3], q[s * 3]);
    EXPECT_EQ(p[s * 3 + 1], q[s * 3 + 1]);
    third.push_back(q[s * 3 + 2]);
  }
  std::sort(third.begin(), third.end());
  for (std::size_t i = 0; i < third.size(); ++i)
    ASSERT_NEAR(third[i], (static_cast<double>(i) + 0.5) / 4096.0, 1.95 / std::sqrt(4096.0));  // Kolmogorov, 10⁻³
}

TEST(Copula, RefusesAContradictionAndNamesTheNearestMatrix) {
  DesignSpec spec = spec_of(Sampling::sobol, 3);
  spec.correlation = {1.0, 0.9, -0.9, 0.9, 1.0, 0.9, -0.9, 0.9, 1.0};
  try {
    Design design(spec);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_NE(error.problems()[0].message.find("contradict"), std::string::npos);
    EXPECT_NE(error.problems()[0].hint.find("(0, 2) = -0.4"), std::string::npos) << error.problems()[0].hint;
  }
}

TEST(Copula, FindsEveryWrongEntryAtOnce) {
  DesignSpec spec = spec_of(Sampling::sobol, 3);
  spec.correlation = {2.0, 0.5, 0.1, 0.4, 1.0, 0.0, 0.1, 7.0, 1.0};
  try {
    Design design(spec);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().size(), 3u) << error.what();
  }
  spec.correlation.pop_back();
  EXPECT_THROW(Design{spec}, Error);
}

TEST(NearestCorrelation, IsACorrelationAndLeavesAValidOneAlone) {
  const std::vector<double> valid = {1.0, 0.3, 0.3, 1.0};
  const auto same = nearest_correlation(valid, 2);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(same[i], valid[i], 1e-9);
  // Worked by hand: by symmetry x = y in {1, x, -x, …}; the boundary of {a, -a, a} is a = 1/2.
  const auto near = nearest_correlation(std::vector<double>{1.0, 0.9, -0.9, 0.9, 1.0, 0.9, -0.9, 0.9, 1.0}, 3, 0.0);
  EXPECT_NEAR(near[1], 0.5, 1e-4);
  EXPECT_NEAR(near[2], -0.5, 1e-4);
  EXPECT_TRUE(cholesky(nearest_correlation(near, 3, 1e-3), 3));
}

}  // namespace
}  // namespace nadc
