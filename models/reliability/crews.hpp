// Repair crews: each mends one node at a time, in the order of the failures, and only during the shift.
#pragma once
#include <cstdint>

#include "models/ids.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

struct CrewParams {
  std::uint32_t crews = 0;                        // 0: as many as needed
  Tick shift_from = 0, shift_to = ticks_per_day;  // of every day, local time
};

struct Repair {
  enum State : std::uint32_t { free, waiting, working, unattended, degraded, uplinks };
  StudyNodeId node;
  std::uint32_t order = 0;  // of the failures; of uplinks, the node of the partition behind the last
  Tick length = 0;
  std::uint32_t state = free;
  std::uint32_t cause = 0;      // of a degraded node, the mode; of uplinks, the outage
  std::uint32_t speed_q16 = 0;  // of a degraded node
  std::uint32_t uniform = 0;    // of its repair
};

// When work of this length that is begun at `now` is done. day_offset: from local midnight to tick 0.
NADC_HD inline Tick work_done(const CrewParams& crews, Tick day_offset, Tick now, Tick length) {
  const Tick shift = crews.shift_to - crews.shift_from;
  if (shift >= ticks_per_day) return now + length;
  Tick into = (now + day_offset) % ticks_per_day - crews.shift_from;  // into today's shift
  const Tick day = now - into;                                        // when today's shift begins
  if (into < 0) into = 0;
  if (into > shift) into = shift;
  const Tick total = into + length;
  Tick days = total / shift, rest = total % shift;
  if (rest == 0 && days > 0) {  // ends with a shift, not at the start of the next
    --days;
    rest = shift;
  }
  return day + days * ticks_per_day + rest;
}

}  // namespace nadc
