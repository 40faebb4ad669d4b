// What fails in a node, how often, and what mending it takes.
//
// Rates are failures per 1,000 node-days of a node with eight GPUs in service. The table is Llama 3's: 54 days, 16,384
// H100 = 2,048 nodes, 419 unexpected interruptions of one job (Llama 3 report, table 5; counts in two public copies).
// Only what stopped the job is in it. Other fleets differ as a whole (fleet_rates): scale the table by the ratio.
// Repair is an assumption throughout: no public table has it. `drains` is the share of failures that take the node out
// (the others end with a restart on the same node); its repair time is lognormal.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace nadc {

enum class ComponentClass : std::uint8_t { gpu, memory, host, nic, network, power, cooling, storage, software };

struct Component {
  std::string_view name;
  ComponentClass part;
  int count;               // interruptions in the window
  double drains;           // share that take the node out of service; assumption
  double repair_median_h;  // [h]; assumption
  double repair_sigma;     // of ln hours; assumption
};

inline constexpr int llama3_nodes = 2048;
inline constexpr double llama3_days = 54.0;
inline constexpr int llama3_planned = 47;  // planned interruptions in the window
inline constexpr std::string_view llama3_source =
    "Llama 3 405B on 16,384 H100, 54 days: interruptions by cause (Llama 3 report, table 5)";

inline constexpr std::array llama3_components{
    Component{"faulty GPU", ComponentClass::gpu, 148, 0.9, 24, 1.2},
    Component{"GPU HBM3 memory", ComponentClass::memory, 72, 0.8, 24, 1.2},
    Component{"software bug", ComponentClass::software, 54, 0.0, 0.2, 0.7},
    Component{"network switch or cable", ComponentClass::network, 35, 0.3, 6, 1.0},
    Component{"unplanned host maintenance", ComponentClass::host, 32, 1.0, 6, 1.0},
    Component{"GPU SRAM memory", ComponentClass::memory, 19, 0.8, 24, 1.2},
    Component{"GPU system processor", ComponentClass::gpu, 17, 0.3, 2, 1.0},
    Component{"NIC", ComponentClass::nic, 7, 0.8, 12, 1.0},
    Component{"NCCL watchdog timeout", ComponentClass::software, 7, 0.0, 0.2, 0.7},
    Component{"silent data corruption", ComponentClass::gpu, 6, 1.0, 48, 1.0},
    Component{"GPU thermal interface or sensor", ComponentClass::cooling, 6, 1.0, 24, 1.0},
    Component{"SSD", ComponentClass::storage, 3, 1.0, 12, 1.0},
    Component{"power supply", ComponentClass::power, 3, 1.0, 12, 1.0},
    Component{"server chassis", ComponentClass::host, 2, 1.0, 48, 1.0},
    Component{"IO expansion board", ComponentClass::host, 2, 1.0, 48, 1.0},
    Component{"dependency", ComponentClass::software, 2, 0.0, 0.5, 0.7},
    Component{"CPU", ComponentClass::host, 2, 1.0, 48, 1.0},
    Component{"system memory", ComponentClass::host, 2, 1.0, 24, 1.0},
};

// [failures per 1,000 node-days]
constexpr double component_rate(const Component& c) { return c.count * 1000.0 / (llama3_nodes * llama3_days); }

constexpr int llama3_unexpected() {
  int sum = 0;
  for (const Component& c : llama3_components) sum += c.count;
  return sum;
}

// Whole fleets [failures per 1,000 node-days].
struct FleetRate {
  std::string_view name, gpu;
  double rate;
  std::string_view source;
};
inline constexpr std::array fleet_rates{
    FleetRate{"Meta RSC-1", "A100", 6.50, "arXiv 2410.21680, as cited by two public notes"},
    FleetRate{"Meta RSC-2", "A100", 2.34, "arXiv 2410.21680, as cited by two public notes"},
    FleetRate{"Llama 3 training", "H100", llama3_unexpected() * 1000.0 / (llama3_nodes * llama3_days), llama3_source},
};

// One event takes many nodes. Rates are per 1,000 days of one such unit. Assumption, range ÷ 3 … × 3.
struct FailureDomain {
  std::string_view name;
  int nodes;
  double rate;
  double repair_median_h, repair_sigma;
};
inline constexpr std::array failure_domains{
    FailureDomain{"rack power or cooling", 4, 0.10, 4, 1.0},
    FailureDomain{"pod power or coolant unit", 32, 0.05, 8, 1.0}, FailureDomain{"leaf switch", 32, 0.10, 4, 0.8},
    FailureDomain{"storage", 0, 2.00, 1, 1.0},  // 0: the whole cluster
};

// Some nodes fail far more often. From memory of arXiv 2410.21680: 1.2 % of RSC-1's and 1.7 % of RSC-2's nodes; the
// factor is an assumption.
inline constexpr double lemon_share = 0.015;
inline constexpr double lemon_factor = 10.0;

// After delivery the rate is (1 + excess) times as high and decays with this time constant. Assumption.
inline constexpr double infant_excess = 2.0;
inline constexpr double infant_days = 60.0;

}  // namespace nadc
