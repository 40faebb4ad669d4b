// Tiers of different switches, ports that are broken out, and cables between groups of dragonflies: sizes against
// numbers by hand and against the wired graph.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "models/network/bill.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "models/network/topology.hpp"

namespace nadc {
namespace {

TopologySpec spec_of(TopologyKind kind, std::int64_t gpus) {
  TopologySpec spec;
  spec.kind = kind;
  spec.gpus = gpus;
  return spec;
}

// Leaves of 64 × 400G, spines of 64 × 800G, each port two cables of 400G: a spine joins 128 leaves, so two tiers reach
// 128 × 32 GPUs, with 128 · 32 / 128 spines.
TEST(Tiers, FasterSpinesAreBrokenOutByHand) {
  TopologySpec spec = spec_of(TopologyKind::fat_tree, 4096);
  spec.tiers = 2;
  EXPECT_FALSE(shape_of(spec).fits);  // 64 leaves of 32 with spines of 64
  spec.spine_port_gbps = 800.0;
  const NetworkSize size = size_network(spec);
  ASSERT_TRUE(size.shape.fits) << size.shape.why;
  EXPECT_EQ(size.leaves, 128);
  EXPECT_EQ(size.spines, 32);
  EXPECT_EQ(size.cable_count(CableKind::leaf_spine), 4096);
  EXPECT_EQ(size.shape.most_gpus, 4096);
  EXPECT_DOUBLE_EQ(size.bisection_tbps, 4096 * 0.4 / 2.0);
  ASSERT_EQ(size.ports.size(), 2u);
  EXPECT_EQ(size.ports[1].used, 32 * 64);
  EXPECT_EQ(size.ports[1].left, 0);
  // 128 leaves of 747 W (QM9700), 32 spines of 940 W (SN5600), and two optics of 7.5 or 8.5 W for every cable but
  // copper.
  double optics = 0.0;
  for (const CableGroup& group : size.media)
    optics += group.medium == Medium::copper
                  ? 0.0
                  : static_cast<double>(2 * group.count) * (group.medium == Medium::multimode ? 7.5 : 8.5);
  EXPECT_NEAR(size.power_kw, (128 * 747.0 + 32 * 940.0 + optics) / 1000.0, 1e-9);
  std::map<std::string, std::int64_t> switches;
  std::int64_t cables = 0, spine_modules = 0, spine_ends = 0;
  for (const BillLine& line : bill_of(size)) {
    if (line.kind == "switch") switches[line.tier + " " + line.item] = line.count;
    if (line.kind == "cable" && line.tier == "leaf_spine") {
      const bool split = line.item.find("splitter") != std::string::npos;
      cables += split ? 2 * line.count : line.count;
      spine_ends += split ? 0 : line.count;
    }
    if (line.kind == "transceiver" && line.tier == "spine") spine_modules += line.count;
  }
  EXPECT_EQ(switches["leaf switch, 64 × 400G"], 128);
  EXPECT_EQ(switches["spine switch, 64 × 800G"], 32);  // no names: one is InfiniBand, the other Ethernet
  EXPECT_EQ(cables, 4096);
  EXPECT_NEAR(static_cast<double>(spine_modules), static_cast<double>(spine_ends) / 2.0, 32.0);  // two cables a module
}

// Leaves of 64 × 800G with hosts of 400G, two to a port, and uplinks of 800G: 64 hosts on 32 ports, 32 up. At 200G a
// port takes four: 128 hosts on 32 ports, and as many up.
TEST(Tiers, HostsShareThePortsOfALeafByHand) {
  TopologySpec spec = spec_of(TopologyKind::fat_tree, 4096);
  spec.trunk_gbps = 800.0;
  spec.leaf_port_gbps = 800.0;
  Shape shape = shape_of(spec);
  EXPECT_EQ(shape.leaf_down, 64);
  EXPECT_EQ(shape.leaf_up, 32);
  EXPECT_EQ(shape.most_gpus, 64 * 64);
  spec.host_gbps = 200.0;
  shape = shape_of(spec);
  EXPECT_EQ(shape.leaf_down, 128);
  EXPECT_EQ(shape.leaf_up, 32);
  spec.leaf_oversubscription = 3.0;  // 192 hosts on 48 ports, 16 up
  shape = shape_of(spec);
  EXPECT_EQ(shape.leaf_down, 192);
  EXPECT_EQ(shape.leaf_up, 16);
}

TEST(Tiers, SaysWhereACableIsTooFast) {
  TopologySpec spec = spec_of(TopologyKind::fat_tree, 1024);
  spec.trunk_gbps = 800.0;
  spec.spine_port_gbps = 400.0;
  const Shape shape = shape_of(spec);
  EXPECT_FALSE(shape.fits);
  EXPECT_NE(shape.why.find("800 Gbit/s is faster than a spine's ports of 400"), std::string::npos) << shape.why;
}

// What a switch of this kind is made of, as the sizes have it.
const SwitchTier& tier_of(const Shape& shape, NodeKind kind) {
  return kind == NodeKind::spine ? shape.spine : kind == NodeKind::core ? shape.core : shape.leaf;
}

struct Mix {
  TopologyKind kind;
  std::int64_t gpus;
  int tiers, leaf, spine, core;                              // radix
  double host, trunk, up, leaf_port, spine_port, core_port;  // Gbit/s
  double oversubscription = 1.0;
};
class Mixes : public ::testing::TestWithParam<Mix> {};

// Counts of the closed formulas are those of the graph, no switch has more ports in use than it has, and where every
// cable divides evenly the bisection is what max-flow finds.
TEST_P(Mixes, SizesAreThoseOfTheWiredGraph) {
  const Mix& m = GetParam();
  TopologySpec spec = spec_of(m.kind, m.gpus);
  spec.tiers = m.tiers;
  spec.leaf_radix = m.leaf, spec.spine_radix = m.spine, spec.core_radix = m.core;
  spec.host_gbps = m.host, spec.trunk_gbps = m.trunk, spec.core_gbps = m.up;
  spec.leaf_port_gbps = m.leaf_port, spec.spine_port_gbps = m.spine_port, spec.core_port_gbps = m.core_port;
  spec.leaf_oversubscription = m.oversubscription;
  const NetworkSize size = size_network(spec);
  ASSERT_TRUE(size.shape.fits) << size.shape.why;
  const Topology net = build_topology(spec);
  for (CableKind kind :
       {CableKind::host, CableKind::leaf_spine, CableKind::spine_core, CableKind::local, CableKind::global})
    EXPECT_EQ(size.cable_count(kind), net.count(kind)) << name_of(kind);
  EXPECT_EQ(size.leaves, net.count(NodeKind::leaf));
  EXPECT_EQ(size.spines, net.count(NodeKind::spine));
  EXPECT_EQ(size.cores, net.count(NodeKind::core));
  std::map<NodeKind, std::int64_t> used;
  for (std::uint32_t v = 0; v < net.nodes().size(); ++v) {
    if (!net.is_switch(v)) continue;
    const SwitchTier& tier = tier_of(size.shape, net.nodes()[v].kind);
    std::map<double, std::int64_t> ends;
    for (const Arc& arc : net.arcs(v)) ++ends[net.cables()[arc.link >> 1].bytes_per_s * 8e-9];
    std::int64_t ports = 0;
    for (const auto& [gbps, count] : ends) {
      const double room = tier.port_gbps > 0.0 ? tier.port_gbps / gbps : 1.0;
      const std::int64_t each = room >= 8.0 ? 8 : room >= 4.0 ? 4 : room >= 2.0 ? 2 : 1;
      ASSERT_GE(room, 1.0 - 1e-9);
      ports += (count + each - 1) / each;
    }
    EXPECT_LE(ports, tier.ports) << net.name(v);
    used[net.nodes()[v].kind] += ports;
  }
  for (const TierPorts& tier : size.ports) {
    const NodeKind kind = tier.tier == "leaf"    ? NodeKind::leaf
                          : tier.tier == "spine" ? NodeKind::spine
                          : tier.tier == "core"  ? NodeKind::core
                                                 : NodeKind::router;
    EXPECT_EQ(tier.used + tier.left, tier.switches * tier.of.ports);
    // A port that is not full counts on each switch of the graph, once in the size.
    EXPECT_LE(tier.used, used[kind]);
    EXPECT_LE(used[kind] - tier.used, 2 * tier.switches);
  }
  const std::vector<std::uint32_t> pieces = net.pieces();
  EXPECT_EQ(std::set<std::uint32_t>(pieces.begin(), pieces.end()).size(), 1u);
  if (size.shape.note.empty() && m.gpus % (2 * size.shape.leaf_down) == 0 && size.shape.tiers != 0) {
    EXPECT_NEAR(net.max_flow_bisection() * 8e-12, size.bisection_tbps, 0.001 * size.bisection_tbps);
  }
}
INSTANTIATE_TEST_SUITE_P(
    Kinds, Mixes,
    ::testing::Values(Mix{TopologyKind::fat_tree, 1024, 2, 32, 32, 0, 400, 400, 0, 0, 800, 0},
                      Mix{TopologyKind::fat_tree, 1000, 2, 32, 48, 0, 400, 400, 0, 0, 800, 0},
                      Mix{TopologyKind::fat_tree, 2048, 2, 64, 32, 0, 400, 800, 0, 800, 1600, 0},
                      Mix{TopologyKind::fat_tree, 2048, 3, 16, 32, 64, 400, 400, 400, 0, 800, 800},
                      Mix{TopologyKind::fat_tree, 1111, 3, 16, 32, 24, 200, 400, 800, 400, 800, 1600, 2.0},
                      Mix{TopologyKind::rail_fat_tree, 2048, 2, 32, 64, 0, 400, 400, 0, 0, 800, 0},
                      Mix{TopologyKind::rail_planes, 4096, 2, 32, 32, 0, 400, 400, 0, 0, 800, 0},
                      Mix{TopologyKind::dual_tor, 1024, 2, 32, 48, 0, 400, 400, 0, 400, 800, 0},
                      Mix{TopologyKind::dual_plane, 1024, 2, 32, 32, 0, 400, 200, 0, 400, 400, 0},
                      Mix{TopologyKind::dragonfly, 2000, 0, 32, 0, 0, 200, 200, 200, 400, 0, 0},
                      Mix{TopologyKind::dragonfly_plus, 3000, 0, 24, 32, 0, 200, 400, 400, 400, 800, 0}));

// Frontier: 74 groups of 32 switches with 16 NICs of 200G each, 9,472 nodes of four, and four cables between every two
// groups: 2,701 pairs, 270.1 TB/s over all of them (Atchley et al., SC23, from memory), 57 % of a group's injection.
TEST(Tiers, FrontiersGroupsHaveFourCablesAPair) {
  TopologySpec spec = spec_of(TopologyKind::dragonfly, 9472 * 4);
  spec.gpus_per_node = 4, spec.nvlink_domain = 0;
  spec.host_gbps = 200.0;
  spec.p = 16, spec.a = 32, spec.h = 16;
  spec.group_links = 4;
  const NetworkSize size = size_network(spec);
  ASSERT_TRUE(size.shape.fits) << size.shape.why;
  EXPECT_EQ(size.groups, 74);
  EXPECT_EQ(size.cable_count(CableKind::global), 74 * 73 / 2 * 4);
  EXPECT_NEAR(static_cast<double>(size.cable_count(CableKind::global)) * 25e9, 270.1e12, 0.05e12);
  EXPECT_NEAR(73.0 * 4 / 512, 0.57, 0.005);
  EXPECT_NEAR(size.bisection_tbps, 37 * 37 * 4 * 0.2, 1e-9);
  spec.gpus = 129 * 512;  // 512 global ports reach 128 other groups with four cables each
  EXPECT_TRUE(shape_of(spec).fits);
  spec.gpus += 1;
  EXPECT_FALSE(shape_of(spec).fits);
}

TEST(Tiers, EveryPairOfGroupsHasTheCablesAsked) {
  for (TopologyKind kind : {TopologyKind::dragonfly, TopologyKind::dragonfly_plus}) {
    TopologySpec spec = spec_of(kind, 7 * 4 * 6);
    spec.p = 4, spec.a = 6, spec.h = 6;
    spec.group_links = 5;  // of 36 ports, 30 go to the six other groups
    const NetworkSize size = size_network(spec);
    const Topology net = build_topology(spec);
    EXPECT_EQ(size.cable_count(CableKind::global), 7 * 6 / 2 * 5);
    std::map<std::pair<int, int>, int> pairs;
    for (const Cable& cable : net.cables()) {
      if (cable.kind != CableKind::global) continue;
      const int a = net.nodes()[cable.a].group, b = net.nodes()[cable.b].group;
      ++pairs[{std::min(a, b), std::max(a, b)}];
    }
    EXPECT_EQ(pairs.size(), 21u);
    for (const auto& [pair, count] : pairs) EXPECT_EQ(count, 5) << pair.first << "-" << pair.second;
    // Three groups against four, by hand: 12 pairs of 5 cables of 400G, less than half of what 168 GPUs send.
    EXPECT_NEAR(size.bisection_tbps, std::min(12 * 5 * 0.4, 168 * 0.4 / 2.0), 1e-9);
  }
}

}  // namespace
}  // namespace nadc
