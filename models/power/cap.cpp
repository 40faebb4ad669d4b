#include "models/power/cap.hpp"

#include <algorithm>
#include <cmath>

#include "sim/error.hpp"

namespace nadc {

SpeedCurve make_speed_curve(double compute_share, CapPhysics physics) {
  const auto [s, a, least] = physics;
  if (!(compute_share >= 0.0 && compute_share <= 1.0))
    throw Error(ErrorKind::usage, "the compute share of a job lies between 0 and 1");
  if (!(s >= 0.0 && s < 1.0 && a >= 1.0 && a <= 4.0 && least > 0.0 && least <= 1.0))
    throw Error(ErrorKind::usage,
                "a speed curve needs static share in [0, 1), exponent in [1, 4], least clock in (0, 1]");
  SpeedCurve curve;
  const double floor_power = s + (1.0 - s) * std::pow(least, a);
  curve.least_power_q16 = static_cast<std::uint32_t>(std::ceil(floor_power * q16_one));
  for (std::uint32_t i = 0; i <= SpeedCurve::steps; ++i) {
    const double power = static_cast<double>(i) / SpeedCurve::steps;
    const double dynamic = std::max(0.0, (power - s) / (1.0 - s));
    const double clock = std::clamp(std::pow(dynamic, 1.0 / a), least, 1.0);
    const double speed = 1.0 / (compute_share / clock + 1.0 - compute_share);
    curve.rate[i] = static_cast<std::uint32_t>(std::floor(speed * q16_one));
  }
  return curve;
}

}  // namespace nadc
