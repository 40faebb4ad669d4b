#include "models/network/collective.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "models/network/steptime.hpp"
#include "models/network/validate.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

double bus(CollectiveKind kind, CollectiveAlgorithm algorithm, std::int64_t ranks, double bytes = 8e9) {
  return collective_time(kind, algorithm, bytes, ranks, FabricView{}).bus_bandwidth / 1e9;
}

TEST(Collective, ReachesTheMeasuredBusBandwidths) {
  EXPECT_NEAR(bus(CollectiveKind::all_reduce, CollectiveAlgorithm::ring, 8), 370, 0.1 * 370);
  EXPECT_NEAR(bus(CollectiveKind::all_reduce, CollectiveAlgorithm::in_switch, 8), 480, 0.1 * 480);
  EXPECT_NEAR(bus(CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 32), 331, 0.1 * 331);
  EXPECT_NEAR(bus(CollectiveKind::all_gather, CollectiveAlgorithm::automatic, 32), 324, 0.1 * 324);
  EXPECT_NEAR(bus(CollectiveKind::send_receive, CollectiveAlgorithm::automatic, 16), 47, 0.1 * 47);
}

TEST(Collective, NeverPassesTheLinks) {
  const FabricView fabric;
  for (CollectiveKind kind : {CollectiveKind::all_reduce, CollectiveKind::all_gather, CollectiveKind::reduce_scatter,
                              CollectiveKind::all_to_all}) {
    for (CollectiveAlgorithm algorithm :
         {CollectiveAlgorithm::automatic, CollectiveAlgorithm::ring, CollectiveAlgorithm::tree}) {
      for (std::int64_t ranks : {2, 8, 16, 64, 1024, 16384}) {
        for (double bytes = 8; bytes < 1e11; bytes *= 16) {
          const CollectiveTime t = collective_time(kind, algorithm, bytes, ranks, fabric);
          // What a GPU must send at least: in-switch reduction sends the buffer once.
          const bool in_switch =
              t.algorithm == CollectiveAlgorithm::in_switch || t.algorithm == CollectiveAlgorithm::in_switch_tree;
          const double sent = in_switch ? t.algorithm_bandwidth : t.bus_bandwidth;
          EXPECT_LE(sent, fabric.nvlink);
          // All-to-all leaves through the GPU's own NIC; rings use all NICs of a node at once.
          if (ranks > 8) {
            EXPECT_LE(sent, kind == CollectiveKind::all_to_all ? fabric.nic * ranks / (ranks - 8.0) : 8 * fabric.nic);
          }
        }
      }
    }
  }
}

FabricView fabric_of(const char* name) {
  const GpuKind& gpu = gpu_kind(name);
  FabricView fabric;
  fabric.nvlink = gpu.nvlink;
  fabric.domain = gpu.domain;
  fabric.in_switch_efficiency = gpu.in_switch;
  return fabric;
}

// Published nccl-tests, out of place: GB200 NVL72 by CoreWeave, eight H100 with NVLS. One wait a rank fits both.
TEST(Collective, BusBandwidthGrowsWithTheSizeAsMeasured) {
  struct Row {
    const char* gpu;
    std::int64_t ranks;
    double mib, measured;
  };
  for (const Row& row : {Row{"gb200", 72, 512, 586},
                         {"gb200", 72, 1024, 681},
                         {"gb200", 72, 8192, 835},
                         {"h100", 8, 256, 419.5},
                         {"h100", 8, 512, 435.5},
                         {"h100", 8, 2048, 470.7}}) {
    const CollectiveTime t = collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::automatic,
                                             row.mib * 0x1p20, row.ranks, fabric_of(row.gpu));
    EXPECT_NEAR(t.bus_bandwidth / 1e9, row.measured, 0.03 * row.measured) << row.gpu << " " << row.mib;
    EXPECT_EQ(t.algorithm, CollectiveAlgorithm::in_switch);
  }
  // Not among the rows of the fit: eight GB200 on one NVLink, 811 GB/s at the largest sizes.
  const CollectiveTime eight =
      collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 0x1p34, 8, fabric_of("gb200"));
  EXPECT_NEAR(eight.bus_bandwidth / 1e9, 811, 0.05 * 811);
}

// Two nodes: 470 and 430 GB/s with NVLS, 330 without; on four both give 320 to 331 (NVIDIA/nccl issue 1221).
TEST(Collective, TreesOfSwitchesGainOnTwoNodesAlone) {
  const CollectiveTime two =
      collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 8e9, 16, fabric_of("h100"));
  EXPECT_EQ(two.algorithm, CollectiveAlgorithm::in_switch_tree);
  EXPECT_GT(two.bus_bandwidth, 430e9);
  EXPECT_LT(two.bus_bandwidth, 470e9);
  EXPECT_NEAR(bus(CollectiveKind::all_reduce, CollectiveAlgorithm::ring, 16), 330, 0.03 * 330);
  EXPECT_NEAR(bus(CollectiveKind::all_reduce, CollectiveAlgorithm::in_switch_tree, 32), 320, 0.05 * 320);
  EXPECT_NEAR(bus(CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 32), 325, 0.02 * 325);
}

// The best of all chunk sizes, tried one by one: S/B to carry the buffer, c/B for the first chunk, and n·a for each
// chunk and the one that fills the pipe.
TEST(Collective, ChunksOfTheBestSizeGiveTheSquare) {
  FabricView f;
  f.nvlink_latency_s = 0.0;
  const double rate = f.nvlink * f.in_switch_efficiency, wait = 8 * f.in_switch_wait_s;
  for (double bytes : {1e6, 1e8, 1e10}) {
    double best = 1e9;
    for (double chunk = 1e3; chunk < 1e10; chunk *= 1.0005)
      best = std::min(best, bytes / rate + chunk / rate + wait * (bytes / chunk + 1.0));
    EXPECT_NEAR(collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::in_switch, bytes, 8, f).time_s, best,
                1e-6 * best);
  }
}

// Each tree carries half of the buffer up and down. Two nodes: either sends up in one tree and down in the other, 1 S.
// Three, 0–2–1 and shifted by one: the middle of one tree sends up and down, and up as a leaf of the other, 1.5 S.
// Four and more: an inner node of one tree sends up once and down twice, and up as a leaf of the other, 2 S.
TEST(Collective, DoubleTreesSendTheBufferTwiceBeyondThreeNodes) {
  FabricView f;
  f.nvlink_latency_s = f.network_latency_s = f.in_switch_wait_s = 0.0;
  f.nvlink = 1e15;  // the NICs alone
  f.multi_node_efficiency = f.nic_efficiency = 1.0;
  for (const auto& [nodes, load] : {std::pair{2, 1.0}, {3, 1.5}, {4, 2.0}, {16, 2.0}}) {
    const double time =
        collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::in_switch_tree, 8e9, 8 * nodes, f).time_s;
    EXPECT_NEAR(time, load * 1e9 / 50e9, 1e-9) << nodes;
  }
}

TEST(Collective, HierarchicalIsTheSumOfItsParts) {
  FabricView f;
  f.nvlink_latency_s = f.network_latency_s = 0.0;
  const double bytes = 1e9, inside = 7.0 / 8 * bytes / (450e9 * 0.822),
               outside = 2.0 * 3 / 4 * bytes / 8 / (50e9 * 0.94);
  EXPECT_NEAR(collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::hierarchical, bytes, 32, f).time_s,
              2 * inside + outside, 1e-9);
}

TEST(Collective, OversubscriptionCostsAllToAllAndScatteredRings) {
  TopologySpec spec;
  spec.gpus = 16384;
  spec.leaf_oversubscription = 4.0;
  FabricView thin = fabric_view(spec);
  spec.leaf_oversubscription = 1.0;
  const FabricView full = fabric_view(spec);
  const auto time = [](CollectiveKind kind, const FabricView& f) {
    return collective_time(kind, CollectiveAlgorithm::automatic, 1e9, 4096, f).time_s;
  };
  EXPECT_GT(time(CollectiveKind::all_to_all, thin), 3.5 * time(CollectiveKind::all_to_all, full));
  const double neighbours = time(CollectiveKind::all_reduce, thin);
  thin.scatter = 1.0;
  EXPECT_GT(time(CollectiveKind::all_reduce, thin), 2.0 * neighbours);
}

TEST(CollectiveFlows, OneVariableHasTheRateOfTheWholeRing) {
  TopologySpec spec;
  spec.kind = TopologyKind::rail_fat_tree;
  spec.gpus = 512;
  const Topology net = build_topology(spec);
  Router router(net, RoutingMode::spray);
  std::vector<std::uint32_t> gpus(256);
  std::iota(gpus.begin(), gpus.end(), 0u);
  const std::vector<LinkUse> uses = collective_uses(router, CollectiveKind::all_reduce, gpus);
  MaxMin solver(net.capacities());
  const MaxMin::Flow flow = solver.add(uses);
  solver.solve();
  EXPECT_NEAR(solver.rate(flow), 50e9, 1.0);  // every NIC full, each way
  // A second job on the same nodes' cables halves it.
  EXPECT_NEAR(share_beside(net, uses, std::vector<std::vector<LinkUse>>{uses}), 0.5, 1e-9);
}

TEST(CollectiveFlows, AreKeptByPlacement) {
  TopologySpec spec;
  spec.gpus = 64;
  spec.radix = 16;
  const Topology net = build_topology(spec);
  Router router(net, RoutingMode::ecmp);
  CollectiveCache cache(4);
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t first = 0; first < 8; ++first) {
      const std::uint32_t gpus[] = {first, first + 16, first + 32};
      EXPECT_FALSE(cache.uses(router, CollectiveKind::all_reduce, gpus).empty());
      EXPECT_EQ(cache.uses(router, CollectiveKind::all_reduce, gpus).size(),
                collective_uses(router, CollectiveKind::all_reduce, gpus).size());
    }
  }
  EXPECT_GE(cache.hits(), 24u);
}

TEST(Validation, EveryRowHolds) {
  const std::vector<ValidationRow> rows = validate_network();
  EXPECT_GE(rows.size(), 47u);
  for (const ValidationRow& row : rows) {
    EXPECT_LE(std::fabs(row.computed / row.expected - 1.0), row.tolerance) << row.group << ": " << row.name;
    EXPECT_FALSE(row.source.empty());
  }
}

TEST(Collective, RefusesWhatMeansNothing) {
  EXPECT_THROW(collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 1e6, 1, FabricView{}),
               Error);
  EXPECT_THROW(collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::in_switch, 1e6, 16, FabricView{}),
               Error);
  EXPECT_THROW(collective_kind("allreduce"), Error);
}

}  // namespace
}  // namespace nadc
