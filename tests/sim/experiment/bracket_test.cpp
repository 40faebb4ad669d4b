#include "sim/experiment/bracket.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "sim/error.hpp"

namespace nadc {
namespace {

int sign_of(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

// x² − 2 on [0, 4], grid 0, 1, 2, 3, 4: the root √2 lies between 1 and 2. Halving that interval seven times leaves
// 1/128 ≤ 0.01: 5 + 7 values, and the bracket is the seventh dyadic one around √2 = 1.41421…: 181/128 = 1.41406 to
// 182/128 = 1.42188.
TEST(Bracket, HalvesAroundTheRoot) {
  std::set<double> asked;
  const auto found = sign_changes({0, 4, 0.01, 0, 5}, [&](double x) {
    EXPECT_TRUE(asked.insert(x).second) << x;
    return sign_of(x * x - 2);
  });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].low, 181.0 / 128);
  EXPECT_EQ(found[0].high, 182.0 / 128);
  EXPECT_EQ(found[0].before, -1);
  EXPECT_EQ(found[0].after, 1);
  EXPECT_EQ(asked.size(), 12u);
}

// sin on [1, 10] changes its sign at π, 2π and 3π, and nowhere else.
TEST(Bracket, FindsEveryChangeThatTheGridSeparates) {
  const auto found = sign_changes({1, 10, 1e-6, 0, 10}, [](double x) { return sign_of(std::sin(x)); });
  ASSERT_EQ(found.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const double root = static_cast<double>(i + 1) * std::acos(-1.0);
    EXPECT_LE(found[i].low, root);
    EXPECT_GE(found[i].high, root);
    EXPECT_LE(found[i].high - found[i].low, 1e-6);
  }
  // With the ends alone the first two cancel, and one change is left.
  EXPECT_EQ(sign_changes({1, 10, 1e-6, 0, 2}, [](double x) { return sign_of(std::sin(x)); }).size(), 1u);
}

// In steps of 8 the root 100.5 lies between 96 and 104, whatever width is asked.
TEST(Bracket, KeepsToTheSteps) {
  const auto found = sign_changes({0, 200, 0.5, 8, 5}, [](double x) {
    EXPECT_EQ(std::fmod(x, 8), 0) << x;
    return sign_of(x - 100.5);
  });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].low, 96);
  EXPECT_EQ(found[0].high, 104);
}

// Equal up to 3, apart from there on: the place where equality ends.
TEST(Bracket, ZeroIsASignOfItsOwn) {
  const auto found = sign_changes({0, 8, 0.25, 0, 3}, [](double x) { return x > 3 ? 1 : 0; });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].before, 0);
  EXPECT_EQ(found[0].after, 1);
  EXPECT_LE(found[0].low, 3);
  EXPECT_GE(found[0].high, 3);
}

TEST(Bracket, NothingChangesAndNothingFits) {
  EXPECT_TRUE(sign_changes({0, 1, 0.1, 0, 9}, [](double) { return -1; }).empty());
  EXPECT_THROW(sign_changes({1, 1, 0.1, 0, 5}, sign_of), Error);
  EXPECT_THROW(sign_changes({0, 1, 0, 0, 5}, sign_of), Error);
  EXPECT_THROW(sign_changes({0, 1, 0.1, 0, 1}, sign_of), Error);
}

}  // namespace
}  // namespace nadc
