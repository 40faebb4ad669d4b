// The loop against values worked out by hand; the derivation stands above each.
#include <gtest/gtest.h>

#include "models/reliability/hazard.hpp"
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

// ---- backfill

// Ten GPUs. A takes 6 until 100; B wants 8 and waits for it; C (2 for 50) ends in time at 52; D (2 for 1000) takes the
// 2 that B leaves over; E finds nothing until B ends.
TEST(Backfill, StartsByHandWorkedTimes) {
  const std::vector<TraceInput> jobs{job(0, 6, 100), job(1, 8, 100), job(2, 2, 50), job(3, 2, 1000), job(4, 2, 1000)};
  Scenario s = machine(10, 1, 0);
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 100, 100, 150, 200}));
  s.scheduler.backfill = Backfill::easy;
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 100, 2, 3, 200}));
  s.scheduler.backfill = Backfill::conservative;
  EXPECT_EQ(starts_of(s, jobs), seconds({0, 100, 2, 3, 200}));
}

// Two nodes of 8. A and B hold 5 of each until 100 and 200. C wants 6 on one node: 6 are free, 3 and 3. Conservative
// backfill sees enough GPUs and must try C again whenever something ends as planned: A ends at 100, and C starts.
TEST(Backfill, ConservativeTriesAJobInFragmentsAgainWhenSomethingEndsAsPlanned) {
  Scenario s = machine(16, 8, 0);
  Places::choose<BestFit>(s.scheduler.place);
  for (Backfill backfill : {Backfill::none, Backfill::easy, Backfill::conservative}) {
    s.scheduler.backfill = backfill;
    EXPECT_EQ(starts_of(s, {job(0, 5, 100), job(0, 5, 200), job(1, 6, 50)}), seconds({0, 0, 100}));
  }
}

// One group may hold half of 8 GPUs. A holds 4 until 100 as planned; B, of the same group, may start then, though no
// other event ever comes. C, of the other group, is not in its way.
TEST(Backfill, EveryKindTriesAJobBehindAWallAgainWhenItsGroupGivesBack) {
  Scenario s = machine(8, 8, 0);
  Admits::choose<GroupQuota>(s.access.admit);
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "a", s.workload.groups[0].quota = 0.5;
  s.workload.groups[1].name = "b", s.workload.groups[1].quota = 1;
  for (Backfill backfill : {Backfill::none, Backfill::easy, Backfill::conservative}) {
    s.scheduler.backfill = backfill;
    EXPECT_EQ(starts_of(s, {job(0, 4, 100, 0, "a"), job(1, 4, 50, 0, "a"), job(2, 4, 10, 0, "b")}),
              seconds({0, 100, 2}));
    // The same when the wall falls while all GPUs are taken: B's turn comes at 300, when the others end.
    EXPECT_EQ(starts_of(s, {job(0, 4, 300, 0, "a"), job(1, 4, 299, 0, "b"), job(2, 4, 50, 0, "a")}),
              seconds({0, 1, 300}));
  }
}

// Partitions of 8 slow and 8 fast GPUs. The fast ones are preferred; the class that may not use them waits.
TEST(Partitions, GiveTheFastestThatFitsAndOnlyWhatTheClassMayUse) {
  Scenario s = machine(0, 1, 0);
  s.catalog.nodes = {node_kind("slow", 8), node_kind("fast", 8)};
  s.sites = {SiteSpec{}};
  s.sites[0].name = "s";
  s.sites[0].clusters = {ClusterSpec{}};
  s.sites[0].clusters[0].name = "c";
  s.sites[0].clusters[0].tranches = {TrancheSpec{}, TrancheSpec{}};
  s.sites[0].clusters[0].tranches[0].node = "slow", s.sites[0].clusters[0].tranches[0].gpus = 8;
  s.sites[0].clusters[0].tranches[1].node = "fast", s.sites[0].clusters[0].tranches[1].gpus = 8;
  s.workload.classes = {job_class("any", LawSpec::constant(1), LawSpec::constant(1)),
                        job_class("old", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].speed = {{"slow", 0.5}, {"fast", 2}};
  s.workload.classes[1].speed = {{"fast", 0}};
  const Study study(s, {job(0, 8, 100, 0, "", "any"), job(1, 8, 100, 0, "", "any"), job(2, 8, 10, 0, "", "old")});
  Diary diary;
  study.run<1>(0, 0, &diary);
  // The first runs at 2 on the fast GPUs, 50 s; the second at ½ on the slow ones from 1, 200 s; the third waits for it.
  EXPECT_EQ(diary.start, seconds({0, 1, 201}));
  EXPECT_EQ(diary.end, seconds({50, 201, 211}));
}

// ---- deliveries

// 8 GPUs at the start, 8 at 1,000 s + 500 s delay. A takes the first 8 for 4,000 s; B wants 16 and starts at 4,000; C
// wants 8 and behind B waits until B ends. Installed: 8·(4,100) + 8·(4,100 − 1,500) = 53,600 GPU-s.
TEST(Deliveries, ComeAfterTheirDelay) {
  Scenario s = machine(0, 1, 0);
  s.sites = {SiteSpec{}};
  s.sites[0].name = "s";
  s.sites[0].clusters = {ClusterSpec{}};
  s.sites[0].clusters[0].name = "c";
  auto& tranches = s.sites[0].clusters[0].tranches;
  tranches = {TrancheSpec{}, TrancheSpec{}};
  tranches[0].node = tranches[1].node = "node";
  tranches[0].gpus = tranches[1].gpus = 8;
  tranches[1].date = s.start + 1000;
  tranches[1].delay = LawSpec::constant(500);
  const std::vector<TraceInput> jobs{job(0, 8, 4000), job(10, 16, 40), job(20, 8, 60)};
  {
    const Study study(s, jobs);
    Diary diary;
    const ReplicaResult result = study.run<1>(0, 0, &diary);
    EXPECT_EQ(diary.start, seconds({0, 4000, 4040}));
    EXPECT_NEAR(study.site(result, "gpu_hours_installed"), 53600 / 3600.0, 1e-9);
    EXPECT_NEAR(study.site(result, "days_to_target_gpus"), 1500 / 86400.0, 1e-12);
    EXPECT_EQ(study.site(result, "target_missed"), 0);
    EXPECT_EQ(study.site(result, "gpus_installed_end"), 16);
  }
  // A horizon that ends before: B is not dropped, for the machine will be large enough, and waits.
  s.horizon = 1499 * ticks_per_second;
  const Study study(s, jobs);
  const ReplicaResult result = study.run(0);
  EXPECT_EQ(study.site(result, "jobs_waiting_end"), 2);
  EXPECT_EQ(study.site(result, "jobs_dropped"), 0);
  EXPECT_EQ(study.site(result, "gpus_installed_end"), 8);
  EXPECT_NEAR(study.site(result, "days_to_target_gpus"), 1500 / 86400.0, 1e-12);  // as drawn, after the end
  EXPECT_EQ(study.site(result, "target_missed"), 0);
  EXPECT_EQ(study.site(result, "target_reached"), 0);  // not by the end
  // More than is planned, ever: at least the horizon. By a date after the end: known.
  s.policy.target.gpus = 17;
  const Study more(s, jobs);
  const ReplicaResult never_there = more.run(0);
  EXPECT_EQ(more.site(never_there, "days_to_target_gpus"), 1499 / 86400.0);
  EXPECT_EQ(more.site(never_there, "target_missed"), 1);
  s.policy.target.gpus = 9;
  s.policy.target.by = s.start + 1501;
  const Study later(s, jobs);
  const ReplicaResult in_time = later.run(0);
  EXPECT_NEAR(later.site(in_time, "days_to_target_gpus"), 1500 / 86400.0, 1e-12);
  EXPECT_EQ(later.site(in_time, "target_reached"), 1);
}

// The trace is done after 10 s, the horizon is an hour, and 8 GPUs come after half of it: 8·3,600 + 8·1,800 GPU-s.
TEST(Deliveries, ComeAfterTheLastJobOfATraceToo) {
  Scenario s = machine(0, 1, ticks_per_hour);
  s.sites = {SiteSpec{}};
  s.sites[0].name = "s";
  s.sites[0].clusters = {ClusterSpec{}};
  s.sites[0].clusters[0].name = "c";
  auto& tranches = s.sites[0].clusters[0].tranches;
  tranches = {TrancheSpec{}, TrancheSpec{}};
  tranches[0].node = tranches[1].node = "node";
  tranches[0].gpus = tranches[1].gpus = 8;
  tranches[1].date = s.start + 1800;
  const Study study(s, {job(0, 8, 10)});
  const ReplicaResult result = study.run(0);
  EXPECT_NEAR(study.site(result, "gpu_hours_installed"), 12.0, 1e-9);
  EXPECT_EQ(study.site(result, "gpus_installed_end"), 16);
}

// Power rises at the very end of the first month: nothing of it belongs to that month.
TEST(Deliveries, AtTheEndOfAMonthAreNoPeakOfThatMonth) {
  Scenario s = machine(0, 1, 59 * ticks_per_day);
  s.start = 1767225600;  // 2026-01-01
  s.outputs.by = PeriodLength::month;
  s.sites = {SiteSpec{}};
  s.sites[0].name = "s";
  s.sites[0].clusters = {ClusterSpec{}};
  s.sites[0].clusters[0].name = "c";
  auto& tranches = s.sites[0].clusters[0].tranches;
  tranches = {TrancheSpec{}, TrancheSpec{}};
  tranches[0].node = tranches[1].node = "node";
  tranches[0].gpus = tranches[1].gpus = 10;
  tranches[1].date = s.start + 31 * 86400;
  const Study study({s});
  const Metrics metrics = study.metrics(study.run(0));
  ASSERT_EQ(metrics.periods.size(), 2u);
  EXPECT_DOUBLE_EQ(Study::value(period_metrics(), metrics.periods[0], "it_power_peak_mw"), 10 * 100e-6);
  EXPECT_DOUBLE_EQ(Study::value(period_metrics(), metrics.periods[1], "it_power_peak_mw"), 20 * 100e-6);
}

// ---- energy

// One node of 2 GPUs, 100 W idle and 1,000 W busy, for 100 s; a job of intensity ½ on one GPU from 10 to 50 adds
// ½·½·900 = 225 W. 100·100 + 225·40 = 19,000 J. Nameplate: 1,000 W throughout.
TEST(Energy, IsIdlePowerPlusTheJobsShareOfTheSpan) {
  Scenario s = machine(2, 2, 100 * ticks_per_second);
  s.workload.classes = {job_class("half", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].intensity = 0.5;
  const std::vector<TraceInput> jobs{job(0, 2, 0.001), job(10, 1, 40)};
  {
    const Study study(s, jobs);
    // The first job, 1 ms on both GPUs at ½: 0.45 J.
    EXPECT_NEAR(study.site(study.run(0), "it_energy_mwh"), 19000.45 / 3.6e9, 1e-15);
  }
  Draws::choose<NameplateDraw>(s.power.draw);
  const Study study(s, jobs);
  EXPECT_NEAR(study.site(study.run(0), "it_energy_mwh"), 100000 / 3.6e9, 1e-15);
}

// ---- walls

// 10 GPUs, group a may hold 40 %. A1 (4) runs from 0 to 100; A2 (4) waits from 10 and would fit beside it: 4 of the 6
// idle GPUs are stranded from 10 to 100 = 360 GPU-s. B (5), of the other group, starts at 50 and ends at 70: 1 GPU is
// idle then, so 20 s count 1 instead of 4: 360 − 60 = 300 GPU-s. A2 ends at 150, the end of the trace.
TEST(Quota, StrandsWhatIsIdleWhileAJobThatFitsIsHeldBack) {
  Scenario s = machine(10, 1, 0);
  Admits::choose<GroupQuota>(s.access.admit);
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "a", s.workload.groups[0].quota = 0.4;
  s.workload.groups[1].name = "b", s.workload.groups[1].quota = 1;
  const Study study(s, {job(0, 4, 100, 0, "a"), job(10, 4, 50, 0, "a"), job(50, 5, 20, 0, "b")});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.start, seconds({0, 100, 50}));
  EXPECT_NEAR(study.site(result, "stranded_gpu_hours"), 300 / 3600.0, 1e-12);
  EXPECT_NEAR(study.site(result, "gpu_hours_idle"), (10 * 150 - 400 - 200 - 100) / 3600.0, 1e-12);
}

// A group that may hold 12 of 16 GPUs asks for 12 on nodes of 8: it would own 16, so the job can never start and is
// dropped, and the run of the trace ends all the same, with failures or without.
TEST(Quota, CountsWholeNodesAndDoesNotHoldTheRunUp) {
  Scenario s = machine(16, 8, 0);
  Admits::choose<GroupQuota>(s.access.admit);
  Places::choose<BestFit>(s.scheduler.place);
  s.workload.groups = {GroupSpec{}};
  s.workload.groups[0].name = "a", s.workload.groups[0].quota = 0.75;
  for (double rate : {0.0, 5.0}) {
    Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = rate});
    const Study study(s, {job(0, 12, 10, 0, "a"), job(5, 8, 10, 0, "a")});
    const ReplicaResult result = study.run(0);
    EXPECT_EQ(study.site(result, "jobs_dropped_wall"), 1);
    EXPECT_EQ(study.site(result, "jobs_waiting_end"), 0);
    EXPECT_EQ(study.site(result, "jobs_completed"), 1);
    EXPECT_EQ(study.site(result, "jobs_running_end"), 0);
  }
}

// ---- paces

// Pods of one node, nodes of 1 GPU, 8 of them; communication ½, penalty 1, contention 1. A (4 GPUs, 300 s of work)
// spans from 0: load 8/16, stretch 2·1.5 = 3, time 1 + ½·2 = 2: rate ½. At 100 (50 done) B (2 GPUs, 70 s) comes: load
// 12/16, stretch 2·1.75 = 3.5, time 2.25, rate 0.4444 (29,127/65,536). B ends at 100 + 70·2.25 = 257.5; A has done 50 +
// 70 = 120 and goes on at ½: 180 left in 360 s, until 617.5.
TEST(PodSpread, ConservesWorkWhenRatesChange) {
  Scenario s = machine(8, 1, 0);
  s.fleet.pod_nodes = 1;
  Places::choose<Pack>(s.scheduler.place);
  Paces::choose(s.network.pace, PodSpread{.penalty = 1, .contention = 1});
  s.workload.classes = {job_class("c", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].communication = 0.5;
  const Study study(s, {job(0, 4, 300), job(100, 2, 70)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  ASSERT_EQ(diary.start, seconds({0, 100}));
  EXPECT_NEAR(static_cast<double>(diary.end[1]), 257500, 5);  // the rate is rounded to 1/65,536
  EXPECT_NEAR(static_cast<double>(diary.end[0]), 617500, 5);
  EXPECT_NEAR(study.site(result, "comm_slowdown_mean"), (4 * 617.5 + 2 * 157.5) / (4 * 300 + 2 * 70.0), 1e-4);
}

// A job that spans one pod runs at full speed whatever the load.
TEST(PodSpread, LeavesJobsOfOnePodAlone) {
  Scenario s = machine(8, 1, 0);
  s.fleet.pod_nodes = 4;
  Places::choose<Pack>(s.scheduler.place);
  Paces::choose(s.network.pace, PodSpread{.penalty = 1, .contention = 1});
  s.workload.classes = {job_class("c", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].communication = 1;
  const Study study(s, {job(0, 3, 300), job(1, 3, 70)});
  Diary diary;
  study.run<1>(0, 0, &diary);
  EXPECT_EQ(diary.end, seconds({300, 71}));
}

}  // namespace
}  // namespace nadc::test
