#include "models/access/build_access.hpp"

#include <algorithm>

#include "models/fail.hpp"
#include "models/site/fleet.hpp"

namespace nadc {
namespace {

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

// (group, partition) whether the group may use it.
std::vector<std::uint8_t> open_partitions(const StudyNames& names, const Scenario& scenario) {
  const std::vector<std::string>& groups = names.groups;
  const VectorBy<PartitionId, PartitionName>& partitions = names.partitions;
  std::vector<std::uint8_t> open(groups.size() * partitions.size(), 1);
  const std::vector<SiteSpec> sites = sites_of(scenario);
  for (const SiteSpec& site : sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (const std::string& name : cluster.groups)
        if (std::find(groups.begin(), groups.end(), name) == groups.end())
          fail("sites." + site.name + ".clusters." + cluster.name + ".groups", "no group '" + name + "'",
               "name groups of workload.groups");
  for (const PartitionId p : partitions.ids()) {
    const std::vector<std::string>* named = nullptr;
    for (const SiteSpec& site : sites)
      for (const ClusterSpec& cluster : site.clusters)
        if (site.name == partitions[p].site && cluster.name == partitions[p].cluster) named = &cluster.groups;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const bool is_named = named && std::find(named->begin(), named->end(), groups[g]) != named->end();
      const bool confined =
          std::any_of(scenario.workload.groups.begin(), scenario.workload.groups.end(),
                      [&](const GroupSpec& group) { return group.name == groups[g] && group.confined; });
      if (!is_named && (confined || (named && !named->empty()))) open[g * partitions.size() + p.value] = 0;
    }
  }
  return open;
}

// Of an owner's part of the fleet where ownership sets quotas.
VectorBy<GroupId, ExactShare> quotas_of(const StudyNames& names, const Scenario& scenario, const OwnedParts& owned) {
  VectorBy<GroupId, ExactShare> quotas(names.groups.size());
  for (const GroupSpec& group : scenario.workload.groups) {
    const bool of_owner = scenario.policy.ownership.quotas && group.owner != Owner::shared;
    const std::uint64_t part = !of_owner                     ? owned.all
                               : group.owner == Owner::state ? owned.state
                                                             : owned.all - owned.state;
    quotas[names.group(group.name)] =
        exact_share(UInt128{decimal_share(group.quota)} * part, UInt128{share_decimals} * owned.all);
  }
  return quotas;
}

}  // namespace

AccessTables build_access(const StudyNames& names, const Scenario& scenario,
                          const std::vector<std::uint32_t>& class_rates, const std::vector<PlannedTranche>& planned,
                          const Procurement& procurement) {
  const std::vector<std::uint8_t> open = open_partitions(names, scenario);
  const bool walls = std::any_of(open.begin(), open.end(), [](std::uint8_t o) { return o == 0; });
  const std::size_t groups = names.groups.size(), classes = names.classes.size(), partitions = names.partitions.size();
  AccessTables access;
  access.rates.resize(groups * classes * partitions);
  access.walled.resize(walls ? access.rates.size() : 0);
  for (std::size_t g = 0; g < groups; ++g)
    for (std::size_t k = 0; k < classes; ++k)
      for (std::size_t p = 0; p < partitions; ++p)
        (open[g * partitions + p] ? access.rates : access.walled)[(g * classes + k) * partitions + p] =
            class_rates[k * partitions + p];
  access.quotas = quotas_of(names, scenario, owned_parts(planned, procurement));
  return access;
}

}  // namespace nadc
