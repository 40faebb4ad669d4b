#include "app/network/scenario_judge.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/network/scenario_network.hpp"
#include "app/run/run.hpp"
#include "app/scenario/places.hpp"
#include "app/study/study.hpp"
#include "models/network/fabric.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

std::size_t metric(std::string_view name) {
  const auto infos = group_metrics();
  return static_cast<std::size_t>(
      std::find_if(infos.begin(), infos.end(), [&](const MetricInfo& info) { return info.name == name; }) -
      infos.begin());
}

}  // namespace

ScenarioJudge::ScenarioJudge(const std::string& file, std::span<const std::string> overrides, const std::string& lever)
    : lever_name_(lever) {
  std::vector<std::string> all(overrides.begin(), overrides.end());
  for (const char* own : {"network.model=flow", "network.pace=none", "network.table=\"\""}) all.emplace_back(own);
  study_ = std::make_unique<Study>(file, all);
  if (!lever.empty()) lever_ = study_->lever(lever);
  const LoadedScenario& loaded = study_->levers()[lever_].loaded;
  const auto& classes = loaded.scenario.workload.classes;
  if (std::none_of(classes.begin(), classes.end(),
                   [](const ClassSpec& c) { return c.communication + c.hidden_communication > 0; }))
    throw Error(ErrorKind::input, "no class of jobs communicates, so no network slows any",
                "set workload.classes.NAME.communication", find_place(loaded.tree, "workload.classes", file));
  study_->build(std::nullopt);
  const auto fabrics = fabrics_of(loaded.scenario, study_->builder());
  for (const Fabric& fabric : fabrics->fabrics) {
    TopologySpec spec = fabric.spec().topology;
    if (is_read_from_file(spec.kind)) {  // what a graph says of its GPUs
      spec = TopologySpec{};
      spec.gpus = fabric.topology().gpus();
      spec.gpus_per_node = spec.nvlink_domain = static_cast<int>(fabric.parts().front().gpus_per_node);
      spec.host_gbps = fabric.nic() * 8e-9;
    }
    std::int64_t gpus = 0;
    for (const FabricNodes& part : fabric.parts()) gpus += std::int64_t{part.nodes} * part.gpus_per_node;
    spec.gpus = gpus;
    bases_.push_back(std::move(spec));
  }
  if (bases_.empty()) throw Error(ErrorKind::input, "the scenario has no GPUs", "set fleet.gpus");
}

ScenarioJudge::~ScenarioJudge() = default;

std::string ScenarioJudge::routing() const {
  return std::string(name_of(study_->levers()[lever_].loaded.scenario.network.routing));
}

NetworkVerdict ScenarioJudge::operator()(std::span<const TopologySpec> topologies) {
  static const std::size_t slowdown = metric("comm_slowdown_mean"), held_hours = metric("gpu_hours_held");
  const Scenario& scenario = study_->levers()[lever_].loaded.scenario;
  NetworkVerdict verdict;
  RunResult result;
  try {
    const FlowService flows = flow_service(fabrics_of(scenario, study_->builder(), topologies));
    RunRequest request;
    request.lever = lever_name_;
    request.flows = &flows;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> nowhere(std::fopen("/dev/null", "w"), &std::fclose);
    Log log(Console{.stream = warned_ && nowhere ? nowhere.get() : stderr, .verbosity = Verbosity::quiet});
    result = run_replica(*study_, request, log);
    warned_ = true;
  } catch (const Error& error) {
    verdict.refused = error.problems().front().message;
    return verdict;
  }
  double held = 0, unslowed = 0;
  for (const ClassSpec& klass : scenario.workload.classes) {
    if (!(klass.communication + klass.hidden_communication > 0)) continue;
    const auto& names = study_->builder().classes();
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), klass.name) - names.begin());
    const std::vector<double>& values = result.metrics.classes[at];
    const double hours = values[held_hours], own = values[slowdown];
    if (!(hours > 0) || !std::isfinite(own)) continue;
    held += hours;
    unslowed += hours / own;
    if (own <= verdict.worst && !verdict.worst_of.empty()) continue;
    verdict.worst = own;
    verdict.worst_of = klass.name;
  }
  if (held > 0)
    verdict.slowdown = held / unslowed;
  else
    verdict.refused = "no job of a class that communicates ran";
  return verdict;
}

}  // namespace nadc
