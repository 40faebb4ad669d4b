#include "models/power/site_bill.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace nadc {

void EnergyMonth::merge(const EnergyMonth& other) {
  for (std::size_t day = 0; day < bins.size(); ++day)
    for (std::size_t hour = 0; hour < 24; ++hour) {
      bins[day][hour].microjoules += other.bins[day][hour].microjoules;
      bins[day][hour].ticks += other.bins[day][hour].ticks;
    }
  peak_milliwatts = std::max(peak_milliwatts, other.peak_milliwatts);
}

EnergyMonth& EnergyLedger::month(int year, unsigned month) {
  const auto before = [](const EnergyMonth& m, std::tuple<int, unsigned> key) {
    return std::tuple(m.year, m.month) < key;
  };
  auto at = std::lower_bound(months_.begin(), months_.end(), std::tuple(year, month), before);
  if (at == months_.end() || at->year != year || at->month != month) {
    at = months_.emplace(at);
    at->year = year;
    at->month = month;
  }
  return *at;
}

void EnergyLedger::add(Tick from, Tick to, std::int64_t milliwatts) {
  while (from < to) {
    const CivilHour hour = start_.at(from);
    const Tick end = std::min(to, start_.next_hour(from));
    EnergyMonth& m = month(hour.year, hour.month);
    HourBin& bin = m.bins[static_cast<std::size_t>(hour.day_kind)][hour.hour];
    bin.microjoules += Int128(milliwatts) * (end - from);
    bin.ticks += end - from;
    m.peak_milliwatts = std::max(m.peak_milliwatts, milliwatts);
    from = end;
  }
}

Int128 EnergyLedger::microjoules() const {
  Int128 sum = 0;
  for (const EnergyMonth& m : months_)
    for (const auto& day : m.bins)
      for (const HourBin& bin : day) sum += bin.microjoules;
  return sum;
}

std::vector<SiteMonth> site_months(const std::vector<EnergyMonth>& months, const Facility& facility,
                                   const Climate& climate, const Tariff& tariff, const GridProfile& grid) {
  std::vector<SiteMonth> out;
  out.reserve(months.size());
  for (const EnergyMonth& m : months) {
    SiteMonth site;
    site.year = m.year;
    site.month = m.month;
    MonthBill bill;
    Celsius warmest(-100.0);
    for (std::size_t day = 0; day < m.bins.size(); ++day)
      for (unsigned hour = 0; hour < 24; ++hour) {
        const HourBin& bin = m.bins[day][hour];
        if (bin.ticks <= 0) continue;
        const double seconds = static_cast<double>(bin.ticks) / ticks_per_second;
        const Joules it(static_cast<double>(bin.microjoules) * 1e-6);
        const Celsius wet_bulb = climate.wet_bulb(m.month, hour + 0.5);
        warmest = std::max(warmest, wet_bulb);
        const FacilityPower p = facility_power(facility, it / Seconds(seconds), wet_bulb);
        const Joules metered = p.total() * Seconds(seconds);
        site.it += it;
        site.facility += metered;
        site.water_m3 += p.water_kg_per_s * seconds / 1000.0;
        site.tco2 += metered.value / joules_per_mwh * grid.tco2_per_mwh[m.month - 1][hour];
        // 128 bits: a month of 60 MW is 1.6e20 µJ
        bill.energy += energy_cost(static_cast<Int128>(std::nearbyint(metered.value * 1e6)),
                                   price_at(tariff, m.month, static_cast<DayKind>(day), hour));
      }
    if (m.peak_milliwatts > 0)
      site.peak = facility_power(facility, Watts(static_cast<double>(m.peak_milliwatts) / 1000.0), warmest).total();
    bill.peak_milliwatts = std::llround(site.peak.value * 1000.0);
    site.energy_won = bill.energy_won();
    site.demand_won = bill.demand_won(tariff);
    out.push_back(site);
  }
  return out;
}

}  // namespace nadc
