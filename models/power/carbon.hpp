// Carbon of running and of making the machine. Operational: energy × grid factor. Embodied: cradle to gate, spread
// evenly over the lifetime (assumption; transport and end of life neglected). All [tCO2eq], [h]. O(1), host.
#pragma once
#include <array>
#include <string_view>

#include "models/power/node_catalog.hpp"
#include "sim/units.hpp"

namespace nadc {

struct GridFactor {
  double tco2_per_mwh;
  std::string_view source;
};

inline constexpr GridFactor korea_grid_2023{0.4173, "consumption end, 2023: ajunews 2025-12-18"};
inline constexpr GridFactor korea_grid_2020_2022{0.4541, "consumption end, mean 2020-2022: ajunews 2025-12-18"};

// A factor for each hour of day of each month [tCO2eq/MWh], for grids whose mix moves with the sun.
struct GridProfile {
  std::array<std::array<double, 24>, 12> tco2_per_mwh{};  // [month − 1][hour]
  std::string_view source;
};
constexpr GridProfile uniform_grid(GridFactor factor) {
  GridProfile profile{{}, factor.source};
  for (auto& month : profile.tco2_per_mwh) month.fill(factor.tco2_per_mwh);
  return profile;
}

// [tCO2eq]
constexpr double operational_carbon(Joules energy, GridFactor grid) {
  return energy.value / joules_per_mwh * grid.tco2_per_mwh;
}

// Cost of emissions at a price [KRW/tCO2eq].
constexpr Krw carbon_cost(double tco2, double krw_per_tco2) { return Krw(tco2 * krw_per_tco2); }

// Making one accelerator and one host. 164 kg a GPU: NVIDIA's product carbon footprint of the HGX H100 baseboard
// (1,312 kg for eight, cradle to gate), from memory; used for every kind, ± 50 %: assumption. Host 1,500 kg:
// assumption.
inline constexpr double embodied_kg_per_gpu = 164.0;
inline constexpr double embodied_kg_per_host = 1500.0;

// [tCO2eq] of one catalog unit. A rack of 72 counts one host for each four GPUs (its trays).
constexpr double embodied_carbon(const ServerKind& kind) {
  const double hosts = kind.gpus > 8 ? kind.gpus / 4.0 : 1.0;
  return (kind.gpus * embodied_kg_per_gpu + hosts * embodied_kg_per_host) / 1000.0;
}

// The part of embodied carbon that falls on a stretch of time. lifetime > 0.
constexpr double embodied_share(double tco2, double hours, double lifetime_hours) {
  return tco2 * (hours < lifetime_hours ? hours / lifetime_hours : 1.0);
}

}  // namespace nadc
