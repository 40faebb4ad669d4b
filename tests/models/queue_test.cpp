// Full queues, windows, limits of time and what may overtake, as worked out by hand.
#include <gtest/gtest.h>

#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

struct Queued {
  std::vector<Tick> start;  // (job) -1: never; as many as the last that started
  double turned_away;
};
Queued queued(const Scenario& s, const std::vector<TraceInput>& jobs) {
  const Study study(s, jobs);
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  return {diary.start, study.site(result, "jobs_turned_away")};
}

GroupSpec group(const std::string& name, double quota) {
  GroupSpec spec;
  spec.name = name;
  spec.quota = quota;
  return spec;
}

// A loss system of 4 GPUs: 3 are held until 100 s. The second job needs 4, from 100 s on, and is turned away; the third
// needs one for 500 s, and nobody is promised anything.
TEST(FullQueue, LeavesNoReservationOfWhatWasTurnedAway) {
  Scenario s = machine(4, 1, 0);
  s.scheduler.queue = 0;
  s.scheduler.backfill = Backfill::conservative;
  const Queued got = queued(s, {job(0, 3, 100), job(10, 4, 100), job(20, 1, 500)});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, -1, 20000}));
  EXPECT_EQ(got.turned_away, 1);
}

// The same with EASY. At 10 s the second and the third are turned away; nothing is free beside the second at 100 s. At
// 20 s the fourth needs 2 GPUs, at 100 s, when 4 are free: the fifth may have one of them for longer.
TEST(FullQueue, LeavesNoReservationOfAHeadThatWasTurnedAway) {
  Scenario s = machine(4, 1, 0);
  s.scheduler.queue = 0;
  s.scheduler.backfill = Backfill::easy;
  const Queued got = queued(s, {job(0, 3, 100), job(10, 4, 100), job(10, 1, 500), job(20, 2, 10), job(20, 1, 500)});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, -1, -1, -1, 20000}));
  EXPECT_EQ(got.turned_away, 3);
}

// Two may wait and one is looked at in vain: the fourth finds both places taken, though no pass looks that far.
TEST(FullQueue, TurnsAwayBehindAFullWindow) {
  Scenario s = machine(2, 1, 0);
  s.scheduler.queue = 2;
  s.scheduler.window = 1;
  const Queued got = queued(s, {job(0, 2, 100), job(1, 2, 10), job(2, 2, 10), job(3, 2, 10)});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 100000, 110000}));
  EXPECT_EQ(got.turned_away, 1);
}

// 4 GPUs, one of them free until 100 s, when the third and the fourth job need all; two may wait, and the window is of
// two. b may hold two GPUs and has one: the fifth job, for two, takes no place of the window, and is turned away. So it
// leaves none to the sixth either, which would fit and is not looked at.
TEST(FullQueue, HasNoPlaceOfTheWindowBackFromAJobThatHadNone) {
  Scenario s = machine(4, 1, 0);
  s.scheduler.backfill = Backfill::easy;
  s.scheduler.queue = 2;
  s.scheduler.window = 2;
  s.workload.groups = {group("a", 1), group("b", 0.5), group("c", 1)};
  Admits::choose<GroupQuota>(s.access.admit);
  const Queued got = queued(s, {job(0, 2, 100, 0, "a"), job(0, 1, 100, 0, "b"), job(1, 4, 10, 0, "c"),
                                job(2, 4, 10, 0, "c"), job(3, 2, 10, 0, "b"), job(4, 1, 10, 0, "c")});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 0, 100000, 110000}));
  EXPECT_EQ(got.turned_away, 2);
}

// 4 GPUs, a may hold 2 and b 3; one may wait. From 5 s on one GPU is free. At 10 s the third job would borrow 2: it
// waits. At 20 s the fourth is within its quota, before the third, does not fit, and is turned away. At 30 s the fifth
// would borrow the free one, behind the third: it is turned away too.
TEST(FullQueue, KeepsTheOrderOfThoseThatBorrow) {
  Scenario s = machine(4, 1, 0);
  s.scheduler.queue = 1;
  s.workload.groups = {group("a", 0.5), group("b", 0.75)};
  Admits::choose<BorrowedQuota>(s.access.admit);
  const Queued got = queued(s, {job(0, 2, 100, 0, "a"), job(5, 1, 500, 0, "b"), job(10, 2, 10, 0, "a"),
                                job(20, 2, 10, 0, "b"), job(30, 1, 10, 0, "a")});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 5000, 100000}));
  EXPECT_EQ(got.turned_away, 2);
}

// EASY on 8 GPUs, of which a and b may hold 4 each. From 10 s on the third job is the head, and the fourth would
// borrow; 3 GPUs are free until 1,000 s. At 20 s the fifth brings a to its quota, the sixth would borrow 2 GPUs, and
// the seventh, within b's quota, goes before it.
TEST(Borrowing, FollowsWhoComesAfterASecondRound) {
  Scenario s = machine(8, 1, 0);
  s.scheduler.backfill = Backfill::easy;
  s.workload.groups = {group("a", 0.5), group("b", 0.5), group("c", 1)};
  Admits::choose<BorrowedQuota>(s.access.admit);
  const Queued got =
      queued(s, {job(0, 3, 1000, 0, "a"), job(0, 2, 1000, 0, "b"), job(10, 8, 10, 0, "c"), job(10, 4, 10, 0, "a"),
                 job(20, 1, 10, 0, "a"), job(20, 2, 10, 0, "a"), job(20, 2, 10, 0, "b")});
  ASSERT_EQ(got.start.size(), 7u);
  EXPECT_EQ(got.start[4], 20000);
  EXPECT_EQ(got.start[5], 30000);
  EXPECT_EQ(got.start[6], 20000);
}

// EASY on two nodes of 4 GPUs. From 5 s on 2 GPUs of the first are free, the others until 100 s, and 3 of the second.
// At 10 s the fourth job waits for the first node, until 100 s. The fifth would get a part of it for 500 s and has to
// wait, the sixth gets that part for 50 s, and the seventh borrows one GPU of the second. The round of those that
// borrow is not the fifth's: its turn comes with the next pass, at 20 s, on the second node.
TEST(Borrowing, GivesNoSecondTurnWithinTheQuota) {
  Scenario s = cluster_of(2, 0, 4);
  s.scheduler.backfill = Backfill::easy;
  s.workload.groups = {group("a", 1), group("b", 0.1)};
  Admits::choose<BorrowedQuota>(s.access.admit);
  const Queued got =
      queued(s, {job(0, 2, 100, 0, "a"), job(0, 2, 5, 0, "a"), job(0, 1, 1000, 0, "a"), job(10, 4, 10, 0, "a"),
                 job(10, 2, 500, 0, "a"), job(10, 2, 50, 0, "a"), job(10, 1, 10, 0, "b")});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 0, 0, 100000, 20000, 10000, 10000}));
}

// The same machine. The fifth job would borrow 2 GPUs and get the first node's: it waits. At 20 s the sixth takes one
// of these for 30 s, and the fifth has its turn behind it, on the second node.
TEST(Borrowing, HasItsTurnBehindAJobThatStarts) {
  Scenario s = cluster_of(2, 0, 4);
  s.scheduler.backfill = Backfill::easy;
  s.workload.groups = {group("a", 1), group("b", 0.1)};
  Admits::choose<BorrowedQuota>(s.access.admit);
  const Queued got = queued(s, {job(0, 2, 100, 0, "a"), job(0, 2, 5, 0, "a"), job(0, 1, 1000, 0, "a"),
                                job(10, 4, 10, 0, "a"), job(10, 2, 500, 0, "b"), job(20, 1, 30, 0, "a")});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 0, 0, 100000, 20000, 20000}));
}

// 4 nodes of 4 GPUs, each a pod of its own; a job on several pods takes twice as long. At 10 s the second job needs all
// nodes, at 100 s. The third asks for 80 s on two of them and would take until 170 s: it waits, until the second has
// taken twice its 10 s. The fourth asks for 40 s and is over at 90 s.
TEST(Easy, LetsNobodyOvertakeWhoRunsLongerThanHeAsksFor) {
  Scenario s = cluster_of(4, 0, 4);
  s.sites[0].clusters[0].pod_nodes = 1;
  s.scheduler.backfill = Backfill::easy;
  Paces::choose(s.network.pace, PodSpread{.penalty = 1, .contention = 0});
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].communication = 1;
  const Queued got = queued(s, {job(0, 4, 100), job(10, 16, 10), job(10, 8, 80), job(10, 8, 40)});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 100000, 120000, 10000}));
}

// Three nodes, one job each of the first two. On day 5 an urgent job asks for two nodes: the second is busy until 20
// hours after day 10. On day 10 the first node goes down for a week, and its job, which has saved all but the last 18
// hours, needs 5 hours more to begin again: 23 hours on the third node would be too long.
TEST(Backfill, CountsTheCostOfARestart) {
  constexpr double day = 86400, hour = 3600;
  for (const Backfill backfill : {Backfill::easy, Backfill::conservative}) {
    Scenario s = cluster_of(3, 0);
    s.scheduler.backfill = backfill;
    Orders::choose<PriorityFirst>(s.scheduler.order);
    s.workload.groups = {group("usual", 1), group("urgent", 1)};
    s.workload.groups[1].priority = 1;
    s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
    s.workload.classes[0].checkpoint_every = 100 * ticks_per_day;
    s.workload.classes[0].restart_cost = 5 * ticks_per_hour;
    OutageSpec upkeep;
    upkeep.name = "upkeep";
    upkeep.nodes = 1;
    upkeep.every = 30 * ticks_per_day;  // one node every ten days
    upkeep.length = LawSpec::constant(7 * day);
    s.reliability.outages = {upkeep};
    const Study study(s, {job(0, 8, 10 * day + 18 * hour, 0, "usual"), job(0, 8, 10 * day + 20 * hour, 0, "usual"),
                          job(5 * day, 16, hour, 0, "urgent")});
    Diary diary;
    study.run<1>(0, 0, &diary);
    ASSERT_EQ(diary.start.size(), 3u);
    EXPECT_EQ(diary.segments[0], 2);
    EXPECT_EQ(diary.start[2], 10 * ticks_per_day + 20 * ticks_per_hour);
    EXPECT_EQ(diary.end[0], 11 * ticks_per_day + 20 * ticks_per_hour);  // 21 hours after day 10, and 23 hours
  }
}

// By node, 4 of 8 GPUs; a may hold half of the 32. Beside a job of 4 GPUs one of 9 would hold two nodes, 20 GPUs in
// all, and waits for it; one of 10 GPUs of another group does not.
TEST(Quota, IsOfWhatAJobWouldHold) {
  Scenario s = cluster_of(4, 0);
  s.workload.groups = {group("a", 0.5), group("b", 0.5)};
  Admits::choose<GroupQuota>(s.access.admit);
  const Queued got = queued(s, {job(0, 4, 100, 0, "a"), job(1, 9, 10, 0, "a"), job(1, 10, 10, 0, "b")});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 100000, 1000}));
}

// EASY on 8 GPUs, b may hold 6. At 10 s b's first job needs 6 and is the head, at 1,000 s, which leaves 2 GPUs. At 20 s
// b's second starts, until 70 s: with it the head would be beyond the quota, so nothing is reserved for it. At 30 s the
// fourth, of 3 GPUs for 5,000 s, starts. From 70 s on the head has its place again, until the fourth ends.
TEST(Easy, HasNoHeadWhoseAdmissionAnotherTook) {
  Scenario s = machine(8, 1, 0);
  s.scheduler.backfill = Backfill::easy;
  s.workload.groups = {group("a", 1), group("b", 0.75)};
  Admits::choose<GroupQuota>(s.access.admit);
  const Queued got =
      queued(s, {job(0, 4, 1000, 0, "a"), job(10, 6, 10, 0, "b"), job(20, 1, 50, 0, "b"), job(30, 3, 5000, 0, "a")});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 5030000, 20000, 30000}));
}

// 4 GPUs, one of them free until 100 s. The second job is promised 3 from 100 s until 200 s, so the third, which needs
// all, 200 s. The fourth needs one for 170 s: it is over at 180 s, and delays neither.
TEST(Plan, HoldsGpusForAsLongAsIsAskedFor) {
  Scenario s = machine(4, 1, 0);
  s.scheduler.backfill = Backfill::conservative;
  const Queued got = queued(s, {job(0, 3, 100), job(1, 3, 100), job(2, 4, 10), job(10, 1, 170)});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 100000, 200000, 10000}));
}

// Both kinds of node are free: the first job takes the one that does its 100 s in 50, though the other comes first. The
// second gets the other now, for 200 s, before the fast one at 50 s.
TEST(Plan, OfEqualStartsIsOnTheFastest) {
  Scenario s = cluster_of(1, 0);
  s.scheduler.backfill = Backfill::conservative;
  s.catalog.nodes = {node_kind("slow", 8), node_kind("fast", 8)};
  auto& tranches = s.sites[0].clusters[0].tranches;
  tranches.push_back(tranches[0]);
  tranches[0].node = "slow", tranches[1].node = "fast";
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].speed = {{"slow", 0.5}, {"fast", 2.0}};
  const Study study(s, {job(0, 8, 100), job(1, 8, 100)});
  Diary diary;
  study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.start, (std::vector<Tick>{0, 1000}));
  EXPECT_EQ(diary.end, (std::vector<Tick>{50000, 201000}));
}

// A plan for 9 GPUs that draw 100 W each at full load, under a limit that leaves 220 W. 5 GPUs are free from 100 s on:
// the third job is promised two of them, the fourth waits for it, and the fifth is promised the other three. At 100 s
// the third lacks power, next to the 40 W of the second job. Its GPUs are the fourth's, which comes before the fifth.
TEST(Plan, IsMadeAnewBeforeLaterJobsStartWhenOneLacksPower) {
  Scenario s = cluster_of(1, 0, 9);
  Places::choose<Pool>(s.scheduler.place);
  s.scheduler.backfill = Backfill::conservative;
  s.workload.classes = {job_class("cool", LawSpec::constant(1), LawSpec::constant(1)),
                        job_class("hot", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].intensity = 0.1;
  s.workload.classes[1].intensity = 1;
  s.sites[0].pue = 1;
  s.sites[0].power.limit = Watts(100 + 220);
  const Queued got =
      queued(s, {job(0, 5, 100, 0, "", "cool"), job(0, 4, 1000, 0, "", "cool"), job(10, 2, 50, 0, "", "hot"),
                 job(11, 4, 100, 0, "", "cool"), job(11, 3, 50, 0, "", "cool")});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 0, 1000000, 100000, 200000}));
}

// 4 nodes, each a pod of its own; a job on several pods takes twice as long. All but the first job borrow, and the
// window holds two. At 10 s the second is promised all nodes at 100 s; the third starts on two of them, promised until
// 90 s, but takes until 170 s. So the second is promised 170 s, and the fourth, for 300 s, may not start before it.
TEST(Plan, IsMadeAnewForThoseThatBorrowToo) {
  Scenario s = cluster_of(4, 0, 4);
  s.sites[0].clusters[0].pod_nodes = 1;
  s.scheduler.backfill = Backfill::conservative;
  s.scheduler.window = 2;
  Paces::choose(s.network.pace, PodSpread{.penalty = 1, .contention = 0});
  s.workload.groups = {group("a", 1), group("b", 0.01)};
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].communication = 1;
  Admits::choose<BorrowedQuota>(s.access.admit);
  const Queued got =
      queued(s, {job(0, 4, 100, 0, "a"), job(10, 16, 10, 0, "b"), job(10, 8, 80, 0, "b"), job(10, 4, 300, 0, "b")});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 170000, 10000, 190000}));
}

// 30 s of work with a save of 1 s after 10 and 20 take 32 s; asked were 30, and 28 of the work are done by then.
TEST(TimeLimit, CountsTheTimeOfSaves) {
  Scenario s = machine(1, 1, 0);
  s.scheduler.limit = TimeLimit::kill;
  ClassSpec all = job_class("all", LawSpec::constant(1), LawSpec::constant(1));
  all.checkpoint_every = 10 * ticks_per_second;
  all.checkpoint_cost = 1 * ticks_per_second;
  s.workload.classes = {all};
  const Study study(s, {job(0, 1, 30, 30)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.end, std::vector<Tick>{30000});
  EXPECT_EQ(study.site(result, "jobs_killed"), 1);
  EXPECT_NEAR(study.site(result, "gpu_hours_delivered") * 3600, 28, 1e-9);
}

// At double speed. The first holds one of 2 GPUs until it is killed at 40 s; the second needs both, then. The third may
// run for 38 s from 2 s on.
TEST(TimeLimit, IsExpectedOnFastGpusToo) {
  Scenario s = machine(2, 1, 0);
  s.scheduler.backfill = Backfill::easy;
  s.scheduler.limit = TimeLimit::kill;
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].speed = {{"node", 2.0}};
  const Queued got = queued(s, {job(0, 1, 100, 40), job(1, 2, 10, 10), job(2, 1, 20, 38)});
  EXPECT_EQ(got.start, (std::vector<Tick>{0, 40000, 2000}));
}

// The window is of one job, and three wait for 4 GPUs. What starts takes no place of it: at 100 s all three do.
TEST(Window, IsOfJobsThatDoNotStart) {
  for (const Backfill backfill : {Backfill::none, Backfill::easy, Backfill::conservative}) {
    Scenario s = machine(4, 1, 0);
    s.scheduler.backfill = backfill;
    s.scheduler.window = 1;
    const Queued got = queued(s, {job(0, 4, 100), job(1, 1, 10), job(2, 1, 10), job(3, 1, 10)});
    EXPECT_EQ(got.start, (std::vector<Tick>{0, 100000, 100000, 100000}));
  }
}

// How much of the time the window hid jobs that might start, as worked out by hand: hours of ten.
double hidden_h(Scenario s, const std::vector<TraceInput>& jobs) {
  s.horizon = 36'000'000;
  const Study study(s, jobs);
  return 10 * study.site(study.run<1>(0, 0), "window_full_share");
}

// Five jobs that fill the machine, an hour each: behind the first two that wait stand two in the first hour and one in
// the second. Without backfill nobody behind the head may start anyway.
TEST(Window, SaysHowLongItHidJobs) {
  Scenario s = machine(4, 1, 0);
  const std::vector<TraceInput> jobs(5, job(0, 4, 3600));
  for (const Backfill backfill : {Backfill::easy, Backfill::conservative}) {
    s.scheduler.backfill = backfill;
    s.scheduler.window = 2;
    EXPECT_DOUBLE_EQ(hidden_h(s, jobs), 2);
    s.scheduler.window = 4;
    EXPECT_DOUBLE_EQ(hidden_h(s, jobs), 0);
    s.scheduler.window = 0;
    EXPECT_DOUBLE_EQ(hidden_h(s, jobs), 0);
  }
  s.scheduler.backfill = Backfill::none;
  s.scheduler.window = 2;
  EXPECT_DOUBLE_EQ(hidden_h(s, jobs), 0);
}

// Each group may hold half. Jobs held at their wall take no place in the window and are not hidden by it; those that
// borrow are: two run at once, and of the two that wait in the first hour the window shows one.
TEST(Window, HidesNobodyWhoMayNotStart) {
  Scenario s = machine(4, 1, 0);
  s.scheduler.backfill = Backfill::easy;
  s.scheduler.window = 1;
  s.workload.groups = {group("a", 0.5), group("b", 0.5)};
  const std::vector<TraceInput> jobs(4, job(0, 2, 3600, 0, "a"));
  Admits::choose<GroupQuota>(s.access.admit);
  EXPECT_DOUBLE_EQ(hidden_h(s, jobs), 0);
  Admits::choose<BorrowedQuota>(s.access.admit);
  EXPECT_DOUBLE_EQ(hidden_h(s, jobs), 1);
}

}  // namespace
}  // namespace nadc::test
