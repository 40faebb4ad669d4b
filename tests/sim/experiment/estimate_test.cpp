#include "sim/experiment/estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/experiment/proportion.hpp"
#include "sim/experiment/quantile.hpp"
#include "sim/law_shapes.hpp"
#include "sim/statistics.hpp"
#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
using testing::Draw;

TEST(Quantile, AgreesWithTables) {
  EXPECT_NEAR(student_t_quantile(0.975, 9), 2.262157, 1e-6);
  EXPECT_NEAR(law_shapes::normal_quantile(0.975), 1.959964, 1e-6);
  const std::vector<double> v = {1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(interpolated_quantile(v, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(interpolated_quantile(v, 0.05), 1.15);
  EXPECT_DOUBLE_EQ(interpolated_quantile(v, 1.0), 4.0);
  EXPECT_EQ(interpolated_quantile(std::vector<double>{1, infinity, infinity}, 0.75), infinity);
}

// By hand: 1 … 5, mean 3, sd √2.5, t(4) = 2.776445, half-width 1.963243.
TEST(Estimate, OneSampleIsPlainStudent) {
  const std::vector<double> rows = {3, 1, 5, 2, 4};
  const Estimate s = summarize(MatrixView(rows, 1, 5));
  EXPECT_EQ(s.over, IntervalOver::replicas);
  EXPECT_DOUBLE_EQ(s.mean, 3.0);
  EXPECT_DOUBLE_EQ(s.sd, std::sqrt(2.5));
  EXPECT_NEAR(s.ci95.high, 4.963243, 1e-6);
  EXPECT_NEAR(s.ci95.low, 1.036757, 1e-6);
  EXPECT_DOUBLE_EQ(s.p05, 1.2);
  EXPECT_DOUBLE_EQ(s.p95, 4.8);
}

// By hand: sample means 2, 5, 8, without skewness; mean 5, sd 3, half-width 4.302653 √(9 / 3).
TEST(Estimate, SeveralSamplesUseTheSpreadOfTheirMeans) {
  const std::vector<double> rows = {1, 3, 5, 5, 7, 9};
  const Estimate s = summarize(MatrixView(rows, 3, 2));
  EXPECT_EQ(s.over, IntervalOver::samples);
  EXPECT_DOUBLE_EQ(s.mean, 5.0);
  EXPECT_NEAR(s.ci95.half_width(), 4.302653 * std::sqrt(9.0 / 3.0), 1e-5);
  EXPECT_EQ(s.n, 6u);
}

TEST(Estimate, MissingRowsAreCountedAndLeftOut) {
  const std::vector<double> rows = {1, nan, 3, 5, nan, nan};
  const Estimate s = summarize(MatrixView(rows, 3, 2));
  EXPECT_EQ(s.n, 3u);
  EXPECT_EQ(s.missing, 3u);
  EXPECT_DOUBLE_EQ(s.mean, 2.5);  // of the means 1 and 4
  const std::vector<double> none = {nan, nan};
  const Estimate empty = summarize(MatrixView(none, 1, 2));
  EXPECT_TRUE(std::isnan(empty.mean));
  EXPECT_EQ(empty.ci95.high, infinity);
  EXPECT_THROW(MatrixView(rows, 2, 2), Error);
}

TEST(Estimate, AnInfiniteRowKeepsItsQuantiles) {
  const std::vector<double> rows = {1, 2, 3, infinity, 4};
  const Estimate s = summarize(MatrixView(rows, 1, 5));
  EXPECT_EQ(s.mean, infinity);
  EXPECT_DOUBLE_EQ(s.p50, 3.0);
  EXPECT_EQ(s.ci95.high, infinity);
}

TEST(Estimate, SumsDoNotLoseSmallDifferences) {
  std::vector<double> rows(1000, 1e15);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += static_cast<double>(i % 2);
  const Estimate s = summarize(MatrixView(rows, 1, 1000));
  EXPECT_DOUBLE_EQ(s.mean, 1e15 + 0.5);
  EXPECT_NEAR(s.sd, 0.5, 1e-3);
}

// By hand: rows 1, 3; 5, 7; 9, 11. Variances within 2, 2, 2. Means 2, 6, 10 with variance 16, of which a mean of two
// replicas brings 2 / 2 = 1.
TEST(Estimate, VarianceBetweenLeavesOutWhatReplicasBring) {
  const std::vector<double> values{1, 3, 5, 7, 9, 11};
  const VarianceComponents parts = variance_components(MatrixView(values, 3, 2));
  EXPECT_DOUBLE_EQ(parts.within, 2);
  EXPECT_DOUBLE_EQ(parts.between, 15);
}

TEST(Estimate, VarianceComponentsAreRecovered) {
  Draw draw(1);
  constexpr std::size_t samples = 400, replicas = 10;
  std::vector<double> rows;
  for (std::size_t s = 0; s < samples; ++s) {
    const double centre = draw.normal(5.0, 2.0);
    for (std::size_t r = 0; r < replicas; ++r) rows.push_back(draw.normal(centre, 3.0));
  }
  const VarianceComponents v = variance_components(MatrixView(rows, samples, replicas));
  EXPECT_NEAR(v.within, 9.0, 4.0 * 9.0 * std::sqrt(2.0 / 3600));  // false alarm 6·10⁻⁵
  EXPECT_NEAR(v.between, 4.0, 4.0 * 4.9 * std::sqrt(2.0 / 399));
}

// 1,000 studies each; 93-97 % as promised. For a true 95 % that is beyond ± 2.9 standard errors: false alarm 0.4 %, and
// the seeds are fixed.
template <class Study> int coverage(Study covered) {
  int count = 0;
  for (std::uint64_t study = 0; study < 1000; ++study) count += covered(study) ? 1 : 0;
  return count;
}

bool inside(const ConfidenceInterval& ci, double x) { return ci.low <= x && x <= ci.high; }

TEST(Coverage, IntervalsOverReplicasCover95Percent) {
  const int n = coverage([](std::uint64_t study) {
    Draw draw(study);
    const auto rows = draw.normals(20, 4.0, 3.0);
    return inside(summarize(MatrixView(rows, 1, 20)).ci95, 4.0);
  });
  EXPECT_GE(n, 930);
  EXPECT_LE(n, 970);
}

TEST(Coverage, NestedIntervalsCover95PercentWhereFlatOnesDoNot) {
  int flat = 0;
  const int nested = coverage([&](std::uint64_t study) {
    Draw draw(10'000 + study);
    std::vector<double> rows;
    for (int s = 0; s < 16; ++s) {
      const double centre = draw.normal(1.0, 2.0);
      for (int r = 0; r < 8; ++r) rows.push_back(draw.normal(centre, 1.0));
    }
    flat += inside(summarize(MatrixView(rows, 1, rows.size())).ci95, 1.0) ? 1 : 0;
    return inside(summarize(MatrixView(rows, 16, 8)).ci95, 1.0);
  });
  EXPECT_GE(nested, 930);
  EXPECT_LE(nested, 970);
  EXPECT_LT(flat, 700);  // treating replicas of a sample as independent would be wrong
}

// Steady-state M/M/1 waits by Lindley's recurrence: service mean 1, arrivals at rate 0.5, expected wait 0.5 / (1 - 0.5)
// = 1. A replica is the mean of 500 waits after a start from the exact stationary law, so its mean is exactly 1.
TEST(Coverage, OfAnMM1QueueWithAKnownMeanIs95Percent) {
  const int n = coverage([](std::uint64_t study) {
    Draw draw(20'000 + study);
    std::vector<double> rows;
    for (int replica = 0; replica < 32; ++replica) {
      double wait = draw.uniform() < 0.5 ? 0.0 : -std::log(draw.uniform()) / 0.5, sum = 0.0;
      for (int job = 0; job < 500; ++job) {
        sum += wait;
        wait = std::max(0.0, wait - std::log(draw.uniform()) + std::log(draw.uniform()) / 0.5);
      }
      rows.push_back(sum / 500);
    }
    return inside(summarize(MatrixView(rows, 1, 32)).ci95, 1.0);
  });
  EXPECT_GE(n, 930);
  EXPECT_LE(n, 970);
}

// Wilson 1927 by hand: 8 of 10, z = 1.959964: [0.490, 0.943].
TEST(Proportion, WilsonAgreesWithTheTextbook) {
  const ConfidenceInterval ci = wilson_interval(0.8, 10);
  EXPECT_NEAR(ci.low, 0.4902, 1e-4);
  EXPECT_NEAR(ci.high, 0.9433, 1e-4);
  EXPECT_EQ(wilson_interval(0.0, 10).low, 0.0);
  EXPECT_NEAR(wilson_interval(0.0, 10).high, 0.2775, 1e-4);
  EXPECT_EQ(wilson_interval(1.0, 10).high, 1.0);
}

TEST(Proportion, ThresholdsIncludeTheirOwnValue) {
  const std::vector<double> rows = {1, 2, 3, nan};
  EXPECT_DOUBLE_EQ(threshold_probability(MatrixView(rows, 1, 4), 2.0, ThresholdSide::at_least).p, 2.0 / 3);
  EXPECT_DOUBLE_EQ(threshold_probability(MatrixView(rows, 1, 4), 2.0, ThresholdSide::at_most).p, 2.0 / 3);
  EXPECT_EQ(threshold_probability(MatrixView(rows, 1, 4), 2.0, ThresholdSide::at_most).missing, 1u);
}

TEST(Proportion, ReplicasOfOneSampleCountForLess) {
  const std::vector<double> rows = {1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0};
  const ProbabilityEstimate p = probability(MatrixView(rows, 4, 3));
  EXPECT_DOUBLE_EQ(p.p, 0.5);
  EXPECT_DOUBLE_EQ(p.effective_n, 4.0);
  const std::vector<double> sure(12, 1.0);
  EXPECT_DOUBLE_EQ(probability(MatrixView(sure, 4, 3)).effective_n, 4.0);
  EXPECT_DOUBLE_EQ(probability(MatrixView(sure, 1, 12)).effective_n, 12.0);
}

TEST(Coverage, ThresholdProbabilitiesOfNestedRowsCover95Percent) {
  // Outcome = N(sample, 1.5²) + N(0, 1): P(outcome >= 1) = 1 - Φ(1 / √3.25).
  const double truth = 1.0 - normal_probability(1.0 / std::sqrt(3.25));
  const int n = coverage([&](std::uint64_t study) {
    Draw draw(30'000 + study);
    std::vector<double> rows;
    for (int s = 0; s < 64; ++s) {
      const double centre = draw.normal(0.0, 1.5);
      for (int r = 0; r < 4; ++r) rows.push_back(draw.normal(centre, 1.0));
    }
    return inside(threshold_probability(MatrixView(rows, 64, 4), 1.0, ThresholdSide::at_least).ci, truth);
  });
  EXPECT_GE(n, 930);
  EXPECT_LE(n, 970);
}

}  // namespace
}  // namespace nadc
