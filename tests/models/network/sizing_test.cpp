#include "models/network/sizing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/network/optimise.hpp"
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

// NVIDIA DGX SuperPOD reference architectures, H100 and B200.
TEST(SuperPod, H100TableToTheUnit) {
  const std::int64_t gpus[] = {248, 504, 760, 1016}, leaves[] = {8, 16, 24, 32}, spines[] = {4, 8, 16, 16};
  const std::int64_t host[] = {252, 508, 764, 1020}, trunk[] = {256, 512, 768, 1024};
  for (int i = 0; i < 4; ++i) {
    const NetworkSize size = size_network(spec_of(TopologyKind::rail_fat_tree, gpus[i]));
    EXPECT_EQ(size.leaves, leaves[i]);
    EXPECT_EQ(size.spines, spines[i]);
    EXPECT_EQ(size.cable_count(CableKind::host), host[i]);
    EXPECT_EQ(size.cable_count(CableKind::leaf_spine), trunk[i]);
  }
}

TEST(SuperPod, B200TableToTheUnit) {
  for (std::int64_t units : {2, 4, 8}) {
    const NetworkSize size = size_network(spec_of(TopologyKind::rail_fat_tree, units * 256));
    EXPECT_EQ(size.leaves, 8 * units);
    EXPECT_EQ(size.spines, 4 * units);
    EXPECT_EQ(size.cable_count(CableKind::host), 256 * units);
    EXPECT_EQ(size.cable_count(CableKind::leaf_spine), 256 * units);
  }
}

class SizeEqualsGraph : public ::testing::TestWithParam<TopologySpec> {};
TEST_P(SizeEqualsGraph, InEveryCount) {
  const NetworkSize size = size_network(GetParam());
  const Topology net = build_topology(GetParam());
  EXPECT_EQ(
      size.leaves + size.spines + size.cores + (GetParam().kind == TopologyKind::dragonfly ? size.switches : 0),
      net.count(NodeKind::leaf) + net.count(NodeKind::spine) + net.count(NodeKind::core) + net.count(NodeKind::router));
  for (CableKind kind :
       {CableKind::host, CableKind::leaf_spine, CableKind::spine_core, CableKind::local, CableKind::global}) {
    EXPECT_EQ(size.cable_count(kind), net.count(kind)) << name_of(kind);
    std::int64_t laid = 0;
    for (const CableGroup& group : size.media) laid += group.kind == kind ? group.count : 0;
    EXPECT_EQ(laid, size.cable_count(kind)) << name_of(kind);
  }
  for (const TierPorts& tier : size.ports) EXPECT_GE(tier.left, 0) << tier.tier;
}
std::vector<TopologySpec> many_specs() {
  std::vector<TopologySpec> specs;
  for (TopologyKind kind :
       {TopologyKind::fat_tree, TopologyKind::rail_fat_tree, TopologyKind::rail_planes, TopologyKind::dual_tor,
        TopologyKind::dual_plane, TopologyKind::dragonfly, TopologyKind::dragonfly_plus}) {
    for (std::int64_t gpus : {1000, 1024, 4096, 10240, 16384, 18432}) {
      for (int radix : {64, 128, 144}) {
        if (shape_of(spec_of(kind, gpus, radix)).fits) specs.push_back(spec_of(kind, gpus, radix));
      }
    }
  }
  TopologySpec thin = spec_of(TopologyKind::fat_tree, 10240);
  thin.leaf_oversubscription = 2.0;
  thin.spine_oversubscription = 3.0;
  specs.push_back(thin);
  TopologySpec mixed = spec_of(TopologyKind::fat_tree, 3000);
  mixed.trunk_gbps = 800.0;
  specs.push_back(mixed);
  TopologySpec odd = spec_of(TopologyKind::dragonfly, 90);
  odd.p = 2, odd.a = 5, odd.h = 3;
  specs.push_back(odd);
  return specs;
}
INSTANTIATE_TEST_SUITE_P(Kinds, SizeEqualsGraph, ::testing::ValuesIn(many_specs()));

TEST(Sizing, BisectionIsWhatMaxFlowFinds) {
  for (TopologyKind kind : {TopologyKind::dragonfly, TopologyKind::dragonfly_plus}) {
    TopologySpec spec = spec_of(kind, 512, 32);
    spec.p = 8, spec.a = 8, spec.h = 7;  // 8 groups, 8 cables between any two
    const NetworkSize size = size_network(spec);
    EXPECT_NEAR(build_topology(spec).max_flow_bisection() * 8e-12, size.bisection_tbps, 1e-6 * size.bisection_tbps)
        << name_of(kind);
    EXPECT_DOUBLE_EQ(size.bisection_tbps, 16 * 8 * 0.4);
  }
}

// 32 hosts share 16 uplinks of the same speed: half of what they could send reaches the other half.
TEST(Sizing, OversubscribedLeavesCutTheBisection) {
  TopologySpec spec = spec_of(TopologyKind::fat_tree, 1536, 48);  // 48 leaves on 16 spines, a cable between any two
  spec.leaf_oversubscription = 2.0;
  const NetworkSize size = size_network(spec);
  EXPECT_DOUBLE_EQ(size.injection_tbps, 1536 * 0.4);
  EXPECT_DOUBLE_EQ(size.bisection_tbps, 1536 * 0.4 / 2 / 2);
  EXPECT_NEAR(build_topology(spec).max_flow_bisection() * 8e-12, size.bisection_tbps, 1e-6 * size.bisection_tbps);
}

// Two nodes of one rack below one switch: 16 cables of 2 m. Copper reaches 3 m and draws nothing; with optics there is
// a module of 7.5 W at each end.
TEST(Sizing, CopperWhereItReachesElseTwoModulesACable) {
  SizingInputs inputs;
  const TopologySpec spec = spec_of(TopologyKind::fat_tree, 16);
  const NetworkSize copper = size_network(spec, inputs);
  EXPECT_EQ(copper.cable_count(CableKind::host), 16);
  EXPECT_EQ(copper.optics, 0);
  EXPECT_DOUBLE_EQ(copper.power_kw, 0.747);  // 64 ports of 400G
  inputs.floor.copper_reach_m = 1.0;
  const NetworkSize optical = size_network(spec, inputs);
  EXPECT_EQ(optical.optics, 32);
  EXPECT_DOUBLE_EQ(optical.power_kw, 0.747 + 32 * 0.0075);
}

TEST(Sizing, ThreeTiersAgainstRailPlanes) {
  // 40 % fewer switches and 33 % fewer cables.
  const NetworkSize three = size_network(spec_of(TopologyKind::fat_tree, 16384)),
                    planes = size_network(spec_of(TopologyKind::rail_planes, 16384));
  EXPECT_EQ(planes.switches * 5, three.switches * 3);
  const auto cables = [](const NetworkSize& s) {
    return s.cable_count(CableKind::host) + s.cable_count(CableKind::leaf_spine) + s.cable_count(CableKind::spine_core);
  };
  EXPECT_EQ(cables(planes) * 3, cables(three) * 2);
  EXPECT_DOUBLE_EQ(three.bisection_tbps, 16384 * 0.4 / 2);
}

TEST(Sizing, CostComesOnlyFromPrices) {
  SizingInputs inputs;
  EXPECT_FALSE(size_network(spec_of(TopologyKind::fat_tree, 2048), inputs).cost_krw.has_value());
  inputs.prices = NetworkPrices{1000.0, 0, 0, 0, 0, 0};
  EXPECT_DOUBLE_EQ(*size_network(spec_of(TopologyKind::fat_tree, 2048), inputs).cost_krw, 96 * 1000.0);
}

TEST(Sizing, GrowthMovesOnlyTheTopTier) {
  const Growth growth = grow_network(spec_of(TopologyKind::fat_tree, 10240), 18432);
  EXPECT_EQ(growth.new_switches, 5 * (18432 - 10240) / 64);
  EXPECT_EQ(growth.links_to_move, 10240 * (288 - 160) / 288);
  EXPECT_EQ(growth.ports_to_reserve, 288 * 64 - 10240);
  EXPECT_FALSE(grow_network(spec_of(TopologyKind::rail_planes, 10240), 18432).note.empty());
}

TEST(Sizing, SideFabricsServeTheSameNodes) {
  TopologySpec compute = spec_of(TopologyKind::fat_tree, 10240);
  for (const SideFabric& fabric : side_fabrics()) {
    const NetworkSize size = size_side_fabric(fabric, compute);
    EXPECT_TRUE(size.shape.fits) << size.shape.why;
    EXPECT_EQ(size.cable_count(CableKind::host), 1280 * fabric.ports_per_node);
  }
}

OptimiseRequest search_of(std::vector<TopologySpec> bases) {
  OptimiseRequest search;
  search.bases = std::move(bases);
  search.radices = {64};
  search.most_slowdown = 1.1;
  return search;
}

TEST(Optimise, AsksUntilTheCheapestMeetsTheBound) {
  std::vector<double> asked;  // power
  OptimiseRequest search = search_of({spec_of(TopologyKind::fat_tree, 2048)});
  search.judge = [&](std::span<const TopologySpec> specs) {
    asked.push_back(size_network(specs[0]).power_kw);
    NetworkVerdict verdict;
    verdict.slowdown = verdict.worst = specs[0].leaf_oversubscription;
    return verdict;
  };
  search.all = JudgeAll::no;
  const std::vector<Candidate> some = optimise_network(search);
  EXPECT_TRUE(some[0].meets);
  EXPECT_LT(asked.size(), some.size());
  EXPECT_DOUBLE_EQ(asked.back(), some[0].size.power_kw);
  EXPECT_TRUE(std::is_sorted(asked.begin(), asked.end()));
  asked.clear();
  search.all = JudgeAll::yes;
  const std::vector<Candidate> all = optimise_network(search);
  EXPECT_EQ(asked.size(), all.size());
  EXPECT_EQ(all[0].specs[0].name, some[0].specs[0].name);
}

TEST(Optimise, SumsFabricsAndPassesByWhatCannotServe) {
  OptimiseRequest search = search_of({spec_of(TopologyKind::fat_tree, 2048), spec_of(TopologyKind::fat_tree, 1024)});
  search.judge = [](std::span<const TopologySpec> specs) {
    NetworkVerdict verdict;
    if (specs[0].kind != TopologyKind::rail_fat_tree) verdict.refused = "no rails";
    return verdict;
  };
  const Candidate best = optimise_network(search).front();
  EXPECT_EQ(best.specs[0].kind, TopologyKind::rail_fat_tree);
  ASSERT_EQ(best.specs.size(), 2u);
  const NetworkSize a = size_network(best.specs[0]), b = size_network(best.specs[1]);
  EXPECT_EQ(best.size.switches, a.switches + b.switches);
  EXPECT_EQ(best.size.spec.gpus, 3072);
  EXPECT_DOUBLE_EQ(best.size.power_kw, a.power_kw + b.power_kw);
  search.judge = [](std::span<const TopologySpec>) {
    NetworkVerdict verdict;
    verdict.refused = "never";
    return verdict;
  };
  EXPECT_THROW(optimise_network(search), Error);
}

}  // namespace
}  // namespace nadc
