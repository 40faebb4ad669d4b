#include "models/power/node_power.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "sim/error.hpp"

namespace nadc {
namespace {

struct LoadRow {
  std::string_view name;
  double cpu_activity;  // share of the way from idle to limit; assumption
};

// Indexed by Load.
constexpr std::array load_rows{
    LoadRow{"idle", 0.0},           LoadRow{"hpl", 0.5},        LoadRow{"training", 0.5}, LoadRow{"inference", 0.35},
    LoadRow{"communication", 0.35}, LoadRow{"checkpoint", 0.4}, LoadRow{"down", 0.0},
};

constexpr std::int64_t most_gpus = 1'000'000'000;

constexpr double fan_floor = 0.3;    // least air flow of a running node; assumption
constexpr double fan_ceiling = 1.1;  // fans end there; assumption

// A GPU that waits in a collective keeps its clocks up, spins and copies: 15 % of the way from baseline to limit.
// Assumption; measured runs only say that communication-bound jobs draw less.
constexpr double communication_activity = 0.15;

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Error(ErrorKind::usage, std::move(message), std::move(hint));
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

const ServerKind* known_node_kind(std::string_view name) {
  std::string_view wanted = name;
  for (const ServerAlias& alias : node_aliases)
    if (alias.alias == name) wanted = alias.name;
  for (const ServerKind& kind : node_catalog)
    if (kind.name == wanted) return &kind;
  return nullptr;
}

const ServerKind& find_node_kind(std::string_view name) {
  if (const ServerKind* kind = known_node_kind(name)) return *kind;

  std::string_view nearest = node_catalog.front().name;
  std::size_t least = SIZE_MAX;
  const auto consider = [&](std::string_view known) {
    const std::size_t distance = edit_distance(name, known);
    if (distance < least) least = distance, nearest = known;
  };
  for (const ServerKind& kind : node_catalog) consider(kind.name);
  for (const ServerAlias& alias : node_aliases) consider(alias.alias);
  std::string known;
  for (const ServerKind& kind : node_catalog) known += (known.empty() ? "" : ", ") + std::string(kind.name);
  refuse("unknown node kind '" + std::string(name) + "'",
         "did you mean '" + std::string(nearest) + "'? Known kinds: " + known);
}

std::vector<std::string> node_kind_names() {
  std::vector<std::string> names;
  for (const ServerKind& kind : node_catalog) names.emplace_back(kind.name);
  return names;
}

std::string_view cooling_name(Cooling cooling) {
  switch (cooling) {
    case Cooling::air:
      return "air";
    case Cooling::rear_door:
      return "rear-door";
    case Cooling::liquid:
      return "liquid";
    case Cooling::immersion:
      return "immersion";
  }
  return "";
}

Load parse_load(std::string_view name) {
  std::string known;
  for (std::size_t i = 0; i < load_rows.size(); ++i) {
    if (load_rows[i].name == name) return static_cast<Load>(i);
    known += (i ? ", " : "") + std::string(load_rows[i].name);
  }
  refuse("unknown load '" + std::string(name) + "'", "known loads: " + known);
}

std::string_view load_name(Load load) { return load_rows[static_cast<std::size_t>(load)].name; }

Watts gpu_power(const GpuPower& gpu, Load load, double tflops_per_gpu) {
  if (!(tflops_per_gpu >= 0.0) || !std::isfinite(tflops_per_gpu))
    refuse("the rate of a GPU is a finite number of TFLOP/s, 0 or more", "leave it out for the kind's typical rate");
  if (tflops_per_gpu > 0.0 && load != Load::hpl && load != Load::training)
    refuse("load '" + std::string(load_name(load)) + "' has no TFLOP/s", "a rate goes with hpl and with training");
  const auto line = [&](double slope, double typical) {
    const double rate = tflops_per_gpu > 0.0 ? tflops_per_gpu : typical;
    return Watts(std::min(gpu.limit_w, gpu.baseline_w + slope * rate));
  };
  switch (load) {
    case Load::down:
      return Watts(0.0);
    case Load::idle:
      return Watts(gpu.idle_w);
    case Load::hpl:
      if (gpu.hpl_tflops <= 0.0) refuse(std::string(gpu.name) + " has no FP64 arithmetic", "try --load inference");
      return line(gpu.fp64_w_per_tflops, gpu.hpl_tflops);
    case Load::training:
      if (gpu.training_tflops <= 0.0) refuse(std::string(gpu.name) + " does not train", "try --load inference");
      return line((gpu.training_w - gpu.baseline_w) / gpu.training_tflops, gpu.training_tflops);
    case Load::inference:
      return Watts(gpu.inference_w);
    case Load::communication:
      return Watts(gpu.baseline_w + communication_activity * (gpu.limit_w - gpu.baseline_w));
    case Load::checkpoint:
      return Watts(gpu.baseline_w);
  }
  return Watts(0.0);
}

Watts supply_loss(Watts dc, double rated_w) {
  const double x = dc.value / rated_w;
  return Watts(rated_w * (0.008 + 0.018 * x + 0.022 * x * x));
}

NodePower node_power(const ServerKind& kind, Load load, double tflops_per_gpu, int busy_gpus) {
  if (busy_gpus < -1 || busy_gpus > kind.gpus)
    refuse("a " + std::string(kind.name) + " has " + std::to_string(kind.gpus) + " GPUs, " + std::to_string(busy_gpus) +
               " cannot be busy",
           "0 to " + std::to_string(kind.gpus));
  NodePower p;
  const Watts busy = gpu_power(*kind.gpu, load, tflops_per_gpu);
  if (load == Load::down) {
    p.other = Watts(kind.standby_w);
    return p;
  }
  const int running = load == Load::idle ? 0 : (busy_gpus < 0 ? kind.gpus : busy_gpus);
  const double share = static_cast<double>(running) / kind.gpus;
  p.gpu = busy * running + Watts(kind.gpu->idle_w) * (kind.gpus - running);
  const double activity = load_rows[static_cast<std::size_t>(load)].cpu_activity * share;
  p.cpu = Watts(kind.cpus * (kind.cpu_idle_w + activity * (kind.cpu_limit_w - kind.cpu_idle_w)));
  p.memory_and_nic = Watts(kind.memory_w + kind.nic_w);
  p.other = Watts(kind.other_w);
  const Watts heat = p.gpu + p.cpu + p.memory_and_nic + p.other;
  const double flow = std::clamp(heat.value / kind.heat_full_w, fan_floor, fan_ceiling);
  p.fans = Watts(kind.fan_full_w * flow * flow * flow);
  p.supply_loss = supply_loss(heat + p.fans, kind.supply_rated_w);
  return p;
}

Watts network_power(const ServerKind& kind, std::int64_t nodes) {
  if (nodes <= 1) return Watts(0.0);
  const FabricKind& f = *kind.fabric;
  const double ports = static_cast<double>(nodes) * kind.ports * (1.0 + storage_port_share);
  const double host_optics = ports * f.host_optics_ends * f.optic_w;
  if (f.shape == FabricShape::dragonfly)
    return Watts(ports / f.dragonfly_hosts * f.switch_w + ports * f.optic_w + host_optics);
  const double k = f.radix;
  if (ports <= k) return Watts(f.switch_w + host_optics);
  const bool two_tiers = ports <= k * k / 2.0;
  const double switches = std::ceil((two_tiers ? 3.0 : 5.0) * ports / k);
  const double tier_links = (two_tiers ? 1.0 : 2.0) * ports;
  return Watts(switches * f.switch_w + host_optics + tier_links * 2.0 * f.optic_w);
}

MachinePower machine_power(const ServerKind& kind, std::int64_t gpus, Load load, double tflops_per_gpu) {
  if (gpus < 1) refuse("a machine has at least one GPU", "try --gpus " + std::to_string(kind.gpus));
  if (gpus > most_gpus) refuse("a machine has at most 10⁹ GPUs", "give the number of accelerators, not of cores");
  MachinePower m;
  m.nodes = (gpus + kind.gpus - 1) / kind.gpus;
  const auto full = gpus / kind.gpus;
  const auto rest = static_cast<int>(gpus % kind.gpus);
  m.nodes_power = node_power(kind, load, tflops_per_gpu).total() * static_cast<double>(full);
  if (rest > 0) m.nodes_power += node_power(kind, load, tflops_per_gpu, rest).total();
  m.network = network_power(kind, m.nodes);
  return m;
}

}  // namespace nadc
