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
  EXPECT_EQ(c.better.p, 1.0);
  EXPECT_EQ(c.verdict, PairVerdict::undecided);
}

TEST(Compare, DirectionSaysWhoIsBetter) {
  const Pair p = pair_of(1, 400, 1.0, 1.0);
  EXPECT_EQ(compare_replicas(p, Better::higher).verdict, PairVerdict::a_better);
  EXPECT_EQ(compare_replicas(p, Better::lower).verdict, PairVerdict::b_better);
  const double up = compare_replicas(p, Better::higher).better.p;
  const double down = compare_replicas(p, Better::lower).better.p;
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
  EXPECT_DOUBLE_EQ(c.better.p, 0.5);
}

TEST(Compare, EqualLeversAreUndecidedAndNeverBeatEachOther) {
  const std::vector<double> rows = {1, 2, 3, 4};
  const Comparison c = compare(MatrixView(rows, 2, 2), MatrixView(rows, 2, 2), Better::higher);
  EXPECT_EQ(c.verdict, PairVerdict::undecided);
  EXPECT_EQ(c.better.p, 0.0);
  EXPECT_EQ(c.equal.p, 1.0);
  EXPECT_EQ(c.worse.p, 0.0);
  EXPECT_FALSE(size_to_decide(c).samples);
  EXPECT_THROW(compare(MatrixView(rows, 2, 2), MatrixView(rows, 1, 4), Better::higher), Error);
}

TEST(Compare, IntervalsOfTheDifferenceCover95Percent) {
  int covered = 0;
  for (std::uint64_t study = 0; study < 1000; ++study) {
    const ConfidenceInterval ci = compare_replicas(pair_of(1000 + study, 24, 4.0, 0.3)).difference.ci95;
    covered += ci.low <= 0.3 && 0.3 <= ci.high ? 1 : 0;
  }
  EXPECT_GE(covered, 930);  // three standard errors below 95 %; normal values that look skewed widen some
  EXPECT_LE(covered, 985);
}

// A tie is no half of a win: 1 better, 2 equal, 1 worse of four.
TEST(Compare, TiesAreTies) {
  const Pair p{{5, 2, 3, 1}, {4, 2, 3, 9}};
  const Comparison c = compare_replicas(p);
  EXPECT_EQ(c.better.p, 0.25);
  EXPECT_EQ(c.equal.p, 0.5);
  EXPECT_EQ(c.worse.p, 0.25);
}

// a: 60 exact, at least 60, at least 60, at least 60; b: at least 60, at least 60, 20, 70. A bound counts as its value,
// so no pair is lost: differences 0, 0, 40, -10. Which is larger is known in the third pair only: true a >= 60 > 20.
// The first is open (b may be 60 or more), the second and the fourth (a may be beyond 70) too.
TEST(Compare, BoundsKeepTheirPairsAndLeaveTheOrderOpenWhereItIs) {
  const Pair p{{60, 60, 60, 60}, {60, 60, 20, 70}};
  const std::vector<std::uint8_t> a_bounds = {0, 1, 1, 1}, b_bounds = {1, 1, 0, 0};
  const Comparison c = compare(MatrixView(p.a, 1, 4), MatrixView(p.b, 1, 4), Better::lower, a_bounds, b_bounds);
  EXPECT_EQ(c.difference.n, 4u);
  EXPECT_EQ(c.difference.mean, 7.5);
  EXPECT_EQ(c.bounded, 4u);
  EXPECT_EQ(c.unknown, 3u);
  EXPECT_EQ(c.better.p, 0.0);
  EXPECT_EQ(c.equal.p, 0.0);
  EXPECT_EQ(c.worse.p, 0.25);
}

// 30 levers that differ from the baseline by noise alone, 500 studies of 16 replicas: one or more verdicts in at most
// 5 % of the studies, 25 + 3 standard errors (15); without the adjustment it would be in 1 - 0.95^30 = 79 % of them,
// were they independent.
TEST(Compare, ManyComparisonsOfNothingAreSeldomDecided) {
  int studies_with_one = 0;
  for (std::uint64_t study = 0; study < 500; ++study) {
    Draw draw(9000 + study);
    const std::vector<double> b = draw.normals(16);
    std::vector<Comparison> all;
    for (int lever = 0; lever < 30; ++lever) {
      const std::vector<double> a = draw.normals(16);
      all.push_back(compare(MatrixView(a, 1, 16), MatrixView(b, 1, 16), Better::higher));
    }
    std::vector<Comparison*> pointers;
    for (Comparison& c : all) pointers.push_back(&c);
    adjust_for_many(pointers, Better::higher);
    int decided = 0;
    for (const Comparison& c : all) {
      EXPECT_EQ(c.comparisons, 30u);
      EXPECT_GE(c.p_adjusted, c.p_value);
      decided += c.verdict != PairVerdict::undecided;
    }
    studies_with_one += decided > 0;
  }
  EXPECT_LE(studies_with_one, 40);
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
