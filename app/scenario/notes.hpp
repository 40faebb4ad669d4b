// What a result leaves out, and what a scenario says in vain.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "app/scenario/load.hpp"

namespace nadc {

// Parts of a datacenter that a run of this scenario does not model, with the key that would; sentences.
std::vector<std::string> not_modelled(const Scenario& scenario);

// Keys that were written, in one of these files or on the command line, and can act under none of the scenarios: "KEY …
// has no effect: why". A key is judged where it was written, not where a base says it for others. Without files, all
// are.
std::vector<std::string> idle_keys(std::span<const LoadedScenario* const> scenarios,
                                   std::span<const std::string> files);

// What fleet.gpus leaves as it is while it scales every tranche of the sites; empty when it scales nothing or all.
std::string left_unscaled(const Scenario& scenario);

}  // namespace nadc
