#include "models/network/routing.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "sim/error.hpp"

namespace nadc {
namespace {

Topology net_of(TopologyKind kind, std::int64_t gpus, int radix, int tiers = 0, int domain = 8) {
  TopologySpec spec;
  spec.kind = kind;
  spec.gpus = gpus;
  spec.radix = radix;
  spec.tiers = tiers;
  spec.nvlink_domain = domain;
  return build_topology(spec);
}

// Every fraction that leaves a vertex has entered it, and all of the flow arrives.
void expect_conserved(const Topology& net, std::uint32_t from, std::uint32_t to, const std::vector<LinkUse>& uses) {
  std::vector<double> balance(net.nodes().size(), 0.0);
  for (const LinkUse& use : uses) {
    balance[net.link_from(use.link)] -= use.fraction;
    balance[net.link_to(use.link)] += use.fraction;
  }
  for (std::uint32_t v = 0; v < balance.size(); ++v) {
    ASSERT_NEAR(balance[v], v == from ? -1.0 : v == to ? 1.0 : 0.0, 1e-9) << net.name(v);
  }
}

struct RouteCase {
  TopologyKind kind;
  std::int64_t gpus;
  int radix;
  RoutingMode mode;
  int queue_pairs = 1;
};
class Routes : public ::testing::TestWithParam<RouteCase> {};
TEST_P(Routes, ConserveTheFlow) {
  const Topology net = net_of(GetParam().kind, GetParam().gpus, GetParam().radix);
  Router router(net, GetParam().mode, {}, GetParam().queue_pairs);
  std::mt19937_64 random(3);
  std::vector<LinkUse> uses;
  for (int i = 0; i < 200; ++i) {
    const auto from = static_cast<std::uint32_t>(random() % net.gpus());
    const auto to = static_cast<std::uint32_t>(random() % net.gpus());
    if (from == to) continue;
    ASSERT_TRUE(router.route(from, to, random(), uses));
    expect_conserved(net, from, to, uses);
    router.note(uses);
  }
}
std::vector<RouteCase> route_cases() {
  std::vector<RouteCase> cases;
  for (RoutingMode mode :
       {RoutingMode::d_mod_k, RoutingMode::ecmp, RoutingMode::spray, RoutingMode::adaptive, RoutingMode::valiant}) {
    for (int queue_pairs : {1, 4}) {
      cases.push_back({TopologyKind::fat_tree, 1024, 16, mode, queue_pairs});
      cases.push_back({TopologyKind::fat_tree, 700, 16, mode, queue_pairs});
      cases.push_back({TopologyKind::rail_fat_tree, 1016, 64, mode, queue_pairs});
      cases.push_back({TopologyKind::rail_planes, 1024, 16, mode, queue_pairs});
      cases.push_back({TopologyKind::dual_tor, 336, 32, mode, queue_pairs});
      cases.push_back({TopologyKind::dual_plane, 160, 16, mode, queue_pairs});
      cases.push_back({TopologyKind::dragonfly, 1000, 15, mode, queue_pairs});
      cases.push_back({TopologyKind::dragonfly_plus, 600, 16, mode, queue_pairs});
    }
  }
  return cases;
}
INSTANTIATE_TEST_SUITE_P(Modes, Routes, ::testing::ValuesIn(route_cases()));

double slowest_of_permutation(const Topology& net, RoutingMode mode, std::uint32_t shift) {
  Router router(net, mode);
  MaxMin solver(net.capacities());
  std::vector<LinkUse> uses;
  std::vector<MaxMin::Flow> flows;
  for (std::uint32_t gpu = 0; gpu < net.gpus(); ++gpu) {
    EXPECT_TRUE(router.route(gpu, (gpu + shift) % net.gpus(), gpu, uses));
    router.note(uses);
    flows.push_back(solver.add(uses));
  }
  solver.solve();
  double slowest = 1e300;
  for (MaxMin::Flow flow : flows) slowest = std::min(slowest, solver.rate(flow));
  return slowest;
}

TEST(Spraying, GivesSymmetricPermutationsTheLineRate) {
  const double line = 400e9 / 8;
  for (int tiers : {2, 3}) {
    const Topology net = net_of(TopologyKind::fat_tree, tiers == 2 ? 128 : 1024, 16, tiers, 0);
    for (std::uint32_t shift : {8u, 64u, net.gpus() / 2}) {
      EXPECT_NEAR(slowest_of_permutation(net, RoutingMode::spray, shift), line, 1e-6 * line)
          << tiers << " tiers, shift " << shift;
      EXPECT_NEAR(slowest_of_permutation(net, RoutingMode::adaptive, shift), line, 1e-6 * line);
    }
  }
}

TEST(Hashing, CollidesWhereSprayingDoesNot) {
  const Topology net = net_of(TopologyKind::fat_tree, 1024, 16, 3, 0);
  EXPECT_LT(slowest_of_permutation(net, RoutingMode::ecmp, 512), 0.51 * 400e9 / 8);
}

TEST(DModK, GivesShiftsTheLineRate) {
  // Zahavi 2010: shift permutations do not collide under D-mod-K on a full tree.
  const Topology net = net_of(TopologyKind::fat_tree, 128, 16, 2, 0);
  EXPECT_NEAR(slowest_of_permutation(net, RoutingMode::d_mod_k, 8), 400e9 / 8, 1.0);
}

TEST(DModK, UsesEveryUplinkOfARailsLeaf) {
  // GPUs of a rail have every eighth number; their leaf still spreads them over all its uplinks.
  for (const int tiers : {2, 3}) {
    const Topology net = net_of(TopologyKind::rail_fat_tree, 1024, tiers == 2 ? 64 : 16, tiers, 0);
    for (const std::uint32_t shift : {256u, 512u})
      EXPECT_NEAR(slowest_of_permutation(net, RoutingMode::d_mod_k, shift), 400e9 / 8, 1.0) << tiers << " " << shift;
  }
}

TEST(Dragonfly, MinimalTakesOneGlobalHopAndValiantTwo) {
  const Topology net = net_of(TopologyKind::dragonfly, 1000, 15, 0, 0);
  std::vector<LinkUse> uses;
  const auto globals = [&] {
    return std::count_if(uses.begin(), uses.end(),
                         [&](const LinkUse& u) { return net.cables()[u.link >> 1].kind == CableKind::global; });
  };
  Router minimal(net, RoutingMode::ecmp), valiant(net, RoutingMode::valiant);
  for (std::uint32_t to = 100; to < 1000; to += 37) {
    ASSERT_TRUE(minimal.route(1, to, to, uses));
    EXPECT_EQ(globals(), 1);
    EXPECT_LE(uses.size(), 5u);
    ASSERT_TRUE(valiant.route(1, to, to, uses));
    EXPECT_EQ(globals(), 2);
  }
}

TEST(Dragonfly, AdaptiveBeatsMinimalOnTheAdversePattern) {
  // All of one group to the next: the few cables between two groups choke minimal routing.
  const Topology net = net_of(TopologyKind::dragonfly, 1000, 15, 0, 0);
  const std::uint32_t group = static_cast<std::uint32_t>(net.shape().p * net.shape().a);
  const auto total = [&](RoutingMode mode) {
    Router router(net, mode);
    MaxMin solver(net.capacities());
    std::vector<LinkUse> uses;
    std::vector<MaxMin::Flow> flows;
    for (std::uint32_t gpu = 0; gpu < group; ++gpu) {
      EXPECT_TRUE(router.route(gpu, gpu + group, gpu, uses));
      router.note(uses);
      flows.push_back(solver.add(uses));
    }
    solver.solve();
    return std::accumulate(flows.begin(), flows.end(), 0.0,
                           [&](double sum, MaxMin::Flow f) { return sum + solver.rate(f); });
  };
  EXPECT_GT(total(RoutingMode::adaptive), 2.0 * total(RoutingMode::ecmp));
}

TEST(Failures, AreRoutedRound) {
  const Topology net = net_of(TopologyKind::fat_tree, 1024, 16, 3, 0);
  NetworkHealth health;
  std::uint32_t spine = 0;
  for (std::uint32_t v = 0; v < net.nodes().size() && !spine; ++v) {
    if (net.nodes()[v].kind == NodeKind::spine) spine = v;
  }
  health.fail_switch(net, spine);
  EXPECT_TRUE(cut_off(net, health).empty());
  for (RoutingMode mode : {RoutingMode::ecmp, RoutingMode::spray, RoutingMode::d_mod_k}) {
    Router router(net, mode, health);
    std::vector<LinkUse> uses;
    for (std::uint32_t to = 8; to < 1024; to += 9) {
      ASSERT_TRUE(router.route(0, to, to, uses));
      for (const LinkUse& use : uses) ASSERT_NE(net.link_to(use.link), spine);
      expect_conserved(net, 0, to, uses);
    }
  }
}

TEST(Failures, SayWhatIsCutOff) {
  const Topology net = net_of(TopologyKind::fat_tree, 128, 16, 2, 0);
  NetworkHealth health;
  for (std::uint32_t v = 0; v < net.nodes().size(); ++v) {
    if (net.nodes()[v].kind == NodeKind::leaf && net.nodes()[v].index == 3) health.fail_switch(net, v);
  }
  const std::vector<std::uint32_t> cut = cut_off(net, health);
  ASSERT_EQ(cut.size(), 8u);
  EXPECT_EQ(cut[0], 24u);
  std::vector<LinkUse> uses;
  EXPECT_FALSE(Router(net, RoutingMode::ecmp, health).route(0, 24, 1, uses));
}

TEST(Failures, NvlinkForwardsForADeadNic) {
  const Topology net = net_of(TopologyKind::rail_planes, 1024, 16);
  NetworkHealth health;
  for (const Arc& arc : net.arcs(5)) {
    if (net.is_switch(arc.to)) health.fail_cable(net, arc.link >> 1);
  }
  EXPECT_TRUE(cut_off(net, health).empty());
  std::vector<LinkUse> uses;
  Router router(net, RoutingMode::ecmp, health);
  ASSERT_TRUE(router.route(5, 805, 1, uses));
  expect_conserved(net, 5, 805, uses);
  ASSERT_TRUE(router.route(805, 5, 1, uses));
  expect_conserved(net, 805, 5, uses);
}

TEST(RailPlanes, ForwardBetweenRailsOverNvlink) {
  const Topology net = net_of(TopologyKind::rail_planes, 1024, 16);
  Router router(net, RoutingMode::ecmp);
  std::vector<LinkUse> uses;
  ASSERT_TRUE(router.route(0, 515, 1, uses));  // rail 0 to rail 3
  expect_conserved(net, 0, 515, uses);
  for (const LinkUse& use : uses) {
    if (net.cables()[use.link >> 1].kind == CableKind::host && net.is_gpu(net.link_from(use.link))) {
      EXPECT_EQ(net.nodes()[net.link_from(use.link)].plane, 3);
    }
  }
}

}  // namespace
}  // namespace nadc
