// Failures inside the loop: kinds of failure, lemons, crews and shifts, spares, outages, degraded nodes, and saving.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/reliability/checkpoint.hpp"
#include "models/reliability/crews.hpp"
#include "models/reliability/hazard.hpp"
#include "models/reliability/saving.hpp"
#include "sim/random.hpp"
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

// The candidates of a study are those of the lever that has most; of these another has its share. 4 standard errors.
TEST(Outages, ComeAsOftenAsTheirLeverSays) {
  Scenario often = cluster_of(10, 2000 * ticks_per_day);
  OutageSpec rack;
  rack.name = "rack";
  rack.nodes = 2;
  rack.rate = 8;
  rack.length = LawSpec::constant(hour);
  often.reliability.outages = {rack};
  Scenario seldom = often;
  seldom.reliability.outages[0].rate = 2;
  const Study study({often, seldom});
  double many = 0, few = 0;
  for (std::uint32_t r = 0; r < 10; ++r) {
    many += study.site(study.run(r, 0), "outages", 0);
    few += study.site(study.run(r, 1), "outages", 1);
  }
  EXPECT_NEAR(many, 10 * 5 * 16, 4 * std::sqrt(800.0));  // 5 units × 8 per 1,000 days × 2,000 days
  EXPECT_NEAR(few, 10 * 5 * 4, 4 * std::sqrt(200.0));
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

// When nodes of a cluster fail, and which: the same draws stop the jobs of one node each, and nothing else happens.
struct Failure {
  Tick at;
  std::uint32_t node;
  bool first;  // of the two modes, by the draw that says which
};
std::vector<Failure> failures_of(Scenario s, std::uint32_t replica) {
  struct Probe : Silent {
    std::vector<Failure> failures;
    void restart() { failures.clear(); }
    void interrupted(Tick now, const RunningJob& run, Tick) { failures.push_back({now, run.where.first, false}); }
  };
  for (ModeSpec& m : s.reliability.modes) m.drains = 0, m.speed = 1;
  const std::int64_t nodes = s.sites[0].clusters[0].tranches[0].gpus / 8;
  const Study study(s, std::vector<TraceInput>(static_cast<std::size_t>(nodes), job(0, 8, 1e4 * 86400)));
  Probe probe;
  study.run<1>(replica, 0, &probe);
  for (std::uint32_t n = 0; n < probe.failures.size(); ++n)
    probe.failures[n].first =
        draw(study.key(replica), static_cast<std::uint32_t>(Stream::mode), 0, n).word[0] < 0x80000000u;
  return std::move(probe.failures);
}

// Two nodes that degrade to a half or to a quarter and are never found out. Three jobs on both, one after the other,
// go at the speed of the slowest that either has had; worked out from the times at which nodes fail.
TEST(Degraded, SlowestOfTwoNodesSetsTheSpeed) {
  Scenario s = cluster_of(2, 400 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 20});
  s.reliability.modes = {mode("half", 1, 1, LawSpec::constant(hour)), mode("quarter", 1, 1, LawSpec::constant(hour))};
  s.reliability.modes[0].speed = 0.5;
  s.reliability.modes[1].speed = 0.25;
  for (ModeSpec& m : s.reliability.modes) m.detection = LawSpec::constant(1e5 * hour);
  const Study study(s, std::vector<TraceInput>(3, job(0, 16, 20 * 86400.0)));
  int slower_then_faster = 0, faster_then_slower = 0, twice = 0;
  for (std::uint32_t replica = 0; replica < 12; ++replica) {
    const std::vector<Failure> failures = failures_of(s, replica);
    std::vector<Tick> end;
    double now = 0, speed = 1, left = 20.0 * ticks_per_day;
    for (std::size_t n = 0; end.size() < 3;) {
      const double next = n < failures.size() ? static_cast<double>(failures[n].at) : 1e300;
      if (now + left / speed <= next) {
        now += left / speed;
        end.push_back(static_cast<Tick>(now));
        left = 20.0 * ticks_per_day;
        continue;
      }
      left -= (next - now) * speed;
      now = next;
      speed = std::min(speed, failures[n].first ? 0.5 : 0.25);
      if (n > 0 && failures[n].node != failures[n - 1].node) {
        slower_then_faster += failures[n].first && !failures[n - 1].first;
        faster_then_slower += !failures[n].first && failures[n - 1].first;
      }
      twice += n > 0 && failures[n].node == failures[n - 1].node;
      ++n;
    }
    Diary diary;
    study.run<1>(replica, 0, &diary);
    ASSERT_EQ(diary.end.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(static_cast<double>(diary.end[i]), static_cast<double>(end[i]), 10) << replica << ' ' << i;
  }
  EXPECT_GE(slower_then_faster, 3);
  EXPECT_GE(faster_then_slower, 3);
  EXPECT_GE(twice, 3);
}

// A node that degrades is found out after 30 days and mended in one; when it degrades once more before that, 30 days
// after the second time; when it fails for good, at once, and all is forgotten. Its job stops each time.
TEST(Degraded, IsFoundOutOnceAndForgottenWhenTheNodeFails) {
  Scenario s = cluster_of(1, 400 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 40});
  s.reliability.modes = {mode("slow", 1, 1, LawSpec::constant(24 * hour)),
                         mode("dead", 1, 1, LawSpec::constant(24 * hour))};
  s.reliability.modes[0].speed = 0.5;
  s.reliability.modes[0].detection = LawSpec::constant(30 * 24 * hour);
  struct Stops : Silent {
    std::vector<Tick> at;
    void restart() { at.clear(); }
    void interrupted(Tick now, const RunningJob&, Tick) { at.push_back(now); }
  };
  const Study study(s, {job(0, 8, 1e4 * 86400)});
  int twice = 0, forgotten = 0;
  for (std::uint32_t replica = 0; replica < 12; ++replica) {
    std::vector<Tick> stops;
    Tick back = 0, found = never;  // when the node is back, and when it is found out
    const auto stop = [&](Tick at) {
      stops.push_back(at);
      back = at + ticks_per_day;
      found = never;
    };
    for (const Failure& failure : failures_of(s, replica)) {
      if (found <= failure.at) stop(found);
      if (failure.at < back) continue;  // a node that is down does not fail
      twice += failure.first && found != never;
      forgotten += !failure.first && found != never;
      if (failure.first)
        found = failure.at + 30 * ticks_per_day;
      else
        stop(failure.at);
    }
    if (found < 400 * ticks_per_day) stop(found);
    Stops seen;
    study.run<1>(replica, 0, &seen);
    EXPECT_EQ(seen.at, stops) << replica;
  }
  EXPECT_GE(twice, 3);
  EXPECT_GE(forgotten, 3);
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

// 10¹² bytes at 10⁶ a tick take 10⁶ ticks to write, in the background, and 10⁴ to copy. Young's interval of a node that
// fails every 5 × 10⁶ ticks is √(2 × 5 × 10⁶ × 10⁴) = 316,228: too short for the write. At 2 × 10⁸ it is 2 × 10⁶.
TEST(SavePlan, SavesInTheBackgroundDoNotOvertakeEachOther) {
  SavingParams klass;
  klass.bytes = 1e12;
  klass.young = klass.background = 1;
  StoreParams store;
  store.bytes_per_tick = store.bytes_per_tick_per_node = 1e6;
  store.copy_per_tick_per_node = 1e8;
  store.node_mttf_ticks = 5e6;
  EXPECT_EQ(saving_of(klass, store, 8, 1, 0).every, 1000000u);
  store.node_mttf_ticks = 2e8;
  EXPECT_EQ(saving_of(klass, store, 8, 1, 0).every, 2000000u);
}

// A save of 500,000 ticks at the store's full speed after every 1,500,000 of work: a quarter of the store's time.
TEST(SavePlan, TakesOfTheStoreWhatItWritesInAWholeCycle) {
  SavingParams klass;
  klass.every = 1500000;
  klass.bytes = 5e11;
  StoreParams store;
  store.bytes_per_tick = store.bytes_per_tick_per_node = 1e6;
  const SavePlan plan = saving_of(klass, store, 8, 1, 0);
  EXPECT_EQ(plan.cost, 500000u);
  EXPECT_EQ(plan.load, whole_store / 4);
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
