#include "models/site/build_site.hpp"

#include <algorithm>
#include <cmath>

#include "models/fail.hpp"
#include "models/power/carbon.hpp"
#include "models/power/node_power.hpp"
#include "models/site/fleet.hpp"

namespace nadc {
namespace {

// Deliveries that triggers order have entities of their own, by trigger and act (TriggerSpec: at most 64).
constexpr std::uint32_t first_order_entity = 0x20000, most_acts = 64;

PartitionId partition_of(const StudyNames& names, const PlannedTranche& tranche) {
  return names.partition({tranche.site, tranche.cluster, tranche.kind});
}

std::int64_t pod_nodes_of(const Scenario& scenario, const PlannedTranche& tranche) {
  for (const SiteSpec& site : sites_of(scenario))
    for (const ClusterSpec& cluster : site.clusters)
      if (site.name == tranche.site && cluster.name == tranche.cluster) return cluster.pod_nodes;
  return FleetSpec{}.pod_nodes;
}

// Nodes of each partition that are planned, bought or not.
VectorBy<PartitionId, std::uint32_t> most_nodes(const StudyNames& names, const std::vector<PlannedTranche>& planned) {
  VectorBy<PartitionId, std::uint32_t> nodes(names.partitions.size(), 0);
  for (const PlannedTranche& tranche : planned)
    nodes[partition_of(names, tranche)] += static_cast<std::uint32_t>(tranche.most);
  return nodes;
}

// A node's part of the switches and optics of a cluster of this many [mW]; 0 for a kind that the machine model lacks.
std::int64_t fabric_mw_of_node(const NodeKindSpec& kind, std::uint32_t nodes) {
  const ServerKind* known = known_node_kind(kind.name);
  const auto parts = static_cast<std::uint32_t>(kind.parts), whole = (nodes + parts - 1) / parts;
  return known ? std::llround(network_power(*known, whole).value * 1000.0 / nodes) : 0;
}

NodeDraw draw_of(const Scenario& scenario, const NodeKindSpec& kind, std::uint32_t nodes, double gpu_power) {
  const auto milliwatts = [](Watts power) { return static_cast<std::int64_t>(std::llround(power.value * 1000.0)); };
  NodeDraw draw{milliwatts(kind.idle), milliwatts(kind.busy), milliwatts(kind.down),
                static_cast<std::uint32_t>(kind.gpus)};
  const std::int64_t fabric = scenario.power.fabric == FabricPower::counted ? fabric_mw_of_node(kind, nodes) : 0;
  const std::int64_t storage = std::llround(scenario.power.storage.value * 1000.0 * static_cast<double>(kind.gpus));
  draw.idle_mw += fabric + storage;
  draw.busy_mw += fabric + storage;
  draw.down_mw += fabric + storage;
  draw.busy_mw = draw.idle_mw + std::llround(static_cast<double>(draw.busy_mw - draw.idle_mw) * gpu_power);
  return draw;
}

}  // namespace

void name_partitions(StudyNames& names, const Scenario& scenario) {
  for (const PlannedTranche& tranche : planned_tranches(scenario)) {
    if (partition_of(names, tranche).valid()) continue;
    names.partitions.push_back({tranche.site, tranche.cluster, tranche.kind});
    PartitionWorld world{};
    world.shape.gpus_per_node = static_cast<std::uint32_t>(tranche.gpus);
    world.shape.pod_nodes = static_cast<std::uint32_t>(pod_nodes_of(scenario, tranche));
    world.site = names.domains.site(tranche.site);
    names.partition_worlds.push_back(world);
  }
  for (const SiteSpec& site : sites_of(scenario))
    for (const ClusterSpec& cluster : site.clusters)
      if (cluster.limit.value > 0) names.domains.add_cluster(site.name, cluster.name);
}

std::uint32_t size_partitions(StudyNames& names, const std::vector<Scenario>& scenarios) {
  for (const Scenario& scenario : scenarios) {
    const VectorBy<PartitionId, std::uint32_t> nodes = most_nodes(names, planned_tranches(scenario));
    for (const PartitionId p : nodes.ids())
      names.partition_worlds[p].shape.nodes = std::max(names.partition_worlds[p].shape.nodes, nodes[p]);
  }
  std::uint32_t all = 0;
  for (const PartitionId p : names.partitions.ids()) {
    PartitionWorld& partition = names.partition_worlds[p];
    partition.first_node = StudyNodeId(all);
    partition.own_domain = names.domains.own_domain(names.partitions[p].site, names.partitions[p].cluster);
    all += partition.shape.nodes;
  }
  return all;
}

SiteTables build_site(const StudyNames& names, const Scenario& scenario, const std::vector<PlannedTranche>& planned,
                      const Procurement& procurement, LawTables& tables) {
  const std::size_t partitions = names.partitions.size();
  SiteTables site;
  site.partitions.resize(partitions);
  site.gpu_power.assign(partitions, 1.0);
  VectorBy<PartitionId, std::uint32_t> next(partitions, 0);  // first node of the next tranche
  for (std::size_t t = 0; t < planned.size(); ++t) {
    const PlannedTranche& tranche = planned[t];
    const bool ordered = tranche.origin == Origin::order;
    TrancheParams params{};
    params.partition = partition_of(names, tranche);
    params.first = NodeId(next[params.partition]);
    params.count = static_cast<std::uint32_t>(ordered ? tranche.nodes : procurement.tranches[t].nodes);
    params.entity = tranche.entity;
    params.date = ordered ? tranche.lead : tranche.delay ? (tranche.date - scenario.start) * ticks_per_second : 0;
    if (ordered) {
      params.trigger = names.trigger(tranche.trigger);
      params.act = tranche.act;
      params.entity = first_order_entity + params.trigger.value * most_acts + tranche.act;
    }
    params.delay = tables.compile(tranche.delay ? *tranche.delay : LawSpec::constant(0));
    next[params.partition] += static_cast<std::uint32_t>(tranche.most);
    (ordered ? site.partitions[params.partition].orders : site.partitions[params.partition].nodes) += params.count;
    if (params.count > 0) site.tranches.push_back(params);
  }
  const std::vector<SiteSpec> sites = sites_of(scenario);
  for (const PartitionId p : site.partitions.ids()) {
    PartitionParams& params = site.partitions[p];
    const std::uint32_t all = params.nodes + params.orders;
    if (all == 0) continue;
    const PartitionName& name = names.partitions[p];
    const NodeKindSpec& kind = kind_of(scenario, name.kind, "sites");
    const PolicySpec& policy = scenario.policy;
    params.h100e = kind.h100e * (kind.name == policy.domestic.node ? policy.domestic.performance : 1.0);
    params.embodied_t = embodied_t_per_gpu(static_cast<int>(kind.gpus * kind.parts));
    for (const SiteSpec& spec : sites) {
      if (spec.name != name.site) continue;
      params.pue = spec.pue;
      for (const ClusterSpec& cluster : spec.clusters) {
        if (cluster.name != name.cluster) continue;
        site.gpu_power[p] = cluster.gpu_power;
        params.spares = std::min(static_cast<std::uint32_t>(cluster.spares), params.nodes > 0 ? params.nodes - 1 : 0);
        const std::uint32_t planned_nodes = next[p] - params.orders;
        if (planned_nodes > 0 && cluster.spares >= planned_nodes)
          fail("sites." + spec.name + ".clusters." + cluster.name + ".spares",
               "are all of the cluster's " + std::to_string(planned_nodes) + " nodes of kind " + name.kind,
               "leave some to work");
      }
    }
    params.draw = draw_of(scenario, kind, all, site.gpu_power[p]);
    site.gpus += params.nodes * static_cast<std::uint32_t>(kind.gpus);
    std::uint32_t spares = params.spares;
    for (TrancheId t = site.tranches.ids().last; t.value > 0 && spares > 0;) {
      TrancheParams& tranche = site.tranches[--t];
      if (!(tranche.partition == p) || tranche.trigger.valid()) continue;
      tranche.spares = std::min(spares, tranche.count);
      spares -= tranche.spares;
    }
  }
  return site;
}

VectorBy<SiteId, double> full_draw_w(const StudyNames& names, const SiteTables& site,
                                     const VectorBy<ClassId, ClassParams>& classes) {
  double intensity = 1.0;
  for (const ClassParams& klass : classes) intensity = std::max(intensity, klass.intensity);
  VectorBy<SiteId, double> watts(names.domains.sites.size(), 0.0);
  for (const PartitionId p : site.partitions.ids()) {
    const NodeDraw& draw = site.partitions[p].draw;
    watts[names.partition_worlds[p].site] +=
        (site.partitions[p].nodes + site.partitions[p].orders) *
        (static_cast<double>(draw.idle_mw) + intensity * static_cast<double>(draw.busy_mw - draw.idle_mw)) / 1000.0;
  }
  return watts;
}

std::vector<ClusterNodes> clusters_of(const StudyNames& names, const Scenario& scenario) {
  // Every node that is planned has its place on the fabric, bought or not.
  const std::vector<PlannedTranche> planned = planned_tranches(scenario);
  const VectorBy<PartitionId, std::uint32_t> nodes = most_nodes(names, planned);
  std::vector<ClusterNodes> clusters;
  const auto add = [&](const std::string& site, const std::string& name, const std::string& topology) {
    ClusterNodes cluster{site + "/" + name, topology, {}};
    for (const PartitionId p : names.partitions.ids())
      if (names.partitions[p].site == site && names.partitions[p].cluster == name) {
        const NodeMapShape& shape = names.partition_worlds[p].shape;
        cluster.parts.push_back({p.value, nodes[p], shape.gpus_per_node, shape.pod_nodes});
      }
    clusters.push_back(std::move(cluster));
  };
  for (const SiteSpec& site : sites_of(scenario))
    for (const ClusterSpec& spec : site.clusters) add(site.name, spec.name, spec.topology);
  for (const PlannedTranche& tranche : planned)
    if (tranche.origin == Origin::investors || tranche.origin == Origin::fund) add(tranche.site, tranche.cluster, "");
  return clusters;
}

}  // namespace nadc
