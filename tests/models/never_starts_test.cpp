// Jobs that can never start, by cause; a replay that makes no progress; jobs that are ended at their limit.
#include <gtest/gtest.h>

#include "sim/error.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

GroupSpec group(const std::string& name, double quota) {
  GroupSpec spec;
  spec.name = name;
  spec.quota = quota;
  return spec;
}

struct Dropped {
  double size, partition, wall, power, started, waiting;
  bool operator==(const Dropped&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Dropped& d) {
  return out << d.size << ' ' << d.partition << ' ' << d.wall << ' ' << d.power << ", started " << d.started
             << ", waiting " << d.waiting;
}

Dropped dropped(const Scenario& s, const std::vector<TraceInput>& jobs) {
  const Study study(s, jobs);
  const ReplicaResult result = study.run();
  const auto value = [&](const char* name) { return study.site(result, name); };
  EXPECT_EQ(value("jobs_dropped"), value("jobs_dropped_size") + value("jobs_dropped_partition") +
                                       value("jobs_dropped_wall") + value("jobs_dropped_power"));
  EXPECT_EQ(value("jobs_submitted") + value("jobs_dropped"), static_cast<double>(jobs.size()));
  EXPECT_EQ(value("stranded_gpu_hours_access"), 0);
  return {value("jobs_dropped_size"),  value("jobs_dropped_partition"), value("jobs_dropped_wall"),
          value("jobs_dropped_power"), value("jobs_started"),           value("jobs_waiting_end")};
}

// 10 GPUs, half each: 5 a group. 6 GPUs never start, 5 do; with borrowing all do. 11 are more than the machine.
TEST(NeverStarts, LargerThanTheWallIsDropped) {
  Scenario s = machine(10, 1, 0);
  s.workload.groups = {group("a", 0.5), group("b", 0.5)};
  Admits::choose<GroupQuota>(s.access.admit);
  const std::vector<TraceInput> jobs{job(0, 6, 100, 0, "a"), job(0, 5, 100, 0, "a"), job(30, 6, 100, 0, "b"),
                                     job(30, 11, 100, 0, "b")};
  EXPECT_EQ(dropped(s, jobs), (Dropped{1, 0, 2, 0, 1, 0}));
  Admits::choose<BorrowedQuota>(s.access.admit);
  EXPECT_EQ(dropped(s, jobs), (Dropped{1, 0, 0, 0, 3, 0}));
}

// By node a job of 9 GPUs holds 16: within half of 32, and not within half of 24. A node that stands by is not counted:
// of 4 nodes with one spare 24 GPUs serve at most.
TEST(NeverStarts, TheWallIsThatOfTheNodesThatServe) {
  Scenario s = cluster_of(4, 0);
  s.workload.groups = {group("a", 0.5)};
  Admits::choose<GroupQuota>(s.access.admit);
  EXPECT_EQ(dropped(s, {job(0, 9, 10, 0, "a"), job(0, 17, 10, 0, "a")}), (Dropped{0, 0, 1, 0, 1, 0}));
  s.sites[0].clusters[0].spares = 1;
  EXPECT_EQ(dropped(s, {job(0, 9, 10, 0, "a"), job(0, 8, 10, 0, "a")}), (Dropped{0, 0, 1, 0, 1, 0}));
  Admits::choose<OpenQueue>(s.access.admit);
  EXPECT_EQ(dropped(s, {job(0, 24, 10, 0, "a"), job(0, 25, 10, 0, "a")}), (Dropped{1, 0, 0, 0, 1, 0}));
}

// Two nodes of 8 GPUs draw 100 W each idle, and 900 W more busy: 112.5 W a GPU. A limit of 1,300 W leaves 1,100 W:
// 9 GPUs draw 1,012.5 W, 10 draw 1,125 W.
TEST(NeverStarts, MoreThanAPowerLimitIsDropped) {
  Scenario s = cluster_of(2, 0);
  Places::choose<Pool>(s.scheduler.place);
  s.sites[0].pue = 1;
  const std::vector<TraceInput> jobs{job(0, 9, 10), job(0, 10, 10)};
  EXPECT_EQ(dropped(s, jobs), (Dropped{0, 0, 0, 0, 2, 0}));
  s.sites[0].power.limit = Watts(1300);
  EXPECT_EQ(dropped(s, jobs), (Dropped{0, 0, 0, 1, 1, 0}));
  s.sites[0].power.limit = Watts(1325);
  EXPECT_EQ(dropped(s, jobs), (Dropped{0, 0, 0, 0, 2, 0}));
  // The same of a cluster's own limit; by node both hold 16 GPUs, 1,800 W.
  s.sites[0].power.limit = Watts(0);
  s.sites[0].clusters[0].limit = Watts(1999);
  EXPECT_EQ(dropped(s, jobs), (Dropped{0, 0, 0, 0, 2, 0}));
  Places::choose<Pack>(s.scheduler.place);
  EXPECT_EQ(dropped(s, jobs), (Dropped{0, 0, 0, 2, 0, 0}));
  s.sites[0].clusters[0].limit = Watts(2000);
  EXPECT_EQ(dropped(s, jobs), (Dropped{0, 0, 0, 0, 2, 0}));
}

// A connection that comes in steps counts with those that come before the horizon. 16 GPUs draw 2,000 W in all.
TEST(NeverStarts, TheHighestLimitBeforeTheHorizonCounts) {
  Scenario s = cluster_of(2, 1000 * ticks_per_second);
  s.sites[0].pue = 1;
  GridStepSpec first, second;
  first.adds = Watts(1000);
  second.adds = Watts(1000);
  second.date = s.start + 500;
  s.sites[0].power.grid = {first, second};
  EXPECT_EQ(dropped(s, {job(0, 16, 10)}), (Dropped{0, 0, 0, 0, 1, 0}));
  s.sites[0].power.grid[1].date = s.start + 1000;
  EXPECT_EQ(dropped(s, {job(0, 16, 10)}), (Dropped{0, 0, 0, 1, 0, 0}));
}

TEST(NeverStarts, WhatNoPartitionServesIsDropped) {
  Scenario s = machine(8, 1, 0);
  s.workload.classes = {job_class("runs", LawSpec::constant(1), LawSpec::constant(1)),
                        job_class("nowhere", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[1].speed = {{"node", 0.0}};
  EXPECT_EQ(dropped(s, {job(0, 1, 10, 0, "", "runs"), job(0, 1, 10, 0, "", "nowhere")}), (Dropped{0, 1, 0, 0, 1, 0}));
}

// 1,500 s of work that is never saved, stopped every 1,000 s: it would restart for ever. With saves every 400 s it
// ends.
TEST(NoProgress, OfAReplayIsAnError) {
  Scenario s = cluster_of(2, 0);
  OutageSpec all;
  all.name = "all";
  all.nodes = 0;
  all.every = 1000 * ticks_per_second;
  all.length = LawSpec::constant(100);
  s.reliability.outages = {all};
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  const std::vector<TraceInput> jobs{job(0, 16, 1500)};
  try {
    const Study study(s, jobs);
    (void)study.run();
    ADD_FAILURE() << "ended";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::failed);
    EXPECT_NE(std::string(error.what()).find("makes no progress"), std::string::npos) << error.what();
  }
  s.workload.classes[0].checkpoint_every = 400 * ticks_per_second;
  const Study study(s, jobs);
  EXPECT_EQ(study.site(study.run(), "jobs_completed"), 1);
}

struct Ended {
  std::vector<Tick> end;
  double completed, failed, killed, held, delivered;
};
Ended ended(const Scenario& s, const std::vector<TraceInput>& jobs) {
  const Study study(s, jobs);
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  const auto value = [&](const char* name) { return study.site(result, name); };
  EXPECT_EQ(value("jobs_submitted"), value("jobs_completed") + value("jobs_failed") + value("jobs_cancelled") +
                                         value("jobs_running_end") + value("jobs_waiting_end"));
  return {diary.end,
          value("jobs_completed"),
          value("jobs_failed"),
          value("jobs_killed"),
          value("gpu_hours_held") * 3600,
          value("gpu_hours_delivered") * 3600};
}

// The first job asked for 3 s and needs 4; the second needs what it asked for. Both on 2 GPUs.
TEST(TimeLimit, KillsWhatReachesItsRequest) {
  Scenario s = machine(2, 1, 0);
  const std::vector<TraceInput> jobs{job(0, 2, 4, 3), job(0, 2, 5, 5)};
  Ended none = ended(s, jobs);
  EXPECT_EQ(none.end, (std::vector<Tick>{4000, 9000}));
  EXPECT_EQ(none.killed + none.failed, 0);
  s.scheduler.limit = TimeLimit::kill;
  const Ended kill = ended(s, jobs);
  EXPECT_EQ(kill.end, (std::vector<Tick>{3000, 8000}));
  EXPECT_EQ(kill.completed, 1);
  EXPECT_EQ(kill.failed, 1);
  EXPECT_EQ(kill.killed, 1);
  EXPECT_NEAR(kill.held, 2 * 8, 1e-9);
  EXPECT_NEAR(kill.delivered, 2 * 8, 1e-9);  // what it did until then was delivered
}

// At half speed 4 s of work take 8 s; asked were 6 s, of which 3 s of work are done.
TEST(TimeLimit, IsOfTheTimeThatPassesHoweverSlowTheJobIs) {
  Scenario s = machine(2, 1, 0);
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].speed = {{"node", 0.5}};
  EXPECT_EQ(ended(s, {job(0, 2, 4, 6)}).end, std::vector<Tick>{8000});
  s.scheduler.limit = TimeLimit::kill;
  const Ended kill = ended(s, {job(0, 2, 4, 6)});
  EXPECT_EQ(kill.end, std::vector<Tick>{6000});
  EXPECT_EQ(kill.killed, 1);
  EXPECT_NEAR(kill.held, 2 * 6, 1e-9);
  EXPECT_NEAR(kill.delivered, 2 * 3, 1e-9);
}

// EASY on 2 GPUs. The first job holds one until it is killed at 10 s, though it would need 100. The second needs both,
// at 10 s. The third fits beside the first if it ends by then: with a request of 9 s from 1 s on it does.
TEST(TimeLimit, IsWhenBackfillExpectsTheEnd) {
  Scenario s = machine(2, 1, 0);
  s.scheduler.backfill = Backfill::easy;
  s.scheduler.limit = TimeLimit::kill;
  const Study study(s, {job(0, 1, 100, 10), job(1, 2, 5, 5), job(1, 1, 9, 9), job(1, 1, 9, 10)});
  Diary diary;
  study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.start, (std::vector<Tick>{0, 10000, 1000, 15000}));
}

}  // namespace
}  // namespace nadc::test
