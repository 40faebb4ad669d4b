// What finalize() needs to turn a site's metered energy into facility energy, water, money and carbon: plain numbers,
// so that they travel in a Point. models/power/build_power.cpp fills it, models/power/energy_metrics.cpp reads it.
#pragma once
#include <cstdint>

#include "models/power/plant_numbers.hpp"
#include "sim/time.hpp"

namespace nadc {

struct SiteEnergy {
  double pue = 1.0;                          // with a constant plant
  std::uint32_t plant = 0;                   // 0: constant PUE; else 1 + Cooling
  PlantNumbers plant_numbers{};              // with a plant
  double rated_it_w = 0;                     // [W] what the plant is built for
  double wet_bulb_c[12] = {};                // [°C] by month
  double wet_bulb_swing_k = 0;               // [K] through the day
  std::int32_t deci_won_per_kwh[3][3] = {};  // (season, band)
  std::uint8_t season[12] = {};
  std::uint8_t band[3][4][24] = {};          // (season, day kind, hour)
  std::int32_t deci_won_per_kwh_beside = 0;  // at all hours
  double demand_won_per_kw_month = 0;
  Tick demand_interval = ticks_per_hour;  // whose greatest mean it is on
  std::uint32_t ratchet = 0;              // bit mask of months whose greatest also counts in the eleven that follow
  double pue_margin = 0;                  // on a plant's
  double tco2_per_mwh[24] = {};           // by hour of day
  double carbon_won_per_t = 0;            // price of emissions
  double water_won_per_m3 = 0;
};

}  // namespace nadc
