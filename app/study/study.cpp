#include "app/study/study.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "app/scenario/places.hpp"
#include "app/scenario/units.hpp"
#include "app/trace/trace.hpp"
#include "models/metrics.hpp"
#include "models/network/pace.hpp"
#include "models/reliability/hazard.hpp"
#include "models/scheduler/place.hpp"
#include "models/site/fleet.hpp"
#include "sim/error.hpp"
#include "sim/experiment/sensitivity.hpp"

namespace nadc {

using namespace spec;

const FieldTable& CorrelationSpec::fields() {
  static const FieldTable table{
      "correlation",
      "Two uncertain scalars that move together.",
      {
          text(&CorrelationSpec::first, "first", required, "Path of an uncertain scalar.", ""),
          text(&CorrelationSpec::second, "second", required, "Path of another.", ""),
          number(&CorrelationSpec::rank, "rank", between(-1, 1), required, "Spearman's rank correlation.", ""),
      }};
  return table;
}

const FieldTable& StoppingSettings::fields() {
  static const FieldTable table{
      "stopping",
      "When to stop before design.replicas.",
      {
          number(&StoppingSettings::half_width, "half_width", positive, required,
                 "95 % half-width that every watched series must reach; a share of its mean, or in its own unit.", ""),
          choice(&StoppingSettings::precision, "precision", {"relative", "absolute"}, "relative",
                 "Whether half_width is a share of the mean.", "neutral default"),
          choice(&StoppingSettings::watch, "watch", {"values", "differences"}, "values",
                 "Outcomes of every lever, or their differences to the first lever.", "neutral default"),
          integer(&StoppingSettings::min_replicas, "min_replicas", at_least(2), "30",
                  "Replicas before the first check.", "measured: intervals then cover 95 % (docs/experiments.md)"),
          integer(&StoppingSettings::batch, "batch", at_least(1), "10", "Replicas between two checks.",
                  "measured: intervals then cover 95 % (docs/experiments.md)"),
      }};
  return table;
}

namespace {

void stopping_fits(const DesignSettings& design, std::vector<Complaint>& complaints) {
  if (design.stopping && design.stopping->min_replicas > design.replicas)
    complaints.push_back({"stopping",
                          "min_replicas is more than design.replicas (" + std::to_string(design.replicas) +
                              "), the most that a study makes",
                          "raise design.replicas, or lower min_replicas"});
}

}  // namespace

const FieldTable& DesignSettings::fields() {
  static const FieldTable table{
      "design",
      "How the uncertain scalars are sampled, and how many random histories each sample gets.",
      {
          integer(&DesignSettings::samples, "samples", between(1, 4294967295.0), "1",
                  "Samples of the uncertain scalars.", "neutral default"),
          integer(&DesignSettings::replicas, "replicas", between(1, 4294967295.0), "1", "Replicas of each sample.",
                  "neutral default"),
          choice(&DesignSettings::sampling, "sampling", {"sobol", "lhs", "random"}, "sobol", "Sampling design.",
                 "neutral default: the least variance for smooth outcomes"),
          choice(
              &DesignSettings::layout, "layout", {"plain", "pick-freeze"}, "plain",
              "pick-freeze: blocks of d + 2 samples, d uncertain scalars, from which nadc decide tells how much each "
              "matters with its interactions; samples is a multiple of d + 2.",
              "neutral default"),
          integer(&DesignSettings::seed, "seed", at_least(0), "1", "Seed of the study.", "neutral default"),
          list(&DesignSettings::correlations, "correlations", anything, "[]", "Correlated pairs."),
          object(&DesignSettings::stopping, "stopping", "When to stop before all replicas are made."),
          integer(&DesignSettings::screening, "screening", between(0, 4294967295.0), "0",
                  "Samples of the hourly ledger that sharpen the means of the summary; 0: none.", "neutral default"),
          integer(&DesignSettings::screening_draws, "screening_draws", between(0, 1e9), "5000",
                  "Jobs that a run of the ledger may draw one by one; the others flow in at their mean rate.",
                  "measured: little is gained beyond (docs/experiments.md)"),
      },
      check_with<&stopping_fits>};
  return table;
}

namespace {

void known_metric(const OutcomeSpec& outcome, std::vector<Complaint>& complaints) {
  std::vector<std::string_view> names;
  for (const MetricInfo& info : outcome.of.empty() ? site_metrics() : group_metrics()) names.push_back(info.name);
  if (std::find(names.begin(), names.end(), outcome.metric) != names.end()) return;
  const std::string near = nearest(outcome.metric, names);
  complaints.push_back(
      {"metric", "no metric '" + outcome.metric + "'" + (outcome.of.empty() ? "" : " of a group, class or domain"),
       near.empty() ? "see nadc explain metrics" : "did you mean " + near + "?"});
}

}  // namespace

const FieldTable& OutcomeSpec::fields() {
  static const FieldTable table{
      "outcome",
      "A metric that the study is about.",
      {
          text(&OutcomeSpec::metric, "metric", required, "Name of a metric.", ""),
          choice(&OutcomeSpec::better, "better", {"higher", "lower"}, "higher", "Which way is better.",
                 "neutral default"),
          number(&OutcomeSpec::threshold, "threshold", anything, optional,
                 "Value to reach; its probability is reported.", ""),
          text(&OutcomeSpec::of, "of", "\"\"", "The group, class or domain whose metric it is; empty: of all.",
               "neutral default"),
      },
      check_with<&known_metric>};
  return table;
}

std::string label_of(const OutcomeSpec& outcome) {
  return outcome.metric + (outcome.of.empty() ? "" : " of " + outcome.of);
}

const FieldTable& StudySpec::fields() {
  static const FieldTable table{
      "study",
      "A scenario under several levers, with uncertain scalars.",
      {
          text(&StudySpec::name, "name", required, "Name of the study.", ""),
          text(&StudySpec::description, "description", "\"\"", "What it asks.", "neutral default"),
          path(&StudySpec::scenario, "scenario", required, "Scenario that the levers change.", ""),
          object(&StudySpec::design, "design", "{}", "Samples and replicas."),
          list(&StudySpec::outcomes, "outcomes", anything, "[]", "Metrics that the study is about."),
      }};
  return table;
}

std::span<const FreeMap> study_override_keys() {
  static constexpr FreeMap keys[] = {
      {"levers", "Levers by name; each maps key paths of the scenario to values."},
      {"grid",
       "Key paths, each with a list of values, or names, each with a map of named variants; every lever is combined "
       "with every combination."},
      {"uncertainties", "Key paths of scalars, each with the law of what is not known."},
  };
  return keys;
}

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

TraceInputs read_inputs(const Scenario& scenario) {
  const std::vector<std::string_view> formats(trace_formats.begin(), trace_formats.end());
  if (std::find(formats.begin(), formats.end(), scenario.workload.format) == formats.end()) {
    const std::string near = nearest(scenario.workload.format, formats);
    std::string known;
    for (const std::string_view format : formats) known += (known.empty() ? "" : ", ") + std::string(format);
    throw Error(ErrorKind::input, "no trace format '" + scenario.workload.format + "'",
                near.empty() ? "known formats: " + known : "did you mean '" + near + "'?",
                Place{"", 0, 0, "workload.format", ""});
  }
  Trace trace = read_trace(scenario.workload.trace, scenario.workload.format, Strictness::strict,
                           scenario.workload.processors == TraceProcessors::cpus ? Processors::cpus : Processors::gpus);
  TraceInputs inputs;
  inputs.origin_unix_s = trace.origin_unix_s;
  inputs.notes = std::move(trace.notes);
  inputs.dropped = static_cast<std::uint64_t>(trace.dropped.total());
  if (inputs.dropped > 0 && scenario.workload.strict)
    throw Error(ErrorKind::input,
                std::to_string(inputs.dropped) +
                    (inputs.dropped == 1 ? " row of the trace is no job" : " rows of the trace are no jobs") +
                    ", and workload.strict is on",
                "nadc trace describe counts them by reason",
                Place{scenario.workload.trace, 0, 0, "workload.trace", ""});
  for (TraceRow& row : trace.rows) {
    TraceInput& input = inputs.jobs.emplace_back();
    input.submit_s = row.submit_s;
    input.duration_s = row.duration_s;
    input.request_s = row.request_s;
    input.gpus = row.gpus;
    input.group = std::move(row.group);
    input.klass = std::move(row.klass);
    input.outcome = row.state == "failed"      ? Outcome::failed
                    : row.state == "cancelled" ? Outcome::cancelled
                                               : Outcome::completed;
  }
  return inputs;
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

// What levers share, because one world serves them all.
void refuse_different_worlds(const std::vector<Lever>& levers, const std::string& file) {
  const auto value = [](const Scenario& s, std::string_view key) -> std::string {
    return key == "start"                    ? std::to_string(s.start)
           : key == "horizon"                ? std::to_string(s.horizon)
           : key == "warmup"                 ? std::to_string(s.warmup)
           : key == "outputs.by"             ? std::to_string(static_cast<int>(s.outputs.by))
           : key == "workload.align"         ? std::to_string(static_cast<int>(s.workload.align))
           : key == "workload.processors"    ? std::to_string(static_cast<int>(s.workload.processors))
           : key == "workload.unknown_group" ? s.workload.unknown_group
           : key == "workload.unknown_class" ? s.workload.unknown_class
                                             : s.workload.trace;
  };
  std::vector<Problem> problems;
  for (const Lever& lever : levers)
    for (const char* key : {"start", "horizon", "warmup", "outputs.by", "workload.trace", "workload.align",
                            "workload.processors", "workload.unknown_group", "workload.unknown_class"})
      if (value(lever.loaded.scenario, key) != value(levers.front().loaded.scenario, key))
        problems.push_back({"lever '" + lever.name + "' differs from lever '" + levers.front().name + "' here",
                            "all levers of a study have the same start, horizon, warmup, outputs and trace",
                            find_place(lever.loaded.tree, key, file)});
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

namespace {

constexpr double greatest_uniform = 1.0 - 0x1p-33;  // of a sampling design

}  // namespace

void Study::build(std::optional<std::uint64_t> seed) {
  seed_ = seed.value_or(static_cast<std::uint64_t>(spec_.design.seed));
  refuse_different_worlds(levers_, file_);
  // Failure candidates come at the study's greatest rate: an uncertain hazard counts with the greatest that a sample
  // can draw.
  world_scenarios_ = scenarios_;
  for (std::size_t i = 0; i < levers_.size(); ++i) {
    Scenario extreme = scenarios_[i];
    bool uncertain = false;
    for (std::size_t u = 0; u < uncertain_.size(); ++u)
      if (access_[i][u] && uncertain_[u].path.starts_with("reliability.hazard")) {
        access_[i][u]->set(&extreme, quantile(uncertain_[u].law, greatest_uniform));
        uncertain = true;
      }
    if (uncertain) world_scenarios_.push_back(std::move(extreme));
  }
  std::optional<TraceInputs> inputs;
  try {
    if (!scenarios_.front().workload.trace.empty()) {
      inputs = read_inputs(scenarios_.front());
      notes_ = inputs->notes;
      align_to(*inputs);
    }
    fit_pools();
    note_rounding();
    builder_.emplace(world_scenarios_, inputs ? &*inputs : nullptr, seed_);
  } catch (const Error& error) {
    throw with_lever(error, inputs ? &*inputs : nullptr);
  }
  refuse_unknown_names();
  for (std::size_t i = 0; i < levers_.size(); ++i) {
    try {
      networks_.push_back(resolve_network(scenarios_[i], *builder_));
    } catch (const Error& error) {
      throw with_places(error, levers_[i].loaded.tree, spec_.scenario);
    }
  }
  build_design();
}

// Moves `start` to the first moment from there on that has the weekday and time of the trace's first submission.
void Study::align_to(const TraceInputs& inputs) {
  const Scenario& base = scenarios_.front();
  if (!inputs.origin_unix_s || inputs.jobs.empty() || base.workload.align != TraceAlign::calendar) return;
  double first = inputs.jobs.front().submit_s;
  for (const TraceInput& job : inputs.jobs) first = std::min(first, job.submit_s);
  constexpr std::int64_t week = 7 * 86400;
  const std::int64_t apart = static_cast<std::int64_t>(std::floor(*inputs.origin_unix_s + first)) - base.start;
  const std::int64_t shift = (apart % week + week) % week;
  if (shift == 0) return;
  for (auto* scenarios : {&scenarios_, &world_scenarios_})
    for (Scenario& scenario : *scenarios) scenario.start += shift;
  notes_.push_back("The run starts at " + format_date(base.start) +
                   ", the first moment from start on with the weekday and time of the trace's first submission; "
                   "workload.align: start begins at start itself.");
}

// A pool knows no nodes. Where nothing else does, its kind is cut into equal parts, so that it may have any number of
// GPUs.
void Study::fit_pools() {
  std::string name;
  std::int64_t whole = 0, common = 0;
  for (const Scenario& s : scenarios_) {
    const bool by_node = Places::visit(s.scheduler.place, [](const auto& place) { return place.by_node; });
    const bool fails = Hazards::visit(s.reliability.hazard, [](const auto& hazard) { return hazard.greatest(); }) > 0 ||
                       !s.reliability.outages.empty() || s.reliability.store.write.value > 0;
    const bool network =
        s.network.model == NetworkModel::flow || !Paces::holds<FullSpeed>(s.network.pace) || s.network.uses_table();
    if (by_node || fails || network || !s.policy.domestic.node.empty() || !s.policy.incentive.node.empty()) return;
    common = std::gcd(common, s.fleet.gpus);
    for (const SiteSpec& site : sites_of(s))
      for (const ClusterSpec& cluster : site.clusters)
        for (const TrancheSpec& tranche : cluster.tranches) {
          const NodeKindSpec& kind = kind_of(s, tranche.node, "fleet.node");
          if (whole == 0) {
            name = kind.name;
            whole = kind.gpus;
          }
          if (kind.name != name || kind.gpus != whole || cluster.spares > 0) return;
          if (s.fleet.gpus <= 0) common = std::gcd(common, tranche.gpus);
        }
  }
  const std::int64_t part = std::gcd(common, whole);
  if (part == whole) return;
  const std::int64_t parts = whole / part;
  for (auto* scenarios : {&scenarios_, &world_scenarios_})
    for (Scenario& s : *scenarios) {
      for (NodeKindSpec& kind : s.catalog.nodes) {
        if (kind.name != name) continue;
        kind.gpus = part;
        kind.parts = parts;
        for (Watts* power : {&kind.idle, &kind.busy, &kind.down})
          *power = Watts(power->value / static_cast<double>(parts));
      }
      for (NamedAmount& price : s.policy.purchase.prices)
        if (price.name == name) price.value /= static_cast<double>(parts);
    }
}

// Node kinds come whole: what a lever has more than it says.
void Study::note_rounding() {
  for (std::size_t i = 0; i < scenarios_.size(); ++i) {
    const std::vector<std::int64_t> nodes = nodes_of_tranches(scenarios_[i]);
    std::int64_t placed = 0;
    std::size_t t = 0;
    for (const SiteSpec& site : sites_of(scenarios_[i]))
      for (const ClusterSpec& cluster : site.clusters)
        for (const TrancheSpec& tranche : cluster.tranches)
          placed += nodes[t++] * kind_of(scenarios_[i], tranche.node, "").gpus;
    const auto wanted = static_cast<std::int64_t>(planned_gpus(scenarios_[i]));
    if (placed > wanted)
      warnings_.push_back("nodes are whole: " + std::to_string(placed) + " GPUs stand for the " +
                          std::to_string(wanted) + " asked for" +
                          (levers_.size() > 1 ? " (lever '" + levers_[i].name + "')" : ""));
  }
}

std::vector<FlowService> Study::flows() const {
  std::vector<FlowService> flows;
  for (const ScenarioNetwork& network : networks_) flows.push_back(network.flows);
  return flows;
}

Error Study::with_lever(const Error& error, const TraceInputs* inputs) const {
  std::vector<Problem> problems;
  ErrorKind kind = error.kind();
  for (std::size_t i = 0; i < levers_.size() && levers_.size() > 1; ++i) {
    try {
      WorldBuilder alone({scenarios_[i]}, inputs, seed_);
    } catch (const Error& own) {
      if (problems.empty()) kind = own.kind();
      const Error placed = with_places(own, levers_[i].loaded.tree, spec_.scenario);
      for (Problem problem : placed.problems()) {
        problem.message += " (lever '" + levers_[i].name + "')";
        problems.push_back(std::move(problem));
      }
    }
  }
  if (!problems.empty()) return Error(kind, std::move(problems));
  return with_places(error, levers_.front().loaded.tree, spec_.scenario);
}

void Study::refuse_unknown_names() const {
  std::vector<std::string_view> names;
  for (const auto* list : {&builder_->groups(), &builder_->classes(), &builder_->domains()})
    names.insert(names.end(), list->begin(), list->end());
  for (std::size_t i = 0; i < spec_.outcomes.size(); ++i) {
    const std::string& of = spec_.outcomes[i].of;
    if (of.empty() || std::find(names.begin(), names.end(), of) != names.end()) continue;
    const std::string near = nearest(of, names);
    std::string all;
    for (const std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    throw with_places(Error(ErrorKind::input, "no group, class or domain '" + of + "'",
                            near.empty() ? "there are " + all : "did you mean " + near + "?",
                            Place{"", 0, 0, "outcomes[" + std::to_string(i) + "].of", ""}),
                      tree_, file_);
  }
}

void Study::refuse_pick_freeze() const {
  const auto block = static_cast<std::int64_t>(uncertain_.size()) + 2, samples = spec_.design.samples;
  const auto refuse = [&](const std::string& key, const std::string& message, const std::string& hint) {
    throw with_places(Error(ErrorKind::input, message, hint, Place{"", 0, 0, key, ""}), tree_, file_);
  };
  if (uncertain_.empty())
    refuse("design.layout", "pick-freeze needs something uncertain",
           "list it under uncertainties, or use layout: plain");
  if (!spec_.design.correlations.empty())
    refuse("design.correlations", "pick-freeze takes independent uncertainties only",
           "leave out the correlations, or use layout: plain");
  if (spec_.design.screening > 0)
    refuse("design.screening", "pick-freeze and screening do not go together", "screen with layout: plain");
  if (samples % block != 0)
    refuse("design.samples",
           "pick-freeze with " + std::to_string(block - 2) + " uncertain scalars needs a multiple of " +
               std::to_string(block) + " samples, not " + std::to_string(samples),
           "for example " + std::to_string(std::max<std::int64_t>(1, samples / block) * block) + " or " +
               std::to_string((samples / block + 1) * block));
}

void Study::build_design() {
  DesignSpec design;
  design.sampling = spec_.design.sampling;
  design.seed = seed_;
  design.dimensions = static_cast<std::uint32_t>(uncertain_.size());
  design.samples = static_cast<std::uint32_t>(spec_.design.samples);
  if (spec_.design.layout == DesignLayout::pick_freeze) {
    refuse_pick_freeze();
    design.dimensions *= 2;
    design.samples /= static_cast<std::uint32_t>(uncertain_.size() + 2);
  }
  if (!spec_.design.correlations.empty()) {
    const std::size_t n = uncertain_.size();
    design.correlation.assign(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i) design.correlation[i * n + i] = 1.0;
    for (const CorrelationSpec& pair : spec_.design.correlations) {
      const auto find = [&](const std::string& path) {
        std::vector<std::string_view> names;
        for (std::size_t i = 0; i < n; ++i) {
          if (uncertain_[i].path == path) return i;
          names.push_back(uncertain_[i].path);
        }
        const std::string near = nearest(path, names);
        throw Error(
            ErrorKind::input, "'" + path + "' is not uncertain",
            near.empty() ? "list it under uncertainties" : "did you mean " + near + "?",
            find_place(tree_, "design.correlations[" + std::to_string(&pair - spec_.design.correlations.data()) + "]",
                       file_));
      };
      const std::size_t i = find(pair.first), j = find(pair.second);
      design.correlation[i * n + j] = design.correlation[j * n + i] = pair.rank;
    }
  }
  try {
    design_.emplace(design);
  } catch (const Error& error) {
    std::vector<Problem> problems = error.problems();
    std::string names;
    for (std::size_t i = 0; i < uncertain_.size(); ++i)
      names += (i > 0 ? ", " : "") + std::to_string(i) + " = " + uncertain_[i].path;
    for (Problem& problem : problems) {
      problem.place.path = "design.correlations";
      if (!spec_.design.correlations.empty()) problem.hint += "; " + names;
    }
    throw with_places(Error(error.kind(), std::move(problems)), tree_, file_);
  }
}

std::vector<double> Study::values(std::optional<std::uint32_t> sample) const {
  std::vector<double> values;
  if (!sample) {
    for (const UncertainScalar& scalar : uncertain_) values.push_back(scalar.median);
    return values;
  }
  values.resize(uncertain_.size());
  if (spec_.design.layout == DesignLayout::pick_freeze)
    saltelli_point(*design_, *sample, values);
  else
    design_->sample(*sample, values);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = quantile(uncertain_[i].law, values[i]);
  return values;
}

std::vector<std::byte> Study::point(std::uint32_t lever, std::optional<std::uint32_t> sample) const {
  if (!sample || uncertain_.empty()) return builder_->point(scenarios_[lever], lever, sample.value_or(0));
  Scenario scenario = scenarios_[lever];
  const std::vector<double> drawn = values(sample);
  for (std::size_t i = 0; i < drawn.size(); ++i)
    if (access_[lever][i]) access_[lever][i]->set(&scenario, drawn[i]);
  try {
    return builder_->point(scenario, lever, *sample);
  } catch (const Error& error) {
    throw with_places(error, levers_[lever].loaded.tree, spec_.scenario);
  }
}

}  // namespace nadc
