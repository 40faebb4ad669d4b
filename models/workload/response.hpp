// Demand that answers. Every `every` the users of a group think again: they believe in a wait, a mix of what they
// believed before and the mean wait just met, and send
//
//   demand = (wait / reference wait)^e_wait · (price / reference price)^e_price     of what the workload says, capped
//
// Candidates arrive at the cap's rate; job n of a cell is sent when its own uniform, keyed by (cell, n), lies below
// demand / cap. So two policies see the same candidates, and what one deters the other may not. Before the first
// thought users believe in the reference wait. The wait met is that of the jobs that started in the period and of those
// that wait at its end, so far.
//
// Neglected: that users answer by sending other jobs; that bursts thin out together (thinning a bursty stream makes it
// less so).
#pragma once
#include <cstdint>

#include "models/world.hpp"
#include "sim/exp2log2.hpp"
#include "sim/platform.hpp"

namespace nadc {

inline constexpr Tick shortest_believed_wait = ticks_per_minute;  // below it nobody notices

// Demand at a price relative to the reference; prices below a thousandth of it count as that.
NADC_HD inline double price_factor(double relative_price, double elasticity) {
  return exact_exp2(elasticity * exact_log2(relative_price > 1e-3 ? relative_price : 1e-3));
}

// Demand relative to the workload's, at most `most`.
NADC_HD inline double demand_of(const GroupResponse& group, Tick believed_wait, double most) {
  const Tick wait = believed_wait > shortest_believed_wait ? believed_wait : shortest_believed_wait;
  const double demand = group.price_factor * exact_exp2(group.wait_elasticity *
                                                        exact_log2(static_cast<double>(wait) / group.reference_wait));
  return demand < most ? demand : most;
}

// A candidate is sent when its 32-bit uniform is below this.
NADC_HD inline std::uint64_t threshold_of(double demand, double most) {
  return static_cast<std::uint64_t>(demand / most * 4294967296.0);
}

// What is believed after a period in which `wait` was met.
NADC_HD inline Tick believe(Tick before, Tick wait, std::int64_t memory_q16) {
  return wait + (((before - wait) * memory_q16) >> 16);
}

}  // namespace nadc
