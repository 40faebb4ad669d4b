// Who gets what: quotas, borrowing, walls between groups and clusters, priorities. Hand-worked times stand above each.
#include <gtest/gtest.h>

#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

using Starts = std::vector<Tick>;
Starts seconds(std::initializer_list<double> list) {
  Starts ticks;
  for (double s : list) ticks.push_back(static_cast<Tick>(s * 1000));
  return ticks;
}
Starts starts_of(const Scenario& scenario, const std::vector<TraceInput>& jobs) {
  const Study study(scenario, jobs);
  Diary diary;
  study.run<1>(0, 0, &diary);
  return diary.start;
}

GroupSpec group(std::string name, double quota_share) {
  GroupSpec spec;
  spec.name = std::move(name);
  spec.quota = quota_share;
  return spec;
}
// 8 GPUs that two groups share.
template <class Access> Scenario shared_by(double a, double b) {
  Scenario s = machine(8, 8, 0);
  Admits::choose<Access>(s.access.admit);
  s.workload.groups = {group("a", a), group("b", b)};
  return s;
}

// a holds its 4 GPUs and borrows the other 4 at once; behind a wall it waits for its own.
TEST(Borrowing, TakesWhatIsIdle) {
  const std::vector<TraceInput> jobs{job(0, 4, 100, 0, "a"), job(1, 4, 50, 0, "a"), job(2, 4, 10, 0, "b")};
  EXPECT_EQ(starts_of(shared_by<GroupQuota>(0.5, 0.5), jobs), seconds({0, 100, 2}));
  EXPECT_EQ(starts_of(shared_by<BorrowedQuota>(0.5, 0.5), jobs), seconds({0, 1, 51}));
}

// a holds 8, 4 of them borrowed until 100. Its next job would borrow; b's, sent later, is within b's quota: at 100 b
// starts first, and a when b ends at 150. In an open queue a starts at 100.
TEST(Borrowing, GivesBackToTheGroupBelowItsQuotaFirst) {
  const std::vector<TraceInput> jobs{job(0, 4, 300, 0, "a"), job(0, 4, 100, 0, "a"), job(10, 4, 50, 0, "a"),
                                     job(20, 4, 50, 0, "b")};
  for (const Backfill backfill : {Backfill::none, Backfill::easy, Backfill::conservative}) {
    Scenario s = shared_by<BorrowedQuota>(0.5, 0.5);
    s.scheduler.backfill = backfill;
    EXPECT_EQ(starts_of(s, jobs), seconds({0, 0, 150, 100}));
    Admits::choose<OpenQueue>(s.access.admit);
    EXPECT_EQ(starts_of(s, jobs), seconds({0, 0, 100, 150}));
  }
}

// b may hold 6 of 8, a 2. a holds 2 of its own and 2 borrowed until 100, when b's job of 6 starts: it has the
// reservation. The next two jobs of a borrow: one ends before (52), the other takes the 2 GPUs that b leaves. The last
// would delay b: it starts when b ends, at 110. Without backfill nobody overtakes b: at 100 it takes 6, a's first takes
// the other 2, and the rest start at 110.
TEST(Borrowing, DelaysNoReservationOfTheGroupBelowItsQuota) {
  const std::vector<TraceInput> jobs{job(0, 2, 100, 0, "a"), job(0, 2, 100, 0, "a"), job(1, 6, 10, 0, "b"),
                                     job(2, 2, 50, 0, "a"),  job(3, 2, 200, 0, "a"), job(4, 2, 200, 0, "a")};
  Scenario s = shared_by<BorrowedQuota>(0.25, 0.75);
  for (const Backfill backfill : {Backfill::easy, Backfill::conservative}) {
    s.scheduler.backfill = backfill;
    EXPECT_EQ(starts_of(s, jobs), seconds({0, 0, 100, 2, 3, 110}));
  }
  s.scheduler.backfill = Backfill::none;
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 0, 100, 100, 110, 110}));
}

// A job that comes within its quota while a borrower waits at the head goes first: a's job of 8 borrows and waits for
// all 8 until 100; b's job of 4 comes at 5, fits beside nothing, and would in an open queue come after a's.
TEST(Borrowing, AJobWithinItsQuotaOvertakesABorrowerAtTheHead) {
  const std::vector<TraceInput> jobs{job(0, 6, 100, 0, "b"), job(1, 8, 50, 0, "a"), job(5, 4, 50, 0, "b"),
                                     job(6, 2, 300, 0, "b")};
  Scenario s = shared_by<BorrowedQuota>(0.25, 1.0);
  for (const Backfill backfill : {Backfill::none, Backfill::easy, Backfill::conservative}) {
    s.scheduler.backfill = backfill;
    const Starts starts = starts_of(s, jobs);
    EXPECT_EQ(starts[2], 100'000);
    EXPECT_LE(starts[3], 100'000);
    EXPECT_GE(starts[1], 300'000);
  }
}

// Every moment: while anybody waits, no GPU is idle, if all jobs ask for one.
struct NeverIdleWhileSomebodyWaits : Silent {
  std::uint64_t looked = 0, wrong = 0;
  template <class D> void before(Tick, const D& datacenter) {
    const Snapshot shot = datacenter.snapshot();
    ++looked;
    wrong += shot.waiting > 0 && shot.gpus_busy < shot.gpus_in_service;
  }
};
TEST(Borrowing, StrandsNothingWhileSomebodyWhoFitsWaits) {
  Scenario s = machine(64, 8, 60 * ticks_per_day);
  s.scheduler.window = 32;
  s.workload.classes = {job_class("one", LawSpec::constant(1), LawSpec::lognormal(7200, 1.5))};
  s.workload.groups = {group("a", 0.2), group("b", 0.3), group("c", 0.5)};
  s.workload.groups[0].share = 5;
  s.workload.jobs_per_day = 260;
  std::vector<Scenario> levers(3, s);
  constexpr std::uint32_t quota = 1, borrow = 2;
  Admits::choose<OpenQueue>(levers[0].access.admit);
  Admits::choose<GroupQuota>(levers[quota].access.admit);
  Admits::choose<BorrowedQuota>(levers[borrow].access.admit);
  const Study study(levers);
  for (std::uint32_t replica = 0; replica < 3; ++replica) {
    NeverIdleWhileSomebodyWaits with_walls, borrowing;
    const ReplicaResult walls = study.run<1>(replica, quota, &with_walls);
    const ReplicaResult soft = study.run<1>(replica, borrow, &borrowing);
    EXPECT_GT(with_walls.wrong, 0u);
    EXPECT_EQ(borrowing.wrong, 0u);
    EXPECT_GT(study.site(walls, "stranded_gpu_hours_quota", quota), 0);
    EXPECT_EQ(study.site(soft, "stranded_gpu_hours", borrow), 0);
    EXPECT_GT(study.site(soft, "utilization", borrow), study.site(walls, "utilization", quota));
    EXPECT_LT(study.site(soft, "wait_mean_s", borrow), study.site(walls, "wait_mean_s", quota));
  }
}

// The busiest of two waits from 10 to 100 of 200 s.
TEST(QueuedShare, IsTheTimeInWhichAJobWaits) {
  Scenario s = shared_by<OpenQueue>(1, 1);
  s.horizon = 200 * ticks_per_second;
  const Study study(s, {job(0, 8, 100, 0, "a"), job(10, 8, 50, 0, "b"), job(20, 8, 10, 0, "b")});
  const Metrics metrics = study.metrics(study.run());
  EXPECT_DOUBLE_EQ(Study::value(group_metrics(), metrics.groups[0], "queued_share"), 0);
  EXPECT_DOUBLE_EQ(Study::value(group_metrics(), metrics.groups[1], "queued_share"), 140.0 / 200);
}

// ---- regulated data

// 8 GPUs open, 8 for health alone. The second job waits from 10 to 100 while the 8 of health are idle: 720 GPU-s of
// stranding. Health's job of 200 stays in its own; its next waits from 50 to 220 though the open 8 are idle from 150
// on: 70 s · 8. Without walls all start at once.
TEST(PrivateCluster, StrandsWhatTheWallsKeepApart) {
  Scenario s = machine(0, 8, 1000 * ticks_per_second);
  s.sites = {SiteSpec{}};
  s.sites[0].name = "s";
  s.sites[0].clusters = {ClusterSpec{}, ClusterSpec{}};
  for (std::size_t c = 0; c < 2; ++c) {
    s.sites[0].clusters[c].name = c == 0 ? "open" : "private";
    s.sites[0].clusters[c].tranches = {TrancheSpec{}};
    s.sites[0].clusters[c].tranches[0].node = "node";
    s.sites[0].clusters[c].tranches[0].gpus = 8;
    s.sites[0].clusters[c].tranches[0].delay = LawSpec::constant(0);
  }
  s.workload.groups = {group("all", 1), group("health", 1)};
  const std::vector<TraceInput> jobs{job(0, 8, 100, 0, "all"), job(10, 8, 50, 0, "all"), job(20, 8, 200, 0, "health"),
                                     job(50, 8, 10, 0, "health")};
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 10, 60, 100}));
  s.sites[0].clusters[1].groups = {"health"};
  s.workload.groups[1].confined = true;
  // Without backfill the job of all at the head would hold up health too.
  for (const Backfill backfill : {Backfill::easy, Backfill::conservative}) {
    s.scheduler.backfill = backfill;
    const Study study(s, jobs);
    Diary diary;
    const ReplicaResult result = study.run<1>(0, 0, &diary);
    EXPECT_EQ(diary.start, seconds({0, 100, 20, 220}));
    // From 10 to 20 the private 8 are idle beside the waiting job of all; from 150 to 220 the open 8 beside health's.
    EXPECT_NEAR(study.site(result, "stranded_gpu_hours_partition") * 3600, 8 * 10 + 8 * 70, 1e-6);
    EXPECT_EQ(study.site(result, "stranded_gpu_hours_quota"), 0);
  }
}

// 29 % of 200 is 58 and 57 % of 10,000 is 5,700: met exactly they are met, and one more is too many. In binary 0.29 ×
// 200 is 57.99….
TEST(ExactShare, IsMetExactly) {
  for (std::uint64_t percent = 1; percent <= 100; ++percent)
    for (std::uint32_t all = 100; all <= 20000; all += 100) {
      const ExactShare share =
          exact_share(UInt128{decimal_share(static_cast<double>(percent) / 100)}, UInt128{share_decimals});
      const auto exact = static_cast<std::uint32_t>(percent * all / 100);
      ASSERT_TRUE(share.covers(exact, all)) << percent << " % of " << all;
      ASSERT_FALSE(share.covers(exact + 1, all)) << percent << " % of " << all;
    }
}

// A third of 300 is 100, as an owner's part may be; what 32 bits cannot hold is rounded up, and little.
TEST(ExactShare, HoldsFractionsOfWholeGpus) {
  EXPECT_TRUE(exact_share(100, 300).covers(100, 300));
  EXPECT_FALSE(exact_share(100, 300).covers(101, 300));
  const UInt128 prime = 1000000000039u;  // no common factor
  const ExactShare share = exact_share(prime / 2, prime);
  EXPECT_TRUE(share.covers(500, 1000));
  EXPECT_FALSE(share.covers(501, 1000));
  EXPECT_EQ(exact_share(0, prime).parts, 0u);
  EXPECT_EQ(exact_share(prime, prime).parts, 1u);
}

// ---- ownership and priorities

// The state pays 30 % and gives half of its GPUs to academia, all of the rest to government; firms own 70 %.
TEST(Ownership, MakesQuotas) {
  Scenario s = machine(80, 8, ticks_per_day);
  s.policy.ownership = {.state = 0.3, .quotas = true};
  s.workload.groups = {group("academia", 0.5), group("firms", 1.0), group("guests", 0.2)};
  s.workload.groups[0].owner = Owner::state;
  s.workload.groups[1].owner = Owner::investors;
  const Study study({s});
  const auto quotas = at(&study.point(), study.point().quotas);
  EXPECT_DOUBLE_EQ(quotas[GroupId(0)].value(), 0.15);
  EXPECT_DOUBLE_EQ(quotas[GroupId(1)].value(), 0.7);
  EXPECT_DOUBLE_EQ(quotas[GroupId(2)].value(), 0.2);
}

TEST(Priority, ComesBeforeSubmission) {
  Scenario s = shared_by<OpenQueue>(1, 1);
  s.workload.groups[1].priority = 1;
  const std::vector<TraceInput> jobs{job(0, 8, 100, 0, "a"), job(1, 8, 10, 0, "a"), job(2, 8, 10, 0, "b")};
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 100, 110}));
  Orders::choose<PriorityFirst>(s.scheduler.order);
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 110, 100}));
}

}  // namespace
}  // namespace nadc::test
