#include "models/network/sizing.hpp"

#include <algorithm>
#include <cmath>

#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

double leaf_ratio(const Shape& s) {
  return s.leaf_up == 0 ? 1.0 : s.leaf_up * s.trunk_gbps / (s.leaf_down * s.host_gbps);
}
double spine_ratio(const Shape& s) {
  return s.spine_up == 0 ? 1.0 : s.spine_up * s.core_gbps / (s.spine_down * s.trunk_gbps);
}

// Bisection as a share of N·B/2.
double bisection_share(const NetworkSize& size) {
  const Shape& s = size.shape;
  if (s.tiers != 0) {
    if (s.leaves * s.planes <= s.planes) return 1.0;  // one leaf a plane
    const double leaf = leaf_ratio(s);
    if (s.tiers == 2 || s.pods == 1) return std::min(1.0, leaf);
    return std::min({1.0, leaf, leaf * spine_ratio(s)});
  }
  if (s.groups < 2) return 1.0;
  const double pairs = static_cast<double>(s.groups / 2) * static_cast<double>(s.groups - s.groups / 2);
  const double crossing = pairs * s.a * s.h / static_cast<double>(s.groups - 1);
  return std::min(1.0, crossing * s.core_gbps / (static_cast<double>(size.spec.gpus) * size.spec.host_gbps / 2.0));
}

struct Point {
  double x = 0.0, y = 0.0;
};

// Puts cables on the floor and sorts them by medium.
class CableLayer {
 public:
  CableLayer(NetworkSize& size, const FloorPlan& floor) : size_(size), floor_(floor) {}

  Point rack(double node) const {
    const std::int64_t r = static_cast<std::int64_t>(node) / floor_.nodes_per_rack;
    return {static_cast<double>(r % floor_.racks_per_row) * floor_.rack_pitch_m,
            static_cast<double>(r / floor_.racks_per_row) * floor_.row_pitch_m};
  }
  double length(Point a, Point b) const {
    const double apart = std::fabs(a.x - b.x) + std::fabs(a.y - b.y);
    return apart == 0.0 ? floor_.in_rack_m : apart + floor_.slack_m;
  }
  void lay(CableKind kind, double metres, std::int64_t count) {
    if (count == 0) return;
    const Medium medium = medium_of(floor_, metres);
    note_length(kind, medium, sold_length(medium, metres), count);
    for (CableGroup& group : size_.media) {
      if (group.kind != kind || group.medium != medium) continue;
      group.count += count;
      group.metres += metres * static_cast<double>(count);
      return;
    }
    size_.media.push_back({kind, medium, count, metres * static_cast<double>(count)});
  }

  // Hosts first … last−1 (by GPU) and their leaf in the middle. Returns where the leaf stands.
  Point leaf(std::int64_t first, std::int64_t last, std::int64_t stride, int cables) {
    const double per_node = size_.spec.gpus_per_node;
    const Point middle = rack(static_cast<double>(first + last - 1) / 2.0 / per_node);
    for (std::int64_t g = first; g < last; g += stride) {
      lay(CableKind::host, length(rack(static_cast<double>(g) / per_node), middle), cables);
    }
    return middle;
  }

  void trees() {
    const Shape& s = size_.shape;
    const std::int64_t gpus = size_.spec.gpus;
    const int rails = size_.spec.gpus_per_node;
    const Point hall = rack(static_cast<double>(gpus) / 2.0 / rails);
    for (int plane = 0; plane < s.planes; ++plane) {
      std::vector<Point> leaves;
      for (std::int64_t l = 0; l < s.leaves; ++l) {
        if (size_.spec.kind == TopologyKind::rail_fat_tree) {
          const std::int64_t unit = l / rails * s.unit_nodes * rails;
          leaves.push_back(
              leaf(unit + l % rails, std::min(gpus, unit + static_cast<std::int64_t>(s.unit_nodes) * rails), rails, 1));
        } else if (size_.spec.kind == TopologyKind::rail_planes) {
          const std::int64_t first = l * s.leaf_down * rails + plane;
          leaves.push_back(
              leaf(first, std::min(gpus, first + static_cast<std::int64_t>(s.leaf_down) * rails), rails, 1));
        } else {
          const std::int64_t pair = l / s.cables_per_host;
          leaves.push_back(leaf(pair * s.leaf_down, std::min(gpus, (pair + 1) * s.leaf_down), 1, 1));
        }
      }
      if (s.manager_cables > 0) lay(CableKind::host, floor_.slack_m, s.manager_cables);
      for (std::int64_t pod = 0; pod < s.pods; ++pod) {
        const std::int64_t first = pod * s.pod_leaves, count = pod_leaf_count(s, pod);
        const Point middle = leaves[static_cast<std::size_t>(first + count / 2)];
        for (std::int64_t l = first; l < first + count; ++l) {
          lay(CableKind::leaf_spine, length(leaves[static_cast<std::size_t>(l)], middle), s.leaf_up);
        }
        if (s.tiers == 3) lay(CableKind::spine_core, length(middle, hall), pod_spine_count(s, pod) * s.spine_up);
      }
    }
  }

  void dragonfly() {
    const Shape& s = size_.shape;
    const std::int64_t gpus = size_.spec.gpus, per_group = static_cast<std::int64_t>(s.p) * s.a;
    const bool plus = size_.spec.kind == TopologyKind::dragonfly_plus;
    std::vector<Point> middles;
    for (std::int64_t g = 0; g < s.groups; ++g) {
      std::vector<Point> routers;
      for (int r = 0; r < s.a; ++r) {
        const std::int64_t first = std::min(gpus, g * per_group + static_cast<std::int64_t>(r) * s.p);
        const std::int64_t last = std::min(gpus, first + s.p);
        routers.push_back(first < last ? leaf(first, last, 1, 1)
                                       : rack(static_cast<double>(gpus - 1) / size_.spec.gpus_per_node));
      }
      const Point middle = routers[routers.size() / 2];
      middles.push_back(middle);
      for (std::size_t i = 0; i < routers.size(); ++i) {
        if (plus) lay(CableKind::local, length(routers[i], middle), s.a);
        for (std::size_t j = i + 1; !plus && j < routers.size(); ++j)
          lay(CableKind::local, length(routers[i], routers[j]), 1);
      }
    }
    // Pairs of groups share the global cables equally; what the division leaves goes to the farthest.
    std::vector<double> lengths;
    for (std::size_t x = 0; x < middles.size(); ++x) {
      for (std::size_t y = x + 1; y < middles.size(); ++y) lengths.push_back(length(middles[x], middles[y]));
    }
    std::sort(lengths.rbegin(), lengths.rend());
    if (lengths.empty()) return;
    const std::int64_t total = size_.cable_count(CableKind::global), pairs = static_cast<std::int64_t>(lengths.size());
    for (std::int64_t i = 0; i < pairs; ++i)
      lay(CableKind::global, lengths[static_cast<std::size_t>(i)], total / pairs + (i < total % pairs));
  }

 private:
  void note_length(CableKind kind, Medium medium, double metres, std::int64_t count) {
    for (CableLength& run : size_.lengths) {
      if (run.kind != kind || run.medium != medium || run.metres != metres) continue;
      run.count += count;
      return;
    }
    size_.lengths.push_back({kind, medium, metres, count});
  }

  NetworkSize& size_;
  const FloorPlan& floor_;
};

double speed_of(const Shape& s, CableKind kind) {
  if (kind == CableKind::host) return s.host_gbps;
  return kind == CableKind::spine_core || kind == CableKind::global ? s.core_gbps : s.trunk_gbps;
}

// Most that a switch draws, at the fastest of its ports.
double most_switch_w(const NetworkSize& size, const NetworkPower& power) {
  const Shape& s = size.shape;
  const double fastest = std::max({s.host_gbps, s.trunk_gbps, s.core_gbps});
  return power.switch_w > 0.0 ? 2.3 * power.switch_w : switch_part(std::max(2, size.spec.radix), fastest).most_w;
}

void add_power_and_cost(NetworkSize& size, const SizingInputs& inputs) {
  const NetworkPower& power = inputs.power;
  const Shape& s = size.shape;
  const double fastest = std::max({s.host_gbps, s.trunk_gbps, size.cores > 0 || s.tiers == 0 ? s.core_gbps : 0.0});
  const double switch_w = power.switch_w > 0.0 ? power.switch_w : switch_part(size.spec.radix, fastest).typical_w;
  double watts = static_cast<double>(size.switches) * switch_w;
  double cost = 0.0;
  const NetworkPrices prices = inputs.prices.value_or(NetworkPrices{});
  cost += static_cast<double>(size.switches) * prices.network_switch;
  for (const CableGroup& group : size.media) {
    const double count = static_cast<double>(group.count);
    const double lanes = speed_of(size.shape, group.kind) / 400.0;
    if (group.medium == Medium::copper) {
      cost += count * prices.copper_cable;
      continue;
    }
    const bool multimode = group.medium == Medium::multimode;
    size.optics += 2 * group.count;
    watts += 2.0 * count * lanes * (multimode ? power.multimode_w_per_400g : power.single_mode_w_per_400g);
    cost += 2.0 * count * (multimode ? prices.multimode_optic : prices.single_mode_optic);
    cost += group.metres * (multimode ? prices.multimode_fibre_per_m : prices.single_mode_fibre_per_m);
  }
  size.power_kw = watts / 1000.0;
  if (inputs.prices) size.cost_krw = cost;
}

}  // namespace

Medium medium_of(const FloorPlan& reach, double metres) {
  if (metres <= reach.copper_reach_m) return Medium::copper;
  return metres <= reach.multimode_reach_m ? Medium::multimode : Medium::single_mode;
}

NetworkSize size_network(const TopologySpec& spec, const SizingInputs& inputs) {
  NetworkSize size;
  size.spec = spec;
  size.shape = shape_of(spec);
  const Shape& s = size.shape;
  size.injection_tbps = static_cast<double>(spec.gpus) * spec.host_gbps / 1000.0;
  if (!s.fits) return size;
  const auto count = [&](CableKind kind) -> std::int64_t& { return size.cables[static_cast<std::size_t>(kind)]; };
  const auto ports = [&](const char* tier, std::int64_t switches, std::int64_t used) {
    if (switches > 0) size.ports.push_back({tier, switches, used, switches * spec.radix - used});
  };
  if (s.tiers != 0) {
    size.leaves = s.planes * s.leaves;
    size.spines = s.planes * s.spines;
    size.cores = s.planes * s.cores;
    const int dual = spec.kind == TopologyKind::dual_plane ? 2 : 1;
    count(CableKind::host) = spec.gpus * s.cables_per_host * dual + s.manager_cables;
    count(CableKind::leaf_spine) = size.leaves * s.leaf_up;
    count(CableKind::spine_core) = s.tiers == 3 ? size.spines * s.spine_up : 0;
    size.switches = size.leaves + size.spines + size.cores;
    ports("leaf", size.leaves, count(CableKind::host) + count(CableKind::leaf_spine));
    ports("spine", size.spines, count(CableKind::leaf_spine) + count(CableKind::spine_core));
    ports("core", size.cores, count(CableKind::spine_core));
  } else {
    size.groups = s.groups;
    const bool plus = spec.kind == TopologyKind::dragonfly_plus;
    if (plus) {
      size.leaves = s.leaves;
      size.spines = s.spines;
      size.switches = size.leaves + size.spines;
    } else {
      size.switches = s.leaves;
    }
    count(CableKind::host) = spec.gpus;
    count(CableKind::local) = plus ? s.groups * s.a * s.a : s.groups * s.a * (s.a - 1) / 2;
    count(CableKind::global) = s.groups > 1 ? s.groups * s.a * s.h / 2 : 0;
    if (plus) {
      ports("leaf", size.leaves, spec.gpus + count(CableKind::local));
      ports("spine", size.spines, count(CableKind::local) + 2 * count(CableKind::global));
    } else {
      ports("router", size.switches, spec.gpus + 2 * count(CableKind::local) + 2 * count(CableKind::global));
    }
  }
  size.bisection_tbps = size.injection_tbps / 2.0 * bisection_share(size);
  if (inputs.hall) {
    const Topology net = build_topology(spec);
    size.hall = plan_hall(net, *inputs.hall, most_switch_w(size, inputs.power));
    lay_in_hall(size, net, *size.hall, inputs.floor);
  } else {
    CableLayer layer(size, inputs.floor);
    s.tiers != 0 ? layer.trees() : layer.dragonfly();
  }
  add_power_and_cost(size, inputs);
  return size;
}

NetworkSize size_graph(const Topology& topology, const SizingInputs& inputs) {
  NetworkSize size;
  size.spec = topology.spec();
  size.shape = topology.shape();
  size.leaves = topology.count(NodeKind::leaf);
  size.spines = topology.count(NodeKind::spine);
  size.cores = topology.count(NodeKind::core);
  size.switches = size.leaves + size.spines + size.cores + topology.count(NodeKind::router);
  double injection = 0.0;
  for (const Cable& cable : topology.cables()) {
    if (cable.kind == CableKind::nvlink) continue;
    ++size.cables[static_cast<std::size_t>(cable.kind)];
    if (cable.kind == CableKind::host) injection += cable.bytes_per_s * 8e-12;
  }
  size.injection_tbps = injection;
  size.bisection_tbps = topology.max_flow_bisection() * 8e-12;
  double speed = 0.0;
  for (const Cable& cable : topology.cables())
    speed = std::max(speed, cable.kind == CableKind::nvlink ? 0.0 : cable.bytes_per_s * 8e-9);
  size.shape.host_gbps = size.shape.trunk_gbps = size.shape.core_gbps = speed;
  for (int kind = 1; kind < kCableKinds; ++kind) {
    const std::int64_t count = size.cables[static_cast<std::size_t>(kind)];
    if (count > 0) size.media.push_back({static_cast<CableKind>(kind), Medium::multimode, count, 0.0});
  }
  if (inputs.hall) {
    size.hall = plan_hall(topology, *inputs.hall, most_switch_w(size, inputs.power));
    lay_in_hall(size, topology, *size.hall, inputs.floor);
  }
  add_power_and_cost(size, inputs);
  return size;
}

Growth grow_network(const TopologySpec& spec, std::int64_t gpus, const SizingInputs& inputs) {
  Growth growth;
  growth.from = size_network(spec, inputs);
  TopologySpec larger = spec;
  larger.gpus = gpus;
  if (gpus < spec.gpus)
    throw Error(ErrorKind::usage, "growth to fewer GPUs", "give a number above " + grouped(spec.gpus));
  growth.to = size_network(larger, inputs);
  const Shape& a = growth.from.shape;
  const Shape& b = growth.to.shape;
  if (!a.fits || !b.fits) {
    growth.note = !a.fits ? a.why : b.why;
    return growth;
  }
  growth.new_switches = growth.to.switches - growth.from.switches;
  for (std::size_t k = 0; k < growth.to.cables.size(); ++k)
    growth.new_cables += growth.to.cables[k] - growth.from.cables[k];
  const auto moved = [](std::int64_t cables, double before, double after) {
    return after > before
               ? static_cast<std::int64_t>(std::llround(static_cast<double>(cables) * (1.0 - before / after)))
               : 0;
  };
  if (a.tiers != b.tiers) {
    growth.links_to_move = growth.from.cable_count(CableKind::leaf_spine);
    growth.note = "a tier is added: every leaf's uplinks are laid again";
    growth.ports_to_reserve = growth.to.spines * spec.radix - growth.from.cable_count(CableKind::leaf_spine);
  } else if (a.tiers == 2) {
    growth.links_to_move = moved(growth.from.cable_count(CableKind::leaf_spine), static_cast<double>(a.spines),
                                 static_cast<double>(b.spines));
    growth.ports_to_reserve = growth.to.spines * spec.radix - growth.from.cable_count(CableKind::leaf_spine);
    growth.note = "old uplinks spread over the new spines; built with all spines at once, the ports wait";
  } else if (a.tiers == 3) {
    growth.links_to_move = moved(growth.from.cable_count(CableKind::spine_core), static_cast<double>(a.cores),
                                 static_cast<double>(b.cores));
    growth.ports_to_reserve = growth.to.cores * spec.radix - growth.from.cable_count(CableKind::spine_core);
    growth.note = "whole pods are added; only spine–core cables move";
  } else {
    growth.links_to_move = a.groups < 2 ? 0
                                        : moved(growth.from.cable_count(CableKind::global),
                                                static_cast<double>(a.groups - 1), static_cast<double>(b.groups - 1));
    growth.ports_to_reserve = (b.groups - a.groups) * a.a * a.h;
    growth.note = "groups are added; global cables between old groups go to the new ones";
  }
  return growth;
}

std::vector<SideFabric> side_fabrics() {
  return {{"storage", 2, 400.0, 64, 2.0}, {"front-end", 2, 200.0, 64, 3.0}, {"management", 3, 1.0, 48, 8.0}};
}

NetworkSize size_side_fabric(const SideFabric& fabric, const TopologySpec& compute, const SizingInputs& inputs) {
  TopologySpec spec;
  spec.name = fabric.name;
  spec.gpus = ceil_div(compute.gpus, compute.gpus_per_node) * fabric.ports_per_node;
  spec.gpus_per_node = fabric.ports_per_node;
  spec.nvlink_domain = 0;
  spec.radix = fabric.radix;
  spec.host_gbps = fabric.gbps;
  spec.leaf_oversubscription = fabric.oversubscription;
  NetworkSize size = size_network(spec, inputs);
  size.fabric = fabric.name;
  return size;
}

}  // namespace nadc
