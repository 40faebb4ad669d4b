// The meter: IT energy by site, kept by stretch of time (a calendar month, cut at the ends of periods), kind of day and
// local hour, as the tariff, the climate and the grid's carbon ask for; and the greatest mean power over an interval of
// the tariff's demand charge, by stretch. Integers, read at every full interval and at the end of every stretch, so
// that no output interval can change them. A public holiday is a kind of day of its own, whatever its weekday.
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

inline constexpr std::uint32_t day_kinds = 4;                // working day, Saturday, Sunday, public holiday
inline constexpr std::uint32_t meter_bins = day_kinds * 24;  // (day kind, hour)

// The days of a site.
struct DayCalendar {
  Tick week_offset;               // from the last Monday 00:00, local time, on or before tick 0, to tick 0
  const std::uint64_t* holidays;  // bit mask of days, from that of tick 0; null: none

  NADC_HD std::uint32_t kind(Tick t) const {
    const Tick day = (t + week_offset % ticks_per_day) / ticks_per_day;
    if (holidays && ((holidays[day / 64] >> (day % 64)) & 1) != 0) return 3;
    const Tick weekday = (t + week_offset) / ticks_per_day % 7;
    return weekday == 6 ? 2 : weekday == 5 ? 1 : 0;
  }
};

NADC_HD inline std::uint32_t meter_bin(const DayCalendar& calendar, Tick t) {
  return calendar.kind(t) * 24 + static_cast<std::uint32_t>((t + calendar.week_offset) / ticks_per_hour % 24);
}
// The first full interval of the clock after t.
NADC_HD inline Tick next_reading_after(Tick week_offset, Tick t, Tick interval) {
  return t + (interval - (t + week_offset) % interval);
}

}  // namespace nadc
