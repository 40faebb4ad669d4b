// The fleet that a scenario means: its sites, or the one of the short form, and the node kinds of its catalog.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/scenario.hpp"

namespace nadc {

// The sites, or the one that the short form stands for. Throws Error (input) when there is neither.
std::vector<SiteSpec> sites_of(const Scenario& scenario);

// Throws Error (input) at the key path for a kind that the catalog does not hold.
const NodeKindSpec& kind_of(const Scenario& scenario, const std::string& name, const std::string& path);

// Key path of the node kind of a tranche, by its number in the cluster.
std::string path_of(const Scenario& scenario, const SiteSpec& site, const ClusterSpec& cluster, std::size_t tranche);

// GPUs of all tranches as written, or fleet.gpus.
double planned_gpus(const Scenario& scenario);

// Nodes of each tranche, in the order of the file: whole ones, rounded up so that the sum up to each tranche is at
// least its GPUs as fleet.gpus scales them, and less than a node more.
std::vector<std::int64_t> nodes_of_tranches(const Scenario& scenario);

}  // namespace nadc
