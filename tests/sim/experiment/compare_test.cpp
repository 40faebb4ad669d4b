#include "sim/experiment/compare.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/statistics.hpp"
#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

using testing::Draw;

struct Pair {
  std::vector<double> a, b;
};

// a and b share a normal world of variance `shared` and add noise of variance 1 each; a is `lead` higher.
Pair pair_of(std::uint64_t seed, std::size_t n, double shared, double lead) {
  Draw draw(seed);
  Pair out;
  for (std::size_t i = 0; i < n; ++i) {
    const double world = draw.normal(10.0, std::sqrt(shared));
    out.a.push_back(world + lead + draw.normal());
    out.b.push_back(world + draw.normal());
  }
  return out;
}

Comparison compare_replicas(const Pair& p, Better better = Better::higher) {
  return compare(MatrixView(p.a, 1, p.a.size()), MatrixView(p.b, 1, p.b.size()), better);
}

// By hand: differences 1, 2, 3; mean 2, sd 1, half-width 4.302653 / √3. var a = 7, var b = 4, so the ratio is 11.
TEST(Compare, PairsAreDifferencedByIndex) {
  const Pair p{{3, 6, 8}, {2, 4, 5}};
  const Comparison c = compare_replicas(p);
  EXPECT_DOUBLE_EQ(c.difference.mean, 2.0);
  EXPECT_NEAR(c.difference.ci95.half_width(), 4.302653 / std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(c.variance_ratio, (19.0 / 3 + 7.0 / 3) / 1.0, 1e-12);
  EXPECT_EQ(c.a_beats_b.p, 1.0);
  EXPECT_EQ(c.verdict, PairVerdict::undecided);
}

TEST(Compare, DirectionSaysWhoIsBetter) {
  const Pair p = pair_of(1, 400, 1.0, 1.0);
  EXPECT_EQ(compare_replicas(p, Better::higher).verdict, PairVerdict::a_better);
  EXPECT_EQ(compare_replicas(p, Better::lower).verdict, PairVerdict::b_better);
  const double up = compare_replicas(p, Better::higher).a_beats_b.p;
  const double down = compare_replicas(p, Better::lower).a_beats_b.p;
  EXPECT_DOUBLE_EQ(up + down, 1.0);
  // P(N(1, 2) > 0) = Φ(1 / √2) = 0.760; 4 standard errors.
  EXPECT_NEAR(up, 0.760, 4 * std::sqrt(0.760 * 0.240 / 400));
}

TEST(Compare, CommonRandomNumbersBuyWhatTheoryPredicts) {
  // (shared + 1) × 2 / 2 = 10 with shared = 9; the ratio of 4,000 pairs has a relative error near 3 %.
  const Comparison c = compare_replicas(pair_of(2, 4000, 9.0, 0.1));
  EXPECT_NEAR(c.variance_ratio, 10.0, 1.2);
  EXPECT_NEAR(c.correlation, 0.9, 0.015);
}

TEST(Compare, APairWithAMissingSideIsLeftOutOnBoth) {
  Pair p{{1, std::numeric_limits<double>::quiet_NaN(), 5, 7}, {100, 0, 4, std::numeric_limits<double>::quiet_NaN()}};
  const Comparison c = compare_replicas(p);
  EXPECT_EQ(c.difference.n, 2u);
  EXPECT_EQ(c.difference.missing, 2u);
  EXPECT_DOUBLE_EQ(c.mean_a, 3.0);
  EXPECT_DOUBLE_EQ(c.mean_b, 52.0);
  EXPECT_DOUBLE_EQ(c.a_beats_b.p, 0.5);
}

TEST(Compare, EqualLeversAreUndecidedAndNeverBeatEachOther) {
  const std::vector<double> rows = {1, 2, 3, 4};
  const Comparison c = compare(MatrixView(rows, 2, 2), MatrixView(rows, 2, 2), Better::higher);
  EXPECT_EQ(c.verdict, PairVerdict::undecided);
  EXPECT_DOUBLE_EQ(c.a_beats_b.p, 0.5);
  EXPECT_FALSE(size_to_decide(c).samples);
  EXPECT_THROW(compare(MatrixView(rows, 2, 2), MatrixView(rows, 1, 4), Better::higher), Error);
}

TEST(Compare, IntervalsOfTheDifferenceCover95Percent) {
  int covered = 0;
  for (std::uint64_t study = 0; study < 1000; ++study) {
    const ConfidenceInterval ci = compare_replicas(pair_of(1000 + study, 24, 4.0, 0.3)).difference.ci95;
    covered += ci.low <= 0.3 && 0.3 <= ci.high ? 1 : 0;
  }
  EXPECT_GE(covered, 930);
  EXPECT_LE(covered, 970);
}

// With spread σ² = 2 and a lead of 0.2: (1.96 √2 / 0.2)² = 192 pairs, give or take what 100 pairs know.
TEST(Plan, TellsHowManyReplicasDecide) {
  const Comparison pilot = compare_replicas(pair_of(3, 100, 4.0, 0.2));
  const auto needed = size_for_half_width(pilot, 0.2).replicas;
  ASSERT_TRUE(needed);
  EXPECT_NEAR(static_cast<double>(*needed), 192.0, 80.0);
  // The plan is the smallest such size for the pilot's own spread.
  const double sd = pilot.difference.sd, n = static_cast<double>(*needed);
  EXPECT_LT(student_t_quantile(0.975, n - 1) * sd / std::sqrt(n), 0.2);
  EXPECT_GE(student_t_quantile(0.975, n - 2) * sd / std::sqrt(n - 1), 0.2);
}

TEST(Plan, MoreReplicasCannotReplaceSamples) {
  // Differences: N(1, 2²) between samples, N(0, 1) within. 16 samples leave a half-width of 2.13 × 2 / 4 = 1.07 however
  // many replicas.
  Draw draw(4);
  std::vector<double> a, b(16 * 4, 0.0);
  for (int s = 0; s < 16; ++s) {
    const double centre = draw.normal(1.0, 2.0);
    for (int r = 0; r < 4; ++r) a.push_back(centre + draw.normal());
  }
  const Comparison c = compare(MatrixView(a, 16, 4), MatrixView(b, 16, 4), Better::higher);
  EXPECT_FALSE(size_for_half_width(c, 0.5).replicas);
  ASSERT_TRUE(size_for_half_width(c, 0.5).samples);
  EXPECT_GT(*size_for_half_width(c, 0.5).samples, 30u);
  ASSERT_TRUE(size_for_half_width(c, 5.0).replicas);
}

}  // namespace
}  // namespace nadc
