#include "models/build.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "models/access/build_access.hpp"
#include "models/fail.hpp"
#include "models/largest_job.hpp"
#include "models/network/build_pace.hpp"
#include "models/policy/build_policy.hpp"
#include "models/policy/build_triggers.hpp"
#include "models/power/build_power.hpp"
#include "models/reliability/build_reliability.hpp"
#include "models/scheduler/build_scheduler.hpp"
#include "models/site/fleet.hpp"

namespace nadc {
namespace {

// Throws Error (input) where levers differ in what is the study's.
void check_shared(const Scenario& scenario, const Scenario& base) {
  if (scenario.start != base.start || scenario.horizon != base.horizon || scenario.warmup != base.warmup ||
      scenario.outputs.by != base.outputs.by)
    fail("levers", "a lever changes start, horizon, warmup or outputs", "these are the same for all levers of a study");
}

bool is_metered(const Scenario& scenario) {
  return std::any_of(scenario.sites.begin(), scenario.sites.end(),
                     [](const SiteSpec& site) { return site.power.metered(); });
}

// Writes a block that says how long it is.
template <class Header> std::vector<std::byte> finish(BlobWriter<Header> writer, const Header& header) {
  std::vector<std::byte> block = std::move(writer).finish(header);
  reinterpret_cast<Header*>(block.data())->bytes = block.size();
  return block;
}

}  // namespace

WorldBuilder::WorldBuilder(const std::vector<Scenario>& scenarios, const TraceInputs* trace, std::uint64_t seed) {
  const Scenario& base = scenarios.front();
  names_.start = base.start;
  names_.horizon = horizon_of(base);
  if (base.warmup >= names_.horizon)
    fail("warmup", "is not shorter than the horizon", "leave time to measure after the warm-up");
  for (const Scenario& scenario : scenarios) {
    check_shared(scenario, base);
    name_workload(names_, scenario);
    name_partitions(names_, scenario);
    name_failures(names_, scenario);
    name_triggers(names_, scenario);
  }
  for (const PartitionName& name : names_.partitions)
    partition_names_.push_back(name.site + "/" + name.cluster + "/" + name.kind);
  const std::vector<TraceJob> rows = build_trace(names_, trace, base.workload);

  World world{};
  world.seed = seed;
  world.horizon = names_.horizon;
  world.nodes = size_partitions(names_, scenarios);
  world.sites = static_cast<std::uint32_t>(names_.domains.sites.size());
  world.domains = names_.domains.size();
  world.groups = static_cast<std::uint32_t>(names_.groups.size());
  world.classes = static_cast<std::uint32_t>(names_.classes.size());
  world.job_domains = static_cast<std::uint32_t>(names_.job_domains.size());
  world.week_offset = week_offset(base.start);
  world.trace_dropped = trace ? trace->dropped : 0;
  world.largest_request_log2 =
      static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint64_t>(longest_request(rows, scenarios))));
  world.first_measured_period = base.warmup > 0 ? 1 : 0;
  world.triggers = static_cast<std::uint32_t>(names_.triggers.size());
  world.trigger_acts = names_.trigger_acts;

  // Laws are compiled once here, so that every shape has its table before the tables are laid down.
  for (const Scenario& scenario : scenarios) (void)point(scenario, 0, 0);

  BlobWriter<World> writer;
  world.tables = writer.append(tables_.values());
  world.partitions = writer.append(names_.partition_worlds);
  world.trace = writer.append(rows);
  const std::vector<Tick> ends = period_ends(base, world.horizon);
  world.period_ends = writer.append(ends);
  if (std::any_of(scenarios.begin(), scenarios.end(), is_metered)) {
    if (world.horizon >= never)
      fail("horizon", "is missing, and a site's energy is metered by the hour", "give a duration");
    world.stretches = writer.append(meter_stretches(base.start, ends));
  }
  world.meter_interval = ticks_per_hour;
  for (const Scenario& scenario : scenarios)
    world.meter_interval = std::gcd(world.meter_interval, meter_interval(scenario));
  world.class_domains = writer.append(domains_of_classes(names_, scenarios));
  world_ = finish(std::move(writer), world);
}

std::vector<std::byte> WorldBuilder::point(const Scenario& scenario, std::uint32_t lever, std::uint32_t sample) const {
  Point point{};
  BlobWriter<Point> writer;
  point.lever = lever;
  point.sample = sample;
  const std::vector<PlannedTranche> planned = planned_tranches(scenario);
  const Procurement procurement = procure(scenario, planned);
  SiteTables site = build_site(names_, scenario, planned, procurement, tables_);
  const VectorBy<ClassId, ClassParams> classes = build_classes(names_, scenario.workload);
  const AccessTables access =
      build_access(names_, scenario, class_rates(names_, scenario, site.gpu_power), planned, procurement);
  add_workload(point, writer, names_, scenario, tables_);
  add_reliability(point, writer, names_, scenario, tables_);
  const PowerLimits limits = add_power(point, writer, scenario, sites_of(scenario), names_.domains,
                                       full_draw_w(names_, site, classes), classes, names_.horizon, tables_);
  add_scheduler(point, writer, names_, scenario);
  add_pace(point, writer, scenario, site.partitions);
  add_policy(point, writer, names_, scenario, planned, procurement);
  add_triggers(point, writer, names_, scenario, planned);
  point.admit = scenario.access.admit;
  point.target_gpus = site.gpus;
  point.classes = writer.append(classes);
  point.partitions = writer.append(site.partitions);
  point.tranches = writer.append(site.tranches);
  point.rates = writer.append(access.rates);
  point.walled = writer.append(access.walled);
  point.quotas = writer.append(access.quotas);
  point.largest = writer.append(largest_jobs(
      scenario, point, {names_.partition_worlds, site.partitions, site.tranches, classes, access.rates, access.quotas},
      limits));
  return finish(std::move(writer), point);
}

}  // namespace nadc
