#include "sim/experiment/sequential_selection.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/error.hpp"
#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

using testing::Draw;

// Two levers, n0 = 3, α = 5 %, δ = 1: η = ½ (0.1^(−1) − 1) = 4.5, h² = 2 · 4.5 · 2 = 18.
// Differences (first less second) 2, 0, 1 have variance 1: the triangle ends at r = 18, W(3) = ½ · 15 / 3 = 2.5, and
// the mean difference is 1: both stay. A difference of 3 makes 6 / 4 = 1.5, below W(4) = 14 / 8 = 1.75; one of 4 makes
// 10 / 5 = 2, above W(5) = 13 / 10 = 1.3: the second leaves.
TEST(SequentialSelection, IsTheHandWorkedTriangle) {
  SequentialSelection selection({.within = 1, .first = 3}, 2);
  EXPECT_EQ(selection.until_next_look(), 3u);
  const auto add = [&](double first, double second) { selection.add(std::vector<double>{first, second}); };
  add(12, 10);
  add(7, 7);
  EXPECT_EQ(selection.until_next_look(), 1u);
  add(1, 0);
  EXPECT_EQ(selection.ended(), SelectionEnd::none);
  add(3, 0);
  EXPECT_EQ(selection.in().size(), 2u);
  add(4, 0);
  EXPECT_EQ(selection.ended(), SelectionEnd::chosen);
  EXPECT_EQ(selection.chosen(), 0u);
  EXPECT_EQ(selection.used(1), 5u);
  EXPECT_DOUBLE_EQ(selection.behind(1), 2.0);
  EXPECT_EQ(selection.until_next_look(), 0u);
}

// After 2, 0, 1 one of −2.6, then none: sums of 0.4 lie below W · r = (18 − r) / 2 until r = 17, and at 18, where the
// triangle closes, 0.4 / 18 chooses.
TEST(SequentialSelection, ChoosesByTheMeanWhereTheTriangleCloses) {
  for (const Better better : {Better::higher, Better::lower}) {
    SequentialSelection selection({.within = 1, .better = better, .first = 3}, 2);
    for (const double difference : {2.0, 0.0, 1.0, -2.6}) selection.add(std::vector<double>{difference, 0});
    while (selection.ended() == SelectionEnd::none) selection.add(std::vector<double>{5, 5});
    EXPECT_EQ(selection.seen(), 18u);
    EXPECT_EQ(selection.chosen(), better == Better::higher ? 0u : 1u);
    EXPECT_NEAR(selection.behind(better == Better::higher ? 1 : 0), 0.4 / 18, 1e-12);
  }
}

TEST(SequentialSelection, EndsAtOnceAmongEqualsAndAtItsLimit) {
  SequentialSelection same({.within = 0.1, .first = 3}, 3);
  for (int i = 0; i < 3; ++i) same.add(std::vector<double>{1.0 + i, 1.0 + i, 1.0 + i});
  EXPECT_EQ(same.ended(), SelectionEnd::chosen);
  EXPECT_EQ(same.chosen(), 0u);
  EXPECT_EQ(same.in().size(), 3u);

  Draw draw(1);
  SequentialSelection hopeless({.within = 1e-6, .first = 5, .most = 12}, 2);
  while (hopeless.ended() == SelectionEnd::none) hopeless.add(draw.normals(2));
  EXPECT_EQ(hopeless.ended(), SelectionEnd::limit);
  EXPECT_EQ(hopeless.seen(), 12u);
}

TEST(SequentialSelection, LeavesOutAnObservationWithoutAValue) {
  Draw draw(2);
  SequentialSelection whole({.within = 0.5}, 3), holes({.within = 0.5}, 3);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  while (whole.ended() == SelectionEnd::none) {
    const std::vector<double> row = draw.normals(3);
    whole.add(row);
    holes.add(std::vector<double>{nan, nan, nan});
    holes.add(row);
  }
  EXPECT_EQ(holes.ended(), SelectionEnd::chosen);
  EXPECT_EQ(holes.chosen(), whole.chosen());
  EXPECT_EQ(holes.used(whole.chosen()), whole.used(whole.chosen()));
}

struct Problems {
  int correct = 0, within = 0;
  double observations = 0;  // mean, all levers together
  double most = 0;
};

// Levers with these means in a world that they share (sd 3) and noise of their own (sd by lever).
Problems solve(const std::vector<double>& means, const std::vector<double>& sds, double delta, std::uint64_t seed) {
  Problems out;
  const std::size_t best = static_cast<std::size_t>(std::max_element(means.begin(), means.end()) - means.begin());
  constexpr int problems = 1000;
  for (int problem = 0; problem < problems; ++problem) {
    Draw draw(seed + static_cast<std::uint64_t>(problem));
    SequentialSelection selection({.within = delta, .most = 100'000}, means.size());
    while (selection.ended() == SelectionEnd::none) {
      const double world = draw.normal(0, 3);
      std::vector<double> row;
      for (std::size_t i = 0; i < means.size(); ++i) row.push_back(draw.normal(means[i] + world, sds[i]));
      selection.add(row);
    }
    out.correct += selection.chosen() == best;
    out.within += means[best] - means[selection.chosen()] <= delta;
    double used = 0;
    for (std::size_t i = 0; i < means.size(); ++i) used += selection.used(i);
    out.observations += used / problems;
    out.most = std::max(out.most, static_cast<double>(selection.seen()));
  }
  return out;
}

// 1,000 problems each. Where the best leads by just δ and the others are equal, the hardest case, it is chosen in at
// least 95 % of them. Sample sizes are those that docs/deciding.md states.
TEST(SequentialSelection, IsRightInNineteenOfTwentyProblems) {
  const Problems hardest = solve({0, 0, 1, 0, 0}, {1, 1, 1, 1, 1}, 1, 10'000);
  const Problems unequal = solve({0, 0, 1, 0, 0}, {0.5, 1, 2, 1, 3}, 1, 20'000);
  const Problems ladder = solve({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 30'000);
  // None leads by δ: the chosen one is within δ of the best.
  const Problems close = solve({0, 0.5, 0.8, 0.9, -3}, {1, 1, 1, 1, 1}, 0.5, 40'000);
  RecordProperty("correct", std::to_string(hardest.correct) + " " + std::to_string(unequal.correct) + " " +
                                std::to_string(ladder.correct) + " " + std::to_string(close.within));
  RecordProperty("observations", std::to_string(hardest.observations) + " " + std::to_string(unequal.observations) +
                                     " " + std::to_string(ladder.observations) + " " +
                                     std::to_string(close.observations));
  EXPECT_GE(hardest.correct, 950);
  EXPECT_GE(unequal.correct, 950);
  EXPECT_GE(ladder.correct, 950);
  EXPECT_GE(close.within, 950);
  // And it spends less than a first stage that is sized for the worst (10 levers, each as long as the best).
  EXPECT_LT(ladder.observations, 10 * ladder.most / 2);
}

TEST(SequentialSelection, RefusesWhatCannotWork) {
  EXPECT_THROW(SequentialSelection({.within = 1}, 1), Error);
  EXPECT_THROW(SequentialSelection({.within = 0}, 2), Error);
  EXPECT_THROW(SequentialSelection({.within = 1, .first = 1}, 2), Error);
  EXPECT_THROW(SequentialSelection({.within = 1, .most = 9}, 2), Error);
  SequentialSelection selection({.within = 1}, 2);
  EXPECT_THROW(selection.add(std::vector<double>{1}), Error);
}

}  // namespace
}  // namespace nadc
