// Power caps: what slowing down costs.
//
// Frequency, power, speed. Above its floor a GPU's power is s + (1 − s)·f^a of full load, where f is clock over full
// clock, s the part that clocks do not touch, a the voltage exponent; the compute part c of a step runs at f, the rest
// at full speed: speed = 1 / (c/f + 1 − c). Between fmin and 1 only: below fmin work must stop instead.
// Defaults s = 0.25, a = 2.0 (range 1.5 … 2.7), fmin = 0.4: assumption. They give 9 % less throughput at 600 of 700 W
// and 18 % at 500 W; one public note reports 10–15 % for pre-training at 600 W. The event loop uses the curve as a
// table of integers, so host and device agree to the bit.
#pragma once
#include <cstdint>

#include "sim/platform.hpp"

namespace nadc {

inline constexpr std::uint32_t q16_one = 1u << 16;

struct CapPhysics {
  double static_share = 0.25;  // s
  double exponent = 2.0;       // a
  double least_clock = 0.4;    // fmin
};

// Trivially copyable. rate[i] is the speed [Q16] at power fraction i/64 of full GPU power, held at the
// floor's speed below least_power_q16 (speed_at answers 0 there). The table never falls.
struct SpeedCurve {
  static constexpr std::uint32_t steps = 64;
  std::uint32_t rate[steps + 1] = {};
  std::uint32_t least_power_q16 = 0;
};

// compute_share c in [0, 1]. Throws Error (usage) for parameters out of range. Host.
SpeedCurve make_speed_curve(double compute_share, CapPhysics physics = {});

// Speed at a power fraction [Q16 → Q16]: linear between entries, rounded down; 0 below the floor: the job must stop.
NADC_HD inline std::uint32_t speed_at(const SpeedCurve& curve, std::uint32_t power_q16) {
  if (power_q16 >= q16_one) return curve.rate[SpeedCurve::steps];
  if (power_q16 < curve.least_power_q16) return 0;
  const std::uint32_t at = power_q16 >> 10, part = power_q16 & 1023u;
  const std::uint32_t low = curve.rate[at], high = curve.rate[at + 1];
  return low + static_cast<std::uint32_t>((static_cast<std::uint64_t>(high - low) * part) >> 10);
}

}  // namespace nadc
