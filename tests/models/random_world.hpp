// Random scenarios that use every feature together: several partitions and kinds, deliveries with delays, groups,
// classes with checkpoints and speeds, all policies, failures, periods and a warm-up.
#pragma once
#include <random>

#include "models/reliability/hazard.hpp"
#include "models/scheduler/order.hpp"
#include "tests/models/policies.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {

inline ClimateSpec mild_climate() {
  ClimateSpec climate;
  climate.name = "mild";
  climate.wet_bulb.assign(12, 12);
  climate.swing = 3;
  return climate;
}

// Limits, connections, windows and meters; half of the worlds have none.
inline void add_power(Scenario& s, std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  if (below(2)) return;
  s.catalog.climates.push_back(mild_climate());
  for (SiteSpec& site : s.sites) {
    double full_w = 0;
    for (const TrancheSpec& tranche : site.clusters[0].tranches)
      full_w += static_cast<double>(tranche.gpus) * (tranche.node == "eight" ? 1000 : 750);
    SitePowerSpec& power = site.power;
    power.climate = "mild";
    power.at_limit = static_cast<AtLimit>(below(3));
    if (below(2)) power.plant = static_cast<Plant>(below(5));
    if (below(2)) power.limit = Watts(full_w * (0.6 + 0.1 * static_cast<double>(below(8))));
    if (below(2)) {
      GridStepSpec first, second;
      first.adds = Watts(full_w * 0.6);
      second.adds = Watts(full_w);
      second.date = s.start + below(10) * 86400;
      second.delay = LawSpec::exponential(86400);
      power.grid = {first, second};
      power.reserve = static_cast<Reserve>(below(2));
    }
    if (power.limit.value > 0 && below(2)) {
      DemandResponseSpec window;
      window.from = 13;
      window.to = 17;
      window.days = static_cast<int>(below(2));
      window.share = 0.5;
      power.demand_response = {window};
    }
    if (below(3) == 0) site.clusters[0].limit = Watts(full_w * 0.7);
    if (below(3) == 0) site.clusters[0].gpu_power = 0.8;
  }
}

// Kinds of failure, lemons, crews, spares, outages, and a store for checkpoints.
inline void add_faults(Scenario& s, std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  if (below(2)) return;
  ReliabilitySpec& spec = s.reliability;
  if (below(2)) {
    ModeSpec software, hardware, slow;
    software.name = "software";
    software.drains = 0;
    software.repair = software.detection = LawSpec::constant(1);
    hardware.name = "hardware";
    hardware.repair = LawSpec::exponential(20000);
    hardware.detection = LawSpec::constant(1);
    slow.name = "slow";
    slow.speed = 0.5;
    slow.repair = LawSpec::constant(3600);
    slow.detection = LawSpec::exponential(7200);
    spec.modes = {software, hardware, slow};
  }
  if (below(2)) spec.lemons = {0.1, 5};
  if (below(2)) spec.crews = {1 + below(2), 8 * below(2), 18};
  if (below(2)) {
    OutageSpec rack, upkeep;
    rack.name = "rack";
    rack.nodes = 3;
    rack.rate = 20;
    rack.length = LawSpec::exponential(5000);
    upkeep.name = "upkeep";
    upkeep.nodes = 2 * below(2);
    upkeep.every = 6 * ticks_per_day;
    upkeep.length = LawSpec::constant(1800);
    spec.outages = {rack, upkeep};
  }
  for (SiteSpec& site : s.sites) site.clusters[0].spares = below(2);
  spec.store.write = BytesPerSecond(2e9);
  spec.store.write_per_node = BytesPerSecond(1e9);
  spec.store.copy_per_node = BytesPerSecond(1e10);
  spec.store.latency = 500;
  for (ClassSpec& klass : s.workload.classes) {
    if (below(2)) continue;
    klass.checkpoint = static_cast<int>(below(2));
    klass.checkpoint_mode = static_cast<int>(below(2));
    klass.checkpoint_size_per_gpu = 4e9;
    if (klass.checkpoint == 0 && klass.checkpoint_every == 0) klass.checkpoint_every = ticks_per_hour;
  }
}

inline Scenario random_scenario(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  const auto real = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
  };
  Scenario s;
  s.name = "random";
  s.start = monday + below(14 * 24) * 3600;
  s.horizon = (15 + below(25)) * ticks_per_day + below(100000);
  if (below(2)) s.warmup = (2 + below(5)) * ticks_per_day + below(1000);
  s.outputs.by = static_cast<PeriodLength>(below(2));
  s.catalog.nodes.push_back(node_kind("four", 4, 400.5, 3000, 25));
  s.catalog.nodes.push_back(node_kind("eight", 8, 1500, 8000.25, 0));
  const std::int64_t sites = 1 + below(2);
  for (std::int64_t i = 0; i < sites; ++i) {
    SiteSpec site;
    site.name = "site" + std::to_string(i);
    site.pue = real(1.1, 1.6);
    ClusterSpec cluster;
    cluster.name = "c";
    cluster.pod_nodes = 1 + below(5);
    const std::int64_t tranches = 1 + below(3);
    for (std::int64_t t = 0; t < tranches; ++t) {
      TrancheSpec tranche;
      tranche.node = below(2) ? "eight" : "four";
      tranche.gpus = 16 + below(80);
      if (t > 0 && below(3)) tranche.date = s.start + below(15) * 86400 + below(5000);
      tranche.delay = below(2) ? LawSpec::constant(0) : LawSpec::exponential(3 * 86400);
      cluster.tranches.push_back(tranche);
    }
    site.clusters.push_back(cluster);
    s.sites.push_back(site);
  }
  const std::int64_t groups = 1 + below(3), classes = 1 + below(3);
  for (std::int64_t g = 0; g < groups; ++g) {
    GroupSpec group;
    group.name = "g" + std::to_string(g);
    group.share = real(0.5, 2);
    group.quota = real(0.3, 1);
    s.workload.groups.push_back(group);
  }
  double work = 0, shares = 0;  // mean GPU-seconds of a job
  for (std::int64_t k = 0; k < classes; ++k) {
    const LawSpec gpus = below(2) ? LawSpec::choice({{1, 4}, {2, 2}, {4, 2}, {8, 2}, {12, 1}, {16, 1}, {24, 1}})
                                  : LawSpec::uniform(0.6, 12.4);
    const double median = real(600, 20000);
    ClassSpec klass = job_class("k" + std::to_string(k), gpus, LawSpec::lognormal(median, 1).capped(1, 5 * 86400));
    if (below(3) == 0) klass.duration = LawSpec::constant(3600);
    klass.request_factor = below(2) ? LawSpec::constant(1) : LawSpec::uniform(1, 4);
    klass.request_max = 4 * ticks_per_day;
    klass.share = real(0.5, 2);
    if (below(2)) {
      klass.checkpoint_every = (600 + below(4000)) * ticks_per_second;
      klass.checkpoint_cost = below(2) * below(60) * ticks_per_second;
      klass.restart_cost = below(600) * ticks_per_second + below(1000);
    }
    klass.intensity = real(0.1, 1);
    klass.communication = real(0, 0.5);
    klass.failed = real(0, 0.3);
    klass.cancelled = real(0, 0.3);
    if (below(2)) klass.speed.push_back({"eight", below(4) && k > 0 ? 0.0 : real(0.5, 2.5)});
    work += klass.share * mean(klass.gpus) * mean(klass.duration);
    shares += klass.share;
    s.workload.classes.push_back(klass);
  }
  double fleet = 0;
  for (const SiteSpec& site : s.sites)
    for (const TrancheSpec& tranche : site.clusters[0].tranches) fleet += static_cast<double>(tranche.gpus);
  s.workload.jobs_per_day = std::min(150.0, real(0.3, 0.9) * fleet * 86400 / (work / shares));
  s.workload.arrivals.gap = below(2) ? LawSpec::exponential(1) : LawSpec::weibull(0.7, 1);
  s.workload.arrivals.batch = below(2) ? 0 : 0.3;
  if (below(2)) {
    for (int h = 0; h < 24; ++h) s.workload.arrivals.hours.push_back(h < 6 ? 0 : real(0.5, 2));
    for (int d = 0; d < 7; ++d) s.workload.arrivals.days.push_back(d < 5 ? 1 : 0.4);
  }
  s.scheduler.backfill = static_cast<Backfill>(below(3));
  s.scheduler.order = policies<Orders, Fifo, ShortestFirst, SmallestFirst, FairShare>().at(below(4));
  if (Orders::holds<FairShare>(s.scheduler.order))
    Orders::choose(s.scheduler.order, FairShare{(1 + below(20)) * ticks_per_day / 4, 1000 + below(ticks_per_day)});
  s.scheduler.place = policies<Places, BestFit, Pack, Pool>().at(below(3));
  s.scheduler.window = below(3) ? 0 : 1 + below(40);
  s.access.admit = policies<Admits, OpenQueue, GroupQuota>().at(below(2));
  if (below(2)) Paces::choose(s.network.pace, PodSpread{.penalty = real(0, 1), .contention = real(0, 2)});
  if (below(4) == 0) Draws::choose<NameplateDraw>(s.power.draw);
  if (below(4)) {
    if (below(2))
      Hazards::choose(s.reliability.hazard, ConstantHazard{.rate = real(1, 60)});
    else
      Hazards::choose(s.reliability.hazard,
                      InfantHazard{.rate = real(1, 30), .excess = 3, .period = 20 * ticks_per_day});
  }
  s.reliability.repair = LawSpec::lognormal(real(1800, 86400), 1);

  // Policy.
  if (below(2)) Admits::choose<BorrowedQuota>(s.access.admit);
  if (below(3) == 0) {
    Orders::choose<PriorityFirst>(s.scheduler.order);
    for (GroupSpec& group : s.workload.groups) group.priority = below(3);
  }
  if (below(3) == 0 && sites > 1) s.sites[1].clusters[0].groups = {s.workload.groups.back().name};
  if (below(3) == 0) {
    s.workload.response = {s.horizon / (3 + below(5)), real(1, 2), real(0, 1)};
    for (GroupSpec& group : s.workload.groups) {
      group.reference_wait = ticks_per_hour;
      group.wait_elasticity = -real(0, 1);
    }
  }
  if (below(3) == 0) {
    s.policy.domestic = {.node = "four", .share = real(0, 1), .performance = real(0.5, 2)};
    s.policy.purchase.prices = {{"four", 100}, {"eight", 250}};
    s.policy.purchase.exchange_rate = 1400;
    s.policy.budget.envelope = {{"2026", real(1e6, 1e7)}};
    s.policy.incentive.node = "eight";
    s.policy.incentive.cap = 40;
    s.policy.incentive.baseline = 1e6;
    s.policy.incentive.shares = {{"large", 1}};
    s.policy.incentive.elasticity = 1;
    s.policy.incentive.lag = 2 * ticks_per_day;
    s.policy.incentive.delay = LawSpec::exponential(86400);
  }
  add_power(s, random);
  add_faults(s, random);
  return s;
}

}  // namespace nadc::test
