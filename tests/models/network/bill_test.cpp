#include "models/network/bill.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace nadc {
namespace {

std::int64_t count_of(const std::vector<BillLine>& bill, const std::string& tier, const std::string& kind) {
  std::int64_t sum = 0;
  for (const BillLine& line : bill)
    if (line.tier == tier && line.kind == kind) sum += line.count;
  return sum;
}

TopologySpec superpod(std::int64_t units) {
  TopologySpec spec;
  spec.kind = TopologyKind::rail_fat_tree;
  spec.gpus = units * 32 * 8 - 8;  // a node's place goes to the fabric manager
  return spec;
}

// NVIDIA DGX SuperPOD H100 reference architecture, 1 to 4 units: leaves 8 to 32, spines 4, 8, 16, 16, node and manager
// cables 252, 508, 764, 1,020, leaf-spine cables 256 to 1,024. Modules by hand: DGX H100 has its eight NICs on four
// twin-port cages; a leaf's 64 ports are 32 cages; a spine's used ports by two.
TEST(Bill, SuperpodH100LineByLine) {
  const std::int64_t spines[] = {4, 8, 16, 16}, managers = 4;
  SizingInputs inputs;
  inputs.floor.copper_reach_m = 0.0;  // all optical, as the reference architecture is
  for (std::int64_t units = 1; units <= 4; ++units) {
    BillInputs request;
    request.sizing = inputs;
    const auto bill = bill_of(size_network(superpod(units), inputs), request);
    const std::int64_t nodes = units * 32 - 1;
    EXPECT_EQ(count_of(bill, "leaf", "switch"), 8 * units);
    EXPECT_EQ(count_of(bill, "spine", "switch"), spines[units - 1]);
    EXPECT_EQ(count_of(bill, "host", "cable"), 8 * nodes + managers);
    EXPECT_EQ(count_of(bill, "leaf_spine", "cable"), 256 * units);
    // The manager's four ends are in modules of their own.
    EXPECT_NEAR(static_cast<double>(count_of(bill, "node", "transceiver")), static_cast<double>(4 * nodes + managers),
                4.0);
    EXPECT_EQ(count_of(bill, "leaf", "transceiver"), 32 * 8 * units);
    EXPECT_EQ(count_of(bill, "spine", "transceiver"), 256 * units / 2);
  }
}

// B200, 2, 4, 8 units: leaves 16, 32, 64, spines 8, 16, 32, 512, 1,024, 2,048 cables a tier. Modules by hand, all
// optical: four twin-port cages a node of eight NICs, 32 cages a switch whose 64 ports are all in use.
TEST(Bill, SuperpodB200LineByLine) {
  for (std::int64_t units : {2, 4, 8}) {
    TopologySpec spec;
    spec.kind = TopologyKind::rail_fat_tree;
    spec.gpus = units * 256;
    spec.manager_cables = 0;
    SizingInputs inputs;
    inputs.floor.copper_reach_m = 0.0;
    BillInputs request;
    request.sizing = inputs;
    const auto bill = bill_of(size_network(spec, inputs), request);
    EXPECT_EQ(count_of(bill, "node", "transceiver"), 4 * 32 * units);
    EXPECT_EQ(count_of(bill, "leaf", "transceiver"), 32 * 8 * units);
    EXPECT_EQ(count_of(bill, "spine", "transceiver"), 32 * 4 * units);
    EXPECT_EQ(count_of(bill, "leaf", "switch"), 8 * units);
    EXPECT_EQ(count_of(bill, "spine", "switch"), 4 * units);
    EXPECT_EQ(count_of(bill, "host", "cable"), 256 * units);
    EXPECT_EQ(count_of(bill, "leaf_spine", "cable"), 256 * units);
  }
}

// Lengths round up to what is sold, spares to one in fifty; and the parts add up to the size's power.
TEST(Bill, LengthsSparesAndPower) {
  EXPECT_DOUBLE_EQ(sold_length(Medium::multimode, 10.1), 15.0);
  EXPECT_DOUBLE_EQ(sold_length(Medium::multimode, 10.0), 10.0);
  EXPECT_DOUBLE_EQ(sold_length(Medium::single_mode, 61.0), 70.0);
  EXPECT_DOUBLE_EQ(sold_length(Medium::copper, 1.2), 1.5);
  TopologySpec spec;
  spec.gpus = 10240;
  SizingInputs inputs;
  inputs.prices = NetworkPrices{1e7, 1e5, 1e6, 2e6, 1e3, 2e3};
  const NetworkSize size = size_network(spec, inputs);
  BillInputs request;
  request.sizing = inputs;
  const auto bill = bill_of(size, request);
  double watts = 0.0;
  for (const BillLine& line : bill) {
    watts += static_cast<double>(line.count) * line.typical_w;
    EXPECT_EQ(line.spares, std::max<std::int64_t>(1, (line.count + 49) / 50)) << line.item;
    EXPECT_TRUE(line.cost_krw.has_value());
    EXPECT_GE(line.most_w, line.typical_w);
  }
  // 800 of 747 W, and two ends of 7.5 or 8.5 W a cable; modules round up by less than one a switch and tier.
  EXPECT_NEAR(watts / 1000.0, size.power_kw, 0.01 * size.power_kw);
  EXPECT_EQ(count_of(bill, "leaf", "switch") + count_of(bill, "spine", "switch") + count_of(bill, "core", "switch"),
            800);
}

// A switch draws by its ports and speed, not 747 W whatever it is.
TEST(Parts, SwitchesDrawByPortsAndSpeed) {
  EXPECT_DOUBLE_EQ(switch_part(64, 400).typical_w, 747.0);
  EXPECT_DOUBLE_EQ(switch_part(64, 400).most_w, 1720.0);
  EXPECT_DOUBLE_EQ(switch_part(48, 1).typical_w, 98.0);
  EXPECT_NEAR(switch_part(64, 800).typical_w, 940.0, 1e-9);
  EXPECT_NEAR(switch_part(144, 800).typical_w, 75.0 + 17.0 * 115.2, 1e-9);
  EXPECT_GT(switch_part(144, 400).typical_w, 2.0 * switch_part(64, 400).typical_w);
}

}  // namespace
}  // namespace nadc
