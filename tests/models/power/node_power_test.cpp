#include "models/power/node_power.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "sim/error.hpp"

namespace nadc {
namespace {

double watts(const char* kind, Load load, double rate = 0.0) {
  return node_power(find_node_kind(kind), load, rate).total().value;
}

TEST(NodeCatalog, NamesAreUniqueAndEveryAliasLeadsToARow) {
  std::set<std::string_view> names;
  for (const ServerKind& kind : node_catalog) {
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_FALSE(kind.source.empty());
    EXPECT_FALSE(kind.gpu->source.empty());
    EXPECT_FALSE(kind.fabric->source.empty());
  }
  for (const ServerAlias& alias : node_aliases) {
    EXPECT_FALSE(names.contains(alias.alias)) << alias.alias;
    EXPECT_EQ(find_node_kind(alias.alias).name, alias.name);
  }
}

TEST(NodeCatalog, AnUnknownKindIsRefusedWithTheNearestName) {
  try {
    find_node_kind("hgx-h10");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(error.what()).find("did you mean 'hgx-h100'"), std::string::npos) << error.what();
  }
}

TEST(NodePower, EveryKindIsOrderedDownIdleCheckpointBusy) {
  for (const ServerKind& kind : node_catalog) {
    const Load busy = kind.gpu->training_tflops > 0 ? Load::training : Load::inference;
    const double down = node_power(kind, Load::down).total().value;
    const double idle = node_power(kind, Load::idle).total().value;
    const double checkpoint = node_power(kind, Load::checkpoint).total().value;
    const double communication = node_power(kind, Load::communication).total().value;
    const double full = node_power(kind, busy).total().value;
    EXPECT_LT(down, idle) << kind.name;
    EXPECT_LT(idle, checkpoint) << kind.name;
    EXPECT_LT(checkpoint, communication) << kind.name;
    EXPECT_LT(communication, full) << kind.name;
    EXPECT_GT(kind.gpu->idle_w, 0) << kind.name;
    EXPECT_GE(kind.gpu->baseline_w, kind.gpu->idle_w) << kind.name;
    EXPECT_LE(kind.gpu->training_w, kind.gpu->limit_w) << kind.name;
    EXPECT_LE(kind.gpu->inference_w, kind.gpu->limit_w) << kind.name;
  }
}

TEST(NodePower, RisesWithTheRateAndStopsAtTheBoardLimit) {
  const GpuPower& h100 = gpu_h100;
  double last = 0.0;
  for (double rate = 1.0; rate <= 40.0; rate += 1.0) {
    const double now = gpu_power(h100, Load::hpl, rate).value;
    EXPECT_GT(now, last);
    last = now;
  }
  EXPECT_DOUBLE_EQ(gpu_power(h100, Load::hpl, 1e6).value, 700.0);
}

TEST(NodePower, NeverExceedsTheNameplateOfTheBox) {
  // Data sheets: 6.5, 10.2, 10.2 and 14.3 kW; NVL72: 18 trays × 6,667 W and 9 switch trays of ~1.1 kW.
  EXPECT_LT(watts("dgx-a100", Load::hpl, 1e6), 6500);
  EXPECT_LT(watts("hgx-h100", Load::hpl, 1e6), 10200);
  EXPECT_LT(watts("hgx-h200", Load::hpl, 1e6), 10200);
  EXPECT_LT(watts("dgx-b200", Load::training, 1e6), 14300);
  EXPECT_LT(watts("gb200-nvl72", Load::training, 1e6), 130000);
}

TEST(NodePower, AirCostsFansThatALiquidNodeDoesNotHave) {
  EXPECT_EQ(node_power(find_node_kind("hgx-h100-liquid"), Load::training).fans.value, 0.0);
  EXPECT_GT(watts("hgx-h100", Load::training), watts("hgx-h100-liquid", Load::training) * 1.05);
}

TEST(NodePower, PartsByHandForOneLoad) {
  // mi300a at 40 TFLOP/s: GPU 4 × (170 + 10.6 · 40) = 2376; NIC 90; other 20; DC 2486.
  // Supply: x = 2486/6000 = 0.414333; loss 6000 · (0.008 + 0.018 x + 0.022 x²) = 48 + 44.748 + 22.6606 = 115.409.
  const NodePower p = node_power(find_node_kind("mi300a"), Load::hpl, 40.0);
  EXPECT_NEAR(p.gpu.value, 2376.0, 1e-9);
  EXPECT_NEAR(p.supply_loss.value, 115.409, 1e-3);
  EXPECT_NEAR(p.total().value, 2601.409, 1e-3);
}

TEST(NodePower, SupplyEfficiencyIsTitaniumLikeFromATenthToFullLoad) {
  const auto efficiency = [](double x) {
    return x * 1000.0 / (x * 1000.0 + supply_loss(Watts(x * 1000.0), 1000.0).value);
  };
  EXPECT_NEAR(efficiency(0.1), 0.908, 0.005);
  EXPECT_NEAR(efficiency(0.2), 0.941, 0.005);
  EXPECT_NEAR(efficiency(0.5), 0.956, 0.005);
  EXPECT_NEAR(efficiency(1.0), 0.954, 0.005);
}

TEST(NodePower, BadLoadsAreRefused) {
  const ServerKind& kind = find_node_kind("rngd");
  EXPECT_THROW(node_power(kind, Load::training), Error);
  EXPECT_THROW(node_power(kind, Load::hpl), Error);
  EXPECT_NO_THROW(node_power(kind, Load::inference));
  const ServerKind& h100 = find_node_kind("hgx-h100");
  EXPECT_THROW(node_power(h100, Load::hpl, -1.0), Error);
  EXPECT_THROW(node_power(h100, Load::hpl, std::numeric_limits<double>::quiet_NaN()), Error);
  EXPECT_THROW(node_power(h100, Load::idle, 10.0), Error);
  EXPECT_THROW(node_power(h100, Load::training, 0.0, 9), Error);
  EXPECT_THROW(parse_load("hpcg"), Error);
  EXPECT_THROW(machine_power(h100, 0, Load::idle), Error);
  EXPECT_THROW(machine_power(h100, INT64_MAX, Load::idle), Error);
}

TEST(MachinePower, ALastPartNodeKeepsItsSpareGpusIdle) {
  const ServerKind& kind = find_node_kind("hgx-h100");
  const MachinePower m = machine_power(kind, 12, Load::training);
  EXPECT_EQ(m.nodes, 2);
  EXPECT_DOUBLE_EQ(m.nodes_power.value, node_power(kind, Load::training).total().value +
                                            node_power(kind, Load::training, 0.0, 4).total().value);
  EXPECT_DOUBLE_EQ(node_power(kind, Load::training, 0.0, 0).total().value, watts("hgx-h100", Load::idle));
}

TEST(NetworkPower, CountsSwitchesOfOneTwoAndThreeTiers) {
  const ServerKind& kind = find_node_kind("hgx-h100");
  EXPECT_EQ(network_power(kind, 1).value, 0.0);
  // 7 nodes: 63 ports, one switch of 747 W and 2 × 8 W a host link.
  EXPECT_NEAR(network_power(kind, 7).value, 747 + 63 * 16, 1e-9);
  // 64 nodes: 576 ports, 3 · 576/64 = 27 switches, 576 links a tier, two tiers.
  EXPECT_NEAR(network_power(kind, 64).value, 27 * 747 + 576 * 32, 1e-9);
  // 2,048 nodes: 18,432 ports > 2,048: 5 · 288 = 1,440 switches, three tiers.
  EXPECT_NEAR(network_power(kind, 2048).value, 1440 * 747 + 18432.0 * 48, 1e-6);
}

}  // namespace
}  // namespace nadc
