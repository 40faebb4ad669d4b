// From what a scenario says fails to what the loop draws. Candidates are the study's: drawn at the greatest rate of its
// levers, and thinned. Host.
#pragma once
#include "models/scenario.hpp"
#include "models/study_names.hpp"
#include "models/world.hpp"
#include "sim/blob.hpp"
#include "sim/law.hpp"

namespace nadc {

// The greatest hazard, and the kinds of outages: a lever that has one names it as the others do. Throws Error (input).
void name_failures(StudyNames& names, const Scenario& scenario);

// Throws Error (input).
void add_reliability(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario,
                     LawTables& tables);

}  // namespace nadc
