// The yard of a site: substation transformers, UPS and generators, in units with redundancy.
//
// N = ⌈load ÷ unit⌉; n+1 one more; 2n twice as many. The load of transformers is the site's greatest at the meter (full
// IT load in the warmest hour), that of generators its share, that of the UPS the IT behind it. All that is installed
// shares the load (facility.hpp). Neglected: power factor, voltage levels, switchgear, batteries, starting generators.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/power/plant_spec.hpp"
#include "models/power/site_energy.hpp"
#include "sim/units.hpp"

namespace nadc {

struct Facility;  // facility.hpp

struct YardUnits {
  std::string what;
  double load_w = 0.0, unit_w = 0.0;
  Redundancy redundancy = Redundancy::n;
  std::int64_t needed = 0, installed = 0;
};
std::int64_t installed_units(std::int64_t needed, Redundancy redundancy);

// Transformers, UPS, generators; and sets what stands by in the plant. Two rounds, since its losses are load too.
std::vector<YardUnits> build_yard(const YardSpec& yard, Facility& plant, Celsius warmest, double pue_margin);

// A plant through the mean year of its climate at a constant share of its rated IT power.
struct PlantYear {
  double peak_w = 0.0, pue_full = 0.0;  // full load in the warmest hour
  double pue_mean = 0.0, facility_mwh = 0.0, water_m3 = 0.0, reused_mwh = 0.0;
  std::vector<YardUnits> yard;
};
PlantYear plant_year(const SiteEnergy& energy, const YardSpec& yard, double load);

}  // namespace nadc
