// What the scenarios of a study (its levers) have between them: names united in the order in which they come, nodes
// numbered alike under every lever, and what the candidates of failures are drawn from.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/power/build_power.hpp"
#include "models/world.hpp"
#include "sim/time.hpp"

namespace nadc {

struct PartitionName {
  std::string site, cluster, kind;
  bool operator==(const PartitionName&) const = default;
};

struct OutageName {
  std::string name;
  std::int64_t nodes = 0;
  double greatest = 0;  // rate of a lever
};

struct StudyNames {
  std::vector<std::string> groups, classes, job_domains, triggers;
  std::uint32_t trigger_acts = 0;  // the most that one may act
  VectorBy<PartitionId, PartitionName> partitions;
  VectorBy<PartitionId, PartitionWorld> partition_worlds;
  DomainNames domains;
  std::vector<OutageName> outages;
  double greatest_hazard = 0;  // of a node, under any lever
  std::int64_t start = 0;      // [s since 1970]
  Tick horizon = 0;

  // Invalid, for one that is not known.
  PartitionId partition(const PartitionName& name) const;
  GroupId group(const std::string& name) const;
  ClassId klass(const std::string& name) const;
  TriggerId trigger(const std::string& name) const;
  CellId cell(GroupId g, ClassId k) const {
    return CellId(g.value * static_cast<std::uint32_t>(classes.size()) + k.value);
  }
};

// Row of the name; how many there are, for one that is not known.
std::uint32_t row_of(const std::vector<std::string>& names, const std::string& name);
std::uint32_t add_name(std::vector<std::string>& names, const std::string& name);

std::string list_of(const std::vector<std::string>& names);

// The end of what is simulated; `never` where a trace says it. Throws Error (input).
Tick horizon_of(const Scenario& scenario);

// Ends of the calendar's periods of so many months (1, 3 or 12), before the horizon. start: [s since 1970]
std::vector<Tick> calendar_ends(std::int64_t start, int months, Tick horizon);

// Ends of the warm-up and of the periods of outputs.by; the last is the horizon.
std::vector<Tick> period_ends(const Scenario& scenario, Tick horizon);

}  // namespace nadc
