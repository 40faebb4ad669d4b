// What a node, and a machine of equal nodes, draws at the plug.
//
//   GPU      idle_w, or min(limit, baseline + slope × achieved rate) (node_catalog.hpp)
//   CPU      idle + activity × (limit − idle); activity by load is an assumption stated in node_power.cpp
//   fans     fan_full × clamp(heat / heat_full, 0.3, 1.1)³: air flow follows heat, fan power the cube of flow (affinity
//            law); liquid and immersion nodes have none
//   supply   rated × (0.008 + 0.018 x + 0.022 x²), x = load / rating: 94.0 % at 20 %, 95.5 % at 50 %, 95.4 % at full
//            load; shape of an 80 PLUS Titanium unit, assumption
//   fabric   switches and optics by the port-count formulas of a fat tree (N/k, 3N/k or 5N/k switches for one, two or
//            three tiers of radix k) or of a dragonfly; it does not vary with load
// Neglected: leakage with temperature, spread between boards (±5 %), storage servers, management and login nodes.
// Calibration, held-out machines and errors: docs/power.md. All functions are O(1).
#pragma once
#include <cstdint>
#include <string_view>

#include "models/power/node_catalog.hpp"
#include "sim/units.hpp"

namespace nadc {

enum class Load : std::uint8_t { idle, hpl, training, inference, communication, checkpoint, down };

struct NodePower {
  Watts gpu, cpu, memory_and_nic, other, fans, supply_loss;
  Watts total() const { return gpu + cpu + memory_and_nic + other + fans + supply_loss; }
};

// tflops_per_gpu [TFLOP/s] is FP64 for hpl and 16-bit dense for training; 0 takes the kind's typical rate; other loads
// have no rate. busy_gpus of the node run the load, the others idle; −1 means all.
// Throws Error (usage) for a negative or non-finite rate, for a rate under a load that has none, for busy_gpus out of
// range, and for a load that the kind cannot run (training on an inference card, HPL where FP64 is absent).
NodePower node_power(const ServerKind& kind, Load load, double tflops_per_gpu = 0.0, int busy_gpus = -1);

// Power of one accelerator. Same errors.
Watts gpu_power(const GpuPower& gpu, Load load, double tflops_per_gpu = 0.0);

// Loss of a node's supplies that deliver dc.
Watts supply_loss(Watts dc, double rated_w);

// Switches and optics for `nodes` nodes, storage ports included. One node needs none.
Watts network_power(const ServerKind& kind, std::int64_t nodes);

struct MachinePower {
  std::int64_t nodes = 0;
  Watts nodes_power, network;
  Watts total() const { return nodes_power + network; }
};

// A machine of gpus accelerators under one load: whole nodes, the last one with its spare accelerators idle.
// Throws Error (usage) unless 1 ≤ gpus ≤ 10⁹, and as node_power.
MachinePower machine_power(const ServerKind& kind, std::int64_t gpus, Load load, double tflops_per_gpu = 0.0);

// "idle", "hpl", … Throws Error (usage) that lists the known loads.
Load parse_load(std::string_view name);
std::string_view load_name(Load load);

}  // namespace nadc
