#include "sim/experiment/stopping.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/error.hpp"
#include "tests/sim/experiment/draw.hpp"

namespace nadc {
namespace {

using testing::Draw;

TEST(Stopping, StopsAtTheFirstPreciseCheck) {
  StoppingSpec spec{StoppingPrecision::absolute, 0.5, 10, 1000, 7, 0.95};
  Draw draw(1);
  const auto rows = draw.normals(1000, 5.0, 2.0);
  StoppingRule rule(spec, 1);
  for (const double x : rows) {
    if (rule.stopped() == StopReason::none && rule.replicas() > 10) {
      EXPECT_TRUE((rule.replicas() - 10) % 7 != 0 || rule.half_width(0) > 0.5);
    }
    rule.add(std::span(&x, 1));
  }
  EXPECT_EQ(rule.stopped(), StopReason::precise);
  EXPECT_EQ((rule.replicas() - 10) % 7, 0u);
  EXPECT_LE(rule.half_width(0), 0.5);
  EXPECT_EQ(rule.until_next_check(), 0u);
}

TEST(Stopping, IsTheSameUnderAnyPartitionOfTheReplicas) {
  // A caller that asks how many to make next, and callers that make fixed portions, stop at one index with one mean.
  StoppingSpec spec{StoppingPrecision::relative, 0.03, 20, 5000, 25, 0.95};
  Draw draw(2);
  const auto rows = draw.normals(2 * 6000, 10.0, 3.0);
  const auto run = [&](auto portion) {
    StoppingRule rule(spec, 2);
    std::size_t made = 0;
    while (rule.stopped() == StopReason::none) {
      const std::size_t end = made + portion(rule);
      for (; made < end; ++made) rule.add(std::span(rows).subspan(2 * made, 2));
    }
    return std::tuple(rule.replicas(), rule.mean(0), rule.mean(1), rule.half_width(1));
  };
  const auto reference = run([](const StoppingRule& rule) { return rule.until_next_check(); });
  for (const std::size_t size : {1, 7, 64, 1000})
    EXPECT_EQ(run([&](const StoppingRule&) { return size; }), reference) << "portions of " << size;
}

TEST(Stopping, ReachesItsLimitWhenPrecisionIsOutOfReach) {
  StoppingRule rule({StoppingPrecision::absolute, 1e-9, 5, 12, 5, 0.95}, 1);
  Draw draw(3);
  for (int i = 0; i < 50; ++i) {
    const double x = draw.normal();
    rule.add(std::span(&x, 1));
  }
  EXPECT_EQ(rule.stopped(), StopReason::limit);
  EXPECT_EQ(rule.replicas(), 12u);
}

TEST(Stopping, WaitsForEverySeriesAndForSeriesThatMissValues) {
  StoppingRule rule({StoppingPrecision::absolute, 0.5, 10, 100, 10, 0.95}, 2);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int i = 0; i < 40; ++i) {
    const std::vector<double> row = {1.0, i < 30 ? nan : 2.0};
    rule.add(row);
    if (i < 30) {
      EXPECT_EQ(rule.stopped(), StopReason::none);
    }
  }
  EXPECT_EQ(rule.stopped(), StopReason::precise);
  EXPECT_EQ(rule.replicas(), 40u);
}

TEST(Stopping, CoversNearlyWhatItStates) {
  // Relative 5 % of N(10, 3²) needs about 140 replicas; looking every 10 from 30 on costs a little coverage.
  int covered = 0;
  for (std::uint64_t study = 0; study < 1000; ++study) {
    Draw draw(5000 + study);
    StoppingRule rule({StoppingPrecision::relative, 0.05, 30, 1000, 10, 0.95}, 1);
    while (rule.stopped() == StopReason::none) {
      const double x = draw.normal(10.0, 3.0);
      rule.add(std::span(&x, 1));
    }
    covered += std::abs(rule.mean(0) - 10.0) <= rule.half_width(0) ? 1 : 0;
  }
  RecordProperty("covered", covered);
  EXPECT_GE(covered, 920);
  EXPECT_LE(covered, 970);
}

TEST(Stopping, RefusesARuleThatCannotWork) {
  EXPECT_THROW(StoppingRule({StoppingPrecision::absolute, 0.0, 10, 20, 5, 0.95}, 1), Error);
  EXPECT_THROW(StoppingRule({StoppingPrecision::absolute, 1.0, 1, 20, 5, 0.95}, 1), Error);
  EXPECT_THROW(StoppingRule({StoppingPrecision::absolute, 1.0, 30, 20, 5, 0.95}, 1), Error);
  EXPECT_THROW(StoppingRule({StoppingPrecision::absolute, 1.0, 10, 20, 0, 0.95}, 1), Error);
  EXPECT_THROW(StoppingRule(StoppingSpec{}, 0), Error);
}

}  // namespace
}  // namespace nadc
