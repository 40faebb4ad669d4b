// What a scenario's network section comes to: the fabrics of its clusters, and the response surfaces of its table.
#pragma once
#include <memory>
#include <span>

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

struct ScenarioNetwork {
  FlowService flows;              // none unless network.model is flow
  std::uint64_t fingerprint = 0;  // of graphs and surfaces; 0 when the scenario names none
};
// Fills what the scenario's network section comes to. Errors as above, and when the table has no surface for a fabric.
ScenarioNetwork resolve_network(Scenario& scenario, const WorldBuilder& builder);

}  // namespace nadc
