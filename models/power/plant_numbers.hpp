// The numbers of a plant, plain, so that they travel in a Point; what they mean: facility.hpp.
#pragma once

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

struct PlantNumbers {
  double ups_share = 1.0;                                    // of IT behind the UPS or rectifier
  double ups_installed = 1.0, transformers_installed = 1.0;  // over what the rated load needs
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
  double dry_excess_k = 0.0;  // of the air that takes the heat, over the wet bulb; 0: towers
  double reuse_share = 0.0;   // of the warm loop's heat
};

}  // namespace nadc
