#include "models/network/damage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <queue>
#include <random>

#include "sim/error.hpp"

namespace nadc {
namespace {

TopologySpec spec_of(TopologyKind kind, std::int64_t gpus, int radix, int tiers = 0, int domain = 0) {
  TopologySpec spec;
  spec.kind = kind, spec.gpus = gpus, spec.radix = radix, spec.tiers = tiers;
  spec.gpus_per_node = kind == TopologyKind::fat_tree ? 4 : 8;
  spec.nvlink_domain = domain;
  return spec;
}

const WorstDamage& row(const std::vector<WorstDamage>& rows, const std::string& what) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const WorstDamage& r) { return r.what == what; });
  if (found == rows.end()) throw std::runtime_error("no row " + what);
  return *found;
}

// Radix 64: a leaf has 32 GPUs and 32 uplinks. Four of one leaf's uplinks down leave 28/32 to its 32 GPUs; four of 32
// spines leave it to all; four leaves cut off their 128.
TEST(Damage, TwoTiersByHand) {
  const Topology net = build_topology(spec_of(TopologyKind::fat_tree, 1024, 64, 2));
  const auto rows = worst_damage(net, 4);
  const WorstDamage& cables = row(rows, "leaf–spine cables");
  EXPECT_EQ(cables.damage.gpus_slowed, 32);
  EXPECT_NEAR(cables.damage.rate_left, 28.0 / 32.0, 1e-9);
  EXPECT_EQ(cables.damage.gpus_cut, 0);
  EXPECT_EQ(cables.example, "leaf0-spine0,leaf0-spine0,leaf0-spine1,leaf0-spine1");
  EXPECT_EQ(row(rows, "leaf switches").damage.gpus_cut, 128);
  EXPECT_EQ(row(rows, "leaf switches").damage.gpus_slowed, 0);
  const WorstDamage& spines = row(rows, "spine switches");
  EXPECT_EQ(spines.damage.gpus_slowed, 1024);
  EXPECT_NEAR(spines.damage.rate_left, 12.0 / 16.0, 1e-9);  // 1,024 GPUs take 16 spines
  EXPECT_NEAR(spines.damage.bisection_left, 0.75, 1e-9);
  EXPECT_EQ(row(rows, "host cables").damage.gpus_cut, 4);
}

// k = 8, 64 GPUs: four pods of four leaves and four spines. Two spines of one pod leave half of what leaves it: 16 GPUs
// at 1/2, and of the bisection of 32 NICs 24.
TEST(Damage, SpinesOfOnePodOfAThreeTierTree) {
  const Topology net = build_topology(spec_of(TopologyKind::fat_tree, 64, 8, 3));
  const auto rows = worst_damage(net, 2);
  const WorstDamage& spines = row(rows, "spine switches");
  EXPECT_NEAR(spines.damage.bisection_left, 0.75, 1e-9);
  EXPECT_EQ(spines.damage.gpus_slowed, 16);
  EXPECT_NEAR(spines.damage.rate_left, 0.5, 1e-9);
  EXPECT_EQ(spines.example, "spine0,spine1");
  // Two of one leaf's four uplinks: its four GPUs at a half, and none of its pod's others.
  const WorstDamage& cables = row(rows, "leaf–spine cables");
  EXPECT_EQ(cables.damage.gpus_slowed, 4);
  EXPECT_NEAR(cables.damage.rate_left, 0.5, 1e-9);
}

// One plane of eight rails: its GPUs go through their neighbours' NICs, seven for eight. One of two planes: half.
TEST(Damage, PlanesLeaveWhatTheOthersCarry) {
  const Topology rails = build_topology(spec_of(TopologyKind::rail_planes, 512, 16, 0, 8));
  const WorstDamage rail = row(worst_damage(rails, 1), "planes");
  EXPECT_EQ(rail.damage.gpus_cut, 0);
  EXPECT_EQ(rail.damage.gpus_slowed, 64);
  EXPECT_NEAR(rail.damage.rate_left, 7.0 / 8.0, 1e-9);
  const Topology dual = build_topology(spec_of(TopologyKind::dual_plane, 128, 16, 2));
  const WorstDamage plane = row(worst_damage(dual, 1), "planes");
  EXPECT_EQ(plane.damage.gpus_slowed, 128);
  EXPECT_NEAR(plane.damage.rate_left, 0.5, 1e-9);
  EXPECT_NEAR(plane.damage.bisection_left, 0.5, 1e-9);
}

// ---- Ford and Fulkerson, on single cables and GPUs, knowing nothing of the meter.
class Augmenting {
 public:
  explicit Augmenting(std::size_t vertices) : out_(vertices) {}
  void add(std::size_t a, std::size_t b, double there, double back) {
    out_[a].push_back({b, out_[b].size(), there});
    out_[b].push_back({a, out_[a].size() - 1, back});
  }
  double flow(std::size_t source, std::size_t sink) {
    double total = 0.0;
    while (true) {
      std::vector<std::pair<std::size_t, std::size_t>> from(out_.size(), {out_.size(), 0});
      std::queue<std::size_t> queue;
      queue.push(source);
      from[source] = {source, 0};
      while (!queue.empty() && from[sink].first == out_.size()) {
        const std::size_t v = queue.front();
        queue.pop();
        for (std::size_t i = 0; i < out_[v].size(); ++i) {
          if (out_[v][i].left <= 1e-6 || from[out_[v][i].to].first != out_.size()) continue;
          from[out_[v][i].to] = {v, i};
          queue.push(out_[v][i].to);
        }
      }
      if (from[sink].first == out_.size()) return total;
      double most = 1e300;
      for (std::size_t v = sink; v != source; v = from[v].first)
        most = std::min(most, out_[from[v].first][from[v].second].left);
      for (std::size_t v = sink; v != source; v = from[v].first) {
        Edge& edge = out_[from[v].first][from[v].second];
        edge.left -= most;
        out_[edge.to][edge.back].left += most;
      }
      total += most;
    }
  }

 private:
  struct Edge {
    std::size_t to, back;
    double left;
  };
  std::vector<std::vector<Edge>> out_;
};

double by_hand(const Topology& net, const NetworkHealth& health, const std::function<int(std::uint32_t)>& side) {
  const std::size_t source = net.nodes().size(), sink = source + 1;
  Augmenting graph(net.nodes().size() + 2);
  for (std::uint32_t c = 0; c < net.cables().size(); ++c) {
    const Cable& cable = net.cables()[c];
    if (cable.kind == CableKind::nvlink) continue;
    const double rate = cable.bytes_per_s * 1e-9 * (health.cable_factor.empty() ? 1.0 : health.cable_factor[c]);
    graph.add(cable.a, cable.b, rate, rate);
  }
  for (std::uint32_t gpu = 0; gpu < net.gpus(); ++gpu) {
    if (side(gpu) > 0) graph.add(source, gpu, 1e9, 0.0);
    if (side(gpu) < 0) graph.add(gpu, sink, 1e9, 0.0);
  }
  return graph.flow(source, sink);
}

// Random damage on random shapes: bisection, and what leaves each leaf, against the flow above.
TEST(Damage, MaxFlowAgreesOnRandomDamage) {
  std::mt19937 random(20260105);
  for (int round = 0; round < 60; ++round) {
    const TopologyKind kinds[] = {TopologyKind::fat_tree, TopologyKind::rail_fat_tree, TopologyKind::dragonfly,
                                  TopologyKind::dragonfly_plus, TopologyKind::dual_tor};
    TopologySpec spec = spec_of(kinds[random() % 5], 16 + 16 * (random() % 4), 8 + 8 * (random() % 2));
    if (spec.kind == TopologyKind::fat_tree) spec.leaf_oversubscription = 1 + random() % 2;
    if (!shape_of(spec).fits) continue;
    const Topology net = build_topology(spec);
    NetworkHealth health;
    health.cable_factor.assign(net.cables().size(), 1.0);
    for (std::uint32_t c = 0; c < net.cables().size(); ++c)
      if (net.cables()[c].kind != CableKind::host && random() % 4 == 0) health.fail_cable(net, c);
    const DamageMeter meter(net);
    const double half = by_hand(net, health, [&](std::uint32_t gpu) { return gpu < net.gpus() / 2 ? 1 : -1; });
    EXPECT_NEAR(meter.bisection(health.cable_factor) * 1e-9, half, 1e-6 * (half + 1.0)) << round;
    for (std::uint32_t v = 0; v < net.nodes().size(); ++v) {
      if (net.nodes()[v].kind != NodeKind::leaf && net.nodes()[v].kind != NodeKind::router) continue;
      if (spec.kind == TopologyKind::dual_tor) continue;  // a host has two leaves, of which flow_out() holds one
      std::vector<char> mine(net.gpus(), 0);
      for (const Arc& arc : net.arcs(v))
        if (net.is_gpu(arc.to)) mine[arc.to] = 1;
      const double out = by_hand(net, health, [&](std::uint32_t gpu) { return mine[gpu] ? 1 : -1; });
      EXPECT_NEAR(meter.flow_out(std::span(&v, 1), health.cable_factor, health.cable_factor) * 1e-9, out,
                  1e-6 * (out + 1.0))
          << round;
    }
  }
}

// Graphs without any order: a random tree of switches, as many random cables again of random speeds, GPUs on random
// leaves. Bisection and what leaves each leaf, whole and with a quarter of the cables down.
TEST(Damage, MaxFlowAgreesOnRandomGraphs) {
  std::mt19937 random(16);
  int compared = 0;
  for (int round = 0; round < 40; ++round) {
    const unsigned switches = 4 + random() % 9, gpus = 8 + random() % 13;
    const std::string path = ::testing::TempDir() + "random_graph.txt";
    std::ofstream file(path);
    for (unsigned s = 0; s < switches; ++s) file << "node s" << s << (s < (switches + 1) / 2 ? " leaf\n" : " spine\n");
    const auto join = [&](unsigned a, unsigned b) {
      file << "s" << a << " s" << b << " " << 100 * (1 + random() % 8) << "\n";
    };
    for (unsigned s = 1; s < switches; ++s) join(s, random() % s);
    for (unsigned extra = 0; extra < switches; ++extra) {
      const unsigned a = random() % switches, b = random() % switches;
      if (a != b) join(a, b);
    }
    for (unsigned g = 0; g < gpus; ++g)  // the first two on different leaves
      file << "gpu" << g << " s" << (g < 2 ? g : random() % ((switches + 1) / 2)) << " 400\n";
    file.close();
    TopologySpec spec;
    spec.kind = TopologyKind::custom;
    spec.file = path;
    const Topology net = read_topology(spec);
    const DamageMeter meter(net);
    for (const bool damaged : {false, true}) {
      NetworkHealth health;
      health.cable_factor.assign(net.cables().size(), 1.0);
      for (std::uint32_t c = 0; damaged && c < net.cables().size(); ++c)
        if (net.cables()[c].kind != CableKind::host && random() % 4 == 0) health.fail_cable(net, c);
      const double half = by_hand(net, health, [&](std::uint32_t gpu) { return gpu < net.gpus() / 2 ? 1 : -1; });
      EXPECT_NEAR(meter.bisection(health.cable_factor) * 1e-9, half, 1e-6 * (half + 1.0)) << round;
      for (std::uint32_t v = 0; v < net.nodes().size(); ++v) {
        if (net.nodes()[v].kind != NodeKind::leaf) continue;
        std::vector<char> mine(net.gpus(), 0);
        bool any = false;
        for (const Arc& arc : net.arcs(v))
          if (net.is_gpu(arc.to)) mine[arc.to] = 1, any = true;
        if (!any) continue;
        const double out = by_hand(net, health, [&](std::uint32_t gpu) { return mine[gpu] ? 1 : -1; });
        EXPECT_NEAR(meter.flow_out(std::span(&v, 1), health.cable_factor, health.cable_factor) * 1e-9, out,
                    1e-6 * (out + 1.0))
            << round;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 100);
}

// Every pair of spines, cores, uplinks and leaves of a small tree: none takes more than the row says.
TEST(Damage, NoOtherPairIsWorse) {
  for (const TopologySpec& spec : {spec_of(TopologyKind::fat_tree, 16, 4, 3), spec_of(TopologyKind::fat_tree, 32, 8, 2),
                                   spec_of(TopologyKind::dual_plane, 32, 8, 2)}) {
    const Topology net = build_topology(spec);
    const DamageMeter meter(net);
    const auto rows = worst_damage(net, 2);
    const auto check = [&](const std::string& what, std::size_t count, auto fail) {
      const auto found = std::find_if(rows.begin(), rows.end(), [&](const WorstDamage& r) { return r.what == what; });
      if (found == rows.end()) return;
      for (std::uint32_t i = 0; i < count; ++i) {
        for (std::uint32_t j = i + 1; j < count; ++j) {
          NetworkHealth health;
          if (!fail(health, i) || !fail(health, j)) continue;
          const Damage d = meter.assess(health);
          EXPECT_LE(d.gpus_cut, found->damage.gpus_cut) << what;
          if (d.gpus_cut < found->damage.gpus_cut) continue;
          EXPECT_LE(d.rate_lost, found->damage.rate_lost + 1e-9) << what << ' ' << i << ' ' << j;
        }
      }
    };
    const auto switches = [&](const std::string& what, NodeKind kind) {
      check(what, net.nodes().size(), [&](NetworkHealth& health, std::uint32_t v) {
        if (net.nodes()[v].kind != kind) return false;
        health.fail_switch(net, v);
        return true;
      });
    };
    switches("leaf switches", NodeKind::leaf);
    switches("spine switches", NodeKind::spine);
    switches("core switches", NodeKind::core);
    const auto cables = [&](const std::string& what, CableKind kind) {
      check(what, net.cables().size(), [&](NetworkHealth& health, std::uint32_t c) {
        if (net.cables()[c].kind != kind) return false;
        health.fail_cable(net, c);
        return true;
      });
    };
    cables("leaf–spine cables", CableKind::leaf_spine);
    cables("spine–core cables", CableKind::spine_core);
    cables("host cables", CableKind::host);
  }
}

TEST(Damage, NamesAndNumbersFail) {
  const Topology net = build_topology(spec_of(TopologyKind::fat_tree, 1024, 64, 2));
  NetworkHealth health;
  fail_named_cable(health, net, "leaf3-spine5");
  fail_named_cable(health, net, "spine5-leaf3");  // the second of two in parallel
  EXPECT_EQ(std::count(health.cable_factor.begin(), health.cable_factor.end(), 0.0), 2);
  EXPECT_THROW(fail_named_cable(health, net, "leaf3-spine5"), Error);
  fail_named_switch(health, net, "spine7");
  EXPECT_EQ(std::count(health.cable_factor.begin(), health.cable_factor.end(), 0.0), 2 + 64);
  EXPECT_THROW(fail_named_switch(health, net, "spine99"), Error);
  EXPECT_THROW(fail_named_switch(health, net, "99999999999"), Error);
}

}  // namespace
}  // namespace nadc
