#include "models/scheduler/profile.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace nadc {
namespace {

// Against one number a tick.
TEST(StepFunction, AgreesWithATablePerTick) {
  std::mt19937_64 random(5);
  constexpr Tick span = 400;
  for (int round = 0; round < 50; ++round) {
    std::vector<StepFunction::Step> steps(512);
    StepFunction plan;
    plan.init(steps.data(), 512);
    std::vector<std::int64_t> table(span, 0);
    plan.add(0, never, 20);
    for (auto& free : table) free += 20;
    Tick now = 0;
    for (int step = 0; step < 60; ++step) {
      now += static_cast<Tick>(random() % 4);
      const auto units = static_cast<std::int64_t>(1 + random() % 6);
      const auto length = static_cast<Tick>(1 + random() % 30);
      if (random() % 2) {  // a running job begins or ends early
        const Tick to = random() % 8 == 0 ? never : now + length;
        const std::int64_t change = random() % 2 ? units : -units;
        plan.add(now, to, change);
        for (Tick t = now; t < std::min(to, span); ++t) table[static_cast<std::size_t>(t)] += change;
      } else {  // a reservation
        plan.forget(now);
        const Tick from = now + static_cast<Tick>(random() % 40);
        plan.reserve(from, length, units);
        for (Tick t = from; t < std::min(from + length, span); ++t) table[static_cast<std::size_t>(t)] -= units;
      }
      const auto need = static_cast<std::int64_t>(1 + random() % 20);
      const auto wish = static_cast<Tick>(1 + random() % 20);
      Tick expected = now;
      for (Tick t = now; t < expected + wish && t < span; ++t)
        if (table[static_cast<std::size_t>(t)] < need) expected = t + 1;
      const Tick got = plan.earliest(now, wish, need);
      if (expected + wish <= span)
        ASSERT_EQ(got, expected) << round << " " << step;
      else
        ASSERT_GT(got + wish, span) << round << " " << step;
    }
    EXPECT_FALSE(plan.full());
  }
}

TEST(StepFunction, SaysWhenItHasNoRoom) {
  std::vector<StepFunction::Step> steps(3);
  StepFunction plan;
  plan.init(steps.data(), 3);
  plan.add(0, never, 8);
  plan.reserve(10, 10, 1);
  EXPECT_FALSE(plan.full());
  plan.reserve(30, 10, 1);
  EXPECT_TRUE(plan.full());
}

TEST(StepFunction, FindsNoTimeForMoreThanThereWillBe) {
  std::vector<StepFunction::Step> steps(8);
  StepFunction plan;
  plan.init(steps.data(), 8);
  plan.add(0, never, 8);
  plan.add(0, 50, -8);
  EXPECT_EQ(plan.earliest(0, 5, 1), 50);
  EXPECT_EQ(plan.earliest(60, 5, 8), 60);
  EXPECT_EQ(plan.earliest(0, 5, 9), never);
}

}  // namespace
}  // namespace nadc
