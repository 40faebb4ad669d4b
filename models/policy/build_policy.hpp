// What a point reads of policy: what was promised, what is paid for, and what groups pay (models/policy/money.hpp).
// Host.
#pragma once
#include <vector>

#include "models/policy/procurement.hpp"
#include "models/scenario.hpp"
#include "models/study_names.hpp"
#include "models/world.hpp"
#include "sim/blob.hpp"

namespace nadc {

// Throws Error (input).
void add_policy(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario,
                const std::vector<PlannedTranche>& planned, const Procurement& procurement);

}  // namespace nadc
