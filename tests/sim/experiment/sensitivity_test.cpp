#include "sim/experiment/sensitivity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

// Ishigami and Homma 1990 with a = 7, b = 0.1: closed forms for variance and indices.
double ishigami(std::span<const double> u) {
  const auto x = [&](std::size_t i) { return std::numbers::pi * (2.0 * u[i] - 1.0); };
  return std::sin(x(0)) + 7.0 * std::pow(std::sin(x(1)), 2) + 0.1 * std::pow(x(2), 4) * std::sin(x(0));
}
constexpr double pi4 = std::numbers::pi * std::numbers::pi * std::numbers::pi * std::numbers::pi, pi8 = pi4 * pi4;
constexpr double v1 = 0.5 * (1 + 0.1 * pi4 / 5) * (1 + 0.1 * pi4 / 5), v2 = 49.0 / 8,
                 v13 = 0.01 * pi8 * (1.0 / 18 - 1.0 / 50);
constexpr double variance = v1 + v2 + v13;

Design sobol_design(std::uint32_t dimensions) {
  DesignSpec spec;
  spec.dimensions = dimensions;
  spec.seed = 11;
  return Design(spec);
}

TEST(Sensitivity, SaltelliRowsExchangeOneCoordinateEach) {
  const Design design = sobol_design(6);
  std::vector<double> both(6), u(3);
  design.sample(4, both);
  for (std::uint32_t variant = 0; variant < 5; ++variant) {
    saltelli_point(design, 4 * 5 + variant, u);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(u[i], both[variant == 1 || variant == i + 2 ? 3 + i : i]) << variant << ", " << i;
  }
  EXPECT_THROW(saltelli_point(design, 0, both), Error);
}

TEST(Sensitivity, SobolIndicesOfTheIshigamiFunction) {
  const Design design = sobol_design(6);
  constexpr std::uint32_t base = 4096;
  std::vector<double> rows(base * 5), u(3);
  for (std::uint32_t r = 0; r < rows.size(); ++r) {
    saltelli_point(design, r, u);
    rows[r] = ishigami(u);
  }
  const auto s = sobol_indices(MatrixView(rows, base, 5));
  const double first[3] = {v1 / variance, v2 / variance, 0.0},
               total[3] = {(v1 + v13) / variance, v2 / variance, v13 / variance};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(s[i].first, first[i], 0.01) << i;
    EXPECT_NEAR(s[i].total, total[i], 0.01) << i;
    EXPECT_LE(s[i].first_ci95.low, first[i]);
    EXPECT_GE(s[i].first_ci95.high, first[i]);
    EXPECT_LE(s[i].total_ci95.low, total[i]);
    EXPECT_GE(s[i].total_ci95.high, total[i]);
    EXPECT_LT(s[i].total_ci95.half_width(), 0.1);
  }
}

// Efron's jackknife over 20 groups of two base points: se² = 19 / 20 Σ (θ without g - their mean)², and t(19; 0.975) =
// 2.093024 of it to each side. θ without a group is the index of the other rows alone.
TEST(Sensitivity, IntervalsAreThoseOfAJackknife) {
  testing::Draw draw(5);
  std::vector<double> rows(40 * 3);
  for (double& value : rows) value = draw.normal();
  const SobolIndex all = sobol_indices(MatrixView(rows, 40, 3))[0];
  std::vector<double> without;
  for (std::ptrdiff_t group = 0; group < 20; ++group) {
    std::vector<double> others = rows;
    others.erase(others.begin() + 6 * group, others.begin() + 6 * (group + 1));
    without.push_back(sobol_indices(MatrixView(others, 38, 3))[0].total);
  }
  const double mean = std::accumulate(without.begin(), without.end(), 0.0) / 20;
  double squares = 0;
  for (const double theta : without) squares += (theta - mean) * (theta - mean);
  const double half = 2.093024 * std::sqrt(19.0 / 20 * squares);
  EXPECT_NEAR(all.total_ci95.low, all.total - half, 1e-6 * half);
  EXPECT_NEAR(all.total_ci95.high, all.total + half, 1e-6 * half);
}

TEST(Sensitivity, GivenDataFindsWhatARegressionCannot) {
  const Design design = sobol_design(4);  // the fourth input has no effect
  constexpr std::size_t n = 4096;
  std::vector<double> inputs(n * 4), y(n);
  for (std::size_t s = 0; s < n; ++s) {
    const auto u = std::span(inputs).subspan(s * 4, 4);
    design.sample(static_cast<std::uint32_t>(s), u);
    y[s] = ishigami(u);
  }
  const Influence in = influence(MatrixView(inputs, n, 4), y);
  EXPECT_NEAR(in.inputs[0].first_order, v1 / variance, 0.03);
  EXPECT_NEAR(in.inputs[1].first_order, v2 / variance, 0.03);
  EXPECT_NEAR(in.inputs[2].first_order, 0.0, 0.02);
  EXPECT_LT(std::abs(in.inputs[3].first_order), 4 * in.inputs[3].noise);
  EXPECT_LT(std::abs(in.inputs[1].srrc), 0.05);  // even in its input: ranks see nothing
  EXPECT_GT(in.inputs[0].prcc, 0.3);
  EXPECT_LT(in.r2, 0.4);
}

// y = 3 a - 2 b + c linear in independent uniforms: shares 9, 4 and 1 of 14; ranks of a sum are almost the sum.
TEST(Sensitivity, RegressionRanksAMonotoneModel) {
  const Design design = sobol_design(3);
  constexpr std::size_t n = 2048;
  std::vector<double> inputs(n * 3), y(n);
  for (std::size_t s = 0; s < n; ++s) {
    const auto u = std::span(inputs).subspan(s * 3, 3);
    design.sample(static_cast<std::uint32_t>(s), u);
    y[s] = std::exp(3 * u[0] - 2 * u[1] + u[2]);  // monotone: the ranks do not see the exponential
  }
  const Influence in = influence(MatrixView(inputs, n, 3), y);
  EXPECT_NEAR(in.inputs[0].srrc, std::sqrt(9.0 / 14), 0.03);
  EXPECT_NEAR(in.inputs[1].srrc, -std::sqrt(4.0 / 14), 0.03);
  EXPECT_NEAR(in.inputs[2].srrc, std::sqrt(1.0 / 14), 0.03);
  EXPECT_GT(in.r2, 0.95);
  EXPECT_GT(in.inputs[0].prcc, 0.95);
  EXPECT_LT(in.inputs[1].prcc, -0.9);
}

// By hand: x takes 0 and 1, y is 0, 2 for x = 0 and 10, 12 for x = 1. SSB = 100, SSW = 4, SST = 104, MSW = 2: 98 / 104.
TEST(Sensitivity, EqualValuesShareAGroup) {
  const std::vector<double> x = {0, 1, 0, 1}, y = {0, 10, 2, 12};
  const Influence in = influence(MatrixView(x, 4, 1), y);
  EXPECT_NEAR(in.inputs[0].first_order, 98.0 / 104, 1e-12);
}

TEST(Sensitivity, SurvivesDegenerateRows) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  // A constant input, one input twice, and a missing row.
  std::vector<double> x, y;
  for (int i = 0; i < 20; ++i) {
    x.insert(x.end(), {1.0, double(i * 7 % 20), double(i * 7 % 20)});
    y.push_back(i == 3 ? nan : i * 7 % 20);
  }
  const Influence in = influence(MatrixView(x, 20, 3), y);
  EXPECT_EQ(in.n, 19u);
  EXPECT_EQ(in.inputs[0].srrc, 0.0);
  EXPECT_TRUE(std::isnan(in.inputs[1].srrc));
  EXPECT_GT(in.inputs[1].first_order, 0.8);
  const Influence constant = influence(MatrixView(x, 20, 3), std::vector<double>(20, 5.0));
  EXPECT_EQ(constant.inputs[1].first_order, 0.0);
  EXPECT_THROW(influence(MatrixView(x, 20, 3), std::vector<double>(19)), Error);
  const auto flat = sobol_indices(MatrixView(std::vector<double>(50 * 4, 2.0), 50, 4));
  EXPECT_EQ(flat[0].total, 0.0);
}

}  // namespace
}  // namespace nadc
