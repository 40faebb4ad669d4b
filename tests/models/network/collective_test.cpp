#include "models/network/collective.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>

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
          const double sent = t.algorithm == CollectiveAlgorithm::in_switch ? t.algorithm_bandwidth : t.bus_bandwidth;
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

TEST(NcclTests, ReadsTheProgramsTableAndCsv) {
  const std::string table = ::testing::TempDir() + "nccl.txt", csv = ::testing::TempDir() + "nccl.csv";
  std::ofstream(table)
      << "# nThread 1\n#       size         count      type   redop    root     time   algbw   busbw #wrong\n"
         "  1048576  262144  float  sum  -1  57.2  18.33  32.08  0  56.9 18.4 32.2 0\n  8589934592 2147483648 float "
         "sum -1 31200 275.3 481.8 0 31100 276 483 0\n";
  std::ofstream(csv) << "size,time_us,algbw,busbw\n1048576,57.2,18.33,32.08\n";
  EXPECT_EQ(read_nccl_tests(table).size(), 2u);
  EXPECT_DOUBLE_EQ(read_nccl_tests(table)[1].busbw_gbps, 481.8);
  EXPECT_DOUBLE_EQ(read_nccl_tests(csv)[0].time_us, 57.2);
  std::ofstream(csv) << "hello\n";
  EXPECT_THROW(read_nccl_tests(csv), Error);
}

TEST(Validation, EveryRowHolds) {
  const std::vector<ValidationRow> rows = validate_network();
  EXPECT_GE(rows.size(), 36u);
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
