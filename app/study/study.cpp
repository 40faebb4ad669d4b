// Reads a study: its settings, levers, grid and uncertainties.
#include "app/study/study.hpp"

#include <algorithm>
#include <filesystem>

#include "app/scenario/places.hpp"
#include "app/scenario/units.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

// Takes a key out of a map; null when it is not there.
Node extract(Node& map, std::string_view key) {
  for (auto entry = map.entries.begin(); entry != map.entries.end(); ++entry)
    if (entry->key == key) {
      Node value = std::move(entry->value);
      map.entries.erase(entry);
      return value;
    }
  return {};
}

// What is wrong with the parts of a study, each problem once, thrown together.
class Gathered {
 public:
  template <class Step> void attempt(Step&& step) {
    try {
      step();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input) throw;
      for (const Problem& problem : error.problems()) {
        const std::string text = render(problem);
        if (std::find(texts_.begin(), texts_.end(), text) != texts_.end()) continue;
        texts_.push_back(text);
        problems_.push_back(problem);
      }
    }
  }
  void finish() {
    if (!problems_.empty()) throw Error(ErrorKind::input, std::move(problems_));
  }

 private:
  std::vector<Problem> problems_;
  std::vector<std::string> texts_;
};

struct NamedOverrides {
  std::string name;
  std::vector<Override> changes;
};

void expect_map(const Node& node, const std::string& key, const std::string& example) {
  if (node.is_null() || node.is_map()) return;
  throw Error(ErrorKind::input, "expected a map, found " + describe(node), "for example " + example,
              place_of(node.where, key));
}

std::vector<NamedOverrides> levers_of(const Node& levers, const Node& grid, Gathered& problems) {
  problems.attempt([&] { expect_map(levers, "levers", "levers: {small: {fleet.gpus: 10000}}"); });
  problems.attempt([&] { expect_map(grid, "grid", "grid: {fleet.gpus: [10000, 18000]}"); });
  std::vector<NamedOverrides> all;
  for (const Node::Entry& entry : levers.entries)
    problems.attempt([&] {
      expect_map(entry.value, "levers." + entry.key, "small: {fleet.gpus: 10000}");
      all.push_back({entry.key, overrides_from(entry.value)});
    });
  if (all.empty()) all.push_back({"", {}});
  for (const Node::Entry& axis : grid.entries) {
    if (axis.value.is_map() && !axis.value.entries.empty()) {  // variants by name
      std::vector<NamedOverrides> product;
      for (const NamedOverrides& lever : all)
        for (const Node::Entry& variant : axis.value.entries)
          problems.attempt([&] {
            const std::string key = "grid." + axis.key + "." + variant.key;
            expect_map(variant.value, key, "small: {fleet.gpus: 10000}");
            NamedOverrides next = lever;
            next.name += (next.name.empty() ? "" : "-") + variant.key;
            for (Override& each : overrides_from(variant.value)) next.changes.push_back(std::move(each));
            product.push_back(std::move(next));
          });
      all = std::move(product);
      continue;
    }
    if (!axis.value.is_list() || axis.value.items.empty()) {
      problems.attempt([&] {
        throw Error(ErrorKind::input, "expected a list of values, found " + describe(axis.value),
                    "for example " + axis.key + ": [1, 2]", place_of(axis.value.where, "grid." + axis.key));
      });
      continue;
    }
    std::vector<NamedOverrides> product;
    for (const NamedOverrides& lever : all)
      for (const Node& value : axis.value.items) {
        Node change;
        change.kind = Node::Kind::map;
        change.where = value.where;
        change.entries.push_back({axis.key, axis.key_where, value});
        NamedOverrides next = lever;
        const std::string shown =
            value.is_scalar() ? value.text : "#" + std::to_string(&value - axis.value.items.data());
        next.name += (next.name.empty() ? "" : ", ") + axis.key + "=" + shown;
        for (Override& each : overrides_from(change)) next.changes.push_back(std::move(each));
        product.push_back(std::move(next));
      }
    all = std::move(product);
  }
  if (all.size() == 1 && all.front().name.empty()) all.front().name = "base";
  return all;
}

// Each uncertainty is an override that makes the scalar {uncertain: LAW}.
std::vector<Override> uncertainties_of(const Node& node) {
  expect_map(node, "uncertainties", "uncertainties: {workload.jobs_per_day: {uniform: {low: 4000, high: 5000}}}");
  Node changes;
  changes.kind = Node::Kind::map;
  changes.where = node.where;
  for (const Node::Entry& entry : node.entries) {
    Node uncertain;
    uncertain.kind = Node::Kind::map;
    uncertain.where = entry.value.where;
    uncertain.entries.push_back({"uncertain", entry.key_where, entry.value});
    changes.entries.push_back({entry.key, entry.key_where, std::move(uncertain)});
  }
  return overrides_from(changes);
}

// Unknown keys go, so that nobody else stumbles over them.
void refuse_unknown_keys(Node& root) {
  std::vector<std::string_view> known;
  for (const FreeMap& each : study_override_keys()) known.push_back(each.key);
  for (const Field& field : StudySpec::fields().fields) known.push_back(field.key);
  std::vector<Problem> problems;
  for (const Node::Entry& entry : root.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const std::string near = nearest(entry.key, known);
    std::string all;
    for (const std::string_view key : known) all += (all.empty() ? "" : ", ") + std::string(key);
    problems.push_back({"unknown key '" + entry.key + "' of a study",
                        near.empty() ? "known here: " + all : "did you mean '" + near + "'?",
                        place_of(entry.key_where, {})});
  }
  std::erase_if(root.entries, [&](const Node::Entry& entry) {
    return std::find(known.begin(), known.end(), entry.key) == known.end();
  });
  if (!problems.empty()) throw Error(ErrorKind::input, std::move(problems));
}

}  // namespace

Study::Study(const std::string& file, std::span<const std::string> overrides) : file_(file) {
  Node root = read_with_bases(file, nullptr);
  const std::vector<Override> changes = parse_overrides(overrides);
  if (!root.is_map() || !root.find("scenario")) {
    // Only overrides can give a scenario a design.
    std::vector<Override> own, to_scenario;
    for (const Override& change : changes)
      (change.path.starts_with("design.") || change.path.starts_with("outcomes") ? own : to_scenario).push_back(change);
    Lever& lever = levers_.emplace_back();
    lever.name = "base";
    lever.loaded = load_scenario(read_scenario_tree(file), to_scenario);
    resolved_ = lever.loaded.resolved;
    if (!own.empty()) {
      Node settings = parse_document("{name: x, scenario: x}", file);
      settings.find("name")->value.text = lever.loaded.scenario.name;
      settings.find("scenario")->value.text = std::filesystem::absolute(file).string();
      apply_overrides(settings, &StudySpec::fields(), own);
      resolved_ = emit(read_into(spec_, settings).resolved, EmitDefaults::marked) + "--- # lever base\n" + resolved_;
    }
    spec_.name = lever.loaded.scenario.name;
    spec_.description = lever.loaded.scenario.description;
    spec_.scenario = file;
  } else {
    const Node levers = extract(root, "levers"), grid = extract(root, "grid"),
               uncertainties = extract(root, "uncertainties");
    std::vector<Override> own, to_scenario;  // of the study's settings, and of every lever's scenario
    for (const Override& change : changes) {
      const std::string first = change.path.substr(0, change.path.find_first_of(".["));
      (StudySpec::fields().find(first) && first != "name" && first != "description" ? own : to_scenario)
          .push_back(change);
    }
    Gathered problems;
    problems.attempt([&] { refuse_unknown_keys(root); });
    problems.attempt([&] { apply_overrides(root, &StudySpec::fields(), own); });
    Reading reading;
    problems.attempt([&] {
      reading = read_into(spec_, root);
      tree_ = reading.resolved;
    });
    std::vector<Override> uncertain;
    problems.attempt([&] { uncertain = uncertainties_of(uncertainties); });
    std::vector<NamedOverrides> named_levers;
    problems.attempt([&] { named_levers = levers_of(levers, grid, problems); });
    Node base;
    // A path that cannot be read is among the problems already, and left empty.
    if (!spec_.scenario.empty()) problems.attempt([&] { base = read_scenario_tree(spec_.scenario); });
    resolved_ = emit(reading.resolved, EmitDefaults::marked);
    for (const NamedOverrides& named : named_levers) {
      if (base.is_null()) break;
      std::vector<Override> all = uncertain;
      all.insert(all.end(), named.changes.begin(), named.changes.end());
      all.insert(all.end(), to_scenario.begin(), to_scenario.end());
      problems.attempt([&] {
        levers_.push_back({named.name, load_scenario(base, all)});
        resolved_ += "--- # lever " + named.name + "\n" + levers_.back().loaded.resolved;
      });
    }
    problems.finish();
  }
  for (const Lever& lever : levers_) {
    scenarios_.push_back(lever.loaded.scenario);
    for (const UncertainScalar& scalar : lever.loaded.uncertain)
      if (std::none_of(uncertain_.begin(), uncertain_.end(),
                       [&](const UncertainScalar& known) { return known.path == scalar.path; }))
        uncertain_.push_back(scalar);
  }
  for (std::size_t i = 0; i < levers_.size(); ++i) {
    std::vector<std::optional<ScalarAccess>>& row = access_.emplace_back();
    for (const UncertainScalar& scalar : uncertain_) {
      const auto& own = levers_[i].loaded.uncertain;
      if (std::any_of(own.begin(), own.end(), [&](const UncertainScalar& u) { return u.path == scalar.path; }))
        row.emplace_back(ScalarAccess(Scenario::fields(), &scenarios_[i], scalar.path));
      else
        row.emplace_back(std::nullopt);
    }
  }
}

std::uint32_t Study::lever(const std::string& name) const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < levers_.size(); ++i) {
    if (levers_[i].name == name) return static_cast<std::uint32_t>(i);
    names.push_back(levers_[i].name);
  }
  std::string list;
  for (const std::string_view known : names) list += (list.empty() ? "" : ", ") + std::string(known);
  const std::string near = nearest(name, names);
  throw Error(ErrorKind::usage, "no lever '" + name + "'",
              near.empty() ? "levers: " + list : "did you mean " + near + "? levers: " + list);
}

}  // namespace nadc
