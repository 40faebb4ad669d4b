// The table of topologies.
#include "models/network/text.hpp"
#include "models/network/topologies/topology_type.hpp"

namespace nadc {
namespace topologies {

extern const TopologyType fat_tree, rail_fat_tree, rail_planes, dual_tor, dual_plane;
extern const TopologyType dragonfly, dragonfly_plus;
constexpr TopologyType custom{TopologyKind::custom,
                              "a graph from a GraphML file or an edge list",
                              {},
                              nullptr,
                              nullptr,
                              nullptr,
                              nullptr,
                              nullptr};

constexpr const TopologyType* rows[] = {&fat_tree,   &rail_fat_tree, &rail_planes,    &dual_tor,
                                        &dual_plane, &dragonfly,     &dragonfly_plus, &custom};
static_assert(std::size(rows) == std::size(topology_names));

}  // namespace topologies

std::span<const TopologyType* const> topology_types() { return topologies::rows; }

bool take_tiers(Shape& s, const TopologySpec& spec, bool spines, bool cores) {
  const auto tier = [&](int ports, double gbps) { return SwitchTier{ports > 0 ? ports : spec.radix, gbps}; };
  s.leaf = tier(spec.leaf_radix, spec.leaf_port_gbps);
  s.spine = tier(spec.spine_radix, spec.spine_port_gbps);
  s.core = tier(spec.core_radix, spec.core_port_gbps);
  const auto carries = [&](const SwitchTier& which, const char* name, double gbps) {
    if (which.cables_a_port(gbps) > 0) return true;
    s.why = "a cable of " + shortened(gbps) + " Gbit/s is faster than a " + name + "'s ports of " +
            shortened(which.port_gbps);
    return false;
  };
  if (!carries(s.leaf, "leaf", s.host_gbps) || !carries(s.leaf, "leaf", s.trunk_gbps)) return false;
  if (!spines) return carries(s.leaf, "router", s.core_gbps);
  const bool global = !cores && s.tiers == 0;  // a dragonfly of spines has its global cables there
  return carries(s.spine, "spine", s.trunk_gbps) && (!(cores || global) || carries(s.spine, "spine", s.core_gbps)) &&
         (!cores || carries(s.core, "core", s.core_gbps));
}

const TopologyType& type_of(TopologyKind kind) {
  for (const TopologyType* type : topologies::rows)
    if (type->kind == kind) return *type;
  return topologies::custom;
}

}  // namespace nadc
