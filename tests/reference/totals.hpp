// What a world comes to in the end: GPU-hours, energy, what it costs. Worked out plainly from a ledger of the reference
// and the scenario's own words: tariffs by the clock and the calendar, prices by the tranche; no number that was made
// for the loop is read. Of plants it takes the facility's physics (models/power/facility.hpp).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/scenario.hpp"
#include "sim/time.hpp"

namespace nadc::reference {

// What the reference writes down as it runs: of the warm-up, and of what is measured.
struct Ledger {
  struct Jobs {
    double held = 0, lost = 0;      // [GPU-ticks]
    std::vector<double> delivered;  // (group) [GPU-ticks] useful work at the reference speed × GPUs asked
    std::vector<double> paid;       // (group) the same × the price of the moment over that of the start
  };
  Jobs warmup, measured;
  double rounding = 0;  // [GPU-ticks] by which delivered and lost may differ

  // From a moment to the next.
  struct Span {
    Tick from, to;
    std::vector<std::int64_t> it_mw;       // (site)
    std::vector<std::uint64_t> installed;  // (partition) GPUs
  };
  std::vector<Span> spans;

  struct Order {
    std::uint32_t trigger;  // of the scenario
    Tick at;
  };
  std::vector<Order> orders;
  std::uint64_t acts = 0;  // of triggers
  Tick first_act = never;
  double highest_price = 1;  // over that of the start
};

struct Total {
  std::string name;  // of the metric
  double value;
  double tolerance;
};

// partitions: site/cluster/kind, in the order of the ledger. rated_it_w: (site) what its plant is built for.
std::vector<Total> totals_of(const Scenario& scenario, const std::vector<std::string>& groups,
                             const std::vector<std::string>& partitions, const std::vector<double>& rated_it_w,
                             const Ledger& ledger);

}  // namespace nadc::reference
