// Quantities with their unit in the type. One double each, in the coherent unit named beside the alias; the clock is
// not here: it counts integer ticks (sim/time.hpp). Comparisons are written by hand, because a defaulted <=> costs
// registers in device code.
#pragma once
#include "sim/platform.hpp"

namespace nadc {

template <class Tag> struct Quantity {
  double value = 0.0;

  constexpr Quantity() = default;
  NADC_HD constexpr explicit Quantity(double v) : value(v) {}

  NADC_HD friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value + b.value); }
  NADC_HD friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value - b.value); }
  NADC_HD friend constexpr Quantity operator-(Quantity a) { return Quantity(-a.value); }
  NADC_HD friend constexpr Quantity operator*(Quantity a, double s) { return Quantity(a.value * s); }
  NADC_HD friend constexpr Quantity operator*(double s, Quantity a) { return Quantity(s * a.value); }
  NADC_HD friend constexpr Quantity operator/(Quantity a, double s) { return Quantity(a.value / s); }
  NADC_HD friend constexpr double operator/(Quantity a, Quantity b) { return a.value / b.value; }
  NADC_HD constexpr Quantity& operator+=(Quantity b) {
    value += b.value;
    return *this;
  }
  NADC_HD constexpr Quantity& operator-=(Quantity b) {
    value -= b.value;
    return *this;
  }
  NADC_HD friend constexpr bool operator==(Quantity a, Quantity b) { return a.value == b.value; }
  NADC_HD friend constexpr bool operator!=(Quantity a, Quantity b) { return a.value != b.value; }
  NADC_HD friend constexpr bool operator<(Quantity a, Quantity b) { return a.value < b.value; }
  NADC_HD friend constexpr bool operator>(Quantity a, Quantity b) { return a.value > b.value; }
  NADC_HD friend constexpr bool operator<=(Quantity a, Quantity b) { return a.value <= b.value; }
  NADC_HD friend constexpr bool operator>=(Quantity a, Quantity b) { return a.value >= b.value; }
};

using Seconds = Quantity<struct SecondsTag>;                // s
using Watts = Quantity<struct WattsTag>;                    // W
using Joules = Quantity<struct JoulesTag>;                  // J
using Bytes = Quantity<struct BytesTag>;                    // B
using BytesPerSecond = Quantity<struct BytesPerSecondTag>;  // B/s
using Flops = Quantity<struct FlopsTag>;                    // FLOP/s
using Krw = Quantity<struct KrwTag>;                        // South Korean won
using KrwPerJoule = Quantity<struct KrwPerJouleTag>;        // won/J
using Celsius = Quantity<struct CelsiusTag>;                // °C
using Ratio = Quantity<struct RatioTag>;                    // 1

NADC_HD constexpr Joules operator*(Watts p, Seconds t) { return Joules(p.value * t.value); }
NADC_HD constexpr Joules operator*(Seconds t, Watts p) { return p * t; }
NADC_HD constexpr Watts operator/(Joules e, Seconds t) { return Watts(e.value / t.value); }
NADC_HD constexpr Seconds operator/(Bytes b, BytesPerSecond r) { return Seconds(b.value / r.value); }
NADC_HD constexpr Bytes operator*(BytesPerSecond r, Seconds t) { return Bytes(r.value * t.value); }
NADC_HD constexpr Krw operator*(Joules e, KrwPerJoule p) { return Krw(e.value * p.value); }

inline constexpr double joules_per_mwh = 3.6e9;
inline constexpr double joules_per_kwh = 3.6e6;

}  // namespace nadc
