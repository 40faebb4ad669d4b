// The table of topologies.
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

const TopologyType& type_of(TopologyKind kind) {
  for (const TopologyType* type : topologies::rows)
    if (type->kind == kind) return *type;
  return topologies::custom;
}

}  // namespace nadc
