#include "sim/experiment/prim.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/experiment/classification_tree.hpp"
#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

using testing::Draw;
constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

struct Cases {
  std::vector<double> x, y;
  MatrixView view(std::size_t inputs) const { return MatrixView(x, y.size(), inputs); }
};

// The box is x0 >= 0.6 and 0.2 <= x1 <= 0.7 in five dimensions; inside a case with probability `inside`, else
// `outside`.
Cases known_box(std::uint64_t seed, std::size_t n, double inside, double outside) {
  Draw draw(seed);
  Cases cases;
  for (std::size_t r = 0; r < n; ++r) {
    std::vector<double> u;
    for (int i = 0; i < 5; ++i) u.push_back(draw.uniform());
    const bool in = u[0] >= 0.6 && u[1] >= 0.2 && u[1] <= 0.7;
    cases.y.push_back(draw.uniform() < (in ? inside : outside));
    cases.x.insert(cases.x.end(), u.begin(), u.end());
  }
  return cases;
}

TEST(Prim, FindsAKnownBox) {
  const Cases cases = known_box(1, 2000, 1.0, 0.0);
  const ScenarioBox box = find_box(cases.view(5), cases.y);
  ASSERT_EQ(box.sides.size(), 2u);
  EXPECT_EQ(box.sides[0].input, 0u);
  EXPECT_NEAR(box.sides[0].low, 0.6, 0.03);
  EXPECT_EQ(box.sides[0].high, infinity);
  EXPECT_EQ(box.sides[1].input, 1u);
  EXPECT_NEAR(box.sides[1].low, 0.2, 0.03);
  EXPECT_NEAR(box.sides[1].high, 0.7, 0.03);
  EXPECT_GT(box.coverage, 0.95);
  EXPECT_GT(box.density, 0.95);
  EXPECT_LT(box.sides[0].quasi_p, 1e-6);
}

// With 10 % of labels wrong the best possible box has density 0.9 and coverage 0.9 · 0.2 / (0.9 · 0.2 + 0.1 · 0.8).
TEST(Prim, FindsItThroughNoise) {
  const Cases cases = known_box(2, 2000, 0.9, 0.1);
  const ScenarioBox box = find_box(cases.view(5), cases.y);
  ASSERT_EQ(box.sides.size(), 2u);
  EXPECT_NEAR(box.sides[0].low, 0.6, 0.05);
  EXPECT_NEAR(box.sides[1].low, 0.2, 0.05);
  EXPECT_NEAR(box.sides[1].high, 0.7, 0.05);
  EXPECT_NEAR(box.density, 0.9, 0.06);
  EXPECT_NEAR(box.coverage, 0.18 / 0.26, 0.06);
}

TEST(Prim, FindsItWithFewRows) {
  for (std::uint64_t seed = 10; seed < 20; ++seed) {
    const Cases cases = known_box(seed, 128, 1.0, 0.0);
    const ScenarioBox box = find_box(cases.view(5), cases.y);
    ASSERT_GE(box.sides.size(), 2u) << seed;
    EXPECT_EQ(box.sides[0].input, 0u) << seed;
    EXPECT_EQ(box.sides[1].input, 1u) << seed;
    EXPECT_GT(box.coverage * box.density, 0.7) << seed;
  }
}

// Ten rows, one input 0 … 9, cases at 6 … 9. In the box x >= 6: 4 rows, 4 cases; without the side 4 of 10.
// P(Binomial(4, 0.4) >= 4) = 0.4⁴.
TEST(Prim, QuasiPValueByHand) {
  std::vector<double> x, y;
  for (int i = 0; i < 10; ++i) {
    x.push_back(i);
    y.push_back(i >= 6);
  }
  const ScenarioBox box = describe_box(MatrixView(x, 10, 1), y, {{0, 6.0, infinity, 0.0}});
  ASSERT_EQ(box.sides.size(), 1u);
  EXPECT_NEAR(box.sides[0].quasi_p, std::pow(0.4, 4), 1e-12);
  EXPECT_EQ(box.coverage, 1.0);
  EXPECT_EQ(box.density, 1.0);
  // A looser box: 6 rows, 4 cases; P(Binomial(6, 0.4) >= 4) = 15 · 0.4⁴ 0.6² + 6 · 0.4⁵ 0.6 + 0.4⁶.
  EXPECT_NEAR(describe_box(MatrixView(x, 10, 1), y, {{0, 4.0, infinity, 0.0}}).sides[0].quasi_p,
              15 * std::pow(0.4, 4) * 0.36 + 6 * std::pow(0.4, 5) * 0.6 + std::pow(0.4, 6), 1e-12);
}

// Where cases fall blindly no side should stand: of 100 studies of 200 rows and 5 inputs, the sides that are kept have
// small quasi-p-values all the same (a box is chosen to be dense), and the density stays far from 1.
TEST(Prim, BlindCasesGiveNoDenseBox) {
  int dense = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Cases cases = known_box(500 + seed, 200, 0.3, 0.3);
    const ScenarioBox box = find_box(cases.view(5), cases.y);
    dense += box.density > 0.6 && box.coverage > 0.5;
  }
  EXPECT_LE(dense, 2);
}

TEST(Prim, HasNoBoxWhereNothingCanBeTold) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6}, none(6, 0.0), all(6, 1.0), gaps = {nan, nan, nan, nan, 1, 0};
  EXPECT_TRUE(find_box(MatrixView(x, 6, 1), none).sides.empty());
  EXPECT_TRUE(find_box(MatrixView(x, 6, 1), all).sides.empty());
  EXPECT_TRUE(find_box(MatrixView(x, 6, 1), gaps).sides.empty());
  EXPECT_EQ(find_box(MatrixView(x, 6, 1), gaps).all_rows, 2u);
  const std::vector<double> flat(6, 2.0), some = {1, 0, 1, 0, 1, 0};
  EXPECT_TRUE(find_box(MatrixView(flat, 6, 1), some).sides.empty());
  EXPECT_THROW(find_box(MatrixView(x, 6, 1), std::vector<double>(5, 1.0)), Error);
}

TEST(ClassificationTree, SplitsWhereTheCasesAre) {
  Draw draw(4);
  Cases cases;
  for (int r = 0; r < 1000; ++r) {
    const double a = draw.uniform(), b = draw.uniform();
    cases.x.insert(cases.x.end(), {a, b});
    cases.y.push_back(a > 0.7 && b < 0.5);
  }
  const auto leaves = case_leaves(cases.view(2), cases.y);
  ASSERT_EQ(leaves.size(), 1u);
  ASSERT_EQ(leaves[0].sides.size(), 2u);
  EXPECT_NEAR(leaves[0].sides[0].low, 0.7, 0.01);
  EXPECT_NEAR(leaves[0].sides[1].high, 0.5, 0.01);
  EXPECT_EQ(leaves[0].coverage, 1.0);
  EXPECT_EQ(leaves[0].density, 1.0);
}

TEST(ClassificationTree, HasNoLeafWithoutAPattern) {
  const std::vector<double> x = {1, 2, 3, 4, 5, 6}, none(6, 0.0);
  EXPECT_TRUE(case_leaves(MatrixView(x, 6, 1), none).empty());
  EXPECT_TRUE(case_leaves(MatrixView(std::vector<double>{}, 0, 1), std::vector<double>{}).empty());
}

}  // namespace
}  // namespace nadc
