// The meter: IT energy by site, kept by stretch of time (a calendar month, cut at the ends of periods), kind of day and
// local hour, as the tariff, the climate and the grid's carbon ask for. Integers, flushed at every full hour and at the
// end of every stretch, so that no output interval can change them. Holidays other than Sundays are working days.
#pragma once
#include <cstdint>

#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

struct MeterStretch {
  Tick end;
  std::uint32_t period;
  std::int32_t year;
  std::uint32_t month;  // 1 … 12
};

inline constexpr std::uint32_t meter_bins = 3 * 24;  // (day kind, hour)

// week_offset: from the last Monday 00:00, local time, on or before tick 0, to tick 0.
NADC_HD inline std::uint32_t meter_bin(Tick week_offset, Tick t) {
  const Tick hours = (t + week_offset) / ticks_per_hour;
  const auto day = static_cast<std::uint32_t>(hours / 24 % 7);
  return (day == 6 ? 2 : day == 5 ? 1 : 0) * 24 + static_cast<std::uint32_t>(hours % 24);
}
// The first full hour after t.
NADC_HD inline Tick next_full_hour(Tick week_offset, Tick t) {
  return t + (ticks_per_hour - (t + week_offset) % ticks_per_hour);
}

}  // namespace nadc
