#include "models/reliability/build_reliability.hpp"

#include <algorithm>
#include <cmath>

#include "models/fail.hpp"
#include "models/reliability/hazard.hpp"
#include "models/thresholds.hpp"

namespace nadc {
namespace {

double lemon_factor(const ReliabilitySpec& spec) { return spec.lemons.share > 0 ? spec.lemons.factor : 1.0; }
double greatest_rate(const ReliabilitySpec& spec) {
  return Hazards::visit(spec.hazard, [](const auto& hazard) { return hazard.greatest(); }) * lemon_factor(spec);
}
double mean_rate(const ReliabilitySpec& spec) {
  return Hazards::visit(spec.hazard, [](const auto& hazard) { return hazard.long_run(); }) *
         (1.0 + spec.lemons.share * (lemon_factor(spec) - 1.0));
}

std::vector<FailureMode> modes_of(const ReliabilitySpec& spec, LawTables& tables) {
  std::vector<FailureMode> modes;
  double total = 0, below = 0;
  for (const ModeSpec& mode : spec.modes) total += mode.share;
  if (!spec.modes.empty() && !(total > 0)) fail("reliability.modes", "all have share 0", "give one a share above 0");
  for (const ModeSpec& mode : spec.modes) {
    below += mode.share / total;
    modes.push_back({threshold32(below), threshold32(mode.drains), threshold16(mode.speed), tables.compile(mode.repair),
                     tables.compile(mode.detection)});
  }
  return modes;
}

std::vector<OutageParams> outages_of(const StudyNames& names, const ReliabilitySpec& spec, LawTables& tables) {
  std::vector<OutageParams> outages;
  for (const OutageName& name : names.outages) {
    OutageParams params{};
    params.nodes = static_cast<std::uint32_t>(name.nodes);
    double units = 0;
    for (const PartitionWorld& partition : names.partition_worlds)
      units += name.nodes == 0
                   ? partition.shape.nodes > 0
                   : std::ceil(static_cast<double>(partition.shape.nodes) / static_cast<double>(name.nodes));
    const auto found = std::find_if(spec.outages.begin(), spec.outages.end(),
                                    [&](const OutageSpec& outage) { return outage.name == name.name; });
    // Where no lever has a rate and this one plans nothing, candidates come once in 10,000 years and do nothing.
    const double rate = name.greatest > 0 ? name.greatest : 1.0 / 3650.0;
    params.gap = tables.compile(LawSpec::exponential(1000.0 * 86400.0 / (rate * units)));
    params.length = tables.compile(found == spec.outages.end() ? LawSpec::constant(0) : found->length);
    if (found != spec.outages.end()) {
      params.uplinks_q16 = threshold16(found->uplinks);
      params.active = found->rate > 0 || found->every > 0;
      params.planned = found->every > 0;
      if (found->rate > name.greatest * (1 + 1e-12))
        fail("reliability.outages." + name.name + ".rate", "is greater in a sample than in any lever",
             "raise the rate of a lever, from which the study's candidates are drawn");
      params.share = name.greatest > 0 ? found->rate / name.greatest : 1.0;
      if (params.planned)
        params.gap = tables.compile(
            LawSpec::constant(static_cast<double>(found->every) / static_cast<double>(ticks_per_second) / units));
    }
    outages.push_back(params);
  }
  return outages;
}

}  // namespace

void name_failures(StudyNames& names, const Scenario& scenario) {
  names.greatest_hazard = std::max(names.greatest_hazard, greatest_rate(scenario.reliability));
  for (const OutageSpec& outage : scenario.reliability.outages) {
    auto found = std::find_if(names.outages.begin(), names.outages.end(),
                              [&](const OutageName& known) { return known.name == outage.name; });
    if (found == names.outages.end())
      found = names.outages.insert(names.outages.end(), {outage.name, outage.nodes, 0.0});
    if (found->nodes != outage.nodes)
      fail("reliability.outages." + outage.name + ".nodes", "differ between levers",
           "give the kinds of outage names of their own");
    found->greatest = std::max(found->greatest, outage.rate);
  }
}

void add_reliability(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario,
                     LawTables& tables) {
  const ReliabilitySpec& spec = scenario.reliability;
  if (greatest_rate(spec) > names.greatest_hazard * (1 + 1e-12))
    fail("reliability.hazard", "is greater in a sample than in any lever",
         "raise the rate of a lever, from which the study's candidates are drawn");
  std::uint32_t nodes = 0;
  for (const PartitionWorld& partition : names.partition_worlds) nodes += partition.shape.nodes;
  point.failures_on = names.greatest_hazard > 0 && nodes > 0;
  point.greatest_hazard = names.greatest_hazard;
  point.failure_gap = tables.compile(LawSpec::exponential(
      point.failures_on ? 1000.0 * 86400.0 / (names.greatest_hazard * static_cast<double>(nodes)) : 1.0));
  point.repair = tables.compile(spec.repair);
  point.hazard = spec.hazard;
  point.modes = writer.append(modes_of(spec, tables));
  point.outages = writer.append(outages_of(names, spec, tables));
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

}  // namespace nadc
