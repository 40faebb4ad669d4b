// What a point reads of triggers (models/policy/triggers.hpp), and which of them can never act. Host.
#pragma once
#include <string>
#include <vector>

#include "models/policy/procurement.hpp"
#include "models/scenario.hpp"
#include "models/study_names.hpp"
#include "models/world.hpp"
#include "sim/blob.hpp"

namespace nadc {

void name_triggers(StudyNames& names, const Scenario& scenario);

// Throws Error (input).
void add_triggers(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario,
                  const std::vector<PlannedTranche>& planned);

// Sentences on triggers that can never act, or whose act comes to nothing before the end, and why.
std::vector<std::string> idle_triggers(const Scenario& scenario);

}  // namespace nadc
