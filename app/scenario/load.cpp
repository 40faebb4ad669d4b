#include "app/scenario/load.hpp"

#include <utility>
#include <vector>

#include "app/scenario/comments.hpp"
#include "sim/error.hpp"

namespace nadc {

Node read_scenario_tree(const std::string& file) { return read_with_bases(file, &Scenario::fields()); }

LoadedScenario load_scenario(Node tree, std::span<const Override> overrides) {
  // What cannot be set and what is wrong in the rest come in one message.
  std::vector<Problem> problems;
  const auto attempt = [&](const auto& step) {
    try {
      step();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input) throw;
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  };
  LoadedScenario loaded;
  Reading reading;
  attempt([&] { apply_overrides(tree, &Scenario::fields(), overrides); });
  attempt([&] { reading = read_into(loaded.scenario, tree); });
  if (!problems.empty()) throw Error(ErrorKind::input, std::move(problems));
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
