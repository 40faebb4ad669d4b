#include "models/power/energy_metrics.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "models/power/climate.hpp"
#include "models/power/facility.hpp"

namespace nadc {
namespace {

Facility plant_of(const SiteEnergy& energy) {
  return {energy.plant_numbers, cooling_name(static_cast<Cooling>(energy.plant - 1)), Watts(energy.rated_it_w)};
}
Climate climate_of(const SiteEnergy& energy) {
  Climate climate;
  std::copy(std::begin(energy.wet_bulb_c), std::end(energy.wet_bulb_c), climate.mean_wet_bulb_c.begin());
  climate.amplitude_k = energy.wet_bulb_swing_k;
  return climate;
}
FacilityPower power_of(const SiteEnergy& energy, Watts it, Celsius wet_bulb) {
  if (energy.plant) {
    FacilityPower power = facility_power(plant_of(energy), it, wet_bulb);
    power.fixed += it * energy.pue_margin;
    return power;
  }
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
void bin_ticks(const DayCalendar& calendar, Tick from, Tick to, Tick (&ticks)[meter_bins]) {
  for (Tick now = from; now < to;) {
    const Tick end = std::min(to, next_reading_after(calendar.week_offset, now, ticks_per_hour));
    ticks[meter_bin(calendar, now)] += end - now;
    now = end;
  }
}

}  // namespace

MeteredDemand metered_demand(const World& world, std::span<const SiteEnergy> sites,
                             std::span<const std::uint64_t> peaks_mw) {
  const MeterStretch* stretches = at(&world, world.stretches);
  const auto month_of = [&](std::uint32_t t) { return stretches[t].year * 12 + static_cast<int>(stretches[t].month); };
  MeteredDemand demand;
  for (std::uint32_t t = 0; t < world.stretches.count; ++t)
    for (std::size_t s = 0; s < sites.size(); ++s) {
      const double warmest = 15.0;  // as it_limit()
      const Watts it(static_cast<double>(peaks_mw[t * sites.size() + s]) / 1000.0);
      const Celsius wet_bulb = climate_of(sites[s]).wet_bulb(stretches[t].month, warmest);
      demand.peak_mw.push_back(power_of(sites[s], it, wet_bulb).total().value / 1e6);
    }
  for (std::uint32_t t = 0; t < world.stretches.count; ++t)
    for (std::size_t s = 0; s < sites.size(); ++s) {
      double billed = 0;
      for (std::uint32_t u = 0; u < world.stretches.count; ++u) {
        const int before = month_of(t) - month_of(u);
        const bool counts =
            before == 0 || (before > 0 && before < 12 && ((sites[s].ratchet >> stretches[u].month) & 1));
        if (counts) billed = std::max(billed, demand.peak_mw[u * sites.size() + s]);
      }
      demand.billed_mw.push_back(billed);
    }
  return demand;
}

EnergyUse metered_use(const SiteEnergy& energy, const DayCalendar& calendar, const MeterStretch& stretch, Tick from,
                      std::span<const UInt128> bins, double peak_mw, double billed_mw) {
  EnergyUse use;
  Tick ticks[meter_bins] = {};
  bin_ticks(calendar, from, stretch.end, ticks);
  const Climate climate = climate_of(energy);
  const auto month = static_cast<std::size_t>(stretch.month - 1);
  const std::size_t season = energy.season[month];
  CostUnits cost = 0;
  for (std::uint32_t bin = 0; bin < meter_bins; ++bin) {
    if (ticks[bin] == 0) continue;
    const std::uint32_t day = bin / 24, hour = bin % 24;
    const Seconds length(static_cast<double>(ticks[bin]) / ticks_per_second);
    const Celsius wet_bulb = climate.wet_bulb(stretch.month, hour + 0.5);
    const FacilityPower power = power_of(energy, Joules(static_cast<double>(bins[bin]) * 1e-6) / length, wet_bulb);
    const Joules metered = power.total() * length;
    use.facility_mwh += metered.value / joules_per_mwh;
    use.tco2 += metered.value / joules_per_mwh * energy.tco2_per_mwh[hour];
    use.water_m3 += power.water_kg_per_s * length.value / 1000.0;
    cost += static_cast<CostUnits>(std::nearbyint(metered.value * 1e6)) *
            (energy.deci_won_per_kwh[season][energy.band[season][day][hour]] + energy.deci_won_per_kwh_beside);
  }
  use.peak_mw = peak_mw;
  using namespace std::chrono;
  const year_month_day_last last{std::chrono::year{stretch.year} / std::chrono::month{stretch.month} /
                                 std::chrono::last};
  const double months = static_cast<double>(stretch.end - from) /
                        (static_cast<double>(static_cast<unsigned>(last.day())) * ticks_per_day);
  use.won = rounded_won(cost) + round_won(energy.demand_won_per_kw_month * billed_mw * 1000.0 * months) +
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
