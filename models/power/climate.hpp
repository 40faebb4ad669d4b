// Outdoor wet-bulb temperature by month and hour of day.
//
// Monthly means come from the catalog (scenarios/catalog/energy.yaml). Through the day a cosine with its
// top at 15:00 and an amplitude of 2 K: assumption (dry bulb swings by about 4 K here, wet bulb by about half of that).
// Neglected: weather within a month, hence the hottest hours: means are fair, yearly peaks come out low.
#pragma once
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

#include "sim/units.hpp"

namespace nadc {

struct Climate {
  std::string_view name;
  std::array<double, 12> mean_wet_bulb_c{};  // [month − 1]
  double amplitude_k = 2.0;
  std::string_view source;

  // month 1 … 12, hour 0 … 24 (fractions allowed).
  Celsius wet_bulb(unsigned month, double hour) const {
    return Celsius(mean_wet_bulb_c[month - 1] + amplitude_k * std::cos(2.0 * std::numbers::pi * (hour - 15.0) / 24.0));
  }
};

// Wet bulb [°C] from dry bulb [°C] and relative humidity [%], Stull 2011 eq. 1; within 1 K for 5–99 % and −20…50 °C.
inline Celsius stull_wet_bulb(Celsius dry_bulb, double humidity_percent) {
  const double t = dry_bulb.value, rh = humidity_percent;
  return Celsius(t * std::atan(0.151977 * std::sqrt(rh + 8.313659)) + std::atan(t + rh) - std::atan(rh - 1.676331) +
                 0.00391838 * rh * std::sqrt(rh) * std::atan(0.023101 * rh) - 4.686035);
}

}  // namespace nadc
