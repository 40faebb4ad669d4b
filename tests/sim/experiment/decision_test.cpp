// Regret, satisficing, Pareto set and value of information.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/experiment/information_value.hpp"
#include "sim/experiment/pareto.hpp"
#include "sim/experiment/quantile.hpp"
#include "sim/experiment/regret.hpp"
#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

using testing::Draw;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Costs of three levers in four futures. Best: 1, 1 (a tie of the first two), 2, 5.
// Regrets: (0, 0, 8, 5), (1, 0, 0, 0), (4, 4, 4, 4).
TEST(Regret, WorkedByHand) {
  const std::vector<double> costs = {1, 1, 10, 10, 2, 1, 2, 5, 5, 5, 6, 9};
  const Regrets r = regrets(MatrixView(costs, 3, 4), Better::lower);
  EXPECT_EQ(r.samples, 4u);
  EXPECT_DOUBLE_EQ(r.levers[0].mean, 13.0 / 4);
  EXPECT_DOUBLE_EQ(r.levers[0].max, 8);
  EXPECT_DOUBLE_EQ(r.levers[0].p90, 7.1);  // between the third (5) and the fourth (8) at 0.7
  EXPECT_DOUBLE_EQ(r.levers[1].mean, 0.25);
  EXPECT_DOUBLE_EQ(r.levers[2].mean, 4);
  EXPECT_DOUBLE_EQ(r.levers[0].p_best, 1.5 / 4);
  EXPECT_DOUBLE_EQ(r.levers[1].p_best, 2.5 / 4);
  EXPECT_DOUBLE_EQ(r.levers[2].p_best, 0);
  // The other way round the third is best in two futures, the first in two.
  EXPECT_DOUBLE_EQ(regrets(MatrixView(costs, 3, 4), Better::higher).levers[2].p_best, 0.5);
}

TEST(Regret, LeavesOutWhatHasNoValue) {
  const std::vector<double> costs = {1, nan, 3, 2, 2, 2, nan, nan, nan};
  const Regrets r = regrets(MatrixView(costs, 3, 3), Better::lower);
  EXPECT_EQ(r.samples, 2u);
  EXPECT_EQ(r.left_out, 1u);
  EXPECT_FALSE(r.levers[2].takes_part);
  EXPECT_DOUBLE_EQ(r.levers[0].p_best, 0.5);
  EXPECT_TRUE(std::isnan(r.levers[2].mean));
  EXPECT_EQ(regrets(MatrixView(std::span(costs).last(3), 1, 3), Better::lower).samples, 0u);
  const std::vector<double> endless = {INFINITY, 1, INFINITY, 2};
  const Regrets infinite = regrets(MatrixView(endless, 2, 2), Better::lower);
  EXPECT_DOUBLE_EQ(infinite.levers[0].p_best, 0.75);
  EXPECT_DOUBLE_EQ(infinite.levers[1].max, 1);
}

TEST(Regret, AllThresholdsMustHold) {
  const std::vector<double> holds = {1, 1, 0, 1, 1, 0, 0, nan};
  const ProbabilityEstimate p = share_where_all_hold(MatrixView(holds, 2, 4));
  EXPECT_DOUBLE_EQ(p.p, 1.0 / 3);
  EXPECT_EQ(p.missing, 1u);
}

// Cost and wait of four levers: (1, 9), (2, 5), (3, 6) dominated by the second, (9, 1).
TEST(Pareto, WorkedByHand) {
  const std::vector<double> cost = {1, 2, 3, 9}, wait = {9, 5, 6, 1};
  const ParetoOutcome outcomes[] = {{MatrixView(cost, 4, 1), Better::lower}, {MatrixView(wait, 4, 1), Better::lower}};
  const ParetoSet set = pareto_set(outcomes, 10);
  EXPECT_TRUE(set.levers[0].in_set && set.levers[1].in_set && set.levers[3].in_set);
  EXPECT_FALSE(set.levers[2].in_set);
  EXPECT_EQ(set.levers[2].dominated_by, 1u);
  EXPECT_EQ(set.levers[2].p_in_set, 0.0);
  EXPECT_EQ(set.levers[0].p_in_set, 1.0);
}

// One outcome: the set is the lever with the best mean, so p_in_set of the first is the chance that the mean of a
// resample of differences stays above 0. Differences N(0.2, 1), 64 of them: by the normal limit Φ(√64 d / s).
TEST(Pareto, ResamplingSaysHowSurely) {
  Draw draw(5);
  std::vector<double> values = draw.normals(64, 0.2), difference = values;
  values.insert(values.end(), 64, 0.0);
  const ParetoOutcome outcome[] = {{MatrixView(values, 2, 64), Better::higher}};
  const ParetoSet set = pareto_set(outcome, 4000);
  const RowMoments m = row_moments(difference);
  EXPECT_NEAR(set.levers[0].p_in_set, normal_probability(8 * m.mean / std::sqrt(m.variance)), 0.03);
  EXPECT_NEAR(set.levers[0].p_in_set + set.levers[1].p_in_set, 1.0, 1e-12);
  double above = 0;
  for (const double v : difference) above += v > 0;
  EXPECT_DOUBLE_EQ(set.levers[0].share_of_samples, above / 64);
}

TEST(Pareto, LeversWithoutValuesTakeNoPart) {
  const std::vector<double> a = {1, nan, 2, 2, nan, nan};
  const ParetoOutcome outcome[] = {{MatrixView(a, 3, 2), Better::lower}};
  const ParetoSet set = pareto_set(outcome, 10);
  EXPECT_EQ(set.samples, 1u);
  EXPECT_EQ(set.left_out, 1u);
  EXPECT_FALSE(set.levers[2].takes_part);
  EXPECT_TRUE(set.levers[0].in_set);
  EXPECT_THROW(pareto_set({}, 1), Error);
}

// Two options, 0 and d = m + b x + c z with x, z standard normal. Knowing what has standard deviation s of d is worth
// E[max(0, d')] - max(0, m) with d' ~ N(m, s²): s φ(m/s) - |m| Φ(-|m|/s) (Raiffa and Schlaifer 1961, unit normal loss).
double normal_loss(double m, double s) {
  const double z = std::abs(m) / s;
  return s * (std::exp(-z * z / 2) / std::sqrt(2 * M_PI) - z * normal_probability(-z));
}

TEST(InformationValue, LinearNormalClosedForm) {
  const double m = 0.5, b = 2.0, c = 1.0;
  for (const std::size_t n : {256u, 4096u}) {
    int within = 0;
    for (std::uint64_t study = 0; study < 40; ++study) {
      Draw draw(50 + study);
      const std::vector<double> x = draw.normals(n), z = draw.normals(n), idle = draw.normals(n);
      std::vector<double> levers(n, 10.0), inputs;
      for (std::size_t s = 0; s < n; ++s) levers.push_back(10 + m + b * x[s] + c * z[s]);
      for (const auto* v : {&x, &z, &idle}) inputs.insert(inputs.end(), v->begin(), v->end());
      const auto value = information_value(MatrixView(levers, 2, n), Better::higher, MatrixView(inputs, 3, n));
      ASSERT_TRUE(value);
      const double truth[3] = {normal_loss(m, b), normal_loss(m, c), 0.0};
      const double tolerance = 6.0 / std::sqrt(double(n));  // > 5 standard errors of each of them
      EXPECT_NEAR(value->perfect.value, normal_loss(m, std::hypot(b, c)), tolerance);
      for (int i = 0; i < 3; ++i) EXPECT_NEAR(value->inputs[i].value, truth[i], tolerance) << n << " " << i;
      EXPECT_LE(value->inputs[0].value, value->perfect.value);
      within += std::abs(value->inputs[0].value - truth[0]) <= 2.09 * value->inputs[0].standard_error;
    }
    EXPECT_GE(within, 34) << n;  // 95 % less two standard errors
  }
}

TEST(InformationValue, IsTheMeanRegretOfTheChosen) {
  Draw draw(9);
  const std::vector<double> levers = draw.normals(5 * 100), x = draw.normals(100);
  const auto value = information_value(MatrixView(levers, 5, 100), Better::lower, MatrixView(x, 1, 100));
  ASSERT_TRUE(value);
  EXPECT_NEAR(value->perfect.value, regrets(MatrixView(levers, 5, 100), Better::lower).levers[value->chosen].mean,
              1e-12);
}

TEST(InformationValue, SeesWhatIsNotLinear) {
  Draw draw(10);
  std::vector<double> levers(2000, 0.0), x;
  for (int s = 0; s < 2000; ++s) {
    x.push_back(2 * draw.uniform() - 1);
    levers.push_back(x.back() * x.back() - 1.0 / 3);
  }
  const auto value = information_value(MatrixView(levers, 2, 2000), Better::higher, MatrixView(x, 1, 2000));
  // E[max(0, x² - 1/3)] = ∫ from 1/√3 to 1 of x² - 1/3 = 2 / (9 √3) · … worked: [x³/3 - x/3] = 2 / (9 √3).
  EXPECT_NEAR(value->inputs[0].value, 2 / (9 * std::sqrt(3.0)), 0.01);
}

TEST(InformationValue, NothingToChooseIsWorthNothing) {
  const std::vector<double> one = {1, 2, 3}, alike = {1, 2, 3, 1, 2, 3}, none = {1, 2, 3, nan, nan, nan};
  const MatrixView x(one, 1, 3);
  EXPECT_FALSE(information_value(MatrixView(one, 1, 3), Better::lower, x));
  EXPECT_FALSE(information_value(MatrixView(none, 2, 3), Better::lower, x));
  EXPECT_EQ(information_value(MatrixView(alike, 2, 3), Better::lower, x)->perfect.value, 0.0);
  EXPECT_THROW(information_value(MatrixView(alike, 2, 3), Better::lower, MatrixView(alike, 1, 6)), Error);
}

}  // namespace
}  // namespace nadc
