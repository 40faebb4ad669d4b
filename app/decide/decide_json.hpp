// A decision as one JSON object, the same on stdout and inside a report:
//   study, samples, replicas, futures, levers, inputs, outcomes, weights, satisficing, pareto, sensitivity, discovery,
//   switching, voi, too_few.
// Levers, outcomes and inputs go by name. Numbers are full precision; what has no value, or no end, is null. Sections
// that were not asked for, or have too little to stand on, are null (satisficing, pareto) or empty lists.
#pragma once
#include <string>

#include "app/decide/decide.hpp"

namespace nadc {

// indent: spaces a level; -1: one line.
std::string decision_json(const Decision& decision, int indent = 2);

}  // namespace nadc
