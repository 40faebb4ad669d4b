// What a scenario says about a site's plant over the stock plant of its cooling kind, and about its yard (yard.hpp).
//
// An efficiency is that at 75 % load; the curve keeps its shape. Absent keys leave the stock plant's value.
#pragma once
#include <cstdint>
#include <limits>
#include <string_view>

#include "models/power/plant_numbers.hpp"
#include "sim/field.hpp"

namespace nadc {

enum class Redundancy : std::uint8_t { n, n_plus_1, two_n };
std::string_view name_of(Redundancy redundancy);

struct FacilitySpec {
  static constexpr double stock = std::numeric_limits<double>::quiet_NaN();
  double ups_share = stock, ups_efficiency = stock, distribution_efficiency = stock, fixed = stock;
  double liquid_share = stock, warm_supply = stock, warm_range = stock, room_supply = stock, room_range = stock;
  double fans = stock, pumps = stock, towers = stock;
  double carnot_share = stock, most_cop = stock;
  bool dry_coolers = false;
  double dry_excess = 3.0;  // [K]
  double heat_reuse = 0.0, evaporation = stock, water_cycles = stock;
  static const FieldTable& fields();
  void apply(PlantNumbers& plant) const;
};

struct YardSpec {
  double transformer = 0, ups = 0, generator = 0;  // [W] of a unit; 0: none counted
  Redundancy transformers = Redundancy::n_plus_1, ups_redundancy = Redundancy::n_plus_1,
             generators = Redundancy::n_plus_1;
  double generator_share = 1.0;
  static const FieldTable& fields();
};

}  // namespace nadc
