#include "models/network/sizing.hpp"

#include <algorithm>
#include <cmath>

#include "models/network/text.hpp"
#include "models/network/topologies/sizing_floor.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

double speed_of(const Shape& s, CableKind kind) {
  if (kind == CableKind::host) return s.host_gbps;
  return kind == CableKind::spine_core || kind == CableKind::global ? s.core_gbps : s.trunk_gbps;
}

// Without tiers, a custom graph, all are alike.
std::vector<TierPorts> tiers_of(const NetworkSize& size) {
  if (!size.ports.empty()) return size.ports;
  const Shape& s = size.shape;
  return {{"", size.switches, 0, 0, {std::max(2, size.spec.radix), 0.0}, std::max(s.host_gbps, s.trunk_gbps)}};
}

// Most that a switch draws, of the tier that draws most.
double most_switch_w(const NetworkSize& size, const NetworkPower& power) {
  double most = 0.0;
  for (const TierPorts& tier : tiers_of(size))
    most = std::max(most, power.switch_w > 0.0 ? 2.3 * power.switch_w : switch_part(tier.of.ports, tier.gbps).most_w);
  return most;
}

void add_power_and_cost(NetworkSize& size, const SizingInputs& inputs) {
  const NetworkPower& power = inputs.power;
  double watts = 0.0;
  for (const TierPorts& tier : tiers_of(size))
    watts += static_cast<double>(tier.switches) *
             (power.switch_w > 0.0 ? power.switch_w : switch_part(tier.of.ports, tier.gbps).typical_w);
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
  Sizing sizing(size, inputs.floor);
  const TopologyType& type = type_of(spec.kind);
  type.size(sizing);
  size.bisection_tbps = size.injection_tbps / 2.0 * sizing.bisection_share;
  if (inputs.hall) {
    const Topology net = build_topology(spec);
    size.hall = plan_hall(net, *inputs.hall, most_switch_w(size, inputs.power));
    lay_in_hall(size, net, *size.hall, inputs.floor);
  } else {
    type.lay(sizing);
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
  for (int kind = 1; kind < cable_kinds; ++kind) {
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
    growth.ports_to_reserve =
        growth.to.spines * b.spine.most_cables(b.trunk_gbps) - growth.from.cable_count(CableKind::leaf_spine);
  } else if (a.tiers == 2) {
    growth.links_to_move = moved(growth.from.cable_count(CableKind::leaf_spine), static_cast<double>(a.spines),
                                 static_cast<double>(b.spines));
    growth.ports_to_reserve =
        growth.to.spines * b.spine.most_cables(b.trunk_gbps) - growth.from.cable_count(CableKind::leaf_spine);
    growth.note = "old uplinks spread over the new spines; built with all spines at once, the ports wait";
  } else if (a.tiers == 3) {
    growth.links_to_move = moved(growth.from.cable_count(CableKind::spine_core), static_cast<double>(a.cores),
                                 static_cast<double>(b.cores));
    growth.ports_to_reserve = growth.to.cores * b.core_down - growth.from.cable_count(CableKind::spine_core);
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
