// Checkpoints: how large, how long, how often, and what share of time is left for training.
//
// Model: work is done in periods of T = useful work + save; a failure (exponential, mean T_f) throws away what was done
// since the last save and costs a restart T_r. Blocking saves stop the job for T_s; asynchronous ones only for the copy
// to host memory, while the write must be finished before the next begins (checkpoint_cost).
//   Young (1974):       useful work √(2 T_f T_s)
//   availability form:  period T_s + √(2 (T_f + T_r) T_s + T_s²); the optimum of (1 − T_s/T) ÷ (1 + (T_r + T/2)/T_f)
//   exact:              ETTR = w ÷ [T_f · e^{T_r/T_f} · (e^{(w + T_s)/T_f} − 1)], w = useful work; Daly (2006) form, in
//                       which failures may also strike a save or a restart
// ETTR (effective training time ratio) = useful ÷ wall time. Host, O(1). Errors: Error (usage) for times not above 0.
#pragma once
#include "sim/units.hpp"

namespace nadc {

// Weights in 16 bits, and master copy and two moments of the optimiser in mixed precision: ~13 bytes a parameter
// (models guide §4).
inline constexpr double checkpoint_bytes_per_parameter = 13.0;

constexpr Bytes checkpoint_size(double parameters, double bytes_per_parameter = checkpoint_bytes_per_parameter) {
  return Bytes(parameters * bytes_per_parameter);
}

// A store whose bandwidth all writing jobs share equally, and that one node cannot use faster than its own limit.
struct CheckpointStore {
  BytesPerSecond write_total;
  BytesPerSecond write_per_node;
  Seconds latency{1.0};  // open, barrier, metadata; assumption
};

// jobs: how many write at once, this one included (≥ 1).
Seconds write_time(const CheckpointStore& storage, Bytes size, double nodes, double jobs = 1.0);

enum class Saving : unsigned char { blocking, asynchronous };

struct CheckpointCost {
  Seconds stall;         // the job stands still
  Seconds least_period;  // saves cannot follow each other faster
};
// copy_per_node: to host memory, for asynchronous saving (PCIe, ~20 GB/s a GPU: assumption of the caller).
CheckpointCost checkpoint_cost(const CheckpointStore& storage, Bytes size, double nodes, Saving saving,
                               BytesPerSecond copy_per_node, double jobs = 1.0);

// Useful work between saves.
Seconds young_interval(Seconds mttf, Seconds save);
// Start to start.
Seconds availability_period(Seconds mttf, Seconds save, Seconds restart);

// work: useful time between saves.
double expected_ettr(Seconds work, Seconds mttf, Seconds save, Seconds restart);
// First order in 1/T_f: (1 − T_s/T) ÷ (1 + (T_r + T/2)/T_f).
double first_order_ettr(Seconds work, Seconds mttf, Seconds save, Seconds restart);

// The useful work between saves that maximises expected_ettr, by golden section to 10⁻⁶.
Seconds best_interval(Seconds mttf, Seconds save, Seconds restart);

}  // namespace nadc
