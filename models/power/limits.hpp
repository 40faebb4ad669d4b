// Limits of power inside the loop: a site, and a cluster with a limit of its own, are power domains. Each knows what
// its nodes draw without jobs (base), what its jobs would draw at full clocks (full) and do draw (drawn), and what it
// may draw (limit), all IT power in milliwatts; how the meter's limit becomes an IT limit is build_power.hpp's.
//
// At a limit jobs run at a level, in 64ths of their draw above idle: everything in a domain at the same level, so that
// base + full × level ÷ 64 ≤ limit. Their speed follows the class's speed curve (cap.hpp). Nodes are never switched
// off: a limit below the base counts as the base.
#pragma once
#include <cstdint>

#include "models/ids.hpp"
#include "models/power/cap.hpp"
#include "sim/law.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

// What happens at a limit.
//   delay    a job waits until its full draw fits; where the limit falls below what runs, jobs slow down
//   slow     a job starts as long as all jobs can still run at their lowest clock; all slow down alike
//   preempt  a job waits until its full draw fits; where the limit falls, the newest jobs stop
// In each case the newest jobs stop when the lowest clock is still too much.
enum class AtLimit : std::uint32_t { delay, slow, preempt };

inline constexpr std::int64_t no_limit_mw = std::int64_t{1} << 60;
inline constexpr std::uint32_t full_level = 64;

struct DomainParams {
  std::int64_t limit_mw;  // of its own, at all times
  AtLimit at_limit;
  std::uint32_t has_grid;  // its connection comes in steps; before the first nothing may be switched on
  std::uint32_t
      reserves_full;  // a node is switched on when its full draw fits under the connection, else its idle draw
};

// A connection or transformer block of a site enters service and adds what it can carry.
struct GridParams {
  SiteId site;
  std::uint32_t entity;  // of its random delay: the same step under every lever
  Tick date;             // 0 or less: there from the start
  Law delay;
  std::int64_t adds_mw;
};

inline constexpr std::uint32_t whole_ppm = 1000000;

// From a tick on a domain may draw a share of its limit.
struct WindowStep {
  Tick from;
  DomainId domain;
  std::uint32_t share_ppm;
};

struct PowerDomain {
  std::int64_t grid_mw = 0;       // connected
  std::int64_t committed_mw = 0;  // reserved by nodes that are switched on
  std::int64_t base_mw = 0, full_mw = 0, drawn_mw = 0;
  std::uint32_t window_ppm = whole_ppm;
  std::uint32_t level = full_level;
  std::uint32_t dirty = 0;   // something changed since the level was set
  std::uint32_t held = 0;    // a start was held back since then
  std::uint32_t capped = 0;  // slowed or held back: the time is counted
  UInt128 meter = 0;         // energy since the last reading, telescoped [µJ]
  UInt128 interval = 0;      // energy of the readings since the demand interval began [µJ]

  NADC_HD std::int64_t limit(const DomainParams& params) const {
    std::int64_t limit = params.limit_mw;
    if (params.has_grid && grid_mw < limit) limit = grid_mw;
    if (window_ppm != whole_ppm && limit < no_limit_mw)
      limit = static_cast<std::int64_t>(static_cast<Int128>(limit) * window_ppm / whole_ppm);
    return limit > base_mw ? limit : base_mw;
  }
  // The highest level at which jobs of this full draw fit, 0 … full_level.
  NADC_HD std::uint32_t level_for(const DomainParams& params, std::int64_t full) const {
    const std::int64_t room = limit(params) - base_mw;
    if (full <= room) return full_level;
    return static_cast<std::uint32_t>(room * full_level / full);
  }
  // May a job start that draws `full` at full clocks? floor: the lowest level at which jobs can run.
  NADC_HD bool has_room(const DomainParams& params, std::int64_t full, std::uint32_t floor) const {
    return level_for(params, full_mw + full) >= (params.at_limit == AtLimit::slow ? floor : full_level);
  }
};

// Of a job that draws `full` above idle at full clocks; rounded down, so that a sum of them keeps the limit.
NADC_HD inline std::int64_t draw_at(std::int64_t full_mw, std::uint32_t level) {
  return level == full_level ? full_mw : full_mw * level / full_level;
}

}  // namespace nadc
