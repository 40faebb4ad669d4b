// From scenarios to what a replica reads. A study's scenarios (its levers) share one World: names of groups, classes
// and partitions are united, nodes keep their numbers under every lever, and laws share their tables. A Point is made
// for each lever and sample. Each room builds its part (models/*/build_*.hpp).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/scenario.hpp"
#include "models/site/build_site.hpp"
#include "models/study_names.hpp"
#include "models/workload/build_workload.hpp"
#include "models/world.hpp"
#include "sim/law.hpp"

namespace nadc {

class WorldBuilder {
 public:
  using ClusterPart = nadc::ClusterPart;
  using Cluster = ClusterNodes;

  // Throws Error (input) with all that does not fit together. scenarios: at least one; they live as long as this.
  WorldBuilder(const std::vector<Scenario>& scenarios, const TraceInputs* trace, std::uint64_t seed);

  const World& world() const { return *reinterpret_cast<const World*>(world_.data()); }

  // Throws Error (input). scenario: the lever's, with the sample's values in place of its uncertain scalars.
  std::vector<std::byte> point(const Scenario& scenario, std::uint32_t lever, std::uint32_t sample) const;

  const std::vector<std::string>& groups() const { return names_.groups; }
  const std::vector<std::string>& classes() const { return names_.classes; }
  const std::vector<std::string>& domains() const { return names_.job_domains; }  // that classes name
  const std::vector<std::string>& partitions() const { return partition_names_; }
  const std::vector<std::string>& sites() const { return names_.domains.sites; }
  std::vector<Cluster> clusters(const Scenario& scenario) const { return clusters_of(names_, scenario); }
  const std::vector<std::string>& triggers() const { return names_.triggers; }
  std::int64_t start() const { return names_.start; }  // [s since 1970]

 private:
  StudyNames names_;
  std::vector<std::string> partition_names_;  // site/cluster/kind
  mutable LawTables tables_;
  std::vector<std::byte> world_;
};

}  // namespace nadc
