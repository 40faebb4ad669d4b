#include "models/network/picture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include "models/network/exports.hpp"
#include "models/network/text.hpp"
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

// Control characters may not stand in XML 1.0 at all, not even escaped (section 2.2 of the recommendation).
TEST(XmlText, MayStandInElementsAndAttributes) {
  EXPECT_EQ(xml_text("a<b>&\"c\"\x01\n\xed\x95\x9c"), "a&lt;b&gt;&amp;&quot;c&quot;  \xed\x95\x9c");
}

// However much is condensed, no switch, GPU or cable is lost: boxes and lines add up to the graph's own counts.
TEST(Picture, BoxesAndLinesAddUpToTheGraph) {
  for (const TopologySpec& spec :
       {spec_of(TopologyKind::fat_tree, 18432), spec_of(TopologyKind::fat_tree, 100, 16),
        spec_of(TopologyKind::rail_planes, 16384), spec_of(TopologyKind::rail_fat_tree, 1016),
        spec_of(TopologyKind::dual_plane, 2048), spec_of(TopologyKind::dual_tor, 1024),
        spec_of(TopologyKind::dragonfly, 10240), spec_of(TopologyKind::dragonfly_plus, 4096)}) {
    const Topology net = build_topology(spec);
    const Picture picture = picture_of(net);
    std::map<NodeKind, std::int64_t> members;
    for (const PictureBox& box : picture.boxes) members[box.kind] += box.members;
    for (NodeKind kind : {NodeKind::gpu, NodeKind::leaf, NodeKind::spine, NodeKind::core, NodeKind::router})
      EXPECT_EQ(members[kind], net.count(kind)) << name_of(spec.kind) << ' ' << name_of(kind);
    std::map<CableKind, std::int64_t> cables;
    for (const PictureLine& line : picture.lines) cables[line.kind] += line.cables;
    for (CableKind kind : {CableKind::host, CableKind::leaf_spine, CableKind::spine_core})
      EXPECT_EQ(cables[kind], net.count(kind)) << name_of(spec.kind) << ' ' << name_of(kind);
    EXPECT_LE(picture.boxes.size(), 140u) << name_of(spec.kind);
  }
}

// 18,432 GPUs with 64 ports: pods of 1,024, eighteen of them; a pod has 32 leaves.
TEST(Picture, SaysWhatItCondenses) {
  const Picture large = picture_of(build_topology(spec_of(TopologyKind::fat_tree, 18432)));
  ASSERT_FALSE(large.notes.empty());
  EXPECT_EQ(large.notes[0].rfind("8 of 18 pods drawn", 0), 0u) << large.notes[0];
  EXPECT_NE(svg_of(large).find("8 of 18 pods drawn"), std::string::npos);
  const Picture small = picture_of(build_topology(spec_of(TopologyKind::fat_tree, 64, 16)));
  EXPECT_TRUE(small.notes.empty());
  EXPECT_EQ(small.boxes.size(), 8u + 4u + 8u);  // 8 leaves, 4 spines, the GPUs of each leaf
}

// Two leaves of two GPUs (radix 4), two spines: GPU 0 sends 100 Gbit/s up through leaf 0. By hand: its cable is at a
// quarter, each of the leaf's two uplinks at an eighth, the mean of the four uplinks a sixteenth.
TEST(Picture, LoadsAreThoseOfTheBusierDirection) {
  TopologySpec spec = spec_of(TopologyKind::fat_tree, 4, 4);
  spec.nvlink_domain = 0;
  const Topology net = build_topology(spec);
  ASSERT_EQ(net.count(CableKind::leaf_spine), 4);
  const double rate = 100e9 / 8.0;
  std::vector<double> load(2 * net.cables().size(), 0.0);
  for (std::uint32_t c = 0; c < net.cables().size(); ++c) {
    const Cable& cable = net.cables()[c];
    if (cable.kind == CableKind::host && cable.a == 0) load[2 * c] = rate;
    if (cable.kind == CableKind::leaf_spine && net.name(cable.a) == "leaf0") load[2 * c] = rate / 2.0;
  }
  const Picture picture = picture_of(net, load);
  for (const PictureTier& tier : picture.tiers) {
    EXPECT_NEAR(tier.most_load, tier.kind == CableKind::host ? 0.25 : 0.125, 1e-12);
    EXPECT_NEAR(tier.mean_load, 0.0625, 1e-12);
  }
  EXPECT_NE(svg_of(picture, "test").find("load 6 %, most 13 %"), std::string::npos);
}

TEST(Picture, AFailedSwitchIsMarked) {
  const Topology net = build_topology(spec_of(TopologyKind::fat_tree, 64, 16));
  NetworkHealth health;
  for (std::uint32_t v = 0; v < net.nodes().size(); ++v)
    if (net.name(v) == "spine1") health.fail_switch(net, v);
  const Picture picture = picture_of(net, {}, health);
  std::int64_t boxes = 0, cables = 0;
  for (const PictureBox& box : picture.boxes) boxes += box.down;
  for (const PictureLine& line : picture.lines) cables += line.down;
  EXPECT_EQ(boxes, 1);
  EXPECT_EQ(cables, 16);
  EXPECT_NE(svg_of(picture).find("spine1, down"), std::string::npos);
}

// GraphML read back is the same network: counts, and what max-flow finds between its halves.
TEST(Exports, GraphmlComesBackAsTheSameNetwork) {
  for (TopologyKind kind : {TopologyKind::fat_tree, TopologyKind::rail_fat_tree, TopologyKind::dragonfly}) {
    const Topology net = build_topology(spec_of(kind, kind == TopologyKind::rail_fat_tree ? 248 : 256, 32));
    const std::string path = testing::TempDir() + "nadc-" + std::string(name_of(kind)) + ".graphml";
    std::ofstream(path) << graphml_of(net, Hosts::with);
    TopologySpec custom;
    custom.kind = TopologyKind::custom;
    custom.file = path;
    const Topology back = read_topology(custom);
    for (NodeKind node :
         {NodeKind::gpu, NodeKind::nvswitch, NodeKind::leaf, NodeKind::spine, NodeKind::router, NodeKind::manager})
      EXPECT_EQ(back.count(node), net.count(node)) << name_of(kind);
    EXPECT_EQ(back.cables().size(), net.cables().size());
    EXPECT_EQ(back.count(CableKind::host), net.count(CableKind::host));
    EXPECT_NEAR(back.max_flow_bisection(), net.max_flow_bisection(), 1.0);
  }
}

std::vector<std::string> lines_with(const std::string& text, const std::string& begin) {
  std::vector<std::string> found;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(begin)) found.push_back(line);
  return found;
}

// By hand: 2,048 GPUs with 32 ports are 128 leaves of 16 GPUs, two nodes each, in pods of 16 leaves.
TEST(Exports, SlurmTreeHasNodesUnderLeavesUnderPods) {
  const std::string text = slurm_tree_of(build_topology(spec_of(TopologyKind::fat_tree, 2048, 32)), "gpu");
  const auto lines = lines_with(text, "SwitchName=");
  ASSERT_EQ(lines.size(), 128u + 8u + 1u) << text;
  EXPECT_EQ(lines[0], "SwitchName=leaf0 Nodes=gpu[0-1]");
  EXPECT_EQ(lines[128], "SwitchName=pod0 Switches=leaf[0-15]");
  EXPECT_EQ(lines[136], "SwitchName=top Switches=pod[0-7]");
}

// A scalable unit is 32 nodes below eight leaves: one switch of Slurm's; the last unit lacks the manager's node.
TEST(Exports, SlurmTreeJoinsTheRailsOfAUnit) {
  const auto lines =
      lines_with(slurm_tree_of(build_topology(spec_of(TopologyKind::rail_fat_tree, 504)), "node"), "SwitchName=");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "SwitchName=leaf0 Nodes=node[0-31]");
  EXPECT_EQ(lines[1], "SwitchName=leaf1 Nodes=node[32-62]");
  EXPECT_EQ(lines[2], "SwitchName=top Switches=leaf[0-1]");
}

// NVL72: racks of 18 trays with four GPUs are the blocks.
TEST(Exports, SlurmBlocksAreNvlinkDomains) {
  TopologySpec spec = spec_of(TopologyKind::fat_tree, 576);
  spec.gpus_per_node = 4;
  spec.nvlink_domain = 72;
  const std::string text = slurm_blocks_of(build_topology(spec), "node");
  EXPECT_EQ(lines_with(text, "BlockName=").size(), 8u);
  EXPECT_EQ(lines_with(text, "BlockName=block7 ")[0], "BlockName=block7 Nodes=node[126-143]");
  EXPECT_EQ(lines_with(text, "BlockSizes=")[0], "BlockSizes=18");
  EXPECT_THROW(slurm_tree_of(build_topology(spec), "a b"), Error);
}

}  // namespace
}  // namespace nadc
