#include "models/site/fleet.hpp"

#include "models/fail.hpp"
#include "sim/platform.hpp"

namespace nadc {

std::string path_of(const Scenario& scenario, const SiteSpec& site, const ClusterSpec& cluster, std::size_t tranche) {
  if (scenario.sites.empty()) return "fleet.node";
  return "sites." + site.name + ".clusters." + cluster.name + ".tranches[" + std::to_string(tranche) + "].node";
}

const NodeKindSpec& kind_of(const Scenario& scenario, const std::string& name, const std::string& path) {
  for (const NodeKindSpec& kind : scenario.catalog.nodes)
    if (kind.name == name) return kind;
  std::string names;
  for (const NodeKindSpec& kind : scenario.catalog.nodes) names += (names.empty() ? "" : ", ") + kind.name;
  fail(path, "no node kind '" + name + "' in the catalog",
       names.empty() ? "extend catalog/nodes.yaml" : "known kinds: " + names);
}

std::vector<SiteSpec> sites_of(const Scenario& scenario) {
  if (!scenario.sites.empty()) return scenario.sites;
  const FleetSpec& fleet = scenario.fleet;
  if (fleet.node.empty() || fleet.gpus <= 0)
    fail("fleet", "the scenario has no sites, and fleet is not complete", "give sites, or fleet.node and fleet.gpus");
  SiteSpec site;
  site.name = "site";
  ClusterSpec cluster;
  cluster.name = "cluster";
  cluster.pod_nodes = fleet.pod_nodes;
  TrancheSpec tranche;
  tranche.node = fleet.node;
  tranche.gpus = fleet.gpus;
  cluster.tranches.push_back(tranche);
  site.clusters.push_back(cluster);
  return {site};
}

double planned_gpus(const Scenario& scenario) {
  if (scenario.fleet.gpus > 0) return static_cast<double>(scenario.fleet.gpus);
  double total = 0;
  for (const SiteSpec& site : sites_of(scenario))
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches) total += static_cast<double>(tranche.gpus);
  return total;
}

std::vector<std::int64_t> nodes_of_tranches(const Scenario& scenario) {
  const std::vector<SiteSpec> sites = sites_of(scenario);
  Int128 total = 0;
  for (const SiteSpec& site : sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches) total += tranche.gpus;
  const Int128 fleet = scenario.fleet.gpus > 0 ? Int128{scenario.fleet.gpus} : total;
  std::vector<std::int64_t> nodes;
  Int128 wanted = 0, placed = 0;  // GPUs up to here: as written, and in whole nodes
  for (const SiteSpec& site : sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (std::size_t t = 0; t < cluster.tranches.size(); ++t) {
        const TrancheSpec& tranche = cluster.tranches[t];
        const Int128 of_node = kind_of(scenario, tranche.node, path_of(scenario, site, cluster, t)).gpus;
        wanted += tranche.gpus;
        const Int128 missing = wanted * fleet - placed * total;  // GPUs times `total`
        nodes.push_back(missing > 0 ? static_cast<std::int64_t>((missing + of_node * total - 1) / (of_node * total))
                                    : 0);
        placed += nodes.back() * of_node;
      }
  return nodes;
}

}  // namespace nadc
