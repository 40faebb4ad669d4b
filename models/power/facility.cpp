#include "models/power/facility.hpp"

#include <algorithm>

#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr double kelvin = 273.15;
constexpr double latent_heat_j_per_kg = 2.45e6;  // water at 20 °C
constexpr double chiller_pinch_k = 2.0;          // evaporator under supply, condenser over tower water; assumption

// Chiller power [W] for a heat flow that must leave a loop at its supply temperature.
double chiller_w(const PlantNumbers& f, const WaterLoop& loop, double heat_w, Celsius wet_bulb) {
  const double load = heat_w * (1.0 - free_cooling_share(f, loop, wet_bulb));
  if (load <= 0.0) return 0.0;
  const double cold = loop.supply_c - chiller_pinch_k + kelvin;
  const double hot = wet_bulb.value + f.dry_excess_k + f.tower_approach_k + chiller_pinch_k + kelvin;
  const double cop = hot > cold ? std::min(f.cop_limit, f.carnot_share * cold / (hot - cold)) : f.cop_limit;
  return load / cop;
}

}  // namespace

Facility stock_facility(Cooling cooling, Watts rated_it) {
  Facility f;
  f.rated_it = rated_it;
  f.name = cooling_name(cooling);
  switch (cooling) {
    case Cooling::air:
      break;
    case Cooling::rear_door:
      f.room_loop = {18.0, 7.0};
      f.fan_w_per_w = 0.015;
      break;
    case Cooling::liquid:
      f.liquid_share = 0.85;
      break;
    case Cooling::immersion:
      f.liquid_share = 1.0;
      f.fan_w_per_w = 0.0;
      break;
  }
  return f;
}

double free_cooling_share(const PlantNumbers& f, const WaterLoop& loop, Celsius wet_bulb) {
  const double reach = wet_bulb.value + f.dry_excess_k + f.tower_approach_k + f.exchanger_approach_k;
  return std::clamp((loop.supply_c + loop.range_k - reach) / loop.range_k, 0.0, 1.0);
}

FacilityPower facility_power(const Facility& f, Watts it, Celsius wet_bulb) {
  const double rated = f.rated_it.value;
  if (!(rated > 0.0)) throw Error(ErrorKind::usage, "a facility needs a rated IT power above 0");
  if (!(it.value >= 0.0 && it.value <= 1.2 * rated))
    throw Error(ErrorKind::usage, "IT power is outside what the plant is built for (0 to 1.2 × rated)",
                "raise the plant's rated IT power");
  FacilityPower p;
  p.it = it;
  const double x = it.value / rated;
  p.ups = Watts(rated * f.ups_share * f.ups_installed * f.ups.at(x / f.ups_installed));
  p.distribution = Watts(rated * f.transformers_installed * f.distribution.at(x / f.transformers_installed));
  p.fixed = Watts(rated * f.fixed_share);

  const double warm = it.value * f.liquid_share;
  const double room = it.value - warm + p.ups.value + 0.5 * p.distribution.value;  // half stands outdoors: assumption
  const double room_rated = rated * (1.0 - f.liquid_share + f.ups_share * f.ups.at(1.0));
  const double share = room_rated > 0.0 ? std::min(1.0, room / room_rated) : 0.0;
  p.room_fans = Watts(f.fan_w_per_w * room * share * share);
  const double room_heat = room + p.room_fans.value;
  p.pumps = Watts(f.pump_w_per_w * (room_heat + warm));
  p.reused = Watts(f.reuse_share * warm);
  const double left = warm - p.reused.value;
  p.chillers = Watts(chiller_w(f, f.room_loop, room_heat, wet_bulb) + chiller_w(f, f.warm_loop, left, wet_bulb));
  const double rejected = room_heat + left + p.pumps.value + p.chillers.value;
  p.towers = Watts(f.tower_w_per_w * rejected);
  if (f.evaporative_share > 0.0)
    p.water_kg_per_s =
        rejected * f.evaporative_share / latent_heat_j_per_kg * f.blowdown_cycles / (f.blowdown_cycles - 1.0);
  return p;
}

}  // namespace nadc
