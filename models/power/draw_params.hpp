// What the event loop needs of a node's power: a few integers [mW], made on the host from a node kind and a job's load.
// A milliwatt times a tick of 1 ms is a microjoule, so energy is an exact integer sum.
//
// The node's draw is taken linear in its busy GPUs between idle and full: exact at both ends, at most a few per cent of
// the node's range in between (fans and supplies are curved). Rounding: under half a milliwatt a GPU.
#pragma once
#include <cstdint>

#include "models/power/draw.hpp"
#include "models/power/node_power.hpp"
#include "sim/platform.hpp"

namespace nadc {

// How a job uses its GPUs. The shares are of time; the rest is compute.
struct JobLoad {
  Load compute = Load::training;  // hpl, training or inference
  double tflops_per_gpu = 0.0;    // [TFLOP/s] while computing; 0: the kind's typical rate
  double communication_share = 0.0;
  double checkpoint_share = 0.0;
};

// Trivially copyable. All [mW].
struct DrawParams {
  std::int64_t down_mw = 0;             // node down, baseboard controller on
  std::int64_t idle_mw = 0;             // node up, no job
  std::int64_t compute_mw_per_gpu = 0;  // added to idle by a GPU in each phase
  std::int64_t communication_mw_per_gpu = 0;
  std::int64_t checkpoint_mw_per_gpu = 0;
  std::int64_t busy_mw_per_gpu = 0;      // mean over the job's phases: what the loop integrates
  std::int64_t flexible_mw_per_gpu = 0;  // part of busy_mw_per_gpu that a power cap can take
  std::int64_t network_mw_per_node = 0;  // switches and optics, drawn whatever the node does
};

// nodes: of the machine, for its fabric. Throws Error (usage) for shares outside [0, 1] or summing above 1, for a phase
// that is no compute load, and as node_power. O(1), host.
DrawParams make_draw(const ServerKind& kind, const JobLoad& job, std::int64_t nodes);

// The same for the draw seam: a node's span from idle to full training, and the part of that span that a job uses.
NodeDraw make_node_draw(const ServerKind& kind);
double draw_intensity(const ServerKind& kind, const JobLoad& job);

enum class NodeState : std::uint8_t { down, up };

// [mW] of one node without its share of the fabric.
NADC_HD inline std::int64_t node_draw(const DrawParams& p, NodeState state, std::uint32_t busy_gpus) {
  return state == NodeState::down ? p.down_mw : p.idle_mw + p.busy_mw_per_gpu * static_cast<std::int64_t>(busy_gpus);
}

// [mW] by which a job's draw swings between computing and communicating when all its GPUs do so in step: the worst case
// of synchronous training.
NADC_HD inline std::int64_t synchronous_swing(const DrawParams& p, std::uint32_t gpus) {
  return (p.compute_mw_per_gpu - p.communication_mw_per_gpu) * static_cast<std::int64_t>(gpus);
}

}  // namespace nadc
