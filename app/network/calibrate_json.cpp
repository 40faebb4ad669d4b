// nadc network calibrate: runs the scenario with flows at several loads and placements, distils a response surface for
// each fabric, and measures it on runs that it has not seen.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/io/atomic_file.hpp"
#include "app/network/network_json.hpp"
#include "app/network/scenario_network.hpp"
#include "app/scenario/load.hpp"
#include "app/scenario/places.hpp"
#include "models/metrics.hpp"
#include "models/network/calibrate.hpp"
#include "models/network/fabric.hpp"
#include "models/network/spec.hpp"
#include "models/replica.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using nlohmann::ordered_json;

constexpr double loads[] = {0.35, 0.65, 1.0, 1.5};  // of the scenario's own
constexpr int own_load = 2;
constexpr double other_placement = 1e-3;  // weight: fills the cells that the scenario's own placement never meets
constexpr std::uint32_t held_out = 1000, checked = 2000;  // first replicas
constexpr std::uint32_t check_replicas = 6;
constexpr double jobs_a_run = 12000;
constexpr std::uint64_t seed = 1;

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

// Jobs of every size that takes several nodes, each with the same share of the GPU-time (assumption).
void usual_mix(WorkloadSpec& workload, std::int64_t gpus, std::int64_t gpus_per_node) {
  workload = WorkloadSpec{};
  constexpr double duration_s = 4 * 3600.0;
  double work = 0, total = 0;  // GPU-seconds and jobs, by share
  for (std::int64_t nodes = 2; nodes * gpus_per_node * 4 <= std::max<std::int64_t>(gpus, 8 * gpus_per_node);
       nodes *= 2) {
    ClassSpec& klass = workload.classes.emplace_back();
    klass.name = "n" + std::to_string(nodes);
    klass.gpus = LawSpec::constant(static_cast<double>(nodes * gpus_per_node));
    klass.duration = LawSpec::exponential(duration_s);
    klass.request_factor = LawSpec::constant(1);
    klass.request_max = 30 * ticks_per_day;
    klass.share = 1.0 / static_cast<double>(nodes);
    klass.communication = 0.2;
    total += klass.share;
    work += klass.share * static_cast<double>(nodes * gpus_per_node) * duration_s;
  }
  workload.arrivals.gap = LawSpec::exponential(1);
  workload.jobs_per_day = static_cast<double>(gpus) * 86400.0 * total / work;
}

// A topology file as a scenario: one cluster of its GPUs.
Scenario scenario_around(const std::string& file) {
  TopologyFile topology;
  read_into(topology, read_document(file));
  if (topology.gpus == 0) throw Error(ErrorKind::usage, "the topology does not say its GPUs", "give gpus: in the file");
  Scenario s;
  s.name = topology.name;
  s.start = 1767571200;
  s.horizon = 30 * ticks_per_day;
  NodeKindSpec& kind = s.catalog.nodes.emplace_back();
  kind.name = "node";
  kind.gpus = topology.gpus_per_node;
  s.fleet.node = "node";
  s.fleet.gpus = topology.gpus / topology.gpus_per_node * topology.gpus_per_node;
  Places::choose<Pack>(s.scheduler.place);
  s.scheduler.window = 256;
  s.network.topology = file;
  s.reliability.repair = LawSpec::constant(3600);
  usual_mix(s.workload, s.fleet.gpus, kind.gpus);
  return s;
}

bool is_topology(const std::string& file) {
  const Node root = read_document(file);
  return root.is_map() && root.find("topology") && !root.find("workload") && !root.find("extends") &&
         !root.find("fleet");
}

// The whole fleet there from the start, nothing measured apart, no slow-down but that of flows.
void settle(Scenario& s) {
  s.warmup = 0;
  s.outputs.by = PeriodLength::none;
  s.network.model = NetworkModel::flow;
  s.network.pace = ChoiceValue{};
  s.network.table.clear();
  for (SiteSpec& site : s.sites)
    for (ClusterSpec& cluster : site.clusters)
      for (TrancheSpec& tranche : cluster.tranches) tranche.date = 0;
}

class Calibration {
 public:
  explicit Calibration(Scenario scenario) : own_(std::move(scenario)) {
    settle(own_);
    if (!own_.workload.trace.empty() || own_.workload.jobs_per_day <= 0) {
      const WorldBuilder sizes({without_jobs(own_)}, nullptr, seed);
      std::int64_t gpus = 0, per_node = 1;
      for (const WorldBuilder::Cluster& cluster : sizes.clusters(own_))
        for (const WorldBuilder::ClusterPart& part : cluster.parts) {
          gpus += std::int64_t{part.nodes} * part.gpus_per_node;
          per_node = std::max<std::int64_t>(per_node, part.gpus_per_node);
        }
      usual_mix(own_.workload, gpus, per_node);
    }
    if (std::none_of(own_.workload.classes.begin(), own_.workload.classes.end(),
                     [](const ClassSpec& c) { return c.communication + c.hidden_communication > 0; }))
      throw Error(ErrorKind::input, "no class of jobs communicates, so no network slows any",
                  "set workload.classes.NAME.communication", Place{"", 0, 0, "workload.classes", ""});
    const double days = std::clamp(jobs_a_run / own_.workload.jobs_per_day, 2.0, 30.0);
    own_.horizon = std::min<Tick>(own_.horizon > 0 ? own_.horizon : never,
                                  static_cast<Tick>(days * static_cast<double>(ticks_per_day)));
    for (const int place : {0, 1})
      for (const double load : loads) {
        Scenario variant = own_;
        variant.workload.jobs_per_day *= load;
        if (place == 0) Places::choose<BestFit>(variant.scheduler.place);
        if (place == 1 && !Places::holds<BestFit>(own_.scheduler.place)) variant.scheduler.place = own_.scheduler.place;
        if (place == 1 && Places::holds<BestFit>(own_.scheduler.place)) Places::choose<Pack>(variant.scheduler.place);
        variants_.push_back(std::move(variant));
      }
    own_first_ = Places::holds<BestFit>(own_.scheduler.place) ? 0 : std::size(loads);
    builder_.emplace(variants_, nullptr, seed);
    fabrics_ = fabrics_of(own_, *builder_);
    for (const auto& [fabric, part] : fabrics_->of_partition) fabric_of_.push_back(fabric);
    flows_ = flow_service(fabrics_);
  }

  const FabricSet& fabrics() const { return *fabrics_; }
  std::string settings() const {
    std::uint64_t hash = 0xcbf29ce484222325ull;
    const auto mix = [&](double value) {
      hash = (hash ^ static_cast<std::uint64_t>(std::llround(value * 1e6))) * 0x100000001b3ull;
    };
    mix(own_.workload.jobs_per_day), mix(static_cast<double>(own_.horizon)), mix(own_.scheduler.place.index);
    for (const ClassSpec& c : own_.workload.classes) {
      mix(c.share), mix(c.communication);
      if (c.hidden_communication > 0) mix(c.hidden_communication), mix(c.overlap_slack);
      mix(c.gpus.parameter[0]), mix(c.gpus.parameter[1]);
      mix(c.duration.parameter[0]), mix(c.duration.parameter[1]);
    }
    return own_.name + " " + hex(hash);
  }

  void fit(int replicas) {
    std::vector<SurfaceFit> fits(fabrics_->fabrics.size());
    SurfaceObserver observer(fabric_of_, &fits, nullptr, nullptr);
    for (std::uint32_t v = 0; v < variants_.size(); ++v) {
      const bool own = v >= own_first_ && v < own_first_ + std::size(loads);
      observer.weigh(own ? 1.0 : other_placement);
      for (int r = 0; r < replicas; ++r) run(v, static_cast<std::uint32_t>(r), observer);
    }
    for (const SurfaceFit& fit : fits) {
      surfaces_.push_back(fit.cells());
      cells_met_.push_back(fit.cells_met());
    }
  }
  // On placements of the scenario's own kind that the fit has not seen.
  std::vector<SurfaceObserver::Errors> errors() {
    std::vector<SurfaceObserver::Errors> errors(fabrics_->fabrics.size());
    SurfaceObserver observer(fabric_of_, nullptr, &surfaces_, &errors);
    for (std::size_t v = 0; v < std::size(loads); ++v)
      run(static_cast<std::uint32_t>(own_first_ + v), held_out, observer);
    return errors;
  }
  // The scenario itself with flows and with the table: slow-down of all and of each class, mean of some replicas.
  ordered_json check() {
    const auto v = static_cast<std::uint32_t>(own_first_ + own_load);
    NoObserver* const nobody = nullptr;
    const std::vector<std::byte> by_flow = builder_->point(variants_[v], v, 0);
    Scenario table = variants_[v];
    table.network.model = NetworkModel::table;
    table.network.surfaces = surfaces_;
    table.network.surface_of = fabric_of_;
    const std::vector<std::byte> by_table = builder_->point(table, v, 0);
    const World& world = builder_->world();
    ReplicaRunner<1> runner;
    const auto metrics = [&](const std::vector<std::byte>& block, bool flow, std::uint32_t replica) {
      const RandomKey key{seed, 0, checked + replica};
      const Point& point = *reinterpret_cast<const Point*>(block.data());
      const Capacity capacity = first_capacity(world, point);
      const ReplicaResult result = flow ? runner.run(world, point, key, capacity, flows_, nobody)
                                        : runner.run(world, point, key, capacity, nobody);
      return finalize(world, point, result.raw(world));
    };
    const auto slowdown = [](std::span<const MetricInfo> infos, const std::vector<double>& values) {
      for (std::size_t i = 0; i < infos.size(); ++i)
        if (infos[i].name == "comm_slowdown_mean") return values[i];
      return 1.0;
    };
    const std::size_t classes = builder_->classes().size();
    std::vector<double> flow(classes + 1), by(classes + 1);  // the last: all
    for (std::uint32_t r = 0; r < check_replicas; ++r) {
      const Metrics a = metrics(by_flow, true, r), b = metrics(by_table, false, r);
      for (std::size_t k = 0; k <= classes; ++k) {
        flow[k] += k < classes ? slowdown(group_metrics(), a.classes[k]) : slowdown(site_metrics(), a.site);
        by[k] += k < classes ? slowdown(group_metrics(), b.classes[k]) : slowdown(site_metrics(), b.site);
      }
    }
    ordered_json rows = ordered_json::array();
    for (std::size_t i = 0; i <= classes; ++i) {
      const std::size_t k = (i + classes) % (classes + 1);
      const double x = flow[k] / check_replicas, y = by[k] / check_replicas;
      if (std::isfinite(x) && std::isfinite(y))
        rows.push_back({{"class", k < classes ? builder_->classes()[k] : "all"},
                        {"slowdown_flow", x},
                        {"slowdown_table", y},
                        {"points", 100 * (y - x)}});
    }
    return rows;
  }

  const std::vector<std::vector<std::uint16_t>>& surfaces() const { return surfaces_; }
  std::uint32_t cells_met(std::size_t fabric) const { return cells_met_[fabric]; }

 private:
  static Scenario without_jobs(Scenario s) {
    s.workload = WorkloadSpec{};
    s.workload.arrivals.gap = LawSpec::exponential(1);
    if (s.horizon <= 0) s.horizon = 30 * ticks_per_day;
    return s;
  }
  void run(std::uint32_t variant, std::uint32_t replica, SurfaceObserver& observer) {
    const std::vector<std::byte> block = builder_->point(variants_[variant], variant, 0);
    const Point& point = *reinterpret_cast<const Point*>(block.data());
    ReplicaRunner<1> runner;
    const World& world = builder_->world();
    runner.run(world, point, RandomKey{seed, 0, replica}, first_capacity(world, point), flows_, &observer);
  }

  Scenario own_;
  std::vector<Scenario> variants_;
  std::size_t own_first_ = 0;
  std::optional<WorldBuilder> builder_;
  std::shared_ptr<const FabricSet> fabrics_;
  std::vector<std::uint32_t> fabric_of_;
  FlowService flows_;
  std::vector<std::vector<std::uint16_t>> surfaces_;
  std::vector<std::uint32_t> cells_met_;
};

std::string text_of(const SurfaceFile& file) {
  std::string text =
      "# Response surfaces of fabrics, from nadc network calibrate: stretch of communication in 1/1,024, a\n"
      "# line for each size (1, 2, 3-4, 5-8, ... nodes) and spread (1, 2, 3, 4, 5-6, 7-8, 9-12, 13-16,\n"
      "# 17-32, more pods), a column for each sixteenth of load of the upper tiers.\nsurfaces:\n";
  for (const SurfaceSpec& s : file.surfaces) {
    char numbers[80];
    std::snprintf(numbers, sizeof numbers, "    rmse: %.5f\n    mean: %.5f\n", s.rmse, s.mean);
    text += "  - fabric: \"" + s.fabric + "\"\n    topology: " + emit_scalar(s.topology, true) +
            "\n    gpus: " + std::to_string(s.gpus) + "\n    settings: " + emit_scalar(s.settings, true) + "\n" +
            numbers + "    stretch: [";
    for (std::size_t i = 0; i < s.stretch.size(); ++i)
      text += (i == 0 ? "\n      " : i % PaceSurface::loads == 0 ? ",\n      " : ", ") + std::to_string(s.stretch[i]);
    text += "]\n";
  }
  return text;
}

std::string nodes_of(std::uint32_t size) {
  const std::uint32_t last = 1u << size, first = size == 0 ? 1 : (last >> 1) + 1;
  return first == last ? std::to_string(last) : std::to_string(first) + "-" + std::to_string(last);
}

}  // namespace

ordered_json calibrate_json(const CalibrateRequest& request) {
  if (!request.output.ends_with(".yaml") && !request.output.ends_with(".yml"))
    throw Error(ErrorKind::usage, "a table is a YAML file, not '" + request.output + "'", "-o table.yaml");
  check_writable(request.output);
  LoadedScenario loaded;
  Scenario& scenario = loaded.scenario;
  if (is_topology(request.file)) {
    if (!request.overrides.empty())
      throw Error(ErrorKind::usage, "a topology file takes no overrides", "give a scenario");
    scenario = scenario_around(request.file);
  } else {
    // What the calibration sets itself is taken out before the files are read: the table may not be there yet.
    std::vector<std::string> overrides = request.overrides;
    for (const char* own : {"network.model=flow", "network.pace=none"}) overrides.emplace_back(own);
    Node tree = read_scenario_tree(request.file);
    if (Node::Entry* network = tree.find("network"); network && network->value.is_map())
      std::erase_if(network->value.entries, [](const Node::Entry& entry) { return entry.key == "table"; });
    loaded = load_scenario(std::move(tree), parse_overrides(overrides));
  }
  if (request.replicas < 1) throw Error(ErrorKind::usage, "no replica to fit on", "give --replicas 1 or more");
  std::optional<Calibration> made;
  try {
    made.emplace(scenario);
  } catch (const Error& error) {
    throw with_places(error, loaded.tree, request.file);
  }
  Calibration& calibration = *made;
  SurfaceFile file;
  if (std::filesystem::exists(request.output)) read_into(file, read_document(request.output));
  const auto find = [&](std::uint64_t hash) {
    return std::find_if(file.surfaces.begin(), file.surfaces.end(),
                        [&](const SurfaceSpec& s) { return s.fabric == hex(hash); });
  };
  const std::string settings = calibration.settings() + " x" + std::to_string(request.replicas);
  const auto& fabrics = calibration.fabrics().fabrics;
  const bool known = !request.force && std::all_of(fabrics.begin(), fabrics.end(), [&](const Fabric& fabric) {
    const auto found = find(fabric.hash());
    return found != file.surfaces.end() && found->settings == settings;
  });
  ordered_json answer = {{"output", request.output}, {"cached", known}};
  ordered_json rows = ordered_json::array(), sizes = ordered_json::array();
  std::vector<SurfaceObserver::Errors> errors;
  if (!known) {
    calibration.fit(request.replicas);
    errors = calibration.errors();
  }
  for (std::size_t f = 0; f < fabrics.size(); ++f) {
    const TopologySpec& topology = fabrics[f].spec().topology;
    SurfaceSpec surface;
    double jobs_rmse = 0;
    if (known) {
      surface = *find(fabrics[f].hash());
    } else {
      SurfaceError all;
      double square = 0, classes = 0;
      for (std::uint32_t s = 0; s < PaceSurface::sizes; ++s) {
        const SurfaceError& error = errors[f][s];
        if (!(error.weight > 0)) continue;
        all.add(error);
        square += (error.mean_table() - error.mean_flow()) * (error.mean_table() - error.mean_flow());
        classes += 1;
        sizes.push_back({{"fabric", hex(fabrics[f].hash())},
                         {"nodes", nodes_of(s)},
                         {"slowdown_flow", error.mean_flow()},
                         {"slowdown_table", error.mean_table()},
                         {"points", 100 * (error.mean_table() - error.mean_flow())},
                         {"job_rmse_points", 100 * error.rmse()}});
      }
      surface.fabric = hex(fabrics[f].hash());
      surface.topology = topology.name.empty() ? std::string(name_of(topology.kind)) : topology.name;
      surface.gpus = topology.gpus;
      surface.settings = settings;
      surface.rmse = classes > 0 ? std::sqrt(square / classes) : 0.0;
      jobs_rmse = all.rmse();
      surface.mean = all.mean_flow();
      surface.stretch.assign(calibration.surfaces()[f].begin(), calibration.surfaces()[f].end());
      if (const auto old = find(fabrics[f].hash()); old != file.surfaces.end())
        *old = surface;
      else
        file.surfaces.push_back(surface);
    }
    rows.push_back({{"fabric", surface.fabric},
                    {"topology", surface.topology},
                    {"gpus", surface.gpus},
                    {"cells_met", known ? ordered_json() : ordered_json(calibration.cells_met(f))},
                    {"slowdown_mean", surface.mean},
                    {"rmse_points", 100 * surface.rmse},
                    {"job_rmse_points", known ? ordered_json() : ordered_json(100 * jobs_rmse)}});
  }
  answer["surfaces"] = std::move(rows);
  if (!known) {
    answer["sizes"] = std::move(sizes);
    answer["classes"] = calibration.check();
    write_file(request.output, text_of(file));
  }
  return answer;
}

}  // namespace nadc
