#include "models/power/yard.hpp"

#include <algorithm>
#include <cmath>

#include "models/power/climate.hpp"
#include "models/power/facility.hpp"

namespace nadc {

std::int64_t installed_units(std::int64_t needed, Redundancy redundancy) {
  if (needed == 0) return 0;
  return redundancy == Redundancy::n ? needed : redundancy == Redundancy::n_plus_1 ? needed + 1 : 2 * needed;
}

std::vector<YardUnits> build_yard(const YardSpec& yard, Facility& plant, Celsius warmest, double pue_margin) {
  const auto units = [](const char* what, double load, double unit, Redundancy redundancy) {
    YardUnits row{what, load, unit, redundancy, 0, 0};
    if (unit > 0.0) row.needed = static_cast<std::int64_t>(std::ceil(load / unit - 1e-9));
    row.installed = installed_units(row.needed, redundancy);
    return row;
  };
  plant.ups_installed = plant.transformers_installed = 1.0;
  const double ups_load = plant.rated_it.value * plant.ups_share;
  const YardUnits ups = units("UPS", ups_load, yard.ups, yard.ups_redundancy);
  if (ups.installed > 0) plant.ups_installed = static_cast<double>(ups.installed) * ups.unit_w / ups_load;
  YardUnits transformers;
  double site = 0.0;
  for (int round = 0; round < 2; ++round) {
    site = facility_power(plant, plant.rated_it, warmest).total().value + pue_margin * plant.rated_it.value;
    transformers = units("transformer", site, yard.transformer, yard.transformers);
    if (transformers.installed > 0)
      plant.transformers_installed = static_cast<double>(transformers.installed) * transformers.unit_w / site;
  }
  return {transformers, ups, units("generator", site * yard.generator_share, yard.generator, yard.generators)};
}

PlantYear plant_year(const SiteEnergy& energy, const YardSpec& spec, double load) {
  Facility plant{energy.plant_numbers, cooling_name(static_cast<Cooling>(energy.plant - 1)), Watts(energy.rated_it_w)};
  Climate climate;
  std::copy(std::begin(energy.wet_bulb_c), std::end(energy.wet_bulb_c), climate.mean_wet_bulb_c.begin());
  climate.amplitude_k = energy.wet_bulb_swing_k;
  const Celsius warmest(*std::max_element(climate.mean_wet_bulb_c.begin(), climate.mean_wet_bulb_c.end()) +
                        climate.amplitude_k);
  PlantYear year;
  year.yard = build_yard(spec, plant, warmest, energy.pue_margin);
  const auto total_w = [&](const FacilityPower& power) {
    return power.total().value + energy.pue_margin * power.it.value;
  };
  year.peak_w = total_w(facility_power(plant, plant.rated_it, warmest));
  year.pue_full = year.peak_w / energy.rated_it_w;
  const Watts it = plant.rated_it * load;
  constexpr double hours = 8766.0 / (12 * 24);  // that an hour of a month's mean day stands for
  for (unsigned month = 1; month <= 12; ++month) {
    for (int hour = 0; hour < 24; ++hour) {
      const FacilityPower power = facility_power(plant, it, climate.wet_bulb(month, hour + 0.5));
      year.facility_mwh += total_w(power) * hours / 1e6;
      year.reused_mwh += power.reused.value * hours / 1e6;
      year.water_m3 += power.water_kg_per_s * hours * 3.6;
    }
  }
  year.pue_mean = year.facility_mwh / (it.value * 8766.0 / 1e6);
  return year;
}

}  // namespace nadc
