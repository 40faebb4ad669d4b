// What the metrics mean, on cases worked by hand: delivered against held, lost as it happens, what the end cuts off,
// slow-downs by cause, results in time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "models/reliability/hazard.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

constexpr double hour = 3600;

ClassSpec any_class() { return job_class("all", LawSpec::constant(1), LawSpec::constant(1)); }

double of_period(const Metrics& metrics, std::size_t period, std::string_view name) {
  return Study::value(period_metrics(), metrics.periods[period], name);
}

// ---- delivered

// 12 GPUs on nodes of 8 hold 16. At half speed 100 s of work hold them for 200 s; users get 12 · 100 GPU-s either way,
// and pay for that.
TEST(Delivered, IsWorkAtTheReferenceSpeedOnTheGpusAskedFor) {
  for (const double speed : {1.0, 0.5, 2.0}) {
    Scenario s = cluster_of(2, 1000 * ticks_per_second);
    s.catalog.nodes[0].h100e = 3;
    s.workload.classes = {any_class()};
    s.workload.classes[0].speed = {{"node", speed}};
    s.workload.groups = {GroupSpec{}};
    s.workload.groups[0].name = "lab";
    s.workload.groups[0].price = 36.0 / 3600;  // [KRW/s]
    const Study study(s, {job(0, 12, 100)});
    const ReplicaResult result = study.run();
    const auto value = [&](const char* name) { return study.site(result, name); };
    EXPECT_DOUBLE_EQ(value("gpu_hours_delivered"), 12 * 100 / hour);
    EXPECT_DOUBLE_EQ(value("gpu_hours_held"), 16 * 100 / speed / hour);
    EXPECT_DOUBLE_EQ(value("gpu_hours_idle"), 16 * (1000 - 100 / speed) / hour);
    EXPECT_DOUBLE_EQ(value("utilization"), 100 / speed / 1000);
    EXPECT_EQ(value("fees_krw"), 12);
    // Undisturbed it takes 12 GPUs of three H100-equivalents 100 s / speed.
    EXPECT_NEAR(value("h100e_hours_delivered"), 3 * 12 * 100 / speed / hour, 1e-12);
    EXPECT_EQ(value("bounded_slowdown_mean"), std::max(1.0, 1 / speed));
    EXPECT_EQ(value("gpu_hours_lost"), 0);
    EXPECT_EQ(value("ettr"), 1);
  }
}

// From 5 January, 30 days of 8 GPUs: 27 days in January and 3 in February; a horizon after 29 days leaves one out, and
// half speed half of all.
TEST(Delivered, IsCreditedAsTheWorkIsDone) {
  Scenario s = machine(8, 8, 40 * ticks_per_day);
  s.outputs.by = PeriodLength::month;
  s.workload.classes = {any_class()};
  const std::vector<TraceInput> jobs{job(0, 8, 30 * 86400.0)};
  {
    const Study study(s, jobs);
    const Metrics metrics = study.metrics(study.run());
    ASSERT_EQ(metrics.periods.size(), 2u);
    EXPECT_DOUBLE_EQ(of_period(metrics, 0, "gpu_hours_delivered"), 8 * 27 * 24);
    EXPECT_DOUBLE_EQ(of_period(metrics, 1, "gpu_hours_delivered"), 8 * 3 * 24);
  }
  s.horizon = 29 * ticks_per_day;
  const Study cut(s, jobs);
  EXPECT_DOUBLE_EQ(cut.site(cut.run(), "gpu_hours_delivered"), 8 * 29 * 24);
  s.workload.classes[0].speed = {{"node", 0.5}};
  const Study slow(s, jobs);
  EXPECT_DOUBLE_EQ(slow.site(slow.run(), "gpu_hours_delivered"), 8 * 14.5 * 24);
}

// The same jobs, each with a machine of its own, on a network that slows those that span pods: never more than without
// it, at any horizon, and the same when all are done. Likewise under a cap, and with queues where order decides nothing
// (each job takes the whole machine).
TEST(Delivered, IsNeverMoreOnSlowerHardware) {
  std::mt19937_64 random(7);
  int less = 0, equal = 0;
  for (int world = 0; world < 40; ++world) {
    const bool queue = world % 2;
    const std::int64_t nodes = queue ? 4 : 512;
    std::vector<TraceInput> jobs;
    double at = 0, all = 0;
    for (int i = 0; i < 40; ++i) {
      at += static_cast<double>(random() % 4000);
      const auto gpus = queue ? 32 : static_cast<std::int64_t>(1 + random() % 64);
      jobs.push_back(job(at, gpus, static_cast<double>(10 + random() % 5000)));
      all += static_cast<double>(gpus) * jobs.back().duration_s / hour;
    }
    Scenario fast = cluster_of(nodes, 0);
    fast.sites[0].clusters[0].pod_nodes = 2;
    fast.workload.classes = {any_class()};
    fast.workload.classes[0].communication = 0.5;
    Scenario thin = fast, capped = fast;
    Paces::choose(thin.network.pace, PodSpread{.penalty = 1, .contention = 1});
    capped.sites[0].pue = 1;
    capped.sites[0].power.limit = Watts(static_cast<double>(nodes) * (queue ? 800 : 112));
    capped.sites[0].power.at_limit = AtLimit::slow;
    for (const double days : {0.1, 0.3, 0.6, 1.0, 30.0}) {
      std::vector<double> delivered;
      for (Scenario* s : {&fast, &thin, &capped}) {
        s->horizon = static_cast<Tick>(days * ticks_per_day);
        const Study study(*s, jobs);
        delivered.push_back(study.site(study.run(), "gpu_hours_delivered"));
      }
      for (const std::size_t slow : {1u, 2u}) {
        EXPECT_LE(delivered[slow], delivered[0] + 1e-9) << world << " " << days;
        less += delivered[slow] < delivered[0] - 1e-6;
        if (days == 30.0) {
          EXPECT_NEAR(delivered[slow], all, 1e-6) << world;
          ++equal;
        }
      }
    }
  }
  EXPECT_GT(less, 100);
  EXPECT_EQ(equal, 80);
}

// ---- lost

// 600 s of work and 60 s of saving in turn, through 54 days from 5 January. January has 27 days = 2,332,800 s: 3,534
// cycles of 660 s and 360 s of work. The 55 days to the end of February are 7,200 whole cycles.
TEST(Lost, CountsSavesAsTheyHappen) {
  Scenario s = machine(8, 8, 55 * ticks_per_day);
  s.outputs.by = PeriodLength::month;
  s.workload.classes = {any_class()};
  s.workload.classes[0].checkpoint_every = 600 * ticks_per_second;
  s.workload.classes[0].checkpoint_cost = 60 * ticks_per_second;
  s.workload.classes[0].restart_cost = 480 * ticks_per_second;
  s.workload.classes[0].request_max = 100 * ticks_per_day;
  const Study study(s, {job(0, 8, 60 * 86400.0)});
  const Metrics metrics = study.metrics(study.run());
  const double january = 3534 * 600 + 360, both = 7200 * 600;
  ASSERT_EQ(metrics.periods.size(), 2u);
  EXPECT_DOUBLE_EQ(of_period(metrics, 0, "ettr"), january / (27 * 86400));
  EXPECT_DOUBLE_EQ(of_period(metrics, 1, "ettr"), (both - january) / (28 * 86400));
  EXPECT_NEAR(of_period(metrics, 0, "ettr"), 0.909, 5e-4);
  EXPECT_NEAR(of_period(metrics, 1, "ettr"), 0.909, 5e-4);
  EXPECT_DOUBLE_EQ(of_period(metrics, 0, "gpu_hours_delivered"), 8 * january / hour);
  EXPECT_DOUBLE_EQ(Study::value(site_metrics(), metrics.site, "ettr"), 600.0 / 660);
  EXPECT_DOUBLE_EQ(Study::value(site_metrics(), metrics.site, "gpu_hours_lost"), 8 * 7200 * 60 / hour);
}

struct Crashes : Diary {
  std::vector<Tick> at;
  void restart() { *this = Crashes{}; }
  void interrupted(Tick now, const RunningJob&, Tick) { at.push_back(now); }
};

// A job that never saves loses all that it has done since it last started, in the period in which it fails, what was
// credited in January included; what it has done since counts. The warm-up's work leaves the warm-up.
TEST(Lost, TakesBackWhatAnInterruptionDestroys) {
  int crossed = 0;
  for (const Tick warmup : {Tick{0}, 20 * ticks_per_day}) {
    Scenario s = machine(8, 8, 50 * ticks_per_day);
    Places::choose<BestFit>(s.scheduler.place);
    s.warmup = warmup;
    s.outputs.by = PeriodLength::month;
    Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 60});
    s.reliability.repair = LawSpec::constant(1000);
    s.workload.classes = {any_class()};
    s.workload.classes[0].request_max = 100 * ticks_per_day;
    const Study study(s, {job(0, 8, 60 * 86400.0)});
    for (std::uint32_t replica = 0; replica < 40; ++replica) {
      Crashes seen;
      const ReplicaResult result = study.run<1>(replica, 0, &seen);
      const Metrics metrics = study.metrics(result);
      const Tick repair = 1000 * ticks_per_second, end = 50 * ticks_per_day, february = 27 * ticks_per_day;
      // Segments; only the last one's work survives.
      Tick from = 0, held = 0, in_vain = 0, in_vain_january = 0;
      for (const Tick crash : seen.at) {
        const Tick measured = std::max(from, warmup);
        if (crash > warmup) held += crash - measured, in_vain += crash - measured;
        if (crash > warmup && crash <= february) in_vain_january += crash - measured;
        crossed += from < february && crash > february;
        from = crash + repair;
      }
      const Tick survives = from < end ? end - std::max(from, warmup) : 0;
      held += survives;
      const auto hours = [](Tick ticks) { return 8 * static_cast<double>(ticks) / ticks_per_hour; };
      EXPECT_NEAR(Study::value(site_metrics(), metrics.site, "gpu_hours_delivered"), hours(survives), 1e-9) << replica;
      EXPECT_NEAR(Study::value(site_metrics(), metrics.site, "gpu_hours_lost"), hours(in_vain), 1e-9) << replica;
      EXPECT_NEAR(Study::value(site_metrics(), metrics.site, "gpu_hours_held"), hours(held), 1e-9) << replica;
      EXPECT_NEAR(of_period(metrics, 0, "gpu_hours_lost"), hours(in_vain_january), 1e-9) << replica;
      EXPECT_NEAR(of_period(metrics, 0, "gpu_hours_delivered") + of_period(metrics, 1, "gpu_hours_delivered"),
                  hours(survives), 1e-9);
    }
  }
  EXPECT_GT(crossed, 20);
}

// ---- what the end cuts off

// 8 GPUs, first come first served, the end at 1,000 s: A runs 0–400 at once, B starts at 400 after 300 and runs on, C
// and D still wait, for 800 and 700. Kaplan–Meier of the waits: 4 at risk at 0, survival 3/4; 3 at 300, 1/2; then no
// more. Area up to 800: 300 · 3/4 + 500 · 1/2 = 475. Lower bound of the mean: (0 + 300 + 800 + 700) / 4 = 450.
// Times to result: A 400; B at least 900, C 800, D 700: bound 700; survival 3/4 at 400 and then no more.
TEST(Censoring, CountsJobsThatTheEndCutsOff) {
  Scenario s = machine(8, 8, 1000 * ticks_per_second);
  s.workload.groups = {GroupSpec{}, GroupSpec{}};
  s.workload.groups[0].name = "a", s.workload.groups[1].name = "b";
  const std::vector<TraceInput> jobs{job(0, 8, 400, 0, "a"), job(100, 8, 10000, 0, "a"), job(200, 8, 10, 0, "a"),
                                     job(300, 8, 10, 0, "b")};
  for (const std::int64_t window : {0, 1}) {  // with 1, D waits behind the window
    s.scheduler.window = window;
    const Study study(s, jobs);
    const ReplicaResult result = study.run();
    const auto value = [&](const char* name) { return study.site(result, name); };
    EXPECT_DOUBLE_EQ(value("wait_mean_s"), 450);
    EXPECT_EQ(value("waits_censored"), 2);
    EXPECT_NEAR(value("wait_restricted_mean_s"), 475, 5);
    EXPECT_NEAR(value("wait_p50_s"), 300, 3);
    EXPECT_NEAR(value("wait_p90_s"), 800, 8);  // at least
    EXPECT_DOUBLE_EQ(value("time_to_result_mean_s"), 700);
    EXPECT_EQ(value("results_censored"), 3);
    EXPECT_NEAR(value("time_to_result_p50_s"), 900, 9);  // at least
    const Metrics metrics = study.metrics(result);
    const auto of = [&](std::size_t group, const char* name) {
      return Study::value(group_metrics(), metrics.groups[group], name);
    };
    EXPECT_EQ(of(0, "waits_censored"), 1);
    EXPECT_EQ(of(1, "waits_censored"), 1);
    EXPECT_DOUBLE_EQ(of(1, "wait_mean_s"), 700);
    EXPECT_EQ(Study::value(group_metrics(), metrics.classes[0], "waits_censored"), 2);
  }
}

// The more a queue is cut off, the more a mean over those that started would hide: with `shortest` and a load of 1.5
// the bound is above it, and with an end that comes later it only grows.
TEST(Censoring, LeavesNoJobOutUnderOverload) {
  Scenario s = machine(64, 8, 20 * ticks_per_day);
  Orders::choose<ShortestFirst>(s.scheduler.order);
  s.workload.classes = {job_class("all", LawSpec::constant(8), LawSpec::lognormal(3600, 1.5))};
  s.workload.jobs_per_day = 8 * 24 * 1.5 / std::exp(1.5 * 1.5 / 2);
  const Study study({s});
  const ReplicaResult result = study.run();
  const auto value = [&](const char* name) { return study.site(result, name); };
  EXPECT_GT(value("waits_censored"), 0.03 * value("jobs_submitted"));
  EXPECT_EQ(value("waits_censored") + value("jobs_started"), value("jobs_submitted"));
  const Raw raw = result.raw(study.world());
  const double of_started =
      static_cast<double>(raw.cell[wait_ticks]) / static_cast<double>(raw.cell[started]) / ticks_per_second;
  EXPECT_GT(value("wait_mean_s"), 3 * of_started);
  EXPECT_GE(value("wait_restricted_mean_s"), value("wait_mean_s"));
}

// ---- one slow-down a cause

// A job on two pods whose communication, half of its time, takes twice as long: 1.5. At a cap that leaves 46 of 64
// levels its clocks slow it further.
TEST(Slowdown, HasOneCauseEach) {
  Scenario s = cluster_of(2, 30 * ticks_per_day, 4);
  s.sites[0].pue = 1;
  s.sites[0].clusters[0].pod_nodes = 1;
  s.workload.classes = {any_class()};
  s.workload.classes[0].communication = 0.5;
  Scenario thin = s, capped = s;
  Paces::choose(thin.network.pace, PodSpread{.penalty = 1, .contention = 0});
  capped.sites[0].power.limit = Watts(1500);
  capped.sites[0].power.at_limit = AtLimit::slow;
  Scenario both = capped;
  both.network = thin.network;
  const std::vector<TraceInput> jobs{job(0, 8, 100 * hour)};
  const auto measure = [&](const Scenario& scenario) {
    const Study study(scenario, jobs);
    const ReplicaResult result = study.run();
    const double held = study.site(result, "gpu_hours_held");
    std::vector<double> values{held / (8 * 100)};
    for (const char* name : {"comm_slowdown_mean", "degraded_slowdown_mean", "power_slowdown_mean"})
      values.push_back(study.site(result, name));
    EXPECT_NEAR(values[0], values[1] * values[2] * values[3], 1e-6);
    EXPECT_DOUBLE_EQ(study.site(result, "gpu_hours_delivered"), 8 * 100);
    return values;
  };
  const std::vector<double> plain = measure(s), network = measure(thin), power = measure(capped), all = measure(both);
  EXPECT_EQ(plain, (std::vector<double>{1, 1, 1, 1}));
  EXPECT_NEAR(network[1], 1.5, 1e-4);
  EXPECT_EQ(network[3], 1);
  EXPECT_EQ(power[1], 1);
  EXPECT_GT(power[3], 1.02);
  EXPECT_EQ(power[2], 1);
  EXPECT_NEAR(all[1], 1.5, 1e-4);
  EXPECT_NEAR(all[3], power[3], 1e-4);
}

// Ten hours at half speed for each failure that was found: five hours of each add to what the job holds.
TEST(Slowdown, OfDegradedNodesIsTheirOwn) {
  Scenario s = cluster_of(1, 400 * ticks_per_day);
  Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = 10});
  ModeSpec slow;
  slow.name = "slow";
  slow.speed = 0.5;
  slow.repair = LawSpec::constant(hour);
  slow.detection = LawSpec::constant(10 * hour);
  s.reliability.modes = {slow};
  s.workload.classes = {any_class()};
  s.workload.classes[0].checkpoint_every = ticks_per_second;
  s.workload.classes[0].request_max = 400 * ticks_per_day;
  const Study study(s, {job(0, 8, 300 * 86400.0)});
  const ReplicaResult result = study.run();
  const double found = study.site(result, "job_interruptions"), held = study.site(result, "gpu_hours_held");
  ASSERT_GE(found, 1);
  EXPECT_EQ(study.site(result, "comm_slowdown_mean"), 1);
  EXPECT_EQ(study.site(result, "power_slowdown_mean"), 1);
  EXPECT_NEAR(study.site(result, "degraded_slowdown_mean"), held / (held - 8 * 5 * found), 1e-9);
}

// Two sites of two nodes, 2,000 W each when a job holds all their GPUs, under limits of 1,500 W: while the jobs run
// both limits slow work, and the hours of both count.
TEST(CappedHours, AddUpOverTheLimits) {
  Scenario s = cluster_of(2, 30 * ticks_per_day, 4);
  s.sites[0].pue = 1;
  s.sites[0].power.limit = Watts(1500);
  s.sites[0].power.at_limit = AtLimit::slow;
  s.workload.classes = {any_class()};
  s.sites.push_back(s.sites[0]);
  s.sites[1].name = "other";
  const Study study(s, {job(0, 8, 100 * hour), job(0, 8, 100 * hour)});
  const ReplicaResult result = study.run();
  const double held = study.site(result, "gpu_hours_held");
  EXPECT_GT(held, 2 * 8 * 100);
  EXPECT_NEAR(study.site(result, "power_capped_hours"), held / 8, 1e-3);
}

// 164 kg a GPU and 1,500 kg for the host of eight, over 5 years of 365 days, of which 1,000 hours pass.
TEST(EmbodiedCarbon, IsSpreadOverTheLifetime) {
  const Study study(cluster_of(2, 1000 * ticks_per_hour), {job(0, 1, 10)});
  EXPECT_NEAR(study.site(study.run(), "embodied_tco2e"), 2 * (8 * 164 + 1500) / 1000.0 * 1000 / (5 * 365 * 24), 1e-9);
}

// Two jobs of 100 s, one after the other on one GPU: 1 and 2, whatever became of the second.
TEST(BoundedSlowdown, IsOfAllJobsThatEnded) {
  Scenario s = machine(1, 1, 1000 * ticks_per_second);
  s.workload.classes = {any_class()};
  for (const Outcome outcome : {Outcome::completed, Outcome::failed, Outcome::cancelled}) {
    std::vector<TraceInput> jobs{job(0, 1, 100), job(0, 1, 100)};
    jobs[1].outcome = outcome;
    const Study study(s, jobs);
    EXPECT_DOUBLE_EQ(study.site(study.run(), "bounded_slowdown_mean"), 1.5);
  }
}

// Two sites of two nodes, 200 W each when idle, for 10 hours: 2 kWh each, at a PUE of 1 and of 2. (The trace's one job
// is 10 s long.)
TEST(Sites, EachHasItsOwnPue) {
  Scenario s = cluster_of(2, 10 * ticks_per_hour);
  s.sites.push_back(s.sites[0]);
  s.sites[0].pue = 1;
  s.sites[1].name = "other";
  s.sites[1].pue = 2;
  const Study study(s, {job(0, 1, 10)});
  EXPECT_NEAR(study.site(study.run(), "facility_energy_mwh"), (2 + 2 * 2) * 1e-3, 1e-6);
}

// The same sites with meters: a job on one node of the first draws 1,000 W, the other three nodes 100 W each.
TEST(Sites, HavePeaksThatAddUp) {
  Scenario s = cluster_of(2, 3 * ticks_per_hour);
  s.workload.classes = {any_class()};
  s.sites[0].pue = 1.5;
  s.sites[0].power.carbon_hours.assign(24, 1.0);
  s.sites.push_back(s.sites[0]);
  s.sites[1].name = "other";
  const Study study(s, {job(0, 8, 10 * hour)});
  EXPECT_NEAR(study.site(study.run(), "facility_power_peak_mw"), 1.5 * (1100 + 200) * 1e-6, 1e-12);
}

// ---- results in time

// Eight jobs of 100 s, all at 0, on 8 GPUs, one after the other; results serve within 450 s. At full speed four come by
// then (100, 200, 300, 400); at half speed two (200, 400). They ask for 8 · 800 GPU-s, four awards of 1,600.
TEST(StartUps, AreServedByResultsInTime) {
  for (const auto& [speed, in_time] : {std::pair{1.0, 4.0}, {0.5, 2.0}, {0.2, 0.0}}) {
    Scenario s = machine(8, 8, 5000 * ticks_per_second);
    s.workload.classes = {any_class()};
    s.workload.classes[0].speed = {{"node", speed}};
    s.workload.groups = {GroupSpec{}};
    s.workload.groups[0].name = "start-up";
    s.workload.groups[0].startups = true;
    s.workload.groups[0].members = 100;
    s.workload.groups[0].award = 1600 / hour;
    s.workload.groups[0].result_within = 450 * ticks_per_second;
    const std::vector<TraceInput> jobs(8, job(0, 8, 100, 0, "start-up"));
    {
      const Study study(s, jobs);
      EXPECT_DOUBLE_EQ(study.site(study.run(), "startups_served"), 4 * in_time / 8) << speed;
      EXPECT_DOUBLE_EQ(study.site(study.run(), "gpu_hours_delivered"), 8 * 800 / hour) << speed;
    }
    // At 420 s what has not ended may still come in time: at full speed four of four known, at half speed two of two.
    s.horizon = 420 * ticks_per_second;
    {
      const Study study(s, jobs);
      EXPECT_DOUBLE_EQ(study.site(study.run(), "startups_served"), in_time > 0 ? 4 : 0) << speed;
    }
    // At 460 s the rest is known to be late.
    s.horizon = 460 * ticks_per_second;
    {
      const Study study(s, jobs);
      EXPECT_DOUBLE_EQ(study.site(study.run(), "startups_served"), 4 * in_time / 8) << speed;
    }
    // No more than there are.
    s.workload.groups[0].members = 3;
    const Study few(s, jobs);
    EXPECT_DOUBLE_EQ(few.site(few.run(), "startups_served"), 3 * in_time / 8) << speed;
  }
}

// What never runs serves nobody. A queue of three turns away four of the eight; the other four come by 400 s. With a
// queue for all, four of eight come by then, and a ninth that asks for more than there is counts as one that did not.
TEST(StartUps, AreNotServedByJobsThatNeverRan) {
  Scenario s = machine(8, 8, 5000 * ticks_per_second);
  s.workload.classes = {any_class()};
  s.workload.groups = {GroupSpec{}};
  s.workload.groups[0].name = "start-up";
  s.workload.groups[0].startups = true;
  s.workload.groups[0].members = 100;
  s.workload.groups[0].award = 1600 / hour;
  s.workload.groups[0].result_within = 450 * ticks_per_second;
  std::vector<TraceInput> jobs(8, job(0, 8, 100, 0, "start-up"));
  s.scheduler.queue = 3;
  const Study full(s, jobs);
  EXPECT_DOUBLE_EQ(full.site(full.run(), "startups_served"), 4 * 4 / 8.0);
  s.scheduler.queue = -1;
  jobs.push_back(job(0, 9, 100, 0, "start-up"));
  const Study refused(s, jobs);
  EXPECT_DOUBLE_EQ(refused.site(refused.run(), "startups_served"), 4 * 4 / 9.0);
}

// ---- the table

TEST(MetricTable, NamesMetricsOfTheSameScope) {
  for (const auto infos : {site_metrics(), group_metrics(), period_metrics()})
    for (const MetricInfo& info : infos)
      for (const std::string_view name : {info.censored_by, info.beside}) {
        if (name.empty()) continue;
        EXPECT_TRUE(
            std::any_of(infos.begin(), infos.end(), [&](const MetricInfo& other) { return other.name == name; }))
            << info.name << " names " << name;
      }
}

}  // namespace
}  // namespace nadc::test
