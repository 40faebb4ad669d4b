// Simulated time: an integer number of ticks, 1 ms each, from the start of the scenario.
//
// The rule for equal times: at one tick all events are applied, in the order of EventRank and then of the id of what
// they concern (events of one rank commute), and then one scheduling pass runs. Insertion order never matters.
#pragma once
#include <cstdint>

namespace nadc {

using Tick = std::int64_t;

inline constexpr Tick ticks_per_second = 1000;
inline constexpr Tick ticks_per_minute = 60 * ticks_per_second;
inline constexpr Tick ticks_per_hour = 60 * ticks_per_minute;
inline constexpr Tick ticks_per_day = 24 * ticks_per_hour;
inline constexpr Tick ticks_per_week = 7 * ticks_per_day;
inline constexpr Tick ticks_per_year = 365 * ticks_per_day;  // a convention; a month of a rate is a twelfth
inline constexpr Tick never = INT64_C(1) << 59;  // later than every event; leaves room for a rank in a 64-bit key

// Order of application at one tick.
enum class EventRank : std::uint8_t { completion, repair, failure, delivery, arrival, periodic };

}  // namespace nadc
