// Closed forms that simulation is held against: failure counts, availability, repair crews and spares. Failures are
// exponential and independent throughout. Host.
#pragma once
#include <cstdint>
#include <span>

#include "sim/units.hpp"

namespace nadc {

// Mean time between failures of a job on n nodes [h] = 24 · 1000 ÷ (n · rate), rate in failures per 1,000 node-days.
// Throws Error (usage) unless both are above 0.
double mttf_hours(double nodes, double rate_per_1000_node_days);

// Failures that n nodes have in some days.
constexpr double expected_failures(double nodes, double rate_per_1000_node_days, double days) {
  return nodes * rate_per_1000_node_days * days / 1000.0;
}

// Central band of a Poisson count: the least lo and hi with P(X < lo) ≤ (1 − confidence)/2 and P(X > hi) ≤ the same.
// O(hi). Throws Error (usage) for a mean outside (0, 1e6] or a confidence outside (0, 1).
struct CountBand {
  std::int64_t lo, hi;
};
CountBand poisson_band(double mean, double confidence);

// A series system runs when all its parts run, and a failed part does not stop the others' clocks.
struct PartTimes {
  double mttf_h, mttr_h;
};
// Product of MTTF / (MTTF + MTTR).
double series_availability(std::span<const PartTimes> parts);

enum class Standby : std::uint8_t { cold, hot };  // whether spares fail while they wait

// Machine-repair (finite source) queue: `machines` places to fill, `spares` behind them, `crews` who mend one node
// each; time to failure and repair time exponential [h]. Birth–death chain over the number of failed nodes, solved
// exactly by detailed balance (Gross and Harris, Fundamentals of Queueing Theory, finite-source queues with spares).
struct MachineRepair {
  double mean_running;  // filled places
  double mean_failed;   // nodes failed, in repair or waiting
  double mean_waiting;  // for a crew
  double crew_utilization;
  double all_filled;  // probability that no place is empty
};
// Throws Error (usage) for machines or crews below 1, negative spares, or times not above 0. O(machines + spares).
MachineRepair machine_repair(int machines, int spares, int crews, double mttf_h, double mttr_h, Standby standby);

}  // namespace nadc
