// From a tick to the wall clock of a site: month, day kind, hour. Civil time of a fixed offset, without leap seconds or
// daylight saving (Korea has none). Source of the calendar: proleptic Gregorian, std::chrono. O(1).
#pragma once
#include <chrono>
#include <cstdint>

#include "sim/time.hpp"

namespace nadc {

enum class DayKind : std::uint8_t { working, saturday, holiday };  // Sundays are holidays

struct CivilHour {
  int year = 0;
  unsigned month = 1;  // 1 … 12
  unsigned day = 1;    // 1 … 31
  unsigned hour = 0;   // 0 … 23
  DayKind day_kind = DayKind::working;
};

// The scenario's tick 0 in local time.
struct CivilStart {
  std::chrono::sys_days day{};  // local midnight on or before tick 0
  Tick offset = 0;              // from that midnight to tick 0, 0 ≤ offset < one day

  CivilHour at(Tick t) const {
    using namespace std::chrono;
    const Tick since = t + offset;
    Tick whole = since / ticks_per_day;
    Tick in_day = since % ticks_per_day;
    if (in_day < 0) in_day += ticks_per_day, --whole;
    const sys_days today = day + days(whole);
    const year_month_day date(today);
    const weekday w(today);
    CivilHour h;
    h.year = static_cast<int>(date.year());
    h.month = static_cast<unsigned>(date.month());
    h.day = static_cast<unsigned>(date.day());
    h.hour = static_cast<unsigned>(in_day / ticks_per_hour);
    h.day_kind = w == Sunday ? DayKind::holiday : w == Saturday ? DayKind::saturday : DayKind::working;
    return h;
  }

  // The first local full hour after t.
  Tick next_hour(Tick t) const {
    const Tick since = t + offset;
    Tick in_hour = since % ticks_per_hour;
    if (in_hour < 0) in_hour += ticks_per_hour;
    return t + (ticks_per_hour - in_hour);
  }
};

inline CivilStart civil_start(int year, unsigned month, unsigned day, Tick offset = 0) {
  using namespace std::chrono;
  return {sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)), offset};
}

}  // namespace nadc
