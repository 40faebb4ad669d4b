#include "models/build.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>

#include "models/largest_job.hpp"
#include "models/network/pace.hpp"
#include "models/policy/procurement.hpp"
#include "models/power/carbon.hpp"
#include "models/power/node_power.hpp"
#include "models/reliability/hazard.hpp"
#include "models/scheduler/place.hpp"
#include "models/site/fleet.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

[[noreturn]] void fail(std::string path, std::string message, std::string hint) {
  Place place;
  place.path = std::move(path);
  throw Error(ErrorKind::input, std::move(message), std::move(hint), std::move(place));
}

std::uint32_t add_name(std::vector<std::string>& names, const std::string& name) {
  const auto at = static_cast<std::uint32_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (at == names.size()) names.push_back(name);
  return at;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// The law with all values multiplied.
LawSpec scaled(LawSpec law, double factor) {
  using Kind = LawSpec::Kind;
  switch (law.kind) {
    case Kind::constant:
    case Kind::lognormal:
    case Kind::exponential:
    case Kind::choice:
    case Kind::empirical:
      law.parameter[0] *= factor;
      break;
    case Kind::weibull:
    case Kind::gamma:
      law.parameter[1] *= factor;
      break;
    case Kind::uniform:
    case Kind::triangular:
    case Kind::normal:
      for (double& parameter : law.parameter) parameter *= factor;
      break;
  }
  law.min *= factor;
  law.max *= factor;
  return law;
}

double amount(const std::vector<NamedAmount>& amounts, const std::string& name, double otherwise) {
  for (const NamedAmount& entry : amounts)
    if (entry.name == name) return entry.value;
  return otherwise;
}

Week week_of(const ArrivalsSpec& arrivals, std::int64_t start) {
  if (!arrivals.hours.empty() && arrivals.hours.size() != 24)
    fail("workload.arrivals.hours", "has " + std::to_string(arrivals.hours.size()) + " rates",
         "give 24, one an hour of the day");
  if (!arrivals.days.empty() && arrivals.days.size() != 7)
    fail("workload.arrivals.days", "has " + std::to_string(arrivals.days.size()) + " rates", "give 7, Monday first");
  // 1970-01-01 was a Thursday, 72 hours after a Monday.
  const std::int64_t hour0 = ((start / 3600 + 72) % Week::hours + Week::hours) % Week::hours;
  double weight[Week::hours], sum = 0;
  for (std::uint32_t h = 0; h < Week::hours; ++h) {
    const auto hour = static_cast<std::size_t>((hour0 + h) % Week::hours);
    weight[h] = (arrivals.hours.empty() ? 1.0 : arrivals.hours[hour % 24]) *
                (arrivals.days.empty() ? 1.0 : arrivals.days[hour / 24]);
    sum += weight[h];
  }
  if (!(sum > 0)) fail("workload.arrivals", "all hours have rate 0", "give at least one hour and day a rate above 0");
  Week week;
  for (std::uint32_t h = 0; h < Week::hours; ++h) {
    week.flat[h] = std::llround(weight[h] * Week::hours / sum * static_cast<double>(ticks_per_hour));
    week.stretch[h] = week.flat[h] > 0 ? (ticks_per_hour << 20) / week.flat[h] : 0;
  }
  return week;
}

std::vector<Tick> period_ends(const Scenario& scenario, Tick horizon) {
  std::vector<Tick> ends;
  if (scenario.warmup > 0) ends.push_back(scenario.warmup);
  if (scenario.outputs.by != PeriodLength::none && horizon < never) {
    using namespace std::chrono;
    const int months = scenario.outputs.by == PeriodLength::month     ? 1
                       : scenario.outputs.by == PeriodLength::quarter ? 3
                                                                      : 12;
    const sys_seconds start{seconds{scenario.start}};
    const year_month_day first{floor<days>(start)};
    year_month at{first.year(), month{(static_cast<unsigned>(first.month()) - 1) / static_cast<unsigned>(months) *
                                          static_cast<unsigned>(months) +
                                      1}};
    for (;;) {
      at += std::chrono::months{months};
      const Tick end =
          (sys_days{at / 1} - floor<days>(start)).count() * ticks_per_day - (scenario.start % 86400) * ticks_per_second;
      if (end >= horizon) break;
      if (end > scenario.warmup) ends.push_back(end);
    }
  }
  ends.push_back(horizon);
  return ends;
}

Tick horizon_of(const Scenario& scenario) {
  if (scenario.horizon > 0) return scenario.horizon;
  if (scenario.workload.trace.empty())
    fail("horizon", "is missing", "give a duration, or workload.trace to replay a trace until its last job ends");
  return never;
}

std::int64_t pod_nodes_of(const Scenario& scenario, const PlannedTranche& tranche) {
  for (const SiteSpec& site : sites_of(scenario))
    for (const ClusterSpec& cluster : site.clusters)
      if (site.name == tranche.site && cluster.name == tranche.cluster) return cluster.pod_nodes;
  return FleetSpec{}.pod_nodes;
}

// GPUs bought, in millionths, and how many of these the state owns: all when there are none.
struct OwnedParts {
  std::uint64_t all = 0, state = 0;
};
OwnedParts owned_parts(const std::vector<PlannedTranche>& planned, const Procurement& procurement) {
  OwnedParts owned;
  for (std::size_t t = 0; t < planned.size(); ++t) {
    const auto gpus = static_cast<std::uint64_t>(procurement.tranches[t].nodes * planned[t].gpus);
    owned.all += gpus * static_cast<std::uint64_t>(million);
    owned.state += gpus * static_cast<std::uint64_t>(planned[t].state_ppm);
  }
  return owned.all > 0 ? owned : OwnedParts{1, 1};
}

// GPUs promised: those of policy.target, else all of the plan, bought or not.
std::uint32_t goal_gpus(const Scenario& scenario, const std::vector<PlannedTranche>& planned) {
  if (scenario.policy.target.gpus > 0) return static_cast<std::uint32_t>(scenario.policy.target.gpus);
  std::int64_t gpus = 0;
  for (const PlannedTranche& tranche : planned)
    if (tranche.origin == Origin::schedule) gpus += tranche.nodes * tranche.gpus;
  return static_cast<std::uint32_t>(gpus);
}

// A node's part of the switches and optics of a cluster of this many [mW]; 0 for a kind that the machine model lacks.
std::int64_t fabric_mw_of_node(const NodeKindSpec& kind, std::uint32_t nodes) {
  const ServerKind* known = known_node_kind(kind.name);
  const auto parts = static_cast<std::uint32_t>(kind.parts), whole = (nodes + parts - 1) / parts;
  return known ? std::llround(network_power(*known, whole).value * 1000.0 / nodes) : 0;
}

std::uint32_t threshold16(double share) { return static_cast<std::uint32_t>(std::lround(share * 65536.0)); }
std::uint32_t threshold32(double share) {
  return static_cast<std::uint32_t>(std::min(4294967295.0, std::floor(share * 4294967296.0)));
}

double lemon_factor(const ReliabilitySpec& spec) { return spec.lemons.share > 0 ? spec.lemons.factor : 1.0; }
double greatest_rate(const ReliabilitySpec& spec) {
  return Hazards::visit(spec.hazard, [](const auto& hazard) { return hazard.greatest(); }) * lemon_factor(spec);
}
double mean_rate(const ReliabilitySpec& spec) {
  return Hazards::visit(spec.hazard, [](const auto& hazard) { return hazard.long_run(); }) *
         (1.0 + spec.lemons.share * (lemon_factor(spec) - 1.0));
}

// Row of each job of the trace among the names of the scenario (groups or classes); adds the row of unknown names.
std::vector<std::size_t> rows_of_names(const TraceInputs& trace, std::string TraceInput::*member,
                                       std::vector<std::string>& names, const std::string& what,
                                       const std::string& unknown) {
  std::vector<std::size_t> rows(trace.jobs.size(), 0);
  if (names.empty()) return rows;
  const std::size_t known = names.size();
  std::map<std::string, std::size_t> strangers;
  std::size_t strange_jobs = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string& name = trace.jobs[i].*member;
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(known), found = std::find(names.begin(), end, name);
    if (found != end)
      rows[i] = static_cast<std::size_t>(found - names.begin());
    else if (!name.empty() || known > 1) {
      ++strange_jobs;
      if (unknown == "error")
        ++strangers[name];
      else
        rows[i] = add_name(names, unknown);
    }
  }
  if (strangers.empty()) return rows;
  std::vector<std::pair<std::size_t, std::string>> by_count;
  for (const auto& [name, jobs] : strangers) by_count.emplace_back(jobs, name.empty() ? "none" : "'" + name + "'");
  std::stable_sort(by_count.begin(), by_count.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  constexpr std::size_t shown = 10;
  std::string list;
  for (std::size_t i = 0; i < std::min(shown, by_count.size()); ++i)
    list += (i > 0 ? ", " : "") + by_count[i].second + " (" + std::to_string(by_count[i].first) + ")";
  if (by_count.size() > shown) list += " and " + std::to_string(by_count.size() - shown) + " more";
  fail("workload.trace",
       std::to_string(strange_jobs) + (strange_jobs == 1 ? " job has a " : " jobs have a ") + what +
           " that the scenario lacks: " + list,
       "known here: " + list_of(names) + "; or name the row for such jobs in workload.unknown_" + what);
}

}  // namespace

std::uint32_t WorldBuilder::partition_number(const PartitionName& name) const {
  return static_cast<std::uint32_t>(std::find(partitions_.begin(), partitions_.end(), name) - partitions_.begin());
}

std::vector<WorldBuilder::Cluster> WorldBuilder::clusters(const Scenario& scenario) const {
  // Every node that is planned has its place on the fabric, bought or not.
  const std::vector<PlannedTranche> planned = planned_tranches(scenario);
  std::vector<std::uint32_t> nodes(partitions_.size(), 0);
  for (const PlannedTranche& tranche : planned)
    nodes[partition_number({tranche.site, tranche.cluster, tranche.kind})] += static_cast<std::uint32_t>(tranche.most);
  std::vector<Cluster> clusters;
  const auto add = [&](const std::string& site, const std::string& name, const std::string& topology) {
    Cluster cluster{site + "/" + name, topology, {}};
    for (std::uint32_t p = 0; p < partitions_.size(); ++p)
      if (partitions_[p].site == site && partitions_[p].cluster == name)
        cluster.parts.push_back(
            {p, nodes[p], partition_worlds_[p].shape.gpus_per_node, partition_worlds_[p].shape.pod_nodes});
    clusters.push_back(std::move(cluster));
  };
  for (const SiteSpec& site : sites_of(scenario))
    for (const ClusterSpec& spec : site.clusters) add(site.name, spec.name, spec.topology);
  for (const PlannedTranche& tranche : planned)
    if (tranche.origin != Origin::schedule) add(tranche.site, tranche.cluster, "");
  return clusters;
}

WorldBuilder::WorldBuilder(const std::vector<Scenario>& scenarios, const TraceInputs* trace, std::uint64_t seed) {
  const Scenario& base = scenarios.front();
  start_ = base.start;
  const Tick horizon = horizon_ = horizon_of(base);
  if (base.warmup >= horizon)
    fail("warmup", "is not shorter than the horizon", "leave time to measure after the warm-up");

  for (const Scenario& scenario : scenarios) {
    if (scenario.start != base.start || scenario.horizon != base.horizon || scenario.warmup != base.warmup ||
        scenario.outputs.by != base.outputs.by)
      fail("levers", "a lever changes start, horizon, warmup or outputs",
           "these are the same for all levers of a study");
    for (const GroupSpec& group : scenario.workload.groups) add_name(groups_, group.name);
    for (const ClassSpec& klass : scenario.workload.classes) add_name(classes_, klass.name);
    for (const ClassSpec& klass : scenario.workload.classes)
      if (!klass.domain.empty()) add_name(job_domains_, klass.domain);
    for (const PlannedTranche& tranche : planned_tranches(scenario)) {
      const PartitionName name{tranche.site, tranche.cluster, tranche.kind};
      if (partition_number(name) < partitions_.size()) continue;
      partitions_.push_back(name);
      partition_names_.push_back(tranche.site + "/" + tranche.cluster + "/" + tranche.kind);
      PartitionWorld world{};
      world.shape.gpus_per_node = static_cast<std::uint32_t>(tranche.gpus);
      world.shape.pod_nodes = static_cast<std::uint32_t>(pod_nodes_of(scenario, tranche));
      world.site = domains_.site(tranche.site);
      partition_worlds_.push_back(world);
    }
    for (const SiteSpec& site : sites_of(scenario))
      for (const ClusterSpec& cluster : site.clusters)
        if (cluster.limit.value > 0) domains_.add_cluster(site.name, cluster.name);
    greatest_hazard_ = std::max(greatest_hazard_, greatest_rate(scenario.reliability));
    name_outages(scenario);
  }
  std::vector<std::size_t> trace_groups, trace_classes;
  if (trace) {
    trace_groups = rows_of_names(*trace, &TraceInput::group, groups_, "group", base.workload.unknown_group);
    trace_classes = rows_of_names(*trace, &TraceInput::klass, classes_, "class", base.workload.unknown_class);
  }
  if (groups_.empty()) groups_.push_back("all");
  if (classes_.empty()) classes_.push_back("all");
  if (groups_.size() * classes_.size() > 4096)
    fail("workload", "has more than 4,096 cells of group and class", "unite some");

  for (const Scenario& scenario : scenarios) {
    std::vector<std::uint32_t> nodes(partitions_.size(), 0);
    for (const PlannedTranche& tranche : planned_tranches(scenario))
      nodes[partition_number({tranche.site, tranche.cluster, tranche.kind})] +=
          static_cast<std::uint32_t>(tranche.most);
    for (std::size_t p = 0; p < nodes.size(); ++p)
      partition_worlds_[p].shape.nodes = std::max(partition_worlds_[p].shape.nodes, nodes[p]);
  }

  World world{};
  for (std::size_t p = 0; p < partition_worlds_.size(); ++p) {
    PartitionWorld& partition = partition_worlds_[p];
    partition.first_node = world.nodes;
    partition.own_domain = domains_.own_domain(partitions_[p].site, partitions_[p].cluster);
    world.nodes += partition.shape.nodes;
  }
  world.sites = static_cast<std::uint32_t>(domains_.sites.size());
  world.domains = domains_.size();
  world.week_offset = week_offset(base.start);

  std::vector<TraceJob> rows;
  Tick longest = ticks_per_hour;
  if (trace) {
    const double first =
        trace->jobs.empty()
            ? 0.0
            : std::min_element(trace->jobs.begin(), trace->jobs.end(), [](const auto& a, const auto& b) {
                return a.submit_s < b.submit_s;
              })->submit_s;
    for (std::size_t i = 0; i < trace->jobs.size(); ++i) {
      const TraceInput& job = trace->jobs[i];
      TraceJob row{};
      row.submit = std::llround((job.submit_s - first) * static_cast<double>(ticks_per_second));
      row.duration = std::max<Tick>(1, std::llround(job.duration_s * static_cast<double>(ticks_per_second)));
      row.request = std::max<Tick>(1, std::llround(job.request_s * static_cast<double>(ticks_per_second)));
      row.gpus = static_cast<std::uint32_t>(std::min<std::int64_t>(job.gpus, INT32_MAX));
      row.cell = static_cast<std::uint16_t>(trace_groups[i] * classes_.size() + trace_classes[i]);
      row.outcome = static_cast<std::uint8_t>(job.outcome);
      rows.push_back(row);
      longest = std::max({longest, row.request, row.duration});
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const TraceJob& a, const TraceJob& b) { return a.submit < b.submit; });
    if (rows.empty()) fail("workload.trace", "holds no usable job", "see nadc trace describe");
    world.trace_dropped = trace->dropped;
  }
  for (const Scenario& scenario : scenarios)
    for (const ClassSpec& klass : scenario.workload.classes) longest = std::max(longest, klass.request_max);

  // Laws are compiled once here, so that every shape has its table before the tables are laid down.
  for (const Scenario& scenario : scenarios) (void)point(scenario, 0, 0);

  world.seed = seed;
  world.horizon = horizon;
  world.groups = static_cast<std::uint32_t>(groups_.size());
  world.classes = static_cast<std::uint32_t>(classes_.size());
  world.largest_request_log2 = static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint64_t>(longest)));
  world.first_measured_period = base.warmup > 0 ? 1 : 0;
  BlobWriter<World> writer;
  world.tables = writer.append(tables_.values());
  world.partitions = writer.append(partition_worlds_);
  world.trace = writer.append(rows);
  const std::vector<Tick> ends = period_ends(base, horizon);
  world.period_ends = writer.append(ends);
  const bool metered = std::any_of(scenarios.begin(), scenarios.end(), [](const Scenario& scenario) {
    return std::any_of(scenario.sites.begin(), scenario.sites.end(),
                       [](const SiteSpec& site) { return site.power.metered(); });
  });
  if (metered && horizon >= never)
    fail("horizon", "is missing, and a site's energy is metered by the hour", "give a duration");
  if (metered) world.stretches = writer.append(meter_stretches(base.start, ends));
  world.meter_interval = ticks_per_hour;
  for (const Scenario& scenario : scenarios)
    world.meter_interval = std::gcd(world.meter_interval, meter_interval(scenario));
  world.job_domains = static_cast<std::uint32_t>(job_domains_.size());
  std::vector<std::uint32_t> class_domains(classes_.size(), world.job_domains);
  for (const Scenario& scenario : scenarios)
    for (const ClassSpec& klass : scenario.workload.classes)
      if (!klass.domain.empty()) class_domains[add_name(classes_, klass.name)] = add_name(job_domains_, klass.domain);
  world.class_domains = writer.append(class_domains);
  world_ = std::move(writer).finish(world);
  reinterpret_cast<World*>(world_.data())->bytes = world_.size();
}

// Kinds of outages are the study's: a lever that has one names it as the others do.
void WorldBuilder::name_outages(const Scenario& scenario) {
  for (const OutageSpec& outage : scenario.reliability.outages) {
    auto found = std::find_if(outages_.begin(), outages_.end(),
                              [&](const OutageName& known) { return known.name == outage.name; });
    if (found == outages_.end()) found = outages_.insert(outages_.end(), {outage.name, outage.nodes, 0.0});
    if (found->nodes != outage.nodes)
      fail("reliability.outages." + outage.name + ".nodes", "differ between levers",
           "give the kinds of outage names of their own");
    found->greatest = std::max(found->greatest, outage.rate);
  }
}

void WorldBuilder::add_reliability(Point& point, BlobWriter<Point>& writer, const Scenario& scenario) const {
  const ReliabilitySpec& spec = scenario.reliability;
  std::vector<FailureMode> modes;
  double total = 0, below = 0;
  for (const ModeSpec& mode : spec.modes) total += mode.share;
  if (!spec.modes.empty() && !(total > 0)) fail("reliability.modes", "all have share 0", "give one a share above 0");
  for (const ModeSpec& mode : spec.modes) {
    below += mode.share / total;
    modes.push_back({threshold32(below), threshold32(mode.drains), threshold16(mode.speed),
                     tables_.compile(mode.repair), tables_.compile(mode.detection)});
  }
  std::vector<OutageParams> outages;
  for (const OutageName& name : outages_) {
    OutageParams params{};
    params.nodes = static_cast<std::uint32_t>(name.nodes);
    double units = 0;
    for (const PartitionWorld& partition : partition_worlds_)
      units += name.nodes == 0
                   ? partition.shape.nodes > 0
                   : std::ceil(static_cast<double>(partition.shape.nodes) / static_cast<double>(name.nodes));
    const auto found = std::find_if(spec.outages.begin(), spec.outages.end(),
                                    [&](const OutageSpec& outage) { return outage.name == name.name; });
    // Where no lever has a rate and this one plans nothing, candidates come once in 10,000 years and do nothing.
    const double rate = name.greatest > 0 ? name.greatest : 1.0 / 3650.0;
    params.gap = tables_.compile(LawSpec::exponential(1000.0 * 86400.0 / (rate * units)));
    params.length = tables_.compile(found == spec.outages.end() ? LawSpec::constant(0) : found->length);
    if (found != spec.outages.end()) {
      params.uplinks_q16 = threshold16(found->uplinks);
      params.active = found->rate > 0 || found->every > 0;
      params.planned = found->every > 0;
      if (found->rate > name.greatest * (1 + 1e-12))
        fail("reliability.outages." + name.name + ".rate", "is greater in a sample than in any lever",
             "raise the rate of a lever, from which the study's candidates are drawn");
      params.share = name.greatest > 0 ? found->rate / name.greatest : 1.0;
      if (params.planned)
        params.gap = tables_.compile(
            LawSpec::constant(static_cast<double>(found->every) / static_cast<double>(ticks_per_second) / units));
    }
    outages.push_back(params);
  }
  point.modes = writer.append(modes);
  point.outages = writer.append(outages);
  point.crews.crews = static_cast<std::uint32_t>(spec.crews.crews);
  point.crews.shift_from = spec.crews.from * ticks_per_hour;
  point.crews.shift_to = spec.crews.to * ticks_per_hour;
  point.store.bytes_per_tick = spec.store.write.value / static_cast<double>(ticks_per_second);
  point.store.bytes_per_tick_per_node = spec.store.write_per_node.value / static_cast<double>(ticks_per_second);
  point.store.copy_per_tick_per_node = spec.store.copy_per_node.value / static_cast<double>(ticks_per_second);
  point.store.latency = spec.store.latency;
  const double rate = mean_rate(spec);
  point.store.node_mttf_ticks = rate > 0 ? 1000.0 * static_cast<double>(ticks_per_day) / rate : 0.0;
  point.lemons = threshold32(spec.lemons.share);
  point.lemon_factor = spec.lemons.factor;
}

std::vector<std::byte> WorldBuilder::point(const Scenario& scenario, std::uint32_t lever, std::uint32_t sample) const {
  Point point{};
  BlobWriter<Point> writer;
  const WorkloadSpec& workload = scenario.workload;
  const auto group_count = groups_.size(), class_count = classes_.size(), partition_count = partitions_.size();

  // Fleet. A tranche keeps the numbers of its nodes, however many of them are bought.
  const std::vector<PlannedTranche> planned = planned_tranches(scenario);
  const Procurement procurement = procure(scenario, planned);
  std::vector<TrancheParams> tranche_params;
  std::vector<PartitionParams> partition_params(partition_count);
  std::vector<std::uint32_t> nodes(partition_count, 0), next(partition_count, 0);
  std::vector<double> gpu_power(partition_count, 1.0);
  for (std::size_t t = 0; t < planned.size(); ++t) {
    const PlannedTranche& tranche = planned[t];
    TrancheParams params{};
    params.partition = partition_number({tranche.site, tranche.cluster, tranche.kind});
    params.first = next[params.partition];
    params.count = static_cast<std::uint32_t>(procurement.tranches[t].nodes);
    params.entity = tranche.entity;
    params.date = tranche.delay ? (tranche.date - scenario.start) * ticks_per_second : 0;
    params.delay = tables_.compile(tranche.delay ? *tranche.delay : LawSpec::constant(0));
    next[params.partition] += static_cast<std::uint32_t>(tranche.most);
    nodes[params.partition] += params.count;
    if (params.count > 0) tranche_params.push_back(params);
  }
  const std::string& domestic = scenario.policy.domestic.node;
  for (std::size_t p = 0; p < partition_count; ++p) {
    if (nodes[p] == 0) continue;
    const NodeKindSpec& kind = kind_of(scenario, partitions_[p].kind, "sites");
    const auto milliwatts = [](Watts power) { return static_cast<std::int64_t>(std::llround(power.value * 1000.0)); };
    partition_params[p].draw = {milliwatts(kind.idle), milliwatts(kind.busy), milliwatts(kind.down),
                                static_cast<std::uint32_t>(kind.gpus)};
    partition_params[p].nodes = nodes[p];
    partition_params[p].h100e = kind.h100e * (kind.name == domestic ? scenario.policy.domestic.performance : 1.0);
    partition_params[p].embodied_t = embodied_t_per_gpu(static_cast<int>(kind.gpus * kind.parts));
    for (const SiteSpec& site : sites_of(scenario))
      if (site.name == partitions_[p].site) {
        partition_params[p].pue = site.pue;
        for (const ClusterSpec& cluster : site.clusters) {
          if (cluster.name != partitions_[p].cluster) continue;
          gpu_power[p] = cluster.gpu_power;
          partition_params[p].spares = std::min(static_cast<std::uint32_t>(cluster.spares), nodes[p] - 1);
          if (cluster.spares >= next[p])
            fail("sites." + site.name + ".clusters." + cluster.name + ".spares",
                 "are all of the cluster's " + std::to_string(next[p]) + " nodes of kind " + partitions_[p].kind,
                 "leave some to work");
        }
      }
    NodeDraw& draw = partition_params[p].draw;
    const std::int64_t fabric = scenario.power.fabric == FabricPower::counted ? fabric_mw_of_node(kind, nodes[p]) : 0;
    const std::int64_t storage = std::llround(scenario.power.storage.value * 1000.0 * static_cast<double>(kind.gpus));
    draw.idle_mw += fabric + storage;
    draw.busy_mw += fabric + storage;
    draw.down_mw += fabric + storage;
    draw.busy_mw = draw.idle_mw + std::llround(static_cast<double>(draw.busy_mw - draw.idle_mw) * gpu_power[p]);
    point.target_gpus += nodes[p] * static_cast<std::uint32_t>(kind.gpus);
    std::uint32_t spares = partition_params[p].spares;
    for (std::size_t t = tranche_params.size(); t-- > 0 && spares > 0;) {
      if (tranche_params[t].partition != p) continue;
      tranche_params[t].spares = std::min(spares, tranche_params[t].count);
      spares -= tranche_params[t].spares;
    }
  }

  // Classes, and how fast each runs where.
  std::vector<ClassParams> class_params(class_count);
  std::vector<std::uint32_t> class_rates(class_count * partition_count, 1u << 16);
  for (std::size_t k = 0; k < class_count; ++k) {
    ClassParams& params = class_params[k];
    params.request_max = never / 4;
    const auto spec = std::find_if(workload.classes.begin(), workload.classes.end(),
                                   [&](const ClassSpec& c) { return c.name == classes_[k]; });
    if (spec != workload.classes.end()) {
      if (spec->failed + spec->cancelled > 1.0)
        fail("workload.classes." + spec->name + ".failed", "failed and cancelled are more than all jobs together",
             "they are shares of the jobs that end");
      params.request_max = spec->request_max;
      params.saving.every = spec->checkpoint_every;
      params.saving.cost = spec->checkpoint_cost;
      params.saving.bytes = spec->checkpoint_size;
      params.saving.bytes_per_gpu = spec->checkpoint_size_per_gpu;
      params.saving.young = spec->checkpoint == 1;
      params.saving.background = spec->checkpoint_mode == 1;
      params.restart_cost = spec->restart_cost;
      params.intensity = spec->intensity;
      params.communication = spec->communication;
      params.hidden = spec->hidden_communication, params.slack = spec->overlap_slack;
      params.failed = threshold16(spec->failed);
      params.cancelled = threshold16(spec->cancelled);
      for (std::size_t p = 0; p < partition_count; ++p) {
        const double factor = partitions_[p].kind == domestic ? scenario.policy.domestic.performance : 1.0;
        class_rates[k * partition_count + p] =
            threshold16(amount(spec->speed, partitions_[p].kind, 1.0) * factor *
                        (gpu_power[p] < 1.0 ? speed_at_share(spec->communication, gpu_power[p]) / 65536.0 : 1.0));
      }
      for (const NamedAmount& entry : spec->speed)
        kind_of(scenario, entry.name, "workload.classes." + spec->name + ".speed." + entry.name);
    } else {
      params.intensity = 1.0;
    }
  }

  // Which group may use which partition.
  const std::vector<std::uint8_t> open = open_partitions(scenario);
  const bool walls = std::any_of(open.begin(), open.end(), [](std::uint8_t o) { return o == 0; });
  std::vector<std::uint32_t> rates(group_count * class_count * partition_count), walled(walls ? rates.size() : 0);
  for (std::size_t g = 0; g < group_count; ++g)
    for (std::size_t k = 0; k < class_count; ++k)
      for (std::size_t p = 0; p < partition_count; ++p) {
        const std::size_t cell = g * class_count + k, i = cell * partition_count + p;
        const std::uint32_t rate = class_rates[k * partition_count + p];
        (open[g * partition_count + p] ? rates : walled)[i] = rate;
      }

  // Cells: who sends which jobs how often.
  std::vector<CellParams> cells;
  std::vector<ExactShare> quotas(group_count);
  std::vector<std::int64_t> priorities(group_count, 0);
  const OwnedParts owned = owned_parts(planned, procurement);
  for (std::size_t g = 0; g < group_count; ++g)
    for (const GroupSpec& group : workload.groups) {
      if (group.name != groups_[g]) continue;
      const bool of_owner = scenario.policy.ownership.quotas && group.owner != Owner::shared;
      const std::uint64_t part = !of_owner                     ? owned.all
                                 : group.owner == Owner::state ? owned.state
                                                               : owned.all - owned.state;
      quotas[g] = exact_share(UInt128{decimal_share(group.quota)} * part, UInt128{share_decimals} * owned.all);
      priorities[g] = group.priority;
    }
  if (workload.trace.empty()) {
    cells.resize(group_count * class_count);
    double jobs_per_day = workload.jobs_per_day;
    if (workload.scale == DemandScale::fleet)
      jobs_per_day *= planned_gpus(scenario) / static_cast<double>(workload.per_gpus);
    const double unit_gap = mean(workload.arrivals.gap);
    if (jobs_per_day > 0 && !(unit_gap > 0 && std::isfinite(unit_gap)))
      fail("workload.arrivals.gap", "has no positive finite mean", "its shape counts, its mean is set by the rate");
    std::vector<GroupSpec> groups = workload.groups;
    if (groups.empty()) {
      groups.emplace_back();
      groups.back().name = groups_.front();
    }
    // Candidates come at the greatest demand; a user sends one or not (workload/response.hpp).
    const double most = workload.response.every > 0 ? workload.response.most : 1.0;
    double group_total = 0;
    for (const GroupSpec& group : groups) group_total += group.share;
    for (const GroupSpec& group : groups) {
      for (const NamedAmount& entry : group.mix)
        if (std::find(classes_.begin(), classes_.end(), entry.name) == classes_.end())
          fail("workload.groups." + group.name + ".mix." + entry.name, "no class '" + entry.name + "'",
               "known classes: " + list_of(classes_));
      double mix_total = 0;
      for (const ClassSpec& klass : workload.classes)
        mix_total += group.mix.empty() ? klass.share : amount(group.mix, klass.name, 0.0);
      const auto g = static_cast<std::size_t>(std::find(groups_.begin(), groups_.end(), group.name) - groups_.begin());
      for (const ClassSpec& klass : workload.classes) {
        const auto k =
            static_cast<std::size_t>(std::find(classes_.begin(), classes_.end(), klass.name) - classes_.begin());
        const double weight = group.mix.empty() ? klass.share : amount(group.mix, klass.name, 0.0);
        const double per_day = mix_total > 0 && group_total > 0 ? jobs_per_day * group.share / group_total * weight /
                                                                      mix_total * group.demand * klass.demand * most
                                                                : 0.0;
        if (!(per_day > 0)) continue;
        CellParams& cell = cells[g * class_count + k];
        const double gap = 86400.0 / per_day / (1.0 - workload.arrivals.batch);
        cell.gap = tables_.compile(scaled(workload.arrivals.gap, gap / unit_gap));
        cell.gpus = tables_.compile(klass.gpus);
        cell.duration = tables_.compile(klass.duration);
        cell.request_factor = tables_.compile(klass.request_factor);
        cell.batch = static_cast<std::uint32_t>(std::min(4294967295.0, workload.arrivals.batch * 4294967296.0));
        cell.active = 1;
      }
    }
    if (jobs_per_day > 0 && std::none_of(cells.begin(), cells.end(), [](const CellParams& c) { return c.active; })) {
      if (workload.classes.empty())
        fail("workload", "has jobs_per_day but no classes", "give workload.classes, each with gpus and duration");
      fail("workload", "has jobs_per_day, but every share is 0", "give a group and a class a share above 0");
    }
  }

  // Failures: candidates over all nodes of the study at its greatest rate.
  const double greatest = greatest_rate(scenario.reliability);
  if (greatest > greatest_hazard_ * (1 + 1e-12))
    fail("reliability.hazard", "is greater in a sample than in any lever",
         "raise the rate of a lever, from which the study's candidates are drawn");
  std::uint32_t study_nodes = 0;
  for (const PartitionWorld& partition : partition_worlds_) study_nodes += partition.shape.nodes;
  point.failures_on = greatest_hazard_ > 0 && study_nodes > 0;
  point.greatest_hazard = greatest_hazard_;
  point.failure_gap = tables_.compile(LawSpec::exponential(
      point.failures_on ? 1000.0 * 86400.0 / (greatest_hazard_ * static_cast<double>(study_nodes)) : 1.0));
  point.repair = tables_.compile(scenario.reliability.repair);
  add_reliability(point, writer, scenario);

  std::vector<double> full_draw_w(domains_.sites.size(), 0.0);
  double intensity = 1.0;
  for (const ClassParams& klass : class_params) intensity = std::max(intensity, klass.intensity);
  for (std::size_t p = 0; p < partition_count; ++p) {
    const NodeDraw& draw = partition_params[p].draw;
    full_draw_w[partition_worlds_[p].site] +=
        nodes[p] * (static_cast<double>(draw.idle_mw) + intensity * static_cast<double>(draw.busy_mw - draw.idle_mw)) /
        1000.0;
  }
  const PowerLimits limits =
      add_power(point, writer, scenario, sites_of(scenario), domains_, full_draw_w, class_params, horizon_, tables_);

  point.lever = lever;
  point.sample = sample;
  point.admit = scenario.access.admit;
  point.order = scenario.scheduler.order;
  point.place = scenario.scheduler.place;
  const NetworkSpec& network = scenario.network;
  point.pace = network.pace;
  if (network.uses_table() || network.model == NetworkModel::flow)
    Paces::choose(point.pace, PaceTable{static_cast<std::uint32_t>(std::lround(network.all_to_all * 256.0))});
  if (network.model == NetworkModel::flow &&
      !Places::visit(scenario.scheduler.place, [](const auto& place) { return place.by_node; }))
    fail("scheduler.place", "is pool, and flows go from node to node", "place by node, for example pack");
  for (std::size_t p = 0; p < network.fabric_nodes.size(); ++p)
    if (nodes[p] > network.fabric_nodes[p])
      fail("fleet.gpus", "is more in this sample than the fabric joins",
           "give network.topology a file that is large enough");
  std::vector<std::uint16_t> surfaces;
  for (const std::vector<std::uint16_t>& surface : network.surfaces)
    surfaces.insert(surfaces.end(), surface.begin(), surface.end());
  for (std::size_t p = 0; p < network.surface_of.size(); ++p) partition_params[p].surface = network.surface_of[p];
  point.draw = scenario.power.draw;
  point.hazard = scenario.reliability.hazard;
  point.backfill = scenario.scheduler.backfill;
  point.kills = scenario.scheduler.limit == TimeLimit::kill;
  point.window = static_cast<std::uint32_t>(scenario.scheduler.window);
  point.queue = scenario.scheduler.queue < 0
                    ? unlimited_queue
                    : static_cast<std::uint32_t>(std::min<std::int64_t>(scenario.scheduler.queue, unlimited_queue - 1));
  point.goal_gpus = goal_gpus(scenario, planned);
  // A date without a time is the whole day: until its last tick.
  const std::int64_t by = scenario.policy.target.by;
  point.goal_at = by > 0 ? (by - scenario.start + (by % 86400 == 0 ? 86400 : 0)) * ticks_per_second - 1 : never;
  const MoneyTables money = money_tables(scenario, planned, procurement);
  point.money = money.params;
  const std::vector<GroupResponse> responses = responses_of(workload);
  point.response = response_of(workload.response);
  const Week week = week_of(workload.arrivals, scenario.start);
  point.cells = writer.append(cells);
  point.classes = writer.append(class_params);
  point.quotas = writer.append(quotas);
  point.partitions = writer.append(partition_params);
  point.rates = writer.append(rates);
  point.tranches = writer.append(tranche_params);
  point.surfaces = writer.append(surfaces);
  point.week = writer.append(std::span<const Week>(&week, 1));
  point.largest = writer.append(largest_jobs(
      scenario, point, {partition_worlds_, partition_params, tranche_params, class_params, rates, quotas}, limits));
  point.walled = writer.append(walled);
  point.priorities = writer.append(priorities);
  point.responses = writer.append(responses);
  point.payments = writer.append(money.payments);
  point.partition_money = writer.append(money.partitions);
  point.group_money = writer.append(money.groups);
  std::vector<std::byte> block = std::move(writer).finish(point);
  reinterpret_cast<Point*>(block.data())->bytes = block.size();
  return block;
}

}  // namespace nadc
