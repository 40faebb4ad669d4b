// Which jobs may run where, and how much a group may hold. Host.
#pragma once
#include <cstdint>
#include <vector>

#include "models/access/exact_share.hpp"
#include "models/policy/procurement.hpp"
#include "models/scenario.hpp"
#include "models/study_names.hpp"

namespace nadc {

struct AccessTables {
  std::vector<std::uint32_t> rates;   // (cell, partition) speed in 1/65,536; 0: may not run there
  std::vector<std::uint32_t> walled;  // speed where only a rule of access forbids it; none: no such rule
  VectorBy<GroupId, ExactShare> quotas;
};

// class_rates: (class, partition). Throws Error (input).
AccessTables build_access(const StudyNames& names, const Scenario& scenario,
                          const std::vector<std::uint32_t>& class_rates, const std::vector<PlannedTranche>& planned,
                          const Procurement& procurement);

}  // namespace nadc
