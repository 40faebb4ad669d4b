// Flow classes of a fabric: one link a leaf or pod in place of its cables.
#include <algorithm>
#include <map>
#include <set>

#include "models/network/fabric.hpp"
#include "models/network/topologies/topology_type.hpp"

namespace nadc {
namespace {

double left_of(const NetworkHealth& health, std::uint32_t cable) {
  return health.cable_factor.empty() ? 1.0 : health.cable_factor[cable];
}

// Bandwidth from a switch to the switches above it, or of a GPU to its leaves.
double upward(const Topology& topology, std::uint32_t node, CableKind kind, const NetworkHealth& health) {
  double sum = 0.0;
  for (const Arc& arc : topology.arcs(node)) {
    const Cable& cable = topology.cables()[arc.link >> 1];
    if (cable.kind == kind && cable.a == node) sum += cable.bytes_per_s * left_of(health, arc.link >> 1);
  }
  return sum;
}

// What one rail (and plane) of all nodes sees of a tier: the switch set that each node hangs below, and what that set
// sends up.
struct Lane {
  std::vector<std::uint64_t> below;  // (node) key of the set
  double weight = 1.0;
};

// Lanes that share a set belong to one tier. Tiers that group the nodes in the same way carry the same, and the least
// capacity binds.
void add_tiers(std::vector<FabricTier>& tiers, const std::vector<Lane>& lanes,
               const std::map<std::uint64_t, double>& capacity) {
  std::map<std::vector<std::uint64_t>, double> same;
  for (const Lane& lane : lanes) same[lane.below] += lane.weight;
  std::vector<Lane> left;
  for (const auto& [below, weight] : same) left.push_back({below, weight});
  std::map<std::vector<FabricTier::Lane>, FabricTier> alike;
  while (!left.empty()) {
    std::vector<Lane> joined{left.front()};
    left.erase(left.begin());
    std::set<std::uint64_t> keys(joined[0].below.begin(), joined[0].below.end());
    for (std::size_t i = 0; i < left.size();) {
      if (std::none_of(left[i].below.begin(), left[i].below.end(), [&](std::uint64_t k) { return keys.contains(k); })) {
        ++i;
        continue;
      }
      keys.insert(left[i].below.begin(), left[i].below.end());
      joined.push_back(left[i]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
      i = 0;
    }
    if (keys.size() < 2) continue;  // nothing is above that could be crossed
    FabricTier tier;
    std::map<std::uint64_t, std::uint32_t> number;
    for (const Lane& lane : joined) {
      FabricTier::Lane& mine = tier.lanes.emplace_back();
      mine.weight = lane.weight;
      for (const std::uint64_t key : lane.below) {
        const auto [it, fresh] = number.try_emplace(key, static_cast<std::uint32_t>(number.size()));
        if (fresh) tier.capacity.push_back(capacity.at(key));
        mine.of_node.push_back(it->second);
      }
    }
    const auto [it, fresh] = alike.try_emplace(tier.lanes, tier);
    if (fresh) continue;
    for (std::size_t c = 0; c < tier.capacity.size(); ++c)
      it->second.capacity[c] = std::min(it->second.capacity[c], tier.capacity[c]);
  }
  for (auto& [key, tier] : alike) tiers.push_back(std::move(tier));
}

}  // namespace

std::vector<FabricTier> Fabric::tiers_of(const NetworkHealth& health) const {
  std::vector<FabricTier> tiers;
  const bool sprayed = spec_.routing == RoutingMode::spray || spec_.routing == RoutingMode::adaptive;
  if (!sprayed || !type_of(spec_.topology.kind).acts.tiers || node_gpu_.empty()) return tiers;
  const std::uint32_t rails = node_rails_.front();
  if (std::any_of(node_rails_.begin(), node_rails_.end(), [&](std::uint32_t r) { return r != rails; })) return tiers;
  const auto planes_per_gpu = static_cast<std::uint32_t>(topology_.shape().planes_per_gpu);
  const bool planes = topology_.shape().planes > 1;

  // What a pod of a plane sends up.
  std::map<std::uint64_t, double> pod_capacity;
  const auto pod_of = [&](std::uint32_t node) {
    const NetNode& n = topology_.nodes()[node];
    return (planes ? static_cast<std::uint64_t>(n.plane) << 32 : 0) | static_cast<std::uint32_t>(n.group);
  };
  for (std::uint32_t v = topology_.gpus(); v < topology_.nodes().size(); ++v) {
    if (topology_.nodes()[v].kind == NodeKind::spine)
      pod_capacity[pod_of(v)] += upward(topology_, v, CableKind::spine_core, health);
  }

  std::vector<Lane> leaves, pods;
  std::map<std::uint64_t, double> leaf_capacity;
  for (std::uint32_t plane = 0; plane < planes_per_gpu; ++plane) {
    for (std::uint32_t rail = 0; rail < rails; ++rail) {
      Lane leaf, pod;
      leaf.weight = pod.weight = 1.0 / planes_per_gpu;
      for (const std::uint32_t first : node_gpu_) {
        std::vector<std::uint32_t> above;
        for (const Arc& arc : topology_.arcs(first + rail))
          if (topology_.is_switch(arc.to)) above.push_back(arc.to);
        std::sort(above.begin(), above.end());
        if (planes_per_gpu > 1) above = {above[plane]};
        const std::uint64_t key = above.front();
        leaf.below.push_back(key);
        if (!leaf_capacity.contains(key)) {
          double& sum = leaf_capacity[key];
          for (const std::uint32_t node : above) sum += upward(topology_, node, CableKind::leaf_spine, health);
        }
        pod.below.push_back(pod_of(above.front()));
      }
      leaves.push_back(std::move(leaf));
      pods.push_back(std::move(pod));
    }
  }
  add_tiers(tiers, leaves, leaf_capacity);
  if (topology_.shape().tiers == 3) add_tiers(tiers, pods, pod_capacity);
  if (tiers.empty()) tiers.push_back({{{std::vector<std::uint32_t>(node_gpu_.size(), 0), 1.0}}, {nic_}});  // one leaf
  return tiers;
}

}  // namespace nadc
