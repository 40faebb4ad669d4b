// Failures inside the loop: kinds of failure, lemons, crews and shifts, spares, outages, degraded nodes, and saving.
#include <gtest/gtest.h>

#include "models/reliability/checkpoint.hpp"
#include "models/reliability/crews.hpp"
#include "models/reliability/hazard.hpp"
#include "models/reliability/saving.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

constexpr double hour = 3600;

ModeSpec mode(std::string name, double share, double drains, LawSpec repair) {
  ModeSpec spec;
  spec.name = std::move(name);
  spec.share = share;
  spec.drains = drains;
  spec.repair = std::move(repair);
  spec.detection = LawSpec::constant(60);
  return spec;
}

TEST(Shift, WorkGoesOnOnlyWhileTheCrewIsThere) {
  const CrewParams day{1, 8 * ticks_per_hour, 18 * ticks_per_hour};
  const auto done = [&](Tick now, Tick hours) {
    return work_done(day, 0, now * ticks_per_hour, hours * ticks_per_hour);
  };
  EXPECT_EQ(done(9, 3), 12 * ticks_per_hour);
  EXPECT_EQ(done(6, 3), 11 * ticks_per_hour);                                        // begins at 8
  EXPECT_EQ(done(20, 3), (24 + 11) * ticks_per_hour);                                // begins the next day
  EXPECT_EQ(done(17, 3), (24 + 10) * ticks_per_hour);                                // an hour today, two tomorrow
  EXPECT_EQ(done(8, 10), 18 * ticks_per_hour);                                       // ends with the shift
  EXPECT_EQ(done(8, 25), (48 + 13) * ticks_per_hour);                                // two shifts and five hours
  EXPECT_EQ(work_done(CrewParams{}, 0, 5, 7), 12);                                   // round the clock
  EXPECT_EQ(work_done(day, 9 * ticks_per_hour, 0, ticks_per_hour), ticks_per_hour);  // tick 0 is 09:00
}

TEST(Modes, SoftwareInterruptsButTakesNoNodeOut) {
  Scenario s = cluster_of(8, 400 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 20});
  s.reliability.modes = {mode("software", 1, 0, LawSpec::constant(hour))};
  const Study study(s, {job(0, 64, 500 * 86400.0)});
  const ReplicaResult result = study.run();
  EXPECT_GT(study.site(result, "node_failures"), 30);
  EXPECT_EQ(study.site(result, "job_interruptions"), study.site(result, "node_failures"));
  EXPECT_EQ(study.site(result, "gpu_hours_down"), 0);
}

TEST(Modes, AreDrawnByTheirShares) {
  Scenario s = cluster_of(200, 300 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 50});
  s.reliability.modes = {mode("long", 1, 1, LawSpec::constant(20 * hour)), mode("short", 3, 1, LawSpec::constant(hour)),
                         mode("half", 4, 0.5, LawSpec::constant(2 * hour))};
  const Study study({s});
  const ReplicaResult result = study.run();
  const double failures = study.site(result, "node_failures");  // about 3,000
  EXPECT_GT(failures, 2500);
  // Down per failure: 20/8 + 3/8 + 4/8 × 0.5 × 2 = 3.375 hours; its standard error here is 0.12.
  EXPECT_NEAR(study.site(result, "gpu_hours_down") / 8 / failures, 3.375, 0.5);
}

TEST(Lemons, FailMoreOftenAndAreTheSameNodesUnderEveryLever) {
  Scenario s = cluster_of(400, 400 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 2});
  s.reliability.repair = LawSpec::constant(60);
  Scenario lemons = s;
  lemons.reliability.lemons = {0.1, 11};
  const Study study({s, lemons});
  double plain = 0, sour = 0;
  for (std::uint32_t r = 0; r < 8; ++r) {
    plain += study.site(study.run(r, 0), "node_failures", 0);
    sour += study.site(study.run(r, 1), "node_failures", 1);
  }
  EXPECT_NEAR(plain, 8 * 400 * 400 * 2 / 1000.0, 4 * std::sqrt(8 * 320.0));
  EXPECT_NEAR(sour / plain, 2.0, 0.25);  // 0.9 + 0.1 × 11; the number of lemons varies by 5 % in all
}

TEST(Spares, TakeThePlaceOfAFailedNodeAtOnce) {
  Scenario s = cluster_of(5, 100 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 30});
  s.reliability.repair = LawSpec::constant(12 * hour);
  Scenario spared = s;
  spared.sites[0].clusters[0].spares = 1;
  const Study without(s, {job(0, 40, 300 * 86400.0)}), with(spared, {job(0, 32, 300 * 86400.0)});
  const ReplicaResult a = without.run(), b = with.run();
  EXPECT_EQ(without.site(a, "gpu_hours_spare"), 0);
  EXPECT_GT(with.site(b, "gpu_hours_spare"), 0);
  EXPECT_LT(with.site(b, "gpu_hours_spare"), 8 * 2400);
  // Without spares the job waits half a day each time; with one it waits only while two nodes are down.
  EXPECT_LT(without.site(a, "gpu_hours_delivered") / 40, with.site(b, "gpu_hours_delivered") / 32);
  EXPECT_DOUBLE_EQ(with.site(b, "gpu_hours_installed"), 40 * 2400);
}

TEST(Spares, MoreNeverLowerTheEffectiveTrainingTime) {
  for (const std::uint32_t replica : {0u, 1u, 2u, 3u, 4u, 5u}) {
    double before = -1;
    for (const std::int64_t spares : {0, 1, 2, 3, 5, 8}) {
      // The job's nodes are the first 30 in every case; what stands by comes after them.
      Scenario s = cluster_of(30 + spares, 60 * ticks_per_day);
      s.sites[0].clusters[0].spares = spares;
      Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 12});
      s.reliability.repair = LawSpec::exponential(30 * hour);
      s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
      s.workload.classes[0].checkpoint_every = ticks_per_hour;
      s.workload.classes[0].restart_cost = 10 * ticks_per_minute;
      Scenario most = s;  // node numbers and candidates are those of the largest fleet
      most.sites[0].clusters[0].tranches[0].gpus = 38 * 8;
      const auto trace = TraceInputs{{job(0, 240, 200 * 86400.0)}, 0};
      std::vector<Scenario> levers{s, most};
      for (Scenario& lever : levers) lever.workload.trace = "trace";
      const WorldBuilder builder(levers, &trace, 1);
      const auto block = builder.point(levers[0], 0, 0);
      const Point& point = *reinterpret_cast<const Point*>(block.data());
      ReplicaRunner<1> runner;
      const ReplicaResult result = runner.run(builder.world(), point, {builder.world().seed, 0, replica},
                                              first_capacity(builder.world(), point));
      const double ettr =
          Study::value(site_metrics(), finalize(builder.world(), point, result.raw(builder.world())).site, "ettr");
      EXPECT_GE(ettr, before) << spares;
      before = ettr;
    }
    EXPECT_GT(before, 0.8);
  }
}

TEST(Outages, TakeWholeUnitsAndBringThemBackTogether) {
  Scenario s = cluster_of(10, 2000 * ticks_per_day);
  OutageSpec rack;
  rack.name = "rack";
  rack.nodes = 4;  // units of 4, 4 and 2 nodes
  rack.rate = 10;
  rack.length = LawSpec::constant(6 * hour);
  s.reliability.outages = {rack};
  const Study study({s});
  double down = 0, count = 0;
  for (std::uint32_t r = 0; r < 20; ++r) {
    const ReplicaResult result = study.run(r);
    down += study.site(result, "gpu_hours_down");
    count += study.site(result, "outages");
  }
  EXPECT_NEAR(count, 20 * 3 * 20, 4 * std::sqrt(1200.0));  // 3 units × 10 per 1,000 days × 2,000 days
  EXPECT_NEAR(down / count, 8 * 6 * 10.0 / 3, 5);
}

TEST(Maintenance, StopsJobsInTurnWithTheirWorkSaved) {
  Scenario s = cluster_of(4, 40 * ticks_per_day);
  OutageSpec upkeep;
  upkeep.name = "upkeep";
  upkeep.nodes = 1;
  upkeep.every = 20 * ticks_per_day;  // one node every five days
  upkeep.length = LawSpec::constant(2 * hour);
  s.reliability.outages = {upkeep};
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].checkpoint_every = ticks_per_day;
  const Study study(s, {job(0, 32, 30 * 86400.0)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  EXPECT_EQ(study.site(result, "jobs_preempted"), 6);  // days 5, 10, 15, 20, 25 and 30; each costs two hours
  EXPECT_EQ(study.site(result, "job_interruptions"), 0);
  EXPECT_EQ(diary.end[0], 30 * ticks_per_day + 12 * ticks_per_hour);
  EXPECT_EQ(diary.lost[0], 0);
}

TEST(Degraded, NodeSlowsItsJobUntilItIsFound) {
  Scenario s = cluster_of(1, 400 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 10});
  s.reliability.modes = {mode("slow", 1, 1, LawSpec::constant(hour))};
  s.reliability.modes[0].speed = 0.5;
  s.reliability.modes[0].detection = LawSpec::constant(10 * hour);
  s.workload.classes = {job_class("all", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].checkpoint_every = ticks_per_second;
  const Study study(s, {job(0, 8, 300 * 86400.0)});
  Diary diary;
  const ReplicaResult result = study.run<1>(0, 0, &diary);
  const double failures = study.site(result, "node_failures");
  ASSERT_GE(failures, 1);
  ASSERT_GT(diary.end[0], 0);
  // Ten hours at half speed, then an hour of repair, for each that came before the end: six hours and at most a second.
  const double late = static_cast<double>(diary.end[0] - 300 * ticks_per_day) / ticks_per_hour;
  const double found = study.site(result, "job_interruptions");
  EXPECT_GE(found, 1);
  EXPECT_NEAR(late, 6 * found, 0.01 * found);
}

// ---- saving

TEST(SavePlan, AgreesWithTheFormulas) {
  SavingParams klass;
  klass.bytes = 5e12;
  klass.young = 1;
  StoreParams store;
  store.bytes_per_tick = 2e12 / ticks_per_second;
  store.bytes_per_tick_per_node = 10e9 / ticks_per_second;
  store.copy_per_tick_per_node = 160e9 / ticks_per_second;
  store.latency = ticks_per_second;
  store.node_mttf_ticks = 1000.0 * ticks_per_day / 3.79;
  CheckpointStore same;
  same.write_total = BytesPerSecond(2e12);
  same.write_per_node = BytesPerSecond(10e9);
  for (const std::uint32_t nodes : {8u, 128u, 2048u}) {
    const SavePlan plan = saving_of(klass, store, nodes * 8, nodes, 0);
    const double write = write_time(same, Bytes(5e12), nodes).value;
    const double mttf = store.node_mttf_ticks / ticks_per_second / nodes;
    EXPECT_NEAR(plan.cost, write * ticks_per_second, 1);
    EXPECT_NEAR(plan.every, young_interval(Seconds(mttf), Seconds(write)).value * ticks_per_second, 1);
  }
  // Others that take half of the store double the time of the write, where the store is what limits.
  const SavePlan alone = saving_of(klass, store, 16384, 2048, 0);
  const SavePlan beside = saving_of(klass, store, 16384, 2048, whole_store / 2);
  EXPECT_NEAR(beside.cost - store.latency, 2.0 * (alone.cost - store.latency), 2);
  klass.background = 1;
  const SavePlan copied = saving_of(klass, store, 16384, 2048, 0);
  EXPECT_NEAR(copied.cost, 5e12 / (160e9 * 2048) * ticks_per_second, 1);
}

TEST(SavePlan, FixedFiguresStayAsTheyAre) {
  SavingParams klass;
  klass.every = 3600000;
  klass.cost = 120000;
  const SavePlan plan = saving_of(klass, StoreParams{}, 64, 8, 0);
  EXPECT_EQ(plan.every, 3600000u);
  EXPECT_EQ(plan.cost, 120000u);
  EXPECT_EQ(saving_of(SavingParams{}, StoreParams{}, 64, 8, 0).every, 0u);
}

}  // namespace
}  // namespace nadc::test
