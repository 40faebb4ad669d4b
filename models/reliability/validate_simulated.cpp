// Rows of `nadc validate reliability` that run the simulator: the same world as scenarios/validation/llama3-405b.yaml.
#include <vector>

#include "models/build.hpp"
#include "models/metrics.hpp"
#include "models/reliability/components.hpp"
#include "models/reliability/hazard.hpp"
#include "models/replica.hpp"
#include "models/validation.hpp"

namespace nadc {
namespace {

constexpr std::int64_t spare_nodes = 64;
constexpr std::uint32_t replicas = 20;

Scenario llama3() {
  Scenario s;
  s.name = "llama3-405b";
  s.start = 1709251200;  // 2024-03-01; the report names no dates
  s.horizon = 54 * ticks_per_day;
  NodeKindSpec node;
  node.name = "hgx-h100";
  node.idle = Watts(2020);
  node.busy = Watts(7560);
  s.catalog.nodes = {node};
  SiteSpec site;
  site.name = "site";
  ClusterSpec cluster;
  cluster.name = "h100";
  cluster.pod_nodes = 384;
  cluster.spares = spare_nodes;
  TrancheSpec tranche;
  tranche.node = node.name;
  tranche.gpus = (llama3_nodes + spare_nodes) * 8;
  cluster.tranches = {tranche};
  site.clusters = {cluster};
  s.sites = {site};
  ClassSpec training;
  training.name = "training";
  training.gpus = LawSpec::constant(llama3_nodes * 8);
  training.duration = LawSpec::constant(60 * 86400);
  training.request_factor = LawSpec::constant(1);
  training.request_max = 60 * ticks_per_day;
  training.checkpoint = 1;
  training.checkpoint_mode = 1;
  training.checkpoint_size = 5.27e12;
  training.restart_cost = 8 * ticks_per_minute;
  s.workload.classes = {training};
  s.workload.trace = "one job";
  s.scheduler.backfill = Backfill::none;
  Places::choose<Pack>(s.scheduler.place);
  ReliabilitySpec& reliability = s.reliability;
  Hazards::choose(reliability.hazard, ConstantHazard{3.79});
  reliability.repair = LawSpec::constant(86400);
  for (const Component& component : llama3_components) {
    ModeSpec mode;
    mode.name = component.name;
    mode.share = component.count;
    mode.drains = component.drains;
    mode.repair = LawSpec::lognormal(component.repair_median_h * 3600, component.repair_sigma);
    mode.detection = LawSpec::constant(0);
    reliability.modes.push_back(mode);
  }
  reliability.store.write = BytesPerSecond(2e12);
  reliability.store.write_per_node = BytesPerSecond(10e9);
  reliability.store.copy_per_node = BytesPerSecond(160e9);
  reliability.store.latency = ticks_per_second;
  OutageSpec planned;
  planned.name = "planned";
  planned.every = s.horizon / llama3_planned;
  planned.length = LawSpec::constant(600);
  reliability.outages = {planned};
  return s;
}

double metric(const Metrics& metrics, std::string_view name) {
  for (std::size_t i = 0; i < metrics.site.size(); ++i)
    if (site_metrics()[i].name == name) return metrics.site[i];
  return 0;
}

}  // namespace

std::vector<ValidationRow> validate_reliability_simulated() {
  const std::vector<Scenario> scenarios{llama3()};
  TraceInput job;
  job.duration_s = job.request_s = 60 * 86400;
  job.gpus = llama3_nodes * 8;
  const TraceInputs trace{{job}, 0};
  const WorldBuilder builder(scenarios, &trace, 1);
  const std::vector<std::byte> block = builder.point(scenarios[0], 0, 0);
  const Point& point = *reinterpret_cast<const Point*>(block.data());
  ReplicaRunner<1> runner;
  double interrupted = 0, announced = 0, ettr = 0;
  for (std::uint32_t replica = 0; replica < replicas; ++replica) {
    const ReplicaResult result =
        runner.run(builder.world(), point, {builder.world().seed, 0, replica}, first_capacity(builder.world(), point));
    const Metrics metrics = finalize(builder.world(), point, result.raw(builder.world()));
    interrupted += metric(metrics, "job_interruptions") / replicas;
    announced += metric(metrics, "jobs_preempted") / replicas;
    ettr += metric(metrics, "ettr") / replicas;
  }
  const std::string source(llama3_source);
  return {
      {"reliability/simulated", "Llama 3, 54 days: unexpected interruptions, mean of 20 runs", interrupted, 419,
       40.0 / 419, "1", source + "; tolerance: Poisson 95 % band"},
      {"reliability/simulated", "Llama 3, 54 days: planned interruptions", announced, llama3_planned, 0.05, "1",
       source},
      {"reliability/simulated", "Llama 3, 54 days: effective training time, published as above 0.90", ettr, 0.95,
       0.05 / 0.95, "1", "Llama 3 report, section 3.3.4; repair, restart of 8 min and 64 spare nodes: assumption"},
  };
}

}  // namespace nadc
