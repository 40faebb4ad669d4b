// From the IT plug to the grid meter: electrical losses, cooling, water. Host only, used where results are finalized.
//
//   electrical  loss ÷ rating = a + b x + c x² for the UPS (or rectifier) and for transformers and distribution, x =
//   load air side    room fans: fan_w_per_w × air heat at full load, falling with the square of the load share pumps
//   pump_w_per_w × heat moved free cooling of a water loop: share 1 where wet bulb + tower approach + exchanger
//   approach ≤ supply temperature, 0
//               where it reaches the return temperature, linear between (the economiser stands before the chiller)
//   chiller     heat ÷ COP; COP = carnot_share × T_cold ÷ (T_hot − T_cold), at most cop_limit
//   tower       tower_w_per_w × heat rejected
//   water       evaporative share of rejected heat ÷ 2.45 MJ/kg (latent heat at 20 °C), × cycles ÷ (cycles − 1) for
//               blow-down
// All coefficients of the stock plants are assumptions with the ranges that docs/power.md states. Neglected: thermal
// mass, humidity control, spare units that run.
#pragma once
#include <string_view>

#include "models/power/node_catalog.hpp"
#include "sim/units.hpp"

namespace nadc {

// Loss as a share of the rating.
struct LossCurve {
  double fixed, linear, square;
  constexpr double at(double x) const { return fixed + linear * x + square * x * x; }
};

struct WaterLoop {
  double supply_c;  // [°C] water to the load
  double range_k;   // [K] return minus supply
};

struct Facility {
  std::string_view name;
  Watts rated_it;          // what the plant is built for
  double ups_share = 1.0;  // of IT behind the UPS or rectifier
  LossCurve ups{0.010, 0.012, 0.015};
  LossCurve distribution{0.003, 0.002, 0.012};
  double fixed_share = 0.012;      // lights, offices, controls ÷ rated_it
  double liquid_share = 0.0;       // of IT heat that goes straight into the warm loop; the rest into room air
  WaterLoop room_loop{15.0, 6.0};  // chilled water to room coils or doors
  WaterLoop warm_loop{32.0, 10.0};
  double fan_w_per_w = 0.050;  // room fans
  double pump_w_per_w = 0.015;
  double tower_w_per_w = 0.015;
  double tower_approach_k = 4.0;
  double exchanger_approach_k = 2.0;
  double carnot_share = 0.55;
  double cop_limit = 12.0;
  double evaporative_share = 0.8;  // of rejected heat; 0 for dry coolers
  double blowdown_cycles = 5.0;
};

// Stock plants for a cooling kind: air (computer-room coils), rear door (room loop, no room fans), liquid (85 % of the
// heat into the warm loop), immersion (all of it). Assumptions.
Facility stock_facility(Cooling cooling, Watts rated_it);

struct FacilityPower {
  Watts it, ups, distribution, fixed, room_fans, pumps, chillers, towers;
  double water_kg_per_s = 0.0;
  Watts total() const { return it + ups + distribution + fixed + room_fans + pumps + chillers + towers; }
  double pue() const { return total().value / it.value; }  // infinite when it is 0
};

// Throws Error (usage) when rated_it ≤ 0 or it < 0 or it > 1.2 × rated_it. O(1).
FacilityPower facility_power(const Facility& facility, Watts it, Celsius wet_bulb);

// Share of a loop's heat that needs no chiller.
double free_cooling_share(const Facility& facility, const WaterLoop& loop, Celsius wet_bulb);

}  // namespace nadc
