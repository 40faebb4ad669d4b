#include "app/scenario/load.hpp"

#include <utility>

#include "app/scenario/comments.hpp"

namespace nadc {

Node read_scenario_tree(const std::string& file) { return read_with_bases(file, &Scenario::fields()); }

LoadedScenario load_scenario(Node tree, std::span<const Override> overrides) {
  apply_overrides(tree, &Scenario::fields(), overrides);
  LoadedScenario loaded;
  Reading reading = read_into(loaded.scenario, tree);
  loaded.uncertain = std::move(reading.uncertain);
  loaded.assumptions = stated_assumptions(tree);
  loaded.assumptions.insert(loaded.assumptions.end(), reading.assumptions.begin(), reading.assumptions.end());
  loaded.resolved = emit(reading.resolved, EmitDefaults::marked);
  loaded.tree = std::move(reading.resolved);
  return loaded;
}

LoadedScenario load_scenario(const std::string& file, std::span<const std::string> overrides) {
  const std::vector<Override> changes = parse_overrides(overrides);
  return load_scenario(read_scenario_tree(file), changes);
}

}  // namespace nadc
