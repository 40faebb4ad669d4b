#include "app/network/scenario_network.hpp"

#include <algorithm>
#include <cstdio>

#include "app/network/topology_options.hpp"
#include "app/scenario/read.hpp"
#include "models/network/fabric.hpp"
#include "models/network/pace.hpp"
#include "models/network/spec.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "models/site/fleet.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

// A rail-fat-tree that fits, of the smallest usual radix; a plain fat tree where nodes differ or have more GPUs than a
// pod has leaves.
TopologySpec automatic(TopologySpec spec, bool rails) {
  for (const TopologyKind kind : {TopologyKind::rail_fat_tree, TopologyKind::fat_tree}) {
    if (type_of(kind).acts.rails && !rails) continue;
    spec.kind = kind;
    for (const int radix : {64, 128, 256, 512}) {
      spec.radix = radix;
      if (shape_of(spec).fits) return spec;
    }
  }
  return spec;  // does not fit either, and says why when it is built
}

NamedTopology topology_of(const std::string& name, std::int64_t gpus, int gpus_per_node, bool rails) {
  TopologySpec spec;
  spec.gpus = gpus;
  spec.gpus_per_node = gpus_per_node;
  spec.nvlink_domain = gpus_per_node;
  if (name == "auto") return {automatic(spec, rails), {}};
  for (const TopologyType* type : topology_types()) {
    if (name_of(type->kind) != name) continue;
    spec.kind = type->kind;
    return {spec, {}};
  }
  TopologyOptions options;
  options.topologies = {name};
  return resolve_topologies(options, gpus).front();
}

struct ClusterGpus {
  std::int64_t gpus = 0;
  int per_node = 8;
  bool alike = true;
};
ClusterGpus gpus_of(const WorldBuilder::Cluster& cluster) {
  ClusterGpus all;
  for (const WorldBuilder::ClusterPart& part : cluster.parts) {
    all.gpus += std::int64_t{part.nodes} * part.gpus_per_node;
    all.alike = all.alike && part.gpus_per_node == cluster.parts.front().gpus_per_node;
  }
  if (!cluster.parts.empty()) all.per_node = static_cast<int>(cluster.parts.front().gpus_per_node);
  return all;
}

// The most that a node of the cluster draws [kW].
double node_kw_of(const Scenario& scenario, const std::string& cluster_name) {
  double most = 0.0;
  for (const SiteSpec& site : sites_of(scenario))
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches)
        if (site.name + "/" + cluster.name == cluster_name)
          most = std::max(most, kind_of(scenario, tranche.node, "").busy.value / 1000.0);
  return most;
}

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

std::shared_ptr<const FabricSet> fabrics_of(const Scenario& scenario, const WorldBuilder& builder,
                                            std::span<const TopologySpec> topologies) {
  auto set = std::make_shared<FabricSet>();
  set->of_partition.resize(builder.partitions().size());
  for (const WorldBuilder::Cluster& cluster : builder.clusters(scenario)) {
    std::vector<FabricNodes> parts;
    std::uint32_t gpus = 0;
    bool alike = true;
    for (const WorldBuilder::ClusterPart& part : cluster.parts) {
      set->of_partition[part.partition] = {static_cast<std::uint32_t>(set->fabrics.size()),
                                           static_cast<std::uint32_t>(parts.size())};
      parts.push_back({part.partition, gpus, part.nodes, part.gpus_per_node, part.pod_nodes});
      gpus += part.nodes * part.gpus_per_node;
      alike = alike && part.gpus_per_node == parts.front().gpus_per_node;
    }
    if (gpus == 0) continue;
    try {
      FabricSpec spec;
      spec.topology = !topologies.empty()
                          ? topologies[set->fabrics.size()]
                          : topology_of(cluster.topology.empty() ? scenario.network.topology : cluster.topology, gpus,
                                        static_cast<int>(parts.front().gpus_per_node), alike)
                                .spec;
      spec.routing = scenario.network.routing;
      spec.all_to_all = scenario.network.all_to_all;
      set->fabrics.emplace_back(spec, std::move(parts));
    } catch (const Error& error) {
      std::vector<Problem> problems = error.problems();
      const std::size_t slash = cluster.name.find('/');
      for (Problem& problem : problems) {
        problem.message += " (cluster " + cluster.name + ")";
        if (problem.place.file.empty())
          problem.place.path = cluster.topology.empty() ? "network.topology"
                                                        : "sites." + cluster.name.substr(0, slash) + ".clusters." +
                                                              cluster.name.substr(slash + 1) + ".topology";
      }
      throw Error(ErrorKind::input, std::move(problems));
    }
  }
  return set;
}

std::vector<ClusterTopology> topologies_of(const Scenario& scenario, const WorldBuilder& builder) {
  std::vector<ClusterTopology> found;
  for (const WorldBuilder::Cluster& cluster : builder.clusters(scenario)) {
    const ClusterGpus all = gpus_of(cluster);
    if (all.gpus == 0) continue;
    const std::string& name = cluster.topology.empty() ? scenario.network.topology : cluster.topology;
    ClusterTopology one{cluster.name, topology_of(name, all.gpus, all.per_node, all.alike),
                        node_kw_of(scenario, cluster.name)};
    if (!is_read_from_file(one.network.spec.kind)) one.network.spec.gpus = all.gpus;
    found.push_back(std::move(one));
  }
  if (found.empty()) throw Error(ErrorKind::input, "the scenario has no GPUs", "set fleet.gpus");
  return found;
}

ScenarioNetwork resolve_network(Scenario& scenario, const WorldBuilder& builder) {
  NetworkSpec& network = scenario.network;
  ScenarioNetwork result;
  if (!network.uses_table() && network.model != NetworkModel::flow) return result;
  const std::shared_ptr<const FabricSet> set = fabrics_of(scenario, builder);
  network.fabric_nodes.assign(builder.partitions().size(), 0);
  network.surface_of.assign(builder.partitions().size(), 0);
  network.surfaces.clear();
  const auto mix = [&](std::uint64_t value) {
    result.fingerprint = (result.fingerprint ^ value) * 0x100000001b3ull;
    result.fingerprint ^= result.fingerprint >> 29;
  };
  std::optional<SurfaceFile> file;
  if (network.uses_table()) read_into(file.emplace(), read_document(network.table));
  for (const Fabric& fabric : set->fabrics) {
    mix(fabric.hash());
    for (const FabricNodes& part : fabric.parts()) {
      network.fabric_nodes[part.partition] = part.nodes;
      network.surface_of[part.partition] = static_cast<std::uint32_t>(network.surfaces.size());
    }
    if (!file) continue;
    const auto found = std::find_if(file->surfaces.begin(), file->surfaces.end(),
                                    [&](const SurfaceSpec& s) { return s.fabric == hex(fabric.hash()); });
    if (found == file->surfaces.end())
      throw Error(
          ErrorKind::input,
          "the table has no surface for fabric " + hex(fabric.hash()) + ": " +
              std::string(name_of(fabric.spec().topology.kind)) + " of " + std::to_string(fabric.spec().topology.gpus) +
              " GPUs, routing " + std::string(name_of(fabric.spec().routing)),
          "add it with nadc network calibrate SCENARIO -o " + network.table, Place{"", 0, 0, "network.table", ""});
    network.surfaces.push_back(found->cells());
    for (const std::uint16_t cell : network.surfaces.back()) mix(cell);
  }
  if (network.model == NetworkModel::flow) result.flows = flow_service(set);
  return result;
}

}  // namespace nadc
