// What must not change a result to the bit: being observed, the width of the lane group, capacities, and a window that
// the queue does not fill.
#include <gtest/gtest.h>

#include "tests/models/random_world.hpp"

namespace nadc::test {
namespace {

constexpr std::uint64_t worlds = 40;

TEST(Equality, ObservedIsUnobserved) {
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    const Study study({random_scenario(seed)});
    Silent observer;
    EXPECT_EQ(study.hash(study.run(3)), study.hash(study.run<1>(3, 0, &observer))) << seed;
  }
}

TEST(Equality, WidthOneIsWidthThirtyTwo) {
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    const Study study({random_scenario(seed)});
    EXPECT_EQ(study.hash(study.run<1>(3)), study.hash(study.run<32>(3))) << seed;
  }
}

TEST(Equality, TinyCapacitiesEndInTheSameResultAsLargeOnes) {
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    const Study study({random_scenario(seed)});
    const Capacity large{.slots = 4096, .waiting = 1u << 16, .sets = 1024, .repairs = 512, .profile = 1u << 15};
    const Capacity tiny{.slots = 1, .waiting = 1, .sets = 1, .repairs = 1, .profile = 1};
    const std::uint64_t expected = study.hash(study.run_with<1>(large, 3));
    EXPECT_EQ(expected, study.hash(study.run_with<1>(tiny, 3))) << seed;
    EXPECT_EQ(expected, study.hash(study.run(3))) << seed;
  }
}

struct LongestQueue : Silent {
  std::uint64_t waiting = 0;
  void restart() { waiting = 0; }
  template <class D> void before(Tick, const D& datacenter) {
    waiting = std::max(waiting, datacenter.snapshot().waiting);
  }
};

TEST(Equality, AWindowThatTheQueueDoesNotFillChangesNothing) {
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    Scenario all = random_scenario(seed);
    all.scheduler.window = 0;
    const Study wide({all});
    LongestQueue longest;
    const std::uint64_t expected = wide.hash(wide.run<1>(3, 0, &longest));
    // Jobs of one tick stand in the window together before any of them starts.
    all.scheduler.window = static_cast<std::int64_t>(longest.waiting) + 60;
    const Study narrow({all});
    EXPECT_EQ(expected, narrow.hash(narrow.run(3))) << seed;
  }
}

TEST(Equality, ReplicasDiffer) {
  const Study study({random_scenario(2)});
  EXPECT_NE(study.hash(study.run(0)), study.hash(study.run(1)));
}

}  // namespace
}  // namespace nadc::test
