#include "models/network/topology.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sim/error.hpp"

namespace nadc {
namespace {

TopologySpec spec_of(TopologyKind kind, std::int64_t gpus, int radix = 64, int tiers = 0) {
  TopologySpec spec;
  spec.kind = kind;
  spec.gpus = gpus;
  spec.radix = radix;
  spec.tiers = tiers;
  return spec;
}

TEST(Shape, FatTreesHoldTheTextbookNumbers) {
  EXPECT_EQ(shape_of(spec_of(TopologyKind::fat_tree, 2048, 64, 2)).most_gpus, 2048);
  EXPECT_EQ(shape_of(spec_of(TopologyKind::fat_tree, 2048, 64, 3)).most_gpus, 65536);
  EXPECT_TRUE(shape_of(spec_of(TopologyKind::fat_tree, 10368, 144, 2)).fits);
  EXPECT_FALSE(shape_of(spec_of(TopologyKind::fat_tree, 10369, 144, 2)).fits);
  const Shape three = shape_of(spec_of(TopologyKind::fat_tree, 16384));
  EXPECT_EQ(three.tiers, 3);
  EXPECT_EQ(three.leaves + three.spines + three.cores, 5 * 16384 / 64);
  const Shape planes = shape_of(spec_of(TopologyKind::rail_planes, 16384));
  EXPECT_EQ(planes.planes * (planes.leaves + planes.spines), 3 * 16384 / 64);
}

TEST(Shape, SaysWhyItDoesNotFitAndWhatDoes) {
  const Shape planes = shape_of(spec_of(TopologyKind::rail_planes, 18432));
  EXPECT_FALSE(planes.fits);
  EXPECT_NE(planes.why.find("16,384"), std::string::npos) << planes.why;
  EXPECT_NE(planes.why.find("3 tiers"), std::string::npos) << planes.why;
  EXPECT_NE(planes.why.find("radix 68"), std::string::npos) << planes.why;
  TopologySpec tight = spec_of(TopologyKind::dragonfly, 1000, 16);
  tight.p = 8, tight.a = 16, tight.h = 8;
  const Shape dragonfly = shape_of(tight);
  EXPECT_FALSE(dragonfly.fits);
  EXPECT_NE(dragonfly.why.find("31 ports"), std::string::npos) << dragonfly.why;
  EXPECT_NE(dragonfly.why.find("radix 31"), std::string::npos) << dragonfly.why;
  EXPECT_THROW(shape_of(spec_of(TopologyKind::fat_tree, 0)), Error);
  EXPECT_THROW(shape_of(spec_of(TopologyKind::fat_tree, 8, 1)), Error);
  TopologySpec dead = spec_of(TopologyKind::fat_tree, 8);
  dead.host_gbps = 0.0;
  EXPECT_THROW(shape_of(dead), Error);
}

TEST(Shape, OversubscriptionSplitsThePorts) {
  TopologySpec spec = spec_of(TopologyKind::fat_tree, 4096);
  spec.leaf_oversubscription = 3.0;
  Shape shape = shape_of(spec);
  EXPECT_EQ(shape.leaf_down, 48);
  EXPECT_EQ(shape.leaf_up, 16);
  spec.leaf_oversubscription = 0.5;
  shape = shape_of(spec);
  EXPECT_EQ(shape.leaf_down, 21);
  EXPECT_EQ(shape.leaf_up, 42);
  spec.leaf_oversubscription = 1.0;
  spec.trunk_gbps = 800.0;  // a faster trunk needs half of the uplinks
  shape = shape_of(spec);
  EXPECT_EQ(shape.leaf_down, 42);
  EXPECT_EQ(shape.leaf_up, 21);
}

struct GraphCase {
  TopologyKind kind;
  std::int64_t gpus;
  int radix, tiers;
  double leaf = 1.0, spine = 1.0;
};
class Graphs : public ::testing::TestWithParam<GraphCase> {};

TEST_P(Graphs, AreJoinedAndUseNoMorePortsThanThereAre) {
  TopologySpec spec = spec_of(GetParam().kind, GetParam().gpus, GetParam().radix, GetParam().tiers);
  spec.leaf_oversubscription = GetParam().leaf;
  spec.spine_oversubscription = GetParam().spine;
  const Topology net = build_topology(spec);
  const Shape& shape = net.shape();
  EXPECT_EQ(net.gpus(), spec.gpus);
  for (NodeKind kind : {NodeKind::leaf, NodeKind::spine, NodeKind::core, NodeKind::router}) {
    EXPECT_LE(net.ports_used(kind), spec.radix) << name_of(kind);
  }
  const std::vector<std::uint32_t> pieces = net.pieces();
  for (std::uint32_t v = 0; v < pieces.size(); ++v) ASSERT_EQ(pieces[v], pieces[0]) << net.name(v);
  EXPECT_EQ(net.count(NodeKind::core), shape.planes * shape.cores);
  EXPECT_EQ(net.count(NodeKind::spine), shape.planes * shape.spines);
  EXPECT_EQ(net.count(CableKind::host),
            spec.gpus * shape.cables_per_host * (spec.kind == TopologyKind::dual_plane ? 2 : 1) + shape.manager_cables);
  EXPECT_EQ(net.count(CableKind::leaf_spine), shape.tiers ? shape.planes * shape.leaves * shape.leaf_up : 0);
  EXPECT_EQ(net.count(CableKind::spine_core), shape.planes * shape.spines * shape.spine_up * (shape.tiers == 3));
  if (shape.groups > 1) {
    EXPECT_EQ(net.count(CableKind::global), shape.groups * shape.a * shape.h / 2);
    const std::int64_t local = spec.kind == TopologyKind::dragonfly ? shape.groups * shape.a * (shape.a - 1) / 2
                                                                    : shape.groups * shape.a * shape.a;
    EXPECT_EQ(net.count(CableKind::local), local);
  }
}
INSTANTIATE_TEST_SUITE_P(
    Kinds, Graphs,
    ::testing::Values(
        GraphCase{TopologyKind::fat_tree, 128, 16, 2}, GraphCase{TopologyKind::fat_tree, 100, 16, 2},
        GraphCase{TopologyKind::fat_tree, 1024, 16, 3}, GraphCase{TopologyKind::fat_tree, 700, 16, 3},
        GraphCase{TopologyKind::fat_tree, 10240, 64, 3}, GraphCase{TopologyKind::fat_tree, 10240, 144, 2},
        GraphCase{TopologyKind::fat_tree, 18432, 144, 3}, GraphCase{TopologyKind::fat_tree, 600, 16, 3, 3.0, 2.0},
        GraphCase{TopologyKind::fat_tree, 77, 16, 2, 0.5}, GraphCase{TopologyKind::rail_fat_tree, 1016, 64, 2},
        GraphCase{TopologyKind::rail_fat_tree, 18432, 64, 3}, GraphCase{TopologyKind::rail_planes, 1024, 16, 2},
        GraphCase{TopologyKind::rail_planes, 1000, 16, 2}, GraphCase{TopologyKind::rail_planes, 2048, 16, 3},
        GraphCase{TopologyKind::dual_tor, 336, 32, 2}, GraphCase{TopologyKind::dual_plane, 150, 16, 2},
        GraphCase{TopologyKind::dragonfly, 1000, 15, 0}, GraphCase{TopologyKind::dragonfly, 72, 7, 0},
        GraphCase{TopologyKind::dragonfly, 10240, 64, 0}, GraphCase{TopologyKind::dragonfly_plus, 600, 16, 0},
        GraphCase{TopologyKind::dragonfly_plus, 10240, 64, 0}));

TEST(Topology, FullBisectionIsWhatMaxFlowFinds) {
  const double line = 400e9 / 8.0;
  for (const auto& [kind, gpus, tiers] :
       {std::tuple{TopologyKind::fat_tree, 128, 2}, std::tuple{TopologyKind::fat_tree, 1024, 3},
        std::tuple{TopologyKind::rail_fat_tree, 128, 2}}) {
    const Topology net = build_topology(spec_of(kind, gpus, 16, tiers));
    EXPECT_NEAR(net.max_flow_bisection(), gpus / 2 * line, 1e-6 * gpus * line);
  }
  TopologySpec spec = spec_of(TopologyKind::fat_tree, 192, 16, 2);
  spec.leaf_oversubscription = 3.0;
  EXPECT_NEAR(build_topology(spec).max_flow_bisection(), 192 / 2 * line / 3.0, 1.0);
}

std::string written(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + name;
  std::ofstream(path) << text;
  return path;
}

TEST(CustomGraph, ReadsAnEdgeList) {
  TopologySpec spec;
  spec.kind = TopologyKind::custom;
  spec.file = written("edges.txt", "# two hosts\nnode s1 leaf\ngpu0 s1 400\ngpu1 s1 400\nnode s2 spine\ns1 s2 800 2\n");
  const Topology net = read_topology(spec);
  EXPECT_EQ(net.gpus(), 2u);
  EXPECT_EQ(net.count(CableKind::leaf_spine), 2);
  EXPECT_DOUBLE_EQ(net.max_flow_bisection(), 50e9);
}

TEST(CustomGraph, ReadsGraphMl) {
  TopologySpec spec;
  spec.kind = TopologyKind::custom;
  spec.file = written("net.graphml", R"(<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
 <key id="k" for="node" attr.name="kind" attr.type="string"/><key id="b" for="edge" attr.name="gbps" attr.type="double"/>
 <graph edgedefault="undirected">
  <node id="a"><data key="k">gpu</data></node><node id="b"><data key="k">gpu</data></node><node id="s"><data key="k">router</data></node>
  <edge source="a" target="s"><data key="b">200</data></edge><edge source="s" target="b"><data key="b">400</data></edge>
 </graph></graphml>)");
  EXPECT_DOUBLE_EQ(read_topology(spec).max_flow_bisection(), 25e9);
}

std::string problem(const std::string& name, const std::string& text) {
  TopologySpec spec;
  spec.kind = TopologyKind::custom;
  spec.file = written(name, text);
  try {
    read_topology(spec);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(CustomGraph, NamesWhatIsWrong) {
  EXPECT_NE(problem("pieces.txt", "gpu0 s0 400\ngpu1 s1 400\n").find("2 pieces"), std::string::npos);
  const std::string zero = problem("zero.txt", "gpu0 s0 400\ngpu1 s0 0\n");
  EXPECT_NE(zero.find("zero.txt:2:1"), std::string::npos) << zero;
  EXPECT_NE(zero.find("gpu1 – s0"), std::string::npos) << zero;
  EXPECT_NE(problem("kind.txt", "node s0 lief\ngpu0 s0 1\n").find("did you mean leaf"), std::string::npos);
  EXPECT_NE(problem("none.txt", "s0 s1 400\n").find("no GPU"), std::string::npos);
  EXPECT_NE(problem("words.txt", "gpu0 s0\n").find("words.txt:1"), std::string::npos);
  EXPECT_NE(problem("text.txt", "gpu0 s0 fast\n").find("'fast' is not a number"), std::string::npos);
}

}  // namespace
}  // namespace nadc
