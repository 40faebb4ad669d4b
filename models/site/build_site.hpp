// From what a scenario plans and buys to the nodes of a replica. Host.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/policy/procurement.hpp"
#include "models/scenario.hpp"
#include "models/study_names.hpp"
#include "models/world.hpp"
#include "sim/law.hpp"

namespace nadc {

// Partitions, sites and clusters with a limit of their own.
void name_partitions(StudyNames& names, const Scenario& scenario);
// Room for the most nodes that any lever plans; numbers them. Gives the nodes of all partitions.
std::uint32_t size_partitions(StudyNames& names, const std::vector<Scenario>& scenarios);

// Tables of a point: what the other rooms read of its nodes.
struct SiteTables {
  VectorBy<TrancheId, TrancheParams> tranches;
  VectorBy<PartitionId, PartitionParams> partitions;
  VectorBy<PartitionId, double> gpu_power;  // share of a GPU's power above idle that is lasting
  std::uint32_t gpus = 0;                   // bought in all, but for what triggers order
};

// A tranche keeps the numbers of its nodes, however many of them are bought. Throws Error (input).
SiteTables build_site(const StudyNames& names, const Scenario& scenario, const std::vector<PlannedTranche>& planned,
                      const Procurement& procurement, LawTables& tables);

// [W] of all nodes at the most that a class draws.
VectorBy<SiteId, double> full_draw_w(const StudyNames& names, const SiteTables& site,
                                     const VectorBy<ClassId, ClassParams>& classes);

// Nodes of each cluster, by partition, as the scenario will have them in the end.
struct ClusterPart {
  std::uint32_t partition, nodes, gpus_per_node, pod_nodes;
};
struct ClusterNodes {
  std::string name, topology;  // site/cluster; empty: as network.topology
  std::vector<ClusterPart> parts;
};
std::vector<ClusterNodes> clusters_of(const StudyNames& names, const Scenario& scenario);

}  // namespace nadc
