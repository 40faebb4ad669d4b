#include "sim/experiment/control_variate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

using testing::Draw;

// y = 3 + 2 (x - 1) + noise, x ~ N(1, 1); correlation r sets the noise. E[y] = 3.
void pairs(Draw& draw, std::size_t n, double r, std::vector<double>& y, std::vector<double>& x) {
  const double noise = 2.0 * std::sqrt(1.0 / (r * r) - 1.0);
  for (std::size_t i = 0; i < n; ++i) {
    x.push_back(draw.normal(1.0, 1.0));
    y.push_back(3.0 + 2.0 * (x.back() - 1.0) + draw.normal(0.0, noise));
  }
}

TEST(ControlVariate, AnExactLineRemovesAllVariance) {
  std::vector<double> y, x;
  for (int i = 0; i < 12; ++i) {
    x.push_back(i * i % 7);
    y.push_back(4.0 + 3.0 * x.back());
  }
  const ControlledMean m = controlled_mean(y, x, {2.5});
  EXPECT_EQ(m.use, ControlUse::used);
  EXPECT_NEAR(m.mean, 4.0 + 3.0 * 2.5, 1e-12);
  EXPECT_NEAR(m.variance_removed, 1.0, 1e-6);
}

TEST(ControlVariate, RemovesTheSquareOfTheCorrelation) {
  Draw draw(1);
  std::vector<double> y, x;
  pairs(draw, 4000, 0.9, y, x);
  const ControlledMean m = controlled_mean(y, x, {1.0});
  EXPECT_NEAR(m.variance_removed, 0.81, 0.03);
  EXPECT_NEAR(m.coefficient, 2.0, 0.1);
  EXPECT_NEAR(m.mean, 3.0, 4.0 * m.standard_error);
}

TEST(ControlVariate, CoversWithAKnownMean) {
  int covered = 0;
  double adjusted = 0.0, plain = 0.0;
  for (std::uint64_t study = 0; study < 1000; ++study) {
    Draw draw(100 + study);
    std::vector<double> y, x;
    pairs(draw, 24, 0.9, y, x);
    const ControlledMean m = controlled_mean(y, x, {1.0});
    covered += m.ci95.low <= 3.0 && 3.0 <= m.ci95.high ? 1 : 0;
    adjusted += (m.mean - 3.0) * (m.mean - 3.0);
    plain += (m.plain_mean - 3.0) * (m.plain_mean - 3.0);
  }
  EXPECT_GE(covered, 930);
  EXPECT_LE(covered, 970);
  // True ratio 1 / ((1 - 0.81) × 22 / 21) = 5.0.
  EXPECT_NEAR(plain / adjusted, 5.0, 1.2);
}

// The cheap sample of 400 contains the 40 pairs, as a screening run over all samples of a study does.
TEST(ControlVariate, CoversWithAMeanEstimatedOnALargerSample) {
  int covered = 0;
  double removed = 0.0;
  for (std::uint64_t study = 0; study < 1000; ++study) {
    Draw draw(3000 + study);
    std::vector<double> y, x;
    pairs(draw, 40, 0.9, y, x);
    std::vector<double> cheap = x;
    for (int i = 0; i < 360; ++i) cheap.push_back(draw.normal(1.0, 1.0));
    const ControlledMean m = controlled_mean(y, x, control_mean(MatrixView(cheap, 400, 1)));
    covered += m.ci95.low <= 3.0 && 3.0 <= m.ci95.high ? 1 : 0;
    removed += m.variance_removed / 1000;
  }
  EXPECT_GE(covered, 930);
  EXPECT_LE(covered, 970);
  EXPECT_NEAR(removed, 1.0 - (0.19 * 39.0 / 37 + 0.81 * 40 / 400), 0.05);
}

// Residuals grow with a skewed control, as waits do under load: y = (2 + e) x. The error that is reported is that which
// the mean has over 4,000 studies; one common residual variance would report 0.85 of it.
TEST(ControlVariate, ReportsTheErrorOfRowsThatSpreadWithTheControl) {
  const double sigma = 0.8, mean = std::exp(sigma * sigma / 2);
  double reported = 0, actual = 0;
  for (std::uint64_t study = 0; study < 4000; ++study) {
    Draw draw(50000 + study);
    std::vector<double> y, x;
    for (int i = 0; i < 40; ++i) {
      x.push_back(std::exp(draw.normal(0.0, sigma)));
      y.push_back((2.0 + draw.normal(0.0, 1.0)) * x.back());
    }
    const ControlledMean m = controlled_mean(y, x, {mean});
    if (m.use == ControlUse::refused) continue;
    reported += m.standard_error * m.standard_error;
    actual += (m.mean - 2.0 * mean) * (m.mean - 2.0 * mean);
  }
  EXPECT_GT(reported / actual, 0.93);
  EXPECT_LT(reported / actual, 1.2);
}

TEST(ControlVariate, RefusesAControlThatDoesNotHelp) {
  Draw draw(7);
  const auto y = draw.normals(100), x = draw.normals(100);
  const ControlledMean unrelated = controlled_mean(y, x, {0.0});
  EXPECT_EQ(unrelated.use, ControlUse::refused);
  EXPECT_EQ(unrelated.mean, unrelated.plain_mean);
  EXPECT_EQ(unrelated.variance_removed, 0.0);
  EXPECT_NE(unrelated.reason.find("correlation"), std::string::npos);

  std::vector<double> good_y, good_x;
  pairs(draw, 100, 0.9, good_y, good_x);
  EXPECT_EQ(controlled_mean(good_y, good_x, {1.0, 1.0}).use, ControlUse::refused);  // mean hardly known
  EXPECT_EQ(controlled_mean(good_y, std::vector<double>(100, 1.0), {1.0}).use, ControlUse::refused);
  EXPECT_EQ(controlled_mean(std::span(good_y).first(9), std::span(good_x).first(9), {1.0}).use, ControlUse::refused);
  EXPECT_THROW(controlled_mean(good_y, std::span(good_x).first(9), {1.0}), Error);
}

TEST(TwoLevel, TheBestShareMinimisesTheVarianceAtEqualCost) {
  const double r = 0.95, cost = 0.001;
  const TwoLevelPlan plan = two_level_plan(r, cost);
  const auto gain = [&](double ratio) { return 1.0 / ((1.0 + ratio * cost) * (1.0 - r * r + r * r / ratio)); };
  EXPECT_DOUBLE_EQ(plan.gain, gain(plan.cheap_per_expensive));
  EXPECT_GT(plan.gain, gain(plan.cheap_per_expensive * 1.1));
  EXPECT_GT(plan.gain, gain(plan.cheap_per_expensive / 1.1));
  EXPECT_GT(plan.gain, 7.0);
  EXPECT_LT(two_level_plan(0.1, 0.5).gain, 1.0);
}

}  // namespace
}  // namespace nadc
