#include "models/power/energy_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/power/climate.hpp"
#include "models/power/facility.hpp"

namespace nadc {
namespace {

constexpr double month_ticks = 365.0 / 12.0 * ticks_per_day;

Facility plant_of(const SiteEnergy& energy) {
  return stock_facility(static_cast<Cooling>(energy.plant - 1), Watts(energy.rated_it_w));
}
Climate climate_of(const SiteEnergy& energy) {
  Climate climate;
  std::copy(std::begin(energy.wet_bulb_c), std::end(energy.wet_bulb_c), climate.mean_wet_bulb_c.begin());
  climate.amplitude_k = energy.wet_bulb_swing_k;
  return climate;
}
FacilityPower power_of(const SiteEnergy& energy, Watts it, Celsius wet_bulb) {
  if (energy.plant) return facility_power(plant_of(energy), it, wet_bulb);
  FacilityPower power{};
  power.it = it;
  power.fixed = it * (energy.pue - 1.0);
  return power;
}
double round_won(double won) { return std::round(won); }
// The one rounding, halves up; energy and prices are not negative.
double rounded_won(CostUnits cost) {
  constexpr CostUnits units_per_won = CostUnits(3600) * 1000 * 1000 * 1000 * 10;
  return static_cast<double>(static_cast<std::int64_t>((cost + units_per_won / 2) / units_per_won));
}

// Ticks of each bin in [from, to).
void bin_ticks(Tick week_offset, Tick from, Tick to, Tick (&ticks)[meter_bins]) {
  for (Tick now = from; now < to;) {
    const Tick end = std::min(to, next_full_hour(week_offset, now));
    ticks[meter_bin(week_offset, now)] += end - now;
    now = end;
  }
}

}  // namespace

EnergyUse metered_use(const World& world, const SiteEnergy& energy, const MeterStretch& stretch, Tick from,
                      std::span<const UInt128> bins, std::uint64_t peak_mw_h) {
  EnergyUse use;
  Tick ticks[meter_bins] = {};
  bin_ticks(world.week_offset, from, stretch.end, ticks);
  const Climate climate = climate_of(energy);
  const auto month = static_cast<std::size_t>(stretch.month - 1);
  const std::size_t season = energy.season[month];
  CostUnits cost = 0;
  Celsius warmest(-100.0);
  for (std::uint32_t bin = 0; bin < meter_bins; ++bin) {
    if (ticks[bin] == 0) continue;
    const std::uint32_t day = bin / 24, hour = bin % 24;
    const Seconds length(static_cast<double>(ticks[bin]) / ticks_per_second);
    const Celsius wet_bulb = climate.wet_bulb(stretch.month, hour + 0.5);
    warmest = std::max(warmest, wet_bulb);
    const FacilityPower power = power_of(energy, Joules(static_cast<double>(bins[bin]) * 1e-6) / length, wet_bulb);
    const Joules metered = power.total() * length;
    use.facility_mwh += metered.value / joules_per_mwh;
    use.tco2 += metered.value / joules_per_mwh * energy.tco2_per_mwh[hour];
    use.water_m3 += power.water_kg_per_s * length.value / 1000.0;
    cost += static_cast<CostUnits>(std::nearbyint(metered.value * 1e6)) *
            energy.deci_won_per_kwh[season][energy.band[season][day][hour]];
  }
  use.peak_mw = power_of(energy, Watts(static_cast<double>(peak_mw_h) / 1000.0), warmest).total().value / 1e6;
  const double months = static_cast<double>(stretch.end - from) / month_ticks;
  use.won = rounded_won(cost) + round_won(energy.demand_won_per_kw_month * use.peak_mw * 1000.0 * months) +
            round_won(use.tco2 * energy.carbon_won_per_t) + round_won(use.water_m3 * energy.water_won_per_m3);
  return use;
}

EnergyUse unmetered_use(const SiteEnergy& energy, double it_mwh) {
  EnergyUse use;
  use.facility_mwh = it_mwh * energy.pue;
  use.tco2 = use.facility_mwh * std::accumulate(energy.tco2_per_mwh, energy.tco2_per_mwh + 24, 0.0) / 24.0;
  use.won = round_won(use.facility_mwh * 1000.0 * energy.deci_won_per_kwh[0][0] / 10.0) +
            round_won(use.tco2 * energy.carbon_won_per_t);
  return use;
}

Watts it_limit(const SiteEnergy& energy, Watts meter) {
  if (!energy.plant) return meter / energy.pue;
  const Climate climate = climate_of(energy);
  Celsius warmest(-100.0);
  for (unsigned month = 1; month <= 12; ++month) warmest = std::max(warmest, climate.wet_bulb(month, 15.0));
  double low = 0.0, high = 1.2 * energy.rated_it_w;  // facility power rises with IT power
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (power_of(energy, Watts(middle), warmest).total() <= meter ? low : high) = middle;
  }
  return Watts(low);
}

}  // namespace nadc
