#include "tests/reference/worlds.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>
#include <stdexcept>

#include "models/network/pace.hpp"
#include "models/power/victim.hpp"
#include "models/reliability/hazard.hpp"
#include "models/scheduler/order.hpp"
#include "models/workload/job_source.hpp"
#include "tests/models/policies.hpp"

namespace nadc::reference {

const std::vector<Dimension>& dimensions() {
  static const std::vector<Dimension> list{
      {"order", {"fifo", "shortest", "smallest", "priority", "fair-share"}},
      {"backfill", {"none", "easy", "conservative"}},
      {"place", {"pool", "best_fit", "pack"}},
      {"admit", {"open", "quota", "borrow"}},
      {"window", {"all", "small"}},
      {"queue", {"any", "few", "loss"}},
      {"fleet", {"one", "kinds", "clusters", "sites"}},
      {"speeds", {"equal", "differ", "barred"}},
      {"walls", {"none", "cluster", "confined"}},
      {"jobs", {"synthetic", "trace"}},
      {"load", {"light", "full", "over"}},
      {"sizes", {"small", "mixed", "large"}},
      {"requests", {"exact", "over"}},
      {"time_limit", {"none", "kill"}},
      {"failures", {"none", "constant", "infant"}},
      {"modes", {"none", "kinds", "slow"}},
      {"lemons", {"none", "some"}},
      {"crews", {"many", "few", "shift"}},
      {"spares", {"none", "one", "two"}},
      {"outages", {"none", "chance", "planned", "uplinks"}},
      {"saving", {"none", "fixed", "young", "background"}},
      {"delivery", {"there", "late"}},
      {"grid", {"none", "full", "idle"}},
      {"limit", {"none", "delay", "slow", "preempt"}},
      {"response_hours", {"none", "some"}},
      {"cluster_limit", {"none", "some"}},
      {"gpu_power", {"full", "less"}},
      {"pace", {"none", "spread"}},
      {"draw", {"linear", "nameplate"}},
      {"demand", {"fixed", "answers"}},
      {"meter", {"none", "tariff", "plant"}},
      {"periods", {"none", "months", "warmup"}},
      {"policy", {"none", "buys"}},
      {"money", {"none", "priced"}},
      {"victim", {"newest", "lowest-priority", "least-lost"}},
      {"triggers", {"none", "order", "quota", "price"}},
  };
  return list;
}

int Choices::operator[](std::string_view dimension) const {
  for (std::size_t d = 0; d < dimensions().size(); ++d)
    if (dimensions()[d].name == dimension) return of[d];
  throw std::invalid_argument("no dimension " + std::string(dimension));
}

int& Choices::operator[](std::string_view dimension) {
  for (std::size_t d = 0; d < dimensions().size(); ++d)
    if (dimensions()[d].name == dimension) return of[d];
  throw std::invalid_argument("no dimension " + std::string(dimension));
}

// What no scenario may have together.
static void make_sound(Choices& choices) {
  if (choices["jobs"] == 1) choices["demand"] = 0;                                 // a trace does not answer
  if (choices["policy"] == 1) choices["money"] = 0;                                // a budget has prices of its own
  if (choices["triggers"] == 2 && choices["admit"] == 0) choices["triggers"] = 1;  // without quotas none moves
}

Choices random_choices(std::uint64_t seed) {
  std::mt19937_64 random(seed * 2654435761u + 17);
  Choices choices;
  choices.seed = seed;
  // Some worlds are nearly plain, some have nearly everything.
  const std::uint64_t rich = 1 + random() % 7;
  for (const Dimension& dimension : dimensions()) {
    const bool always = dimension.name == "backfill" || dimension.name == "place" || dimension.name == "order" ||
                        dimension.name == "load" || dimension.name == "sizes" || dimension.name == "admit";
    const std::uint64_t others = dimension.choices.size() - 1;
    choices.of.push_back(always                ? static_cast<int>(random() % (others + 1))
                         : random() % 8 < rich ? 1 + static_cast<int>(random() % others)
                                               : 0);
  }
  make_sound(choices);
  return choices;
}

std::string text_of(const Choices& choices) {
  std::string text = "seed=" + std::to_string(choices.seed);
  for (std::size_t d = 0; d < dimensions().size(); ++d)
    if (choices.of[d] != 0)
      text += " " + std::string(dimensions()[d].name) + "=" + std::string(dimensions()[d].choices[choices.of[d]]);
  return text;
}

Choices read_choices(const std::string& text) {
  Choices choices;
  choices.of.assign(dimensions().size(), 0);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
    if (name == "seed") {
      choices.seed = std::stoull(value);
      continue;
    }
    bool known = false;
    for (std::size_t d = 0; d < dimensions().size(); ++d)
      for (std::size_t c = 0; c < dimensions()[d].choices.size(); ++c)
        if (dimensions()[d].name == name && dimensions()[d].choices[c] == value) {
          choices.of[d] = static_cast<int>(c);
          known = true;
        }
    if (!known) throw std::invalid_argument("unknown choice " + word);
  }
  return choices;
}

namespace {

// Random numbers of one part of a world, whatever the other parts draw.
class Dice {
 public:
  Dice(std::uint64_t seed, std::uint64_t part) : random_(seed * 1000003 + part * 7919) {}
  std::int64_t below(std::uint64_t n) { return static_cast<std::int64_t>(random_() % n); }
  double real(double low, double high) { return low + (high - low) * static_cast<double>(random_() >> 11) * 0x1p-53; }

 private:
  std::mt19937_64 random_;
};

constexpr Tick days = ticks_per_day;

void add_fleet(Scenario& s, const Choices& is) {
  Dice dice(is.seed, 1);
  s.catalog.nodes = {test::node_kind("four", 4, 400.5, 3000, 25), test::node_kind("eight", 8, 1500, 8000.25, 10)};
  const int fleet = is["fleet"];
  const int sites = fleet == 3 ? 2 : 1, clusters = fleet == 2 ? 2 : 1;
  for (int i = 0; i < sites; ++i) {
    SiteSpec site;
    site.name = "site" + std::to_string(i);
    site.pue = dice.real(1.1, 1.6);
    for (int c = 0; c < clusters; ++c) {
      ClusterSpec cluster;
      cluster.name = "c" + std::to_string(c);
      cluster.pod_nodes = 1 + dice.below(4);
      const int tranches = fleet == 1 ? 3 : 2;
      for (int t = 0; t < tranches; ++t) {
        TrancheSpec tranche;
        tranche.node = (fleet == 1 ? t % 2 : i + c) ? "four" : "eight";
        tranche.gpus = (tranche.node == "four" ? 4 : 8) * (1 + dice.below(5));
        const std::int64_t date = dice.below(6) * 86400 + dice.below(5000);
        if (is["delivery"] && t > 0) {
          tranche.date = s.start + date;
          tranche.delay = LawSpec::exponential(86400);
        }
        cluster.tranches.push_back(tranche);
      }
      if (is["gpu_power"]) cluster.gpu_power = 0.8;
      cluster.spares = is["spares"];
      std::int64_t fewest = 100;  // of a kind
      for (const char* kind : {"four", "eight"}) {
        std::int64_t nodes = 0;
        for (const TrancheSpec& tranche : cluster.tranches)
          if (tranche.node == kind) nodes += tranche.gpus / (tranche.node == "four" ? 4 : 8);
        if (nodes > 0) fewest = std::min(fewest, nodes);
      }
      cluster.spares = std::min(cluster.spares, fewest - 1);
      site.clusters.push_back(cluster);
    }
    s.sites.push_back(site);
  }
}

void add_jobs(Scenario& s, const Choices& is) {
  Dice dice(is.seed, 2);
  for (int g = 0; g < 3; ++g) {
    GroupSpec group;
    group.name = "g" + std::to_string(g);
    group.share = dice.real(0.5, 2);
    group.quota = static_cast<double>(20 + dice.below(70)) / 100;
    group.priority = is["order"] == 3 || is["victim"] == 1 ? dice.below(3) : 0;
    group.fair_share = is["order"] == 4 ? static_cast<double>(dice.below(4)) : 0;
    if (is["demand"]) {
      group.reference_wait = ticks_per_hour;
      group.wait_elasticity = -dice.real(0.2, 1);
    }
    s.workload.groups.push_back(group);
  }
  if (is["walls"] && (is["fleet"] == 2 || is["fleet"] == 3)) {
    ClusterSpec& walled = is["fleet"] == 2 ? s.sites[0].clusters[1] : s.sites[1].clusters[0];
    walled.groups = {"g1"};
    s.workload.groups[1].confined = is["walls"] == 2;
  }
  double work = 0, shares = 0;
  for (int k = 0; k < 3; ++k) {
    const int sizes = is["sizes"];
    const LawSpec gpus = sizes == 0   ? LawSpec::choice({{1, 4}, {2, 2}, {3, 1}, {4, 1}})
                         : sizes == 1 ? LawSpec::choice({{1, 4}, {2, 2}, {3, 2}, {5, 1}, {8, 2}, {12, 1}, {16, 1}})
                                      : LawSpec::choice({{1, 1}, {8, 2}, {12, 1}, {16, 2}, {24, 2}, {30, 1}});
    ClassSpec klass = test::job_class("k" + std::to_string(k), gpus,
                                      LawSpec::lognormal(dice.real(600, 10000), 1).capped(1, 2 * 86400));
    const double over = dice.real(2, 4);
    if (is["requests"]) klass.request_factor = LawSpec::uniform(1, over);
    klass.request_max = 4 * days;
    klass.share = dice.real(0.5, 2);
    klass.intensity = dice.real(0.1, 1);
    klass.communication = dice.real(0, 0.5);
    klass.failed = dice.real(0, 0.3);
    klass.cancelled = dice.real(0, 0.3);
    const std::int64_t every = (600 + dice.below(4000)) * ticks_per_second, cost = dice.below(60) * ticks_per_second;
    const std::int64_t restart = dice.below(600) * ticks_per_second + dice.below(1000);
    if (is["saving"] && k != 1) {
      klass.checkpoint_every = every;
      klass.checkpoint_cost = cost;
      klass.restart_cost = restart;
      if (is["saving"] > 1) {
        klass.checkpoint = k == 0;
        klass.checkpoint_mode = is["saving"] == 3;
        klass.checkpoint_size_per_gpu = 4e9;
      }
    }
    const double fast = dice.real(0.5, 2.5);
    if (is["speeds"] == 1) klass.speed.push_back({"eight", fast});
    if (is["speeds"] == 2) klass.speed.push_back({k == 0 ? "eight" : "four", k == 2 ? fast : 0.0});
    work += klass.share * mean(klass.gpus) * mean(klass.duration);
    shares += klass.share;
    s.workload.classes.push_back(klass);
  }
  double fleet = 0;
  for (const SiteSpec& site : s.sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches) fleet += static_cast<double>(tranche.gpus);
  const double load = is["load"] == 0 ? dice.real(0.2, 0.5) : is["load"] == 1 ? dice.real(0.6, 0.9) : 1.2;
  s.workload.jobs_per_day = std::min(120.0, load * fleet * 86400 / (work / shares));
  s.workload.arrivals.gap = dice.below(2) ? LawSpec::exponential(1) : LawSpec::weibull(0.7, 1);
  s.workload.arrivals.batch = dice.below(2) ? 0 : 0.3;
  if (is["demand"]) s.workload.response = {s.horizon / (3 + dice.below(5)), dice.real(1, 2), dice.real(0, 1)};
}

void add_faults(Scenario& s, const Choices& is) {
  Dice dice(is.seed, 3);
  ReliabilitySpec& spec = s.reliability;
  const double rate = dice.real(10, 120);
  if (is["failures"] == 1) Hazards::choose(spec.hazard, ConstantHazard{.rate = rate});
  if (is["failures"] == 2)
    Hazards::choose(spec.hazard, InfantHazard{.rate = rate / 2, .excess = 3, .period = 4 * days});
  spec.repair = LawSpec::lognormal(dice.real(1800, 40000), 1);
  ModeSpec software, hardware, slow, slower;
  software.name = "software";
  software.drains = 0.2;
  software.repair = software.detection = LawSpec::constant(1);
  hardware.name = "hardware";
  hardware.repair = LawSpec::exponential(20000);
  hardware.detection = LawSpec::constant(1);
  slow.name = "slow";
  slow.speed = 0.5;
  slow.repair = LawSpec::constant(3600);
  slow.detection = LawSpec::exponential(20000);
  slower = slow;
  slower.name = "slower";
  slower.speed = 0.25;
  if (is["modes"] == 1) spec.modes = {software, hardware};
  if (is["modes"] == 2) spec.modes = {software, hardware, slow, slower};
  if (is["lemons"]) spec.lemons = {0.2, 4};
  if (is["crews"] == 1) spec.crews = {1, 0, 24};
  if (is["crews"] == 2) spec.crews = {dice.below(3), 8, 18};
  OutageSpec rack, upkeep, link;
  rack.name = "rack";
  rack.nodes = 2;
  rack.rate = 60;
  rack.length = LawSpec::exponential(5000);
  upkeep.name = "upkeep";
  upkeep.nodes = 2 * dice.below(2);
  upkeep.every = 3 * days;
  upkeep.length = LawSpec::constant(1800);
  link.name = "link";
  link.nodes = 3;
  link.rate = 100;
  link.length = LawSpec::exponential(20000);
  link.uplinks = 0.5;
  if (is["outages"] == 1) spec.outages = {rack};
  if (is["outages"] == 2) spec.outages = {rack, upkeep};
  if (is["outages"] == 3) spec.outages = {link};
  if (is["saving"] > 1) {
    spec.store.write = BytesPerSecond(1e9);
    spec.store.write_per_node = BytesPerSecond(5e8);
    spec.store.copy_per_node = BytesPerSecond(1e10);
    spec.store.latency = 500;
  }
}

void add_power(Scenario& s, const Choices& is) {
  Dice dice(is.seed, 4);
  ClimateSpec climate;
  climate.name = "mild";
  climate.wet_bulb.assign(12, 12);
  climate.swing = 3;
  s.catalog.climates = {climate};
  TariffSpec tariff;
  tariff.name = "day and night";
  TariffSeasonSpec season;
  season.months = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  season.off_peak = 80 / joules_per_kwh;
  season.mid_peak = 120 / joules_per_kwh;
  season.on_peak = 160 / joules_per_kwh;
  season.mid_hours = {8, 9, 10, 18, 19};
  season.on_hours = {11, 13, 14, 15};
  tariff.seasons = {season};
  tariff.beside = 9 / joules_per_kwh;
  tariff.demand_charge = 8320.0 * 12 / 1000 / static_cast<double>(ticks_per_year / ticks_per_second);
  tariff.demand_interval = 30 * ticks_per_minute;
  tariff.ratchet = {1};
  tariff.calendar = "one day off";
  s.catalog.tariffs = {tariff};
  HolidaySpec third;
  third.date = s.start / 86400 * 86400 + 2 * 86400;
  CalendarSpec calendar;
  calendar.name = tariff.calendar;
  calendar.days = {third};
  s.catalog.calendars = {calendar};
  for (SiteSpec& site : s.sites) {
    double full_w = 0;
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches)
        full_w += static_cast<double>(tranche.gpus) * (tranche.node == "eight" ? 1000 : 750);
    SitePowerSpec& power = site.power;
    power.climate = "mild";
    if (is["meter"]) power.tariff = tariff.name;
    if (is["meter"] == 2) power.plant = static_cast<Plant>(1 + dice.below(4));
    const double share = 0.6 + 0.1 * static_cast<double>(dice.below(6));
    if (is["limit"]) {
      power.limit = Watts(full_w * share);
      power.at_limit = static_cast<AtLimit>(is["limit"] - 1);
    }
    const std::int64_t date = dice.below(6) * 86400;
    if (is["grid"]) {
      GridStepSpec first, second;
      first.adds = Watts(full_w * 0.6);
      second.adds = Watts(full_w);
      second.date = s.start + date;
      second.delay = LawSpec::exponential(86400);
      power.grid = {first, second};
      power.reserve = is["grid"] == 1 ? Reserve::full : Reserve::idle;
    }
    if (is["response_hours"] && (is["limit"] || is["grid"])) {
      DemandResponseSpec window;
      window.from = 13;
      window.to = 17;
      window.days = static_cast<int>(dice.below(2));
      window.share = 0.5;
      power.demand_response = {window};
    }
    if (is["cluster_limit"]) site.clusters[0].limit = Watts(full_w * 0.7);
  }
  s.power.draw = test::policies<Draws, LinearDraw, NameplateDraw>().at(is["draw"]);
  const double penalty = dice.real(0, 1), contention = dice.real(0, 2);
  if (is["pace"]) Paces::choose(s.network.pace, PodSpread{.penalty = penalty, .contention = contention});
}

void add_policy(Scenario& s, const Choices& is) {
  if (!is["policy"]) return;
  Dice dice(is.seed, 5);
  s.policy.domestic = {.node = "four", .share = dice.real(0, 1), .performance = dice.real(0.5, 2)};
  s.policy.purchase.prices = {{"four", 100}, {"eight", 250}};
  s.policy.purchase.exchange_rate = 1400;
  s.policy.budget.envelope = {{"2026", dice.real(1e6, 1e7)}};
  s.policy.incentive.node = "eight";
  s.policy.incentive.cap = 16;
  s.policy.incentive.baseline = 1e6;
  s.policy.incentive.shares = {{"large", 1}};
  s.policy.incentive.elasticity = 1;
  s.policy.incentive.lag = 2 * days;
  s.policy.incentive.delay = LawSpec::exponential(86400);
  for (SiteSpec& site : s.sites)
    for (ClusterSpec& cluster : site.clusters) cluster.spares = 0;
}

// Prices of nodes and of GPU-hours, rent, wear and interest.
void add_money(Scenario& s, const Choices& is) {
  if (!is["money"]) return;
  Dice dice(is.seed, 6);
  s.policy.purchase.prices = {{"four", dice.real(1e4, 1e5)}, {"eight", dice.real(1e5, 4e5)}};
  s.policy.purchase.rents = {{"four", dice.real(1, 3)}, {"eight", dice.real(1, 3)}};
  s.policy.purchase.exchange_rate = 1400;
  s.policy.purchase.overhead = dice.real(0, 0.3);
  s.policy.ownership.state = static_cast<double>(dice.below(5)) / 4;
  s.policy.cost.discount_rate = 0.01 * static_cast<double>(dice.below(8));
  s.policy.cost.lifetime = (2 + dice.below(5)) * ticks_per_year;
  s.policy.cost.residual = 0.05 * static_cast<double>(dice.below(4));
  s.policy.cost.maintenance = 0.01 * static_cast<double>(dice.below(6));
  for (SiteSpec& site : s.sites)
    for (ClusterSpec& cluster : site.clusters)
      if (dice.below(3) == 0) cluster.tranches.back().how = Acquire::rent;
  for (GroupSpec& group : s.workload.groups) {
    group.price = dice.real(500, 5000) / 3600;
    group.subsidy = 0.125 * static_cast<double>(dice.below(4));
    group.reference_price = group.price * (1 - group.subsidy);
  }
}

// One or two rules that look every day; the second changes prices.
void add_triggers(Scenario& s, const Choices& is) {
  if (!is["triggers"]) return;
  Dice dice(is.seed, 7);
  const auto group = [&] { return "g" + std::to_string(dice.below(3)); };
  const auto rule = [&](const char* name) {
    TriggerSpec trigger;
    trigger.name = name;
    trigger.every = TriggerPeriod::day;
    trigger.when.metric = static_cast<TriggerMetric>(dice.below(4));
    const bool more = dice.below(3) > 0;
    if (is_of_waits(trigger.when.metric))
      (more ? trigger.when.longer : trigger.when.shorter) = 1 + dice.below(more ? 20000000 : 7200000);
    else
      (more ? trigger.when.above : trigger.when.below) = 0.05 * static_cast<double>(1 + dice.below(18));
    const bool of_one = dice.below(2) > 0;
    const std::string of = group();
    if (trigger.when.metric == TriggerMetric::group_use ||
        (of_one && trigger.when.metric != TriggerMetric::utilization))
      trigger.when.of = of;
    trigger.when.in_a_row = 1 + dice.below(2);
    trigger.at_most = 1 + dice.below(3);
    trigger.pause = dice.below(2);
    return trigger;
  };
  const auto price = [&] {
    const double by = dice.real(0.5, 2);
    return PriceChangeSpec{by, dice.below(2) ? group() : std::string()};
  };
  TriggerSpec first = rule("first");
  if (is["triggers"] == 1) {
    const SiteSpec& site = s.sites[static_cast<std::size_t>(dice.below(s.sites.size()))];
    OrderSpec order;
    order.site = site.name;
    order.cluster = site.clusters[static_cast<std::size_t>(dice.below(site.clusters.size()))].name;
    order.node = dice.below(2) ? "four" : "eight";
    order.gpus = 1 + dice.below(24);
    order.lead = dice.below(3) * days / 2;
    order.delay = dice.below(2) ? LawSpec::exponential(40000) : LawSpec::constant(0);
    if (is["money"] && dice.below(3) == 0) order.how = Acquire::rent;
    first.then.order = order;
  } else if (is["triggers"] == 2) {
    const std::int64_t from = dice.below(3), to = (from + 1 + dice.below(2)) % 3;
    first.then.quota = QuotaMoveSpec{"g" + std::to_string(from), "g" + std::to_string(to),
                                     0.01 * static_cast<double>(5 + dice.below(30))};
  } else {
    first.then.price = price();
  }
  s.policy.triggers = {first};
  for (GroupSpec& one : s.workload.groups)
    if (is["money"] && is["demand"]) one.price_elasticity = -dice.real(0.2, 1.5);
  if (!dice.below(2)) return;
  TriggerSpec second = rule("second");
  second.then.price = price();
  s.policy.triggers.push_back(second);
}

}  // namespace

Case case_of(const Choices& is) {
  Dice dice(is.seed, 0);
  Case one;
  one.replica = static_cast<std::uint32_t>(is.seed % 5);
  Scenario& s = one.scenario;
  s.name = "random";
  s.start = test::monday + dice.below(28 * 24) * 3600;
  s.horizon = (4 + dice.below(5)) * days + dice.below(100000);
  if (is["periods"] == 2) s.warmup = 2 * days + dice.below(1000);
  if (is["periods"]) s.outputs.by = PeriodLength::month;
  s.scheduler.order =
      test::policies<Orders, Fifo, ShortestFirst, SmallestFirst, PriorityFirst, FairShare>().at(is["order"]);
  if (Orders::holds<FairShare>(s.scheduler.order)) {
    FairShare order;
    order.half_life = dice.below(4) == 0 ? 0 : dice.below(days);
    order.interval = ticks_per_minute + dice.below(3 * ticks_per_hour);
    Orders::choose(s.scheduler.order, order);
  }
  s.power.victim = test::policies<Victims, NewestVictim, LowestPriorityVictim, LeastLostVictim>().at(is["victim"]);
  s.scheduler.backfill = static_cast<Backfill>(is["backfill"]);
  s.scheduler.place = test::policies<Places, Pool, BestFit, Pack>().at(is["place"]);
  s.scheduler.window = is["window"] ? 1 + dice.below(12) : 0;
  s.scheduler.queue = is["queue"] == 0 ? -1 : is["queue"] == 1 ? 1 + dice.below(5) : 0;
  s.scheduler.limit = static_cast<TimeLimit>(is["time_limit"]);
  s.access.admit = test::policies<Admits, OpenQueue, GroupQuota, BorrowedQuota>().at(is["admit"]);
  add_fleet(s, is);
  add_jobs(s, is);
  add_faults(s, is);
  add_power(s, is);
  add_policy(s, is);
  add_money(s, is);
  add_triggers(s, is);
  return is["jobs"] ? as_trace(one) : one;
}

Case as_trace(const Case& one) {
  if (!one.jobs.empty()) return one;
  const test::Study study({one.scenario}, one.seed);
  const JobSource source(study.world(), study.point(), study.key(one.replica));
  Case traced = one;
  for (const SourceId s : source.sources())
    for (ArrivalCursor cursor = source.first(s); cursor.at < study.world().horizon; source.next(s, cursor)) {
      const nadc::Job job = source.job(s, cursor);
      traced.jobs.push_back(test::job(static_cast<double>(job.submit) / 1000, job.gpus,
                                      static_cast<double>(job.duration) / 1000, static_cast<double>(job.request) / 1000,
                                      study.builder().groups()[study.world().group_of(job.cell).value],
                                      study.builder().classes()[study.world().class_of(job.cell).value]));
    }
  std::stable_sort(traced.jobs.begin(), traced.jobs.end(),
                   [](const TraceInput& a, const TraceInput& b) { return a.submit_s < b.submit_s; });
  return traced;
}

}  // namespace nadc::reference
