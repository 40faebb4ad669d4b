#include "sim/experiment/mean_inference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

using testing::Draw;

// By hand: 1 … 5 is symmetric, so Student's: mean 3, t(4; 0.975) = 2.776445, se = √(2.5 / 5). p of t = 3 / 0.7071
// = 4.2426 with 4 degrees: F has a closed form, 1 - F(t) = ½ - ½ s (1 + (1 - s²) / 2), s = t / √(4 + t²) = 0.904534.
TEST(MeanInference, OfSymmetricValuesIsStudents) {
  const std::vector<double> values = {3, 1, std::nan(""), 5, 2, 4};
  const MeanInference m = infer_mean(values);
  EXPECT_EQ(m.n, 5u);
  EXPECT_EQ(m.skewness, 0.0);
  EXPECT_FALSE(m.skewed);
  EXPECT_NEAR(m.low(), 3 - 2.776445 * std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(m.high(), 3 + 2.776445 * std::sqrt(0.5), 1e-6);
  const double t = 3 / std::sqrt(0.5), s = t / std::sqrt(4 + t * t);
  EXPECT_NEAR(m.p_value(), 1 - s * (1 + (1 - s * s) / 2), 1e-9);
}

// By hand: 0, 0, 0, 4: mean 1, deviations -1, -1, -1, 3, sum of squares 12, of cubes 24. g1 = (24 / 4) / (12 / 4)^1.5 =
// 1.154701, G1 = g1 √12 / 2 = 2.
TEST(MeanInference, MeasuresSkewness) {
  const MeanInference m = infer_mean(std::vector<double>{0, 0, 0, 4});
  EXPECT_NEAR(m.skewness, 2.0, 1e-12);
  EXPECT_TRUE(m.skewed);
  EXPECT_TRUE(m.uncertain);
  // The long tail is above, so that is where the interval reaches further.
  EXPECT_GT(m.high() - m.mean, m.mean - m.low());
  const MeanInference mirrored = infer_mean(std::vector<double>{0, 0, 0, -4});
  EXPECT_NEAR(mirrored.low(), -m.high(), 1e-9);
  EXPECT_NEAR(mirrored.high(), -m.low(), 1e-9);
}

TEST(MeanInference, ThePValueIsWhereTheIntervalReachesZero) {
  Draw draw(3);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> values;
    for (int i = 0; i < 9; ++i) values.push_back(std::exp(1.2 * draw.normal()) - 1.0);
    const MeanInference m = infer_mean(values);
    const double p = m.p_value();
    if (p > 0.9 || p < 1e-6) continue;
    EXPECT_TRUE(m.low(1 - p * 0.999) <= 0 && m.high(1 - p * 0.999) >= 0) << trial;
    EXPECT_FALSE(m.low(1 - p * 1.001) <= 0 && m.high(1 - p * 1.001) >= 0) << trial;
  }
}

TEST(MeanInference, OfNothingOneOrEqualValues) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(infer_mean({}).p_value(), 1.0);
  EXPECT_EQ(infer_mean(std::vector<double>{7}).high(), infinity);
  EXPECT_EQ(infer_mean(std::vector<double>{7}).p_value(), 1.0);
  EXPECT_EQ(infer_mean(std::vector<double>{2, 2, 2}).p_value(), 0.0);
  EXPECT_EQ(infer_mean(std::vector<double>{0, 0, 0}).p_value(), 1.0);
}

enum class Shape { mean, difference };

struct Coverage {
  int covered = 0, covered_or_warned = 0;
};

// Studies of n worlds. A mean is of lognormal(0, σ²), exp(σ² / 2). A difference is of two levers in worlds that both
// share: exp(σ z + 0.3 e) less exp(0.8 σ z + 0.3 e'), in the mean exp((σ² + 0.09) / 2) - exp((0.64 σ² + 0.09) / 2).
Coverage coverage(Shape shape, double sigma, std::size_t n, int studies) {
  Draw draw(static_cast<std::uint64_t>(1000 * sigma) + 17 * n + (shape == Shape::mean ? 0 : 1));
  Coverage out;
  std::vector<double> values(n);
  const double v = sigma * sigma;
  const double truth =
      shape == Shape::mean ? std::exp(v / 2) : std::exp((v + 0.09) / 2) - std::exp((0.64 * v + 0.09) / 2);
  for (int study = 0; study < studies; ++study) {
    for (double& x : values) {
      const double world = draw.normal();
      x = shape == Shape::mean
              ? std::exp(sigma * world)
              : std::exp(sigma * world + 0.3 * draw.normal()) - std::exp(0.8 * sigma * world + 0.3 * draw.normal());
    }
    const MeanInference m = infer_mean(values);
    const bool covers = m.low() <= truth && truth <= m.high();
    out.covered += covers;
    out.covered_or_warned += covers || m.uncertain;
  }
  return out;
}

// At least 92 % of 4,000 studies each. False-alarm rate: a method that covers exactly 92 % would be 3 standard errors
// (1.3 %) below with probability 0.0013; that is the slack allowed, in each of the cells.
TEST(MeanInference, CoversMeansOfSkewedValues) {
  constexpr int studies = 4000;
  const double slack = 3 * std::sqrt(0.92 * 0.08 * studies);
  for (const double sigma : {1.0, 1.5})
    for (const std::size_t n : {8, 12, 16, 24, 32}) {
      const Coverage c = coverage(Shape::mean, sigma, n, studies);
      EXPECT_GE(c.covered, 0.92 * studies - slack) << "σ " << sigma << " n " << n;
      RecordProperty("mean_" + std::to_string(sigma) + "_" + std::to_string(n), c.covered);
    }
}

// Differences hide their tail more often: there the sentence warns. Covered, or said to be uncertain.
TEST(MeanInference, CoversDifferencesOfSkewedValuesOrWarns) {
  constexpr int studies = 4000;
  const double slack = 3 * std::sqrt(0.92 * 0.08 * studies);
  for (const double sigma : {1.0, 1.5})
    for (const std::size_t n : {8, 12, 16, 24, 32}) {
      const Coverage c = coverage(Shape::difference, sigma, n, studies);
      EXPECT_GE(c.covered_or_warned, 0.92 * studies - slack) << "σ " << sigma << " n " << n;
    }
}

// Normal values: covered at 95 % or a little more, and warned of only where there are too few to tell.
TEST(MeanInference, OfNormalValuesKeepsItsLevel) {
  for (const std::size_t n : {8, 16, 32}) {
    Draw draw(n);
    int covered = 0, uncertain = 0;
    for (int study = 0; study < 4000; ++study) {
      const MeanInference m = infer_mean(draw.normals(n, 1.0, 2.0));
      covered += m.low() <= 1.0 && 1.0 <= m.high();
      uncertain += m.uncertain;
    }
    EXPECT_GE(covered, 3760) << n;  // 94 %, three standard errors below 95 %
    EXPECT_LE(covered, 3920) << n;
    EXPECT_LE(uncertain, n == 8 ? 2100 : n == 16 ? 880 : 140) << n;
  }
}

// By hand, Holm (1979): sorted 0.01, 0.02, 0.03, 0.5; times 4, 3, 2, 1; then never below one before.
TEST(Holm, StepsDown) {
  std::vector<double> p = {0.03, 0.01, std::nan(""), 0.5, 0.02};
  adjust_holm(p);
  EXPECT_DOUBLE_EQ(p[1], 0.04);
  EXPECT_DOUBLE_EQ(p[4], 0.06);
  EXPECT_DOUBLE_EQ(p[0], 0.06);
  EXPECT_DOUBLE_EQ(p[3], 0.5);
  EXPECT_TRUE(std::isnan(p[2]));
  // Times 3, 2, 1: the last is raised to the one before.
  std::vector<double> close = {0.01, 0.02, 0.024};
  adjust_holm(close);
  EXPECT_DOUBLE_EQ(close[0], 0.03);
  EXPECT_DOUBLE_EQ(close[1], 0.04);
  EXPECT_DOUBLE_EQ(close[2], 0.04);
}

}  // namespace
}  // namespace nadc
