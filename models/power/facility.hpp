// From the IT plug to the grid meter: electrical losses, cooling, water. Host only, used where results are finalized.
//
//   electrical  loss ÷ rating = a + b x + c x² for the UPS (or rectifier) and for transformers and distribution,
//               x = load ÷ what is installed, which redundancy makes more
//   air side    room fans: fan_w_per_w × air heat at full load, falling with the square of the load share
//   pumps       pump_w_per_w × heat moved
//   free cooling of a water loop: share 1 where wet bulb + tower approach + exchanger approach ≤ supply temperature,
//               0 where it reaches the return temperature, linear between (the economiser stands before the chiller)
//   chiller     heat ÷ COP; COP = carnot_share × T_cold ÷ (T_hot − T_cold), at most cop_limit
//   tower       tower_w_per_w × heat rejected; dry coolers likewise, at wet bulb + dry_excess_k
//   reuse       that share of the warm loop's heat goes to a heat network: no chiller, no tower, no water for it
//   water       evaporative share of rejected heat ÷ 2.45 MJ/kg (latent heat at 20 °C), × cycles ÷ (cycles − 1) for
//               blow-down
// All coefficients of the stock plants are assumptions with the ranges that docs/power.md states. Neglected: thermal
// mass, humidity control, spare units that run.
#pragma once
#include <string_view>

#include "models/power/node_catalog.hpp"
#include "models/power/plant_numbers.hpp"
#include "sim/units.hpp"

namespace nadc {

struct Facility : PlantNumbers {
  std::string_view name;
  Watts rated_it;  // what the plant is built for
};

// Stock plants for a cooling kind: air (computer-room coils), rear door (room loop, no room fans), liquid (85 % of the
// heat into the warm loop), immersion (all of it). Assumptions.
Facility stock_facility(Cooling cooling, Watts rated_it);

struct FacilityPower {
  Watts it, ups, distribution, fixed, room_fans, pumps, chillers, towers;
  double water_kg_per_s = 0.0;
  Watts reused{0.0};  // heat
  Watts total() const { return it + ups + distribution + fixed + room_fans + pumps + chillers + towers; }
  double pue() const { return total().value / it.value; }  // infinite when it is 0
};

// Throws Error (usage) when rated_it ≤ 0 or it < 0 or it > 1.2 × rated_it. O(1).
FacilityPower facility_power(const Facility& facility, Watts it, Celsius wet_bulb);

// Share of a loop's heat that needs no chiller.
double free_cooling_share(const PlantNumbers& plant, const WaterLoop& loop, Celsius wet_bulb);

}  // namespace nadc
