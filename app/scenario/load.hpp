// A scenario file as a Scenario: bases merged, overrides applied, every value checked.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "app/scenario/document.hpp"
#include "app/scenario/merge.hpp"
#include "app/scenario/read.hpp"
#include "models/scenario.hpp"

namespace nadc {

struct LoadedScenario {
  Scenario scenario;                       // uncertain scalars at their median
  std::vector<UncertainScalar> uncertain;  // in the order of the tables
  std::vector<Assumption> assumptions;     // stated in comments, and defaults in use without a source
  std::string resolved;                    // YAML with all defaults; loads to the same scenario
  Node tree;                               // the same, every value with its place
};

// Errors: Error (input) with all problems; Error (usage) for text that is no override.
LoadedScenario load_scenario(const std::string& file, std::span<const std::string> overrides = {});

// In two steps, for many variants of one file, such as the levers of a study.
Node read_scenario_tree(const std::string& file);
LoadedScenario load_scenario(Node tree, std::span<const Override> overrides);

}  // namespace nadc
