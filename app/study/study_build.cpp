// From the scenarios of the levers to a world, a design and points.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "app/scenario/places.hpp"
#include "app/scenario/units.hpp"
#include "app/study/study.hpp"
#include "app/trace/trace.hpp"
#include "models/network/pace.hpp"
#include "models/policy/build_triggers.hpp"
#include "models/reliability/hazard.hpp"
#include "models/scheduler/place.hpp"
#include "models/site/fleet.hpp"
#include "sim/error.hpp"
#include "sim/experiment/sensitivity.hpp"

namespace nadc {
namespace {

constexpr double greatest_uniform = 1.0 - 0x1p-33;  // of a sampling design

TraceInputs read_inputs(const Scenario& scenario) {
  const std::span<const std::string_view> formats = trace_formats();
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

// What levers share, because one world serves them all.
void refuse_different_worlds(const std::vector<Lever>& levers, const std::string& file) {
  const auto value = [](const Scenario& s, std::string_view key) -> std::string {
    return key == "start"                    ? std::to_string(s.start)
           : key == "horizon"                ? std::to_string(s.horizon)
           : key == "warmup"                 ? std::to_string(s.warmup)
           : key == "outputs.by"             ? std::to_string(static_cast<int>(s.outputs.by))
           : key == "outputs.series"         ? std::to_string(s.outputs.series)
           : key == "workload.align"         ? std::to_string(static_cast<int>(s.workload.align))
           : key == "workload.processors"    ? std::to_string(static_cast<int>(s.workload.processors))
           : key == "workload.unknown_group" ? s.workload.unknown_group
           : key == "workload.unknown_class" ? s.workload.unknown_class
                                             : s.workload.trace;
  };
  std::vector<Problem> problems;
  for (const Lever& lever : levers)
    for (const char* key :
         {"start", "horizon", "warmup", "outputs.by", "outputs.series", "workload.trace", "workload.align",
          "workload.processors", "workload.unknown_group", "workload.unknown_class"})
      if (value(lever.loaded.scenario, key) != value(levers.front().loaded.scenario, key))
        problems.push_back({"lever '" + lever.name + "' differs from lever '" + levers.front().name + "' here",
                            "all levers of a study have the same start, horizon, warmup, outputs and trace",
                            find_place(lever.loaded.tree, key, file)});
  if (!problems.empty()) throw Error(ErrorKind::input, std::move(problems));
}

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
  for (std::size_t i = 0; i < levers_.size(); ++i)
    for (const std::string& sentence : idle_triggers(scenarios_[i]))
      warnings_.push_back(sentence + (levers_.size() > 1 ? " (lever '" + levers_[i].name + "')" : ""));
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
    for (const TriggerSpec& trigger : s.policy.triggers) {
      if (!trigger.then.order) continue;
      if (trigger.then.order->node != name) return;
      common = std::gcd(common, trigger.then.order->gpus);
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
