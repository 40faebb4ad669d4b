// Folded Clos networks of leaves, spines and cores: one tree or several, by how GPUs are cabled to leaves.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "models/network/text.hpp"
#include "models/network/topologies/sizing_floor.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "models/network/topologies/wiring.hpp"

namespace nadc::topologies {
namespace {

// What tells the trees apart.
struct Style {
  bool rails = false;         // a leaf serves one rail of its nodes
  bool units = false;         // whose leaves stand in scalable units, one a rail
  bool plane_a_rail = false;  // a tree of its own for each rail, NVLink between them
  int cables_per_host = 1;    // in each plane
  int planes_per_gpu = 1;
};

struct Split {
  int down = 0, up = 0;
};

// The most cables down whose ports and those up are no more than there are, with down × in <= o × up × out.
Split split_ports(const SwitchTier& tier, double oversubscription, double in_gbps, double out_gbps) {
  for (int down = static_cast<int>(tier.most_cables(in_gbps)) - 1; down > 0; --down) {
    const double need = down * in_gbps / (oversubscription * out_gbps);
    if (need > static_cast<double>(tier.most_cables(out_gbps))) continue;
    const int up = std::max(1, static_cast<int>(std::ceil(need * (1.0 - 1e-12))));
    if (tier.ports_for(down, in_gbps) + tier.ports_for(up, out_gbps) <= tier.ports) return {down, up};
  }
  return {};
}

Shape tree_of(const TopologySpec& spec, const Style& style, int tiers) {
  Shape s;
  s.tiers = tiers;
  s.trunk_gbps = spec.trunk_gbps > 0.0 ? spec.trunk_gbps : spec.host_gbps;
  s.core_gbps = spec.core_gbps > 0.0 ? spec.core_gbps : s.trunk_gbps;
  s.host_gbps = spec.host_gbps;
  s.hosts = spec.gpus;
  const int rails = spec.gpus_per_node;
  s.rails = style.rails;
  s.cables_per_host = style.cables_per_host;
  s.planes_per_gpu = style.planes_per_gpu;
  s.host_gbps /= style.cables_per_host * style.planes_per_gpu;
  s.planes = style.plane_a_rail ? rails : style.planes_per_gpu;
  if (style.plane_a_rail) s.hosts = ceil_div(spec.gpus, rails);
  if (!take_tiers(s, spec, true, tiers == 3)) return s;
  const Split leaf = split_ports(s.leaf, spec.leaf_oversubscription, s.host_gbps, s.trunk_gbps);
  const Split spine =
      tiers == 3 ? split_ports(s.spine, spec.spine_oversubscription, s.trunk_gbps, s.core_gbps) : Split{};
  s.leaf_down = leaf.down;
  s.leaf_up = leaf.up;
  if (leaf.down == 0 || (tiers == 3 && spine.down == 0)) {
    s.why = "a switch with " + grouped(leaf.down == 0 ? s.leaf.ports : s.spine.ports) +
            " ports cannot keep this oversubscription";
    return s;
  }
  if (tiers == 3) {
    s.spine_down = spine.down;
    s.spine_up = spine.up;
    s.core_down = static_cast<int>(s.core.most_cables(s.core_gbps));
  } else {
    s.spine_down = static_cast<int>(s.spine.most_cables(s.trunk_gbps));
  }
  // How many leaves there are, and how many one tree can take.
  const bool rail_units = style.units;
  const std::int64_t most_pods = tiers == 2 ? 1 : s.core_down;
  std::int64_t most_leaves = most_pods * s.spine_down;
  if (rail_units) {
    s.unit_nodes = s.leaf_down;
    s.units = ceil_div(ceil_div(spec.gpus, rails), s.unit_nodes);
    s.leaves = s.units * rails;
    most_leaves = most_pods * (std::int64_t{s.spine_down} / rails * rails);
  } else {
    s.leaves = ceil_div(s.hosts, s.leaf_down) * s.cables_per_host;
    if (s.cables_per_host == 2) most_leaves -= most_leaves % 2;
  }
  s.most_gpus = most_leaves / s.cables_per_host * s.leaf_down * (style.plane_a_rail ? rails : 1);
  s.pod_leaves = tiers == 2 ? s.leaves : s.spine_down;
  if (tiers == 3 && rail_units) s.pod_leaves = std::int64_t{s.spine_down} / rails * rails;
  if (tiers == 3 && s.cables_per_host == 2) s.pod_leaves -= s.pod_leaves % 2;
  if (s.leaves > most_leaves || s.pod_leaves == 0) {
    s.why = std::string(name_of(spec.kind)) + " of " + std::to_string(tiers) + " tiers with " + grouped(s.leaf.ports) +
            "-port switches ends at " + grouped(s.most_gpus) + " GPUs (" + grouped(most_leaves) + " leaves of " +
            grouped(s.leaf_down) + " hosts" + (s.planes > 1 ? ", " + std::to_string(s.planes) + " planes" : "") + ")";
    return s;
  }
  s.fits = true;
  if (s.leaves == 1 && tiers == 2) {  // one switch joins them all
    s.pods = 1;
    s.leaf_up = 0;
  } else if (tiers == 2) {
    s.pods = 1;
    s.spines = ceil_div(s.leaves * s.leaf_up, s.spine_down);
    if (rail_units) {  // the reference architecture wires every leaf to every spine evenly
      while (s.leaf_up % s.spines != 0) ++s.spines;
    } else if (s.leaf_up % s.spines != 0) {
      s.note = "uneven: " + std::to_string(s.leaf_up) + " uplinks a leaf over " + grouped(s.spines) + " spines";
    }
  } else {
    s.pods = ceil_div(s.leaves, s.pod_leaves);
    std::int64_t uplinks = 0;
    for (std::int64_t pod = 0; pod < s.pods; ++pod) {
      s.spines += pod_spine_count(s, pod);
      uplinks += pod_spine_count(s, pod) * s.spine_up;
    }
    s.cores = ceil_div(uplinks, s.core_down);
    if (s.leaves % s.pod_leaves != 0) {
      s.note = "uneven: the last pod has " + grouped(pod_leaf_count(s, s.pods - 1)) + " of " + grouped(s.pod_leaves) +
               " leaves";
    } else if (s.pods * s.spine_up % s.core_down != 0) {
      s.note = "uneven: cores are shared between spine positions";
    }
  }
  if (rail_units) {
    const std::int64_t nodes = ceil_div(spec.gpus, rails);
    const bool one_left = s.units * s.unit_nodes - nodes == 1 && spec.gpus % rails == 0;
    s.manager_cables = spec.manager_cables >= 0 ? spec.manager_cables : (one_left ? std::min(4, rails) : 0);
    if (s.manager_cables > (s.units * s.unit_nodes - nodes) * rails) {
      s.fits = false;
      s.why = "no leaf port is left for the fabric manager's " + std::to_string(s.manager_cables) +
              " cables; give up one node: " + grouped(spec.gpus - rails) + " GPUs";
    } else if (s.manager_cables > 0 && spec.manager_cables < 0) {
      s.note = "the fabric manager takes " + std::to_string(s.manager_cables) + " ports of the node given up for it";
    }
  }
  return s;
}

template <Style style> Shape shape(const TopologySpec& spec) {
  int tiers = spec.tiers;
  if (tiers == 0 && style.plane_a_rail) tiers = 2;
  if (tiers != 0) return tree_of(spec, style, tiers);
  const Shape s = tree_of(spec, style, 2);
  return s.fits ? s : tree_of(spec, style, 3);
}

// The switches of a plane and their cables; gives its leaves.
std::vector<std::uint32_t> wire_plane(Wiring& w, std::int64_t plane) {
  const Shape& shape = w.shape;
  std::vector<std::uint32_t> leaves, cores;
  for (std::int64_t l = 0; l < shape.leaves; ++l) {
    leaves.push_back(w.node(NodeKind::leaf, l / shape.pod_leaves, plane, l));
  }
  std::vector<std::vector<std::uint32_t>> spines(static_cast<std::size_t>(shape.pods));
  std::int64_t index = 0;
  for (std::int64_t pod = 0; pod < shape.pods; ++pod) {
    for (std::int64_t s = 0; s < pod_spine_count(shape, pod); ++s) {
      spines[static_cast<std::size_t>(pod)].push_back(w.node(NodeKind::spine, pod, plane, index++));
    }
  }
  for (std::int64_t c = 0; c < shape.cores; ++c) cores.push_back(w.node(NodeKind::core, -1, plane, c));
  for (std::int64_t pod = 0; pod < shape.pods; ++pod) {
    const auto first = leaves.begin() + pod * shape.pod_leaves;
    const std::vector<std::uint32_t> mine(first, first + pod_leaf_count(shape, pod));
    const std::vector<std::uint32_t>& above = spines[static_cast<std::size_t>(pod)];
    // As many ports of each spine as the uplinks need, spread evenly.
    const std::int64_t uplinks = static_cast<std::int64_t>(mine.size()) * shape.leaf_up;
    const std::int64_t count = static_cast<std::int64_t>(above.size());
    if (count == 0) continue;  // one leaf joins them all
    if (uplinks % count == 0) {
      std::int64_t position = 0;
      w.spread(
          mine, shape.leaf_up, static_cast<int>(uplinks / count),
          [&](std::int64_t i) { return above[static_cast<std::size_t>(i)]; }, position, CableKind::leaf_spine,
          shape.trunk_gbps);
    } else {
      std::int64_t position = 0;
      w.spread(
          mine, shape.leaf_up, shape.spine_down, [&](std::int64_t i) { return above[static_cast<std::size_t>(i)]; },
          position, CableKind::leaf_spine, shape.trunk_gbps);
    }
  }
  if (shape.tiers == 3) {
    std::int64_t position = 0;
    std::size_t widest = 0;
    for (const auto& pod : spines) widest = std::max(widest, pod.size());
    for (std::size_t j = 0; j < widest; ++j) {  // spine j of every pod shares a set of cores
      std::vector<std::uint32_t> same;
      for (const auto& pod : spines) {
        if (j < pod.size()) same.push_back(pod[j]);
      }
      w.spread(
          same, shape.spine_up, shape.core_down, [&](std::int64_t i) { return cores[static_cast<std::size_t>(i)]; },
          position, CableKind::spine_core, shape.core_gbps);
    }
  }
  return leaves;
}

// The fabric manager takes ports of the last unit's leaves.
void wire_manager(Wiring& w, const std::vector<std::uint32_t>& leaves) {
  const int rails = w.spec.gpus_per_node;
  const std::uint32_t manager = w.node(NodeKind::manager, -1, 0, 0);
  for (int m = 0; m < w.shape.manager_cables; ++m)
    w.cable(manager, leaves[static_cast<std::size_t>((w.shape.units - 1) * rails + m % rails)], CableKind::host,
            w.shape.host_gbps);
}

template <Style style> void wire(Wiring& w) {
  const Shape& s = w.shape;
  const int rails = w.spec.gpus_per_node;
  for (std::int64_t plane = 0; plane < s.planes; ++plane) {
    const std::vector<std::uint32_t> leaves = wire_plane(w, plane);
    const auto leaf = [&](std::int64_t l) { return leaves[static_cast<std::size_t>(l)]; };
    if (style.units)
      for (std::int64_t l = 0; l < s.leaves; ++l) w.nodes[leaf(l)].plane = static_cast<std::int32_t>(l % rails);
    for (std::int64_t g = style.plane_a_rail ? plane : 0; g < w.spec.gpus; g += style.plane_a_rail ? rails : 1) {
      const std::int64_t set = (style.plane_a_rail ? g / rails : g) / s.leaf_down * s.cables_per_host;
      if (style.units)
        w.host(g, leaf(g / rails / s.unit_nodes * rails + g % rails));
      else
        for (int cable = 0; cable < s.cables_per_host; ++cable) w.host(g, leaf(set + cable));
    }
    if (s.manager_cables > 0) wire_manager(w, leaves);
  }
}

double share_above(int up, double up_gbps, int down, double down_gbps) {
  return up == 0 ? 1.0 : up * up_gbps / (down * down_gbps);
}

double bisection_share(const Shape& s) {
  if (s.leaves <= 1) return 1.0;  // one a plane
  const double leaf = share_above(s.leaf_up, s.trunk_gbps, s.leaf_down, s.host_gbps);
  if (s.tiers == 2 || s.pods == 1) return std::min(1.0, leaf);
  return std::min({1.0, leaf, leaf * share_above(s.spine_up, s.core_gbps, s.spine_down, s.trunk_gbps)});
}

void size(Sizing& sizing) {
  const Shape& s = sizing.shape;
  NetworkSize& size = sizing.size;
  const std::int64_t gpus = size.spec.gpus;
  size.leaves = s.planes * s.leaves;
  size.spines = s.planes * s.spines;
  size.cores = s.planes * s.cores;
  size.switches = size.leaves + size.spines + size.cores;
  std::int64_t &hosts = sizing.count(CableKind::host), &up = sizing.count(CableKind::leaf_spine),
               &core = sizing.count(CableKind::spine_core);
  hosts = gpus * s.cables_per_host * s.planes_per_gpu + s.manager_cables;
  up = size.leaves * s.leaf_up;
  core = s.tiers == 3 ? size.spines * s.spine_up : 0;
  sizing.ports("leaf", s.leaf, size.leaves, {{hosts, s.host_gbps}, {up, s.trunk_gbps}});
  sizing.ports("spine", s.spine, size.spines, {{up, s.trunk_gbps}, {core, s.core_gbps}});
  sizing.ports("core", s.core, size.cores, {{core, s.core_gbps}});
  sizing.bisection_share = bisection_share(s);
}

template <Style style> void lay(Sizing& sizing) {
  const Shape& s = sizing.shape;
  const std::int64_t gpus = sizing.size.spec.gpus;
  const int rails = sizing.size.spec.gpus_per_node;
  const Sizing::Point hall = sizing.rack(static_cast<double>(gpus) / 2.0 / rails);
  for (int plane = 0; plane < s.planes; ++plane) {
    std::vector<Sizing::Point> leaves;
    for (std::int64_t l = 0; l < s.leaves; ++l) {
      // The GPUs below a leaf: every one of a row of nodes, or those of one rail.
      const std::int64_t set = style.units ? l / rails : l / s.cables_per_host;
      const std::int64_t row =
          style.units ? std::int64_t{s.unit_nodes} * rails : std::int64_t{s.leaf_down} * (style.rails ? rails : 1);
      const std::int64_t first = set * row + (style.units ? l % rails : style.plane_a_rail ? plane : 0);
      const std::int64_t last = (set + 1) * row + (style.plane_a_rail ? plane : 0);
      leaves.push_back(sizing.leaf(first, std::min(gpus, last), style.rails ? rails : 1, 1));
    }
    if (s.manager_cables > 0) sizing.lay(CableKind::host, sizing.slack_m(), s.manager_cables);
    for (std::int64_t pod = 0; pod < s.pods; ++pod) {
      const std::int64_t first = pod * s.pod_leaves, count = pod_leaf_count(s, pod);
      const Sizing::Point middle = leaves[static_cast<std::size_t>(first + count / 2)];
      for (std::int64_t l = first; l < first + count; ++l)
        sizing.lay(CableKind::leaf_spine, sizing.length(leaves[static_cast<std::size_t>(l)], middle), s.leaf_up);
      if (s.tiers == 3)
        sizing.lay(CableKind::spine_core, sizing.length(middle, hall), pod_spine_count(s, pod) * s.spine_up);
    }
  }
}

template <Style style> void view(const TopologySpec& spec, const Shape& s, FabricView& view) {
  const int rails = spec.gpus_per_node;
  if (style.plane_a_rail) view.forwarded = (rails - 1.0) / rails;
  view.leaf_gpus = static_cast<std::int64_t>(s.leaf_down) * (style.rails ? rails : 1);
  view.leaf_share = s.leaves > 1 ? s.leaf_up * s.trunk_gbps / (s.leaf_down * s.host_gbps) : 1.0;
  if (s.tiers == 3 && s.pods > 1) {
    view.pod_gpus = s.pod_leaves / s.cables_per_host * s.leaf_down * (style.plane_a_rail ? rails : 1);
    view.pod_share = view.leaf_share * s.spine_up * s.core_gbps / (s.spine_down * s.trunk_gbps);
  }
}

template <Style style> constexpr TopologyType type(TopologyKind kind, std::string_view help) {
  return {kind,       help,       {true, false, style.rails, style.units}, shape<style>, wire<style>, size,
          lay<style>, view<style>};
}

}  // namespace

extern constexpr TopologyType fat_tree = type<Style{}>(TopologyKind::fat_tree, "folded Clos of 2 or 3 tiers");
extern constexpr TopologyType rail_fat_tree = type<Style{.rails = true, .units = true}>(
    TopologyKind::rail_fat_tree, "scalable units, a leaf a rail, one tree over all rails");
extern constexpr TopologyType rail_planes = type<Style{.rails = true, .plane_a_rail = true}>(
    TopologyKind::rail_planes, "a tree of its own for each rail, NVLink between rails");
extern constexpr TopologyType dual_tor = type<Style{.cables_per_host = 2}>(
    TopologyKind::dual_tor, "two half-rate cables a GPU to a pair of leaves of one tree");
extern constexpr TopologyType dual_plane =
    type<Style{.planes_per_gpu = 2}>(TopologyKind::dual_plane, "two trees, each at half of the NIC's rate");

}  // namespace nadc::topologies
