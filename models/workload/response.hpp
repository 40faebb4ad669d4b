// Demand that answers. The users of a group believe in a wait. They think again thirty times in `every` (once an hour
// at most): the belief moves, in its logarithm, towards the mean wait met in the last `every`, so that after `every`
// the old belief has the weight `memory`. They send
//
//   demand = (wait / reference wait)^e_wait · (price / reference price)^e_price     of what the workload says, capped
//
// Candidates arrive at the cap's rate; job n of a cell is sent when its own uniform, keyed by (cell, n), lies below
// demand / cap. So two policies see the same candidates, and what one deters the other may not. Before the first
// thought users believe in the reference wait. The wait met is that of the jobs that started in the last `every` and of
// those that wait now, so far.
//
// Demand is steady where demand(wait(demand)) = demand. The loop gain there is (1 − memory) · |e_wait| · ε, with ε the
// elasticity of the wait to the load: about ρ / (1 − ρ) at load ρ (one server). Thinking in one step of `every` swings
// for ever when gain + (1 − memory) is above 2; in small steps, as here, the delay of `every` / 2 in the mean and of
// the queue itself still let it swing at a gain well above that, and more memory damps it. What a run swung by is
// demand_swing of its metrics.
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
inline constexpr Tick thoughts_per_every = 30;

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

// What is believed after a thought when `wait` was met: before^kept · wait^(1 − kept), neither below the shortest.
NADC_HD inline Tick believe(Tick before, Tick wait, double kept) {
  const Tick old = before > shortest_believed_wait ? before : shortest_believed_wait;
  const Tick met = wait > shortest_believed_wait ? wait : shortest_believed_wait;
  const double log = kept * exact_log2(static_cast<double>(old)) + (1.0 - kept) * exact_log2(static_cast<double>(met));
  return static_cast<Tick>(exact_exp2(log) + 0.5);
}

// log2 of a demand above 0, as the result counts it (raw.hpp: ResponseCount).
inline constexpr std::int64_t demand_log_offset = std::int64_t{1} << 40;
NADC_HD inline std::uint64_t demand_log(double demand) {
  const double log = exact_log2(demand > 1e-6 ? demand : 1e-6) * 65536.0;
  return static_cast<std::uint64_t>(demand_log_offset + static_cast<std::int64_t>(log));
}

}  // namespace nadc
