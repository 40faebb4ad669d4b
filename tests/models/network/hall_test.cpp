#include "models/network/hall.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/network/bill.hpp"
#include "models/network/topology.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

TopologySpec spec_of(TopologyKind kind, std::int64_t gpus, int radix = 64) {
  TopologySpec spec;
  spec.kind = kind;
  spec.gpus = gpus;
  spec.radix = radix;
  return spec;
}

// By hand: 128 GPUs are 16 nodes, four leaves of 32 GPUs with two spines (64 ports). At 40.8 kW a rack holds four nodes
// of 10.2 kW: four racks of nodes, one of leaves (4 × 1.72 kW), one of spines. Nodes 0–15 have their middle at 7.5, so
// the two switch racks stand after the second rack of nodes: N N L S N N in one row of six.
TEST(Hall, RacksOfASmallClusterByHand) {
  const Topology net = build_topology(spec_of(TopologyKind::fat_tree, 128));
  Hall hall;
  hall.rows = 1;
  const HallPlan plan = plan_hall(net, hall, 1720.0);
  ASSERT_EQ(plan.racks.size(), 6u);
  const RackKind order[] = {RackKind::nodes,  RackKind::nodes, RackKind::leaves,
                            RackKind::spines, RackKind::nodes, RackKind::nodes};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(plan.racks[i].kind, order[i]) << i;
  EXPECT_DOUBLE_EQ(plan.kw, 16 * 10.2 + 6 * 1.72);
  EXPECT_DOUBLE_EQ(plan.width_m, 6 * 0.7 + 2.4);
  EXPECT_DOUBLE_EQ(plan.depth_m, 3.0 + 2.4);

  // Hosts: racks 2, 1, 2, 1... places from the leaves: |0−2|, |1−2|, |4−2|, |5−2|, 32 cables each:
  // 4 + 0.7 · (2, 1, 2, 3) m = 5.4, 4.7, 5.4, 6.1. Leaf to spine: 4.7 m, 128 of them.
  SizingInputs inputs;
  inputs.hall = hall;
  const NetworkSize size = size_network(spec_of(TopologyKind::fat_tree, 128), inputs);
  double host = 0.0, trunk = 0.0;
  for (const CableGroup& group : size.media) {
    EXPECT_EQ(group.medium, Medium::multimode);
    (group.kind == CableKind::host ? host : trunk) += group.metres;
  }
  EXPECT_NEAR(host, 32 * (5.4 + 4.7 + 5.4 + 6.1), 1e-9);
  EXPECT_NEAR(trunk, 128 * 4.7, 1e-9);
  std::map<std::pair<CableKind, double>, std::int64_t> sold;
  for (const CableLength& run : size.lengths) sold[{run.kind, run.metres}] += run.count;
  EXPECT_EQ((sold[{CableKind::host, 5.0}]), 32);
  EXPECT_EQ((sold[{CableKind::host, 7.0}]), 96);
  EXPECT_EQ((sold[{CableKind::leaf_spine, 5.0}]), 128);
}

// Six racks in two rows of three, N N L | S N N: leaf and spine are two places and one row of 3 m apart.
TEST(Hall, RowsAreCrossedAtTheirPitch) {
  const Topology net = build_topology(spec_of(TopologyKind::fat_tree, 128));
  Hall hall;
  hall.rows = 2;
  const HallPlan plan = plan_hall(net, hall, 1720.0);
  EXPECT_EQ(plan.places, 3);
  EXPECT_NEAR(plan.metres(2, 3), 4.0 + 2 * 0.7 + 3.0, 1e-12);
  hall.cooling = HallCooling::liquid;
  EXPECT_NEAR(plan_hall(net, hall, 1720.0).metres(2, 3), 4.0 + 2 * 0.7 + 2.4, 1e-12);
}

// The DGX SuperPOD H100 has four nodes a rack of over 40 kW: 32 racks for four units of 32 nodes, one place given up.
TEST(Hall, SuperpodFillsThirtyTwoRacks) {
  const Topology net = build_topology(spec_of(TopologyKind::rail_fat_tree, 1016));
  const HallPlan plan = plan_hall(net, {}, 1720.0);
  EXPECT_EQ(plan.count(RackKind::nodes), 32);
  EXPECT_EQ(plan.count(RackKind::leaves), 2);
  EXPECT_EQ(plan.count(RackKind::spines), 1);
  std::int64_t nodes = 0;
  for (const HallRack& rack : plan.racks) {
    EXPECT_LE(rack.kw, 40.8 + 1e-9);
    if (rack.kind == RackKind::nodes) nodes += rack.count;
  }
  EXPECT_EQ(nodes, 127);
}

// Every cable of the graph is ordered once, whatever the shape, and less power a rack makes cables longer.
TEST(Hall, TheBillHoldsEveryCable) {
  for (TopologyKind kind : {TopologyKind::fat_tree, TopologyKind::rail_planes, TopologyKind::dual_plane,
                            TopologyKind::dragonfly, TopologyKind::dragonfly_plus}) {
    const TopologySpec spec = spec_of(kind, 4096);
    double mean[2] = {};
    for (const int dense : {0, 1}) {
      SizingInputs inputs;
      inputs.hall = Hall{};
      inputs.hall->rack_kw = dense ? 40.8 : 10.2;
      const NetworkSize size = size_network(spec, inputs);
      BillInputs request;
      request.sizing = inputs;
      std::int64_t cables = 0, racks = 0, expected = 0;
      for (const BillLine& line : bill_of(size, request)) {
        if (line.kind == "cable") cables += line.count, mean[dense] += static_cast<double>(line.count) * line.metres;
        if (line.kind == "rack") {
          racks += line.count;
          EXPECT_EQ(line.spares, 0);
        }
      }
      for (const std::int64_t count : size.cables) expected += count;
      EXPECT_EQ(cables, expected) << name_of(kind);
      EXPECT_EQ(racks, static_cast<std::int64_t>(size.hall->racks.size()));
    }
    EXPECT_GT(mean[0], 1.2 * mean[1]) << name_of(kind);
  }
}

TEST(Hall, RefusesWhatCannotStand) {
  const Topology net = build_topology(spec_of(TopologyKind::fat_tree, 128));
  Hall hall;
  hall.rack_kw = 100.0;  // too much for air
  EXPECT_THROW(plan_hall(net, hall, 1720.0), Error);
  hall.cooling = HallCooling::liquid;
  EXPECT_EQ(plan_hall(net, hall, 1720.0).nodes_per_rack, 6);  // its height: 48 units of nodes of eight
  hall.rack_kw = 5.0;
  EXPECT_THROW(plan_hall(net, hall, 1720.0), Error);
  EXPECT_THROW(hall_cooling("liquit"), Error);
  EXPECT_EQ(hall_cooling("rear-door"), HallCooling::rear_door);
}

}  // namespace
}  // namespace nadc
