// What a scenario's network section comes to: the fabrics of its clusters, and the response surfaces of its table.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/network/topology_options.hpp"
#include "models/build.hpp"
#include "models/network/flow_pace.hpp"

namespace nadc {

struct FabricSet;  // models/network/fabric.hpp
struct TopologySpec;

// The fabrics of all clusters with GPUs at the size that this scenario gives them in the end. topologies: one for each
// such cluster, in place of those that the scenario names. Errors: ErrorKind::input with the key path, for a file that
// does not read, or a topology that does not fit the cluster.
std::shared_ptr<const FabricSet> fabrics_of(const Scenario& scenario, const WorldBuilder& builder,
                                            std::span<const TopologySpec> topologies = {});

// What each cluster with GPUs is to be built of: its topology, and the hall and prices of its file.
struct ClusterTopology {
  std::string cluster;  // site/cluster
  NamedTopology network;
  double node_kw = 0.0;  // the most that one of its nodes draws
};
std::vector<ClusterTopology> topologies_of(const Scenario& scenario, const WorldBuilder& builder);

struct ScenarioNetwork {
  FlowService flows;              // none unless network.model is flow
  std::uint64_t fingerprint = 0;  // of graphs and surfaces; 0 when the scenario names none
};
// Fills what the scenario's network section comes to. Errors as above, and when the table has no surface for a fabric.
ScenarioNetwork resolve_network(Scenario& scenario, const WorldBuilder& builder);

}  // namespace nadc
