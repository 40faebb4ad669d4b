// Fair share in the loop: who goes first when use is forgotten by halves. One GPU, jobs one after another; the cases
// are worked by hand.
#include <gtest/gtest.h>

#include <cmath>

#include "models/scheduler/order.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

constexpr double hour = 3600;

Scenario shared_gpu(FairShare order, double share_a, double share_b) {
  Scenario s = machine(1, 1, 2 * ticks_per_day);
  Orders::choose(s.scheduler.order, order);
  GroupSpec a, b;
  a.name = "a";
  a.fair_share = share_a;
  b.name = "b";
  b.fair_share = share_b;
  s.workload.groups = {a, b};
  return s;
}

std::vector<double> starts_in_hours(const Study& study) {
  Diary diary, wide;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_EQ(study.hash(result), study.hash(study.run<32>(0, 0, &wide)));
  std::vector<double> hours;
  for (const Tick start : diary.start) hours.push_back(static_cast<double>(start) / ticks_per_hour);
  return hours;
}

// Use is reckoned each hour and half is forgotten in an hour. Job 0 of a runs for 3 h: a stands at 1, 1.5, 1.75 h. At 3
// h b, which used nothing, goes first with job 1, though job 3 waits longer than job 2. At 4 h a stands at 0.875 h and
// b at 1 h: a's job 3 goes before b's job 2, which without forgetting (3 h to 1 h) would be first.
TEST(FairShareOrder, ForgetsHalfOfWhatAGroupUsedInAHalfLife) {
  const std::vector<TraceInput> jobs{job(0, 1, 3 * hour, 0, "a"), job(1, 1, hour, 0, "b"), job(2, 1, hour, 0, "b"),
                                     job(10, 1, hour, 0, "a")};
  const FairShare halved{ticks_per_hour, ticks_per_hour}, kept{0, ticks_per_hour};
  EXPECT_EQ(starts_in_hours(Study(shared_gpu(halved, 1, 1), jobs)), (std::vector<double>{0, 3, 5, 4}));
  EXPECT_EQ(starts_in_hours(Study(shared_gpu(kept, 1, 1), jobs)), (std::vector<double>{0, 3, 4, 5}));
}

// Nothing is forgotten, a's share is three times b's, and each job takes an hour: a b a a a b a a a b. By fair_share
// or, where that is 0, by quota.
TEST(FairShareOrder, GivesEachGroupItsShare) {
  std::vector<TraceInput> jobs;
  for (int i = 0; i < 8; ++i) jobs.push_back(job(i, 1, hour, 0, "a"));
  for (int i = 8; i < 11; ++i) jobs.push_back(job(i, 1, hour, 0, "b"));
  const std::vector<double> expected{0, 2, 3, 4, 6, 7, 8, 10, 1, 5, 9};
  EXPECT_EQ(starts_in_hours(Study(shared_gpu({0, ticks_per_hour}, 3, 1), jobs)), expected);
  Scenario by_quota = shared_gpu({0, ticks_per_hour}, 0, 0);
  by_quota.workload.groups[0].quota = 0.75;
  by_quota.workload.groups[1].quota = 0.25;
  EXPECT_EQ(starts_in_hours(Study(by_quota, jobs)), expected);
  by_quota.workload.groups[1].quota = 0;  // no share at all: last
  EXPECT_EQ(starts_in_hours(Study(by_quota, jobs)), (std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

// Keys are made anew each 2 h only: what b used in between does not count yet.
TEST(FairShareOrder, LooksAtUseWhenTheIntervalIsOver) {
  const std::vector<TraceInput> jobs{job(0, 1, 3 * hour, 0, "a"), job(1, 1, hour, 0, "b"), job(2, 1, hour, 0, "b"),
                                     job(10, 1, hour, 0, "a")};
  // At 2 h: a 2, b 0. At 3 h job 1 of b, at 4 h a 3, b 1: job 2 of b.
  EXPECT_EQ(starts_in_hours(Study(shared_gpu({0, 2 * ticks_per_hour}, 1, 1), jobs)), (std::vector<double>{0, 3, 4, 5}));
  // Reckoned every 5 h: all stand alike until then, and go as they came.
  EXPECT_EQ(starts_in_hours(Study(shared_gpu({0, 5 * ticks_per_hour}, 1, 1),
                                  {job(0, 1, 3 * hour, 0, "a"), job(1, 1, hour, 0, "a"), job(2, 1, hour, 0, "a"),
                                   job(3, 1, hour, 0, "a"), job(4, 1, hour, 0, "b")})),
            (std::vector<double>{0, 3, 4, 6, 5}));
}

// The factor of an interval, of exact arithmetic, against libm; what is kept after one half-life is half, to the
// rounding of each interval.
TEST(FairShareOrder, KeepsWhatTheHalfLifeSays) {
  const Study study(shared_gpu({}, 1, 1), {job(0, 1, hour, 0, "a")});
  const FairShare& order = study.point().order.as<FairShare>();
  EXPECT_EQ(order.half_life, 7 * ticks_per_day);
  EXPECT_EQ(order.interval, 5 * ticks_per_minute);
  EXPECT_NEAR(static_cast<double>(order.kept_q32), std::exp2(32 - 300.0 / 604800), 1);
  std::uint64_t used = 1'000'000'000'000;
  for (int i = 0; i < 7 * 24 * 12; ++i) used = order.kept(used);
  EXPECT_NEAR(static_cast<double>(used), 5e11, 5e11 * 2016 / 4294967296 + 2016);
}

}  // namespace
}  // namespace nadc::test
