#include "tests/gpu/worlds.hpp"

#include <cmath>
#include <random>

#include "models/access/admit.hpp"
#include "models/build.hpp"
#include "models/network/pace.hpp"
#include "models/power/draw.hpp"
#include "models/power/victim.hpp"
#include "models/reliability/hazard.hpp"
#include "models/replica.hpp"
#include "models/scheduler/order.hpp"
#include "models/scheduler/place.hpp"
#include "tests/models/policies.hpp"

namespace nadc::test {
namespace {

constexpr std::int64_t december_20 = 1797724800;  // 2026-12-20: a month, a quarter and a year end twelve days later

Tick ticks(double days) { return std::llround(days * static_cast<double>(ticks_per_day)); }

NodeKindSpec kind(std::string name, std::int64_t gpus, double idle, double busy, double h100e) {
  NodeKindSpec spec;
  spec.name = std::move(name);
  spec.gpus = gpus;
  spec.idle = Watts(idle);
  spec.busy = Watts(busy);
  spec.down = Watts(100);
  spec.h100e = h100e;
  return spec;
}

ClassSpec job_class(std::string name, double share, LawSpec gpus, LawSpec duration) {
  ClassSpec spec;
  spec.name = std::move(name);
  spec.share = share;
  spec.gpus = std::move(gpus);
  spec.duration = std::move(duration);
  spec.request_factor = LawSpec::uniform(1.0, 3.0);
  spec.request_max = 7 * ticks_per_day;
  return spec;
}

LawSpec hours(double median, double sigma) {
  return LawSpec::lognormal(median * 3600.0, sigma).capped(1.0, 5 * 86400.0);
}

std::vector<ClassSpec> two_classes(double large_gpus) {
  return {job_class("small", 4, LawSpec::choice({{1, 6}, {2, 3}, {4, 2}, {8, 3}}), hours(1.0, 1.5)),
          job_class("large", 1, LawSpec::choice({{large_gpus / 4, 4}, {large_gpus / 2, 2}, {large_gpus, 1}}),
                    hours(3.0, 1.0))};
}

void add_groups(Scenario& s, double quota) {
  for (const char* name : {"university", "startup", "national"}) {
    GroupSpec group;
    group.name = name;
    group.share = name[0] == 'n' ? 2 : 1;
    group.quota = quota;
    s.workload.groups.push_back(group);
  }
}

// Two sites; the second and third clusters arrive in parts while the scenario runs.
void add_sites(Scenario& s, int partitions, bool deliveries) {
  s.sites.clear();
  for (int p = 0; p < partitions; ++p) {
    if (p != 1) {
      SiteSpec site;
      site.name = "site" + std::to_string(p);
      site.pue = 1.2 + 0.1 * p;
      s.sites.push_back(site);
    }
    ClusterSpec cluster;
    cluster.name = "cluster" + std::to_string(p);
    cluster.pod_nodes = 4 + 3 * p;
    const int parts = deliveries ? 2 : 1;
    for (int part = 0; part < parts; ++part) {
      TrancheSpec tranche;
      tranche.node = s.catalog.nodes[static_cast<std::size_t>(p) % s.catalog.nodes.size()].name;
      tranche.gpus = 96;
      if (part == 1) {
        tranche.date = s.start + (3 + 2 * p) * s.horizon / (20 * ticks_per_second);
        tranche.delay = LawSpec::gamma(2.0, 86400.0);
      }
      cluster.tranches.push_back(tranche);
    }
    s.sites.back().clusters.push_back(cluster);
  }
}

Scenario bare(std::int64_t gpus, double days, double jobs_per_day) {
  Scenario s;
  s.name = "test";
  s.start = december_20;
  s.horizon = ticks(days);
  s.catalog.nodes.push_back(kind("h100", 8, 1500, 8000, 1.0));
  s.fleet.node = "h100";
  s.fleet.gpus = gpus;
  s.fleet.pod_nodes = 16;
  s.workload.jobs_per_day = jobs_per_day;
  s.workload.arrivals.gap = LawSpec::exponential(1);
  s.reliability.repair = LawSpec::lognormal(12 * 3600.0, 1.0).capped(60.0, 30 * 86400.0);
  return s;
}

TraceInputs trace_of(const Scenario& s, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
  };
  const double days = static_cast<double>(s.horizon) / static_cast<double>(ticks_per_day);
  TraceInputs trace;
  for (int i = 0; i < static_cast<int>(s.workload.jobs_per_day * days); ++i) {
    TraceInput job;
    job.submit_s = std::floor(uniform(0, days * 86400.0));  // whole seconds: equal times occur
    job.duration_s = std::exp(uniform(4, 11));
    job.request_s = job.duration_s * uniform(1, 2);
    job.gpus = 1 + static_cast<std::int64_t>(uniform(0, 5) * uniform(0, 10));
    job.group = i % 3 ? "university" : "startup";
    job.klass = i % 5 ? "small" : "large";
    job.outcome = static_cast<Outcome>(i % 3);
    trace.jobs.push_back(job);
  }
  return trace;
}

enum FactorNumber : std::size_t {
  admit,
  order,
  place,
  pace,
  draw_power,
  hazard,
  backfill,
  window,
  periods,
  warmup,
  partitions,
  deliveries,
  checkpoints,
  bursts,
  source,
  load,
  power,
  faults,
  walls,
  response,
  policy,
  victim,
  triggers,
  factor_count
};

// 0 … 2: a limit with delay, slow, preempt; 3: no limit, but a meter.
void limit_power(Scenario& s, int kind) {
  ClimateSpec climate;
  climate.name = "mild";
  climate.wet_bulb.assign(12, 10);
  climate.swing = 2;
  s.catalog.climates.push_back(climate);
  for (SiteSpec& site : s.sites) {
    site.power.climate = "mild";
    site.power.plant = Plant::liquid;
    if (kind == 3) continue;
    site.power.at_limit = static_cast<AtLimit>(kind);
    site.power.limit = Watts(90e3 * static_cast<double>(site.clusters.size()));
    GridStepSpec now, later;
    now.adds = Watts(60e3);
    later.adds = Watts(400e3);
    later.date = s.start + 4 * 86400;
    later.delay = LawSpec::exponential(86400);
    site.power.grid = {now, later};
    DemandResponseSpec window;
    window.from = 13;
    window.to = 17;
    window.share = 0.7;
    site.power.demand_response = {window};
    site.clusters[0].limit = Watts(80e3);
  }
}

// Kinds of failure, lemons, crews, spares, outages, and a store for checkpoints.
void add_faults(Scenario& s) {
  ReliabilitySpec& spec = s.reliability;
  ModeSpec software, hardware, slow;
  software.name = "software";
  software.drains = 0;
  software.repair = software.detection = LawSpec::constant(1);
  hardware.name = "hardware";
  hardware.share = 2;
  hardware.repair = LawSpec::exponential(20000);
  hardware.detection = LawSpec::constant(1);
  slow.name = "slow";
  slow.speed = 0.5;
  slow.repair = LawSpec::constant(3600);
  slow.detection = LawSpec::exponential(7200);
  spec.modes = {software, hardware, slow};
  spec.lemons = {0.1, 5};
  spec.crews = {1, 8, 18};
  OutageSpec rack, upkeep;
  rack.name = "rack";
  rack.nodes = 3;
  rack.rate = 20;
  rack.length = LawSpec::exponential(5000);
  upkeep.name = "upkeep";
  upkeep.nodes = 2;
  upkeep.every = 6 * ticks_per_day;
  upkeep.length = LawSpec::constant(1800);
  spec.outages = {rack, upkeep};
  for (SiteSpec& site : s.sites)
    for (ClusterSpec& cluster : site.clusters) cluster.spares = 1;
  spec.store.write = BytesPerSecond(2e9);
  spec.store.write_per_node = BytesPerSecond(1e9);
  spec.store.copy_per_node = BytesPerSecond(1e10);
  spec.store.latency = 500;
  ClassSpec& klass = s.workload.classes[0];
  klass.checkpoint = 1;
  klass.checkpoint_size_per_gpu = 4e9;
}

// 1: GPUs are ordered when waits grow, and prices rise with utilization; 2: a quota moves from who idles.
void pull_triggers(Scenario& s, int kind) {
  TriggerSpec waits, use;
  waits.name = "waits", use.name = "use";
  waits.every = use.every = TriggerPeriod::day;
  waits.when.metric = TriggerMetric::wait_p90;
  waits.when.longer = ticks_per_hour;
  waits.when.of = "startup";
  waits.at_most = use.at_most = 3;
  waits.pause = 1;
  use.when.metric = kind == 1 ? TriggerMetric::utilization : TriggerMetric::group_use;
  (kind == 1 ? use.when.above : use.when.below) = 0.7;
  if (kind == 1) {
    OrderSpec order;
    order.node = "b200";
    order.gpus = 32;
    order.lead = ticks_per_day;
    order.delay = LawSpec::exponential(86400);
    waits.then.order = order;
    use.then.price = PriceChangeSpec{1.25, ""};
  } else {
    waits.when.metric = TriggerMetric::wait_mean;
    waits.then.price = PriceChangeSpec{1.1, "startup"};
    use.when.of = "university";
    use.then.quota = QuotaMoveSpec{"university", "national", 0.1};
  }
  s.policy.triggers = {waits, use};
}

}  // namespace

std::span<const Factor> factors() {
  static constexpr Factor list[factor_count] = {
      {"admit", Admits::size},
      {"order", Orders::size},
      {"place", Places::size},
      {"pace", Paces::size},
      {"draw", Draws::size},
      {"hazard", Hazards::size},
      {"backfill", 3},
      {"window", 3},
      {"periods", 4},
      {"warm-up", 2},
      {"partitions", 3},
      {"deliveries", 2},
      {"checkpoints", 2},
      {"bursts", 2},
      {"source", 2},
      {"load", 2},
      {"power", 5},
      {"faults", 2},
      {"walls", 2},
      {"response", 2},
      {"policy", 2},
      {"victim", Victims::size},
      {"triggers", 3},
  };
  return list;
}

Scenario lean_scenario(std::int64_t gpus, double days, double jobs_per_day, double largest) {
  Scenario s = bare(gpus, days, jobs_per_day);
  s.name = "lean";
  s.workload.classes = two_classes(largest);
  Hazards::choose(s.reliability.hazard, ConstantHazard{5.0});
  return s;
}

Scenario full_scenario(std::int64_t gpus, double days, double jobs_per_day, double largest) {
  Scenario s = bare(gpus, days, jobs_per_day);
  s.name = "full";
  s.warmup = ticks(days / 8);
  s.outputs.by = PeriodLength::month;
  s.catalog.nodes.push_back(kind("b200", 8, 2000, 14000, 2.2));
  add_sites(s, 3, true);
  add_groups(s, 0.6);
  s.workload.classes = two_classes(largest);
  for (ClassSpec& klass : s.workload.classes) {
    klass.speed = {{"b200", 2.0}};
    klass.checkpoint_every = ticks_per_hour;
    klass.checkpoint_cost = 2 * ticks_per_minute;
    klass.restart_cost = 10 * ticks_per_minute;
    klass.communication = 0.3;
    klass.failed = 0.05;
    klass.cancelled = 0.05;
  }
  s.workload.arrivals.batch = 0.2;
  s.workload.arrivals.days = {1.2, 1.2, 1.1, 1.0, 1.0, 0.4, 0.3};
  Admits::choose<GroupQuota>(s.access.admit);
  Orders::choose<ShortestFirst>(s.scheduler.order);
  Places::choose<Pack>(s.scheduler.place);
  s.scheduler.window = 64;
  Paces::choose(s.network.pace, PodSpread{0.2, 0.4});
  Hazards::choose(s.reliability.hazard, InfantHazard{3.0, 2.0, ticks(10)});
  return s;
}

Scenario scenario_with(const Choices& choices, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
  };
  Scenario s = bare(0, uniform(14, 20), uniform(30, 60));
  s.name = "random";
  s.catalog.nodes.push_back(kind("b200", 4, 900, 6000, 2.0));
  s.catalog.nodes.push_back(kind("gb200", 16, 4000, 30000, 2.2));
  add_sites(s, choices[partitions] + 1, choices[deliveries] == 1);
  add_groups(s, uniform(0.3, 0.7));
  s.workload.classes = two_classes(32);
  for (ClassSpec& klass : s.workload.classes) {
    klass.communication = uniform(0, 0.5);
    klass.intensity = uniform(0.3, 1.0);
    klass.speed = {{"b200", uniform(0.5, 2.5)}};
    klass.failed = uniform(0, 0.1);
    klass.cancelled = uniform(0, 0.1);
    if (choices[checkpoints]) {
      klass.checkpoint_every = ticks_per_hour / 2;
      klass.checkpoint_cost = 3 * ticks_per_minute;
      klass.restart_cost = 7 * ticks_per_minute;
    }
  }
  if (choices[partitions] == 2) s.workload.classes[1].speed.push_back({"gb200", 0.0});  // may not run there
  if (choices[load]) s.workload.jobs_per_day *= 3;
  if (choices[bursts]) {
    s.workload.arrivals.batch = 0.4;
    s.workload.arrivals.hours.assign(24, 1.0);
    for (std::size_t h = 0; h < 7; ++h) s.workload.arrivals.hours[h] = 0.0;
  }
  s.access.admit = policies<Admits, OpenQueue, GroupQuota, BorrowedQuota>().at(choices[admit]);
  s.scheduler.order =
      policies<Orders, Fifo, ShortestFirst, SmallestFirst, PriorityFirst, FairShare>().at(choices[order]);
  if (Orders::holds<FairShare>(s.scheduler.order))
    Orders::choose(s.scheduler.order, FairShare{ticks(uniform(0.1, 5)), ticks(uniform(0.01, 0.1))});
  s.power.victim = policies<Victims, NewestVictim, LowestPriorityVictim, LeastLostVictim>().at(choices[victim]);
  if (Victims::holds<LowestPriorityVictim>(s.power.victim)) s.workload.groups[2].priority = 2;
  s.scheduler.place = policies<Places, BestFit, Pack, Pool>().at(choices[place]);
  if (choices[pace] == 1) Paces::choose(s.network.pace, PodSpread{uniform(0, 0.5), uniform(0, 1.0)});
  s.power.draw = policies<Draws, LinearDraw, NameplateDraw>().at(choices[draw_power]);
  const double rate = uniform(5, 40);
  if (choices[hazard] == 0)
    Hazards::choose(s.reliability.hazard, ConstantHazard{rate});
  else
    Hazards::choose(s.reliability.hazard, InfantHazard{rate, 3.0, ticks(8)});
  s.scheduler.backfill = static_cast<Backfill>(choices[backfill]);
  s.scheduler.window = std::array<std::int64_t, 3>{0, 5, 100}[static_cast<std::size_t>(choices[window])];
  s.outputs.by = static_cast<PeriodLength>(choices[periods]);
  if (choices[warmup]) s.warmup = ticks(2.5);
  if (choices[source]) s.workload.trace = "made here";
  if (choices[power]) limit_power(s, choices[power] - 1);
  if (choices[faults]) add_faults(s);
  if (choices[walls]) {
    s.sites.back().clusters.back().groups = {"startup", "national"};
    s.workload.groups[1].priority = 1;
  }
  if (choices[response] && !choices[source]) {
    s.workload.response = {ticks(2), 1.5, 0.5};
    for (GroupSpec& group : s.workload.groups) {
      group.reference_wait = ticks_per_hour;
      group.wait_elasticity = -uniform(0, 1);
    }
  }
  if (choices[policy]) {
    s.policy.purchase.prices = {{"h100", 300}, {"b200", 400}, {"gb200", 900}};
    s.policy.purchase.exchange_rate = 1400;
    s.policy.budget.envelope = {{"2026", uniform(5e6, 2e7)}, {"2027", 5e6}};
    s.policy.domestic = {.node = "b200", .share = uniform(0, 0.5), .performance = 0.8};
    s.policy.incentive.node = "h100";
    s.policy.incentive.cap = 64;
    s.policy.incentive.baseline = 2e6;
    s.policy.incentive.shares = {{"large", 1}};
    s.policy.incentive.elasticity = 1;
    s.policy.incentive.lag = ticks(2);
    s.policy.incentive.delay = LawSpec::exponential(86400);
    s.policy.fund.cap = 16;
    s.policy.fund.amount = 1e7;
    s.policy.fund.purchase = 0.5;
    s.policy.fund.delay = LawSpec::constant(0);
  }
  if (choices[triggers]) {
    // Without quotas none moves.
    pull_triggers(s, choices[admit] == 0 ? 1 : choices[triggers]);
    for (GroupSpec& group : s.workload.groups) {
      group.price = group.reference_price = 1;
      group.price_elasticity = -0.5;
    }
  }
  return s;
}

std::vector<Choices> pairwise_cover(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto list = factors();
  // open[f][a][g][b]: the pair does not occur yet; f < g.
  std::vector<std::array<std::size_t, 4>> open;
  for (std::size_t f = 0; f < list.size(); ++f)
    for (std::size_t g = f + 1; g < list.size(); ++g)
      for (int a = 0; a < list[f].levels; ++a)
        for (int b = 0; b < list[g].levels; ++b)
          open.push_back({f, static_cast<std::size_t>(a), g, static_cast<std::size_t>(b)});
  const auto covers = [](const Choices& row, const std::array<std::size_t, 4>& pair) {
    return static_cast<std::size_t>(row[pair[0]]) == pair[1] && static_cast<std::size_t>(row[pair[2]]) == pair[3];
  };
  std::vector<Choices> rows;
  while (!open.empty()) {
    Choices best;
    std::size_t most = 0;
    for (int attempt = 0; attempt < 100; ++attempt) {
      Choices row(list.size());
      for (std::size_t f = 0; f < list.size(); ++f)
        row[f] = static_cast<int>(random() % static_cast<std::uint64_t>(list[f].levels));
      const auto& first = open[random() % open.size()];  // at least this one
      row[first[0]] = static_cast<int>(first[1]);
      row[first[2]] = static_cast<int>(first[3]);
      std::size_t count = 0;
      for (const auto& pair : open) count += covers(row, pair);
      if (count > most) {
        most = count;
        best = row;
      }
    }
    std::erase_if(open, [&](const auto& pair) { return covers(best, pair); });
    rows.push_back(best);
  }
  return rows;
}

BlobStudy make_study(std::string name, const std::vector<Scenario>& levers, std::uint32_t samples,
                     std::uint32_t replicas, std::uint64_t seed) {
  TraceInputs trace;
  if (!levers.front().workload.trace.empty()) trace = trace_of(levers.front(), seed);
  const WorldBuilder builder(levers, trace.jobs.empty() ? nullptr : &trace, seed);
  BlobStudy study;
  study.name = std::move(name);
  const auto* world = reinterpret_cast<const std::byte*>(&builder.world());
  study.world_block.assign(world, world + builder.world().bytes);
  for (std::uint32_t lever = 0; lever < levers.size(); ++lever)
    for (std::uint32_t sample = 0; sample < samples; ++sample)
      study.points.push_back(builder.point(levers[lever], lever, sample));
  ReplicaRunner<1> runner;
  for (std::uint32_t p = 0; p < study.points.size(); ++p)
    for (std::uint32_t r = 0; r < replicas; ++r) {
      const Point& point = *reinterpret_cast<const Point*>(study.points[p].data());
      const ReplicaResult result =
          runner.run(study.world(), point, {study.world().seed, point.sample, r}, first_capacity(study.world(), point));
      study.rows.push_back({{p, r}, hash_of(study.world(), result.raw(study.world()))});
    }
  return study;
}

std::vector<BlobStudy> built_in_studies() {
  std::vector<BlobStudy> studies;
  studies.push_back(make_study("lean", {lean_scenario(1024, 20, 300), lean_scenario(1536, 20, 300)}, 2, 4, 2026));
  Scenario full = full_scenario(640, 20, 250);
  Scenario fifo = full_scenario(960, 20, 250);
  Orders::choose<Fifo>(fifo.scheduler.order);
  Admits::choose<OpenQueue>(fifo.access.admit);
  Scenario planned = full_scenario(640, 20, 120);
  planned.scheduler.backfill = Backfill::conservative;
  studies.push_back(make_study("full", {full, fifo, planned}, 2, 3, 2027));
  Scenario shares = full_scenario(640, 20, 250);
  Admits::choose<OpenQueue>(shares.access.admit);
  Orders::choose(shares.scheduler.order, FairShare{ticks(2), ticks_per_hour});
  for (std::size_t g = 0; g < shares.workload.groups.size(); ++g) {
    shares.workload.groups[g].fair_share = static_cast<double>(1 + g);
    shares.workload.groups[g].priority = static_cast<std::int64_t>(g);
  }
  limit_power(shares, 2);
  Victims::choose<LeastLostVictim>(shares.power.victim);
  Scenario borrowing = shares;
  Admits::choose<BorrowedQuota>(borrowing.access.admit);
  borrowing.scheduler.backfill = Backfill::conservative;
  borrowing.workload.jobs_per_day = 120;
  Victims::choose<LowestPriorityVictim>(borrowing.power.victim);
  studies.push_back(make_study("shares", {shares, borrowing}, 1, 3, 2028));
  Scenario ordering = full_scenario(320, 20, 250), moving = ordering;
  pull_triggers(ordering, 1);
  pull_triggers(moving, 2);
  studies.push_back(make_study("triggers", {ordering, moving}, 1, 3, 2028));
  return studies;
}

std::vector<BlobStudy> timed_studies(double days) {
  std::vector<BlobStudy> studies;
  studies.push_back(make_study("lean-18k", {lean_scenario(18000, days, 8000, 96)}, 1, 1, 18));
  studies.push_back(make_study("full-18k", {full_scenario(18000, days, 8000, 96)}, 1, 1, 18));
  return studies;
}

std::vector<Task> tasks_of(const BlobStudy& study) {
  std::vector<Task> tasks;
  for (const ExpectedRow& row : study.rows) tasks.push_back(row.task);
  return tasks;
}

}  // namespace nadc::test
