// From scenarios to what a replica reads. A study's scenarios (its levers) share one World: names of groups, classes
// and partitions are united, nodes keep their numbers under every lever, and laws share their tables. A Point is made
// for each lever and sample.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/policy/procurement.hpp"
#include "models/power/build_power.hpp"
#include "models/scenario.hpp"
#include "models/world.hpp"
#include "sim/law.hpp"

namespace nadc {

// A row of a trace as the readers give it. A job without a name belongs to the only group or class; names that the
// scenario does not know go to workload.unknown_group and unknown_class.
struct TraceInput {
  double submit_s = 0;
  double duration_s = 0;
  double request_s = 0;
  std::int64_t gpus = 0;
  std::string group, klass;
  Outcome outcome = Outcome::completed;
};
struct TraceInputs {
  std::vector<TraceInput> jobs;           // in the order of the file
  std::uint64_t dropped = 0;              // rows that are no jobs
  std::optional<double> origin_unix_s{};  // [s] wall clock at submit_s = 0, as if it were UTC
  std::vector<std::string> notes{};       // of the reader
};

class WorldBuilder {
 public:
  // Throws Error (input) with all that does not fit together. scenarios: at least one; they live as long as this.
  WorldBuilder(const std::vector<Scenario>& scenarios, const TraceInputs* trace, std::uint64_t seed);

  const World& world() const { return *reinterpret_cast<const World*>(world_.data()); }

  // Throws Error (input). scenario: the lever's, with the sample's values in place of its uncertain scalars.
  std::vector<std::byte> point(const Scenario& scenario, std::uint32_t lever, std::uint32_t sample) const;

  const std::vector<std::string>& groups() const { return groups_; }
  const std::vector<std::string>& classes() const { return classes_; }
  const std::vector<std::string>& domains() const { return job_domains_; }  // that classes name
  const std::vector<std::string>& partitions() const { return partition_names_; }
  const std::vector<std::string>& sites() const { return domains_.sites; }
  // Nodes of each cluster, by partition, as the scenario will have them in the end.
  struct ClusterPart {
    std::uint32_t partition, nodes, gpus_per_node, pod_nodes;
  };
  struct Cluster {
    std::string name, topology;  // site/cluster; empty: as network.topology
    std::vector<ClusterPart> parts;
  };
  std::vector<Cluster> clusters(const Scenario& scenario) const;
  std::int64_t start() const { return start_; }  // [s since 1970]

 private:
  struct PartitionName {
    std::string site, cluster, kind;
    bool operator==(const PartitionName&) const = default;
  };
  // Made for a point, see models/policy/money.hpp.
  struct MoneyTables {
    MoneyParams params;
    std::vector<Payment> payments;
    std::vector<PartitionMoney> partitions;
    std::vector<GroupMoney> groups;
  };
  struct OutageName {
    std::string name;
    std::int64_t nodes = 0;
    double greatest = 0;  // rate of a lever
  };
  void name_outages(const Scenario& scenario);
  void add_reliability(Point& point, BlobWriter<Point>& writer, const Scenario& scenario) const;
  MoneyTables money_tables(const Scenario& scenario, const std::vector<PlannedTranche>& planned,
                           const Procurement& procurement) const;
  std::vector<std::uint8_t> open_partitions(const Scenario& scenario) const;  // (group, partition)
  static ResponseParams response_of(const ResponseSpec& spec);
  std::vector<GroupResponse> responses_of(const WorkloadSpec& workload) const;
  std::uint32_t partition_number(const PartitionName& name) const;

  std::vector<std::string> groups_, classes_, job_domains_, partition_names_;
  std::vector<PartitionName> partitions_;
  std::vector<PartitionWorld> partition_worlds_;
  DomainNames domains_;
  std::vector<OutageName> outages_;
  std::int64_t start_ = 0;
  Tick horizon_ = 0;
  double greatest_hazard_ = 0;
  mutable LawTables tables_;
  std::vector<std::byte> world_;
};

}  // namespace nadc
