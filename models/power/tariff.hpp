// Time-of-use tariff with seasons, day bands and a demand charge. Exact: prices are integer tenths of a won per kWh,
// energy is integer microjoules (milliwatts × 1-ms ticks), their product is summed in 128 bits, and the one rounding to
// whole won happens in MonthBill::won. So cost is additive over any split of time to the last unit.
//
// Neglected: fuel-cost and climate surcharges and value-added tax (add them as a flat price), power factor, ratchets
// (a demand charge on the peak of the last twelve months): the month's own peak is charged.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "models/power/civil_time.hpp"
#include "sim/platform.hpp"

namespace nadc {

enum class Season : std::uint8_t { summer, spring_autumn, winter };
enum class Band : std::uint8_t { off_peak, mid_peak, on_peak };

struct Tariff {
  std::string_view name;
  std::array<Season, 12> season_of_month{};                       // [month − 1]
  std::array<std::array<std::int32_t, 3>, 3> deci_won_per_kwh{};  // [season][band]
  std::array<std::array<std::array<Band, 24>, 3>, 3> band{};      // [season][day kind][hour]
  std::int64_t demand_won_per_kw_month = 0;
  std::string_view source;
};

// Tenths of a won per kWh in one hour. month 1 … 12, hour 0 … 23. Throws Error (usage) outside these ranges.
std::int32_t price_at(const Tariff& tariff, unsigned month, DayKind day, unsigned hour);

// Energy cost in tenths of a won × microjoule / kWh. 1 kWh is 3.6e12 µJ.
using CostUnits = Int128;

// Cost of energy [µJ] at one price. Exact.
inline CostUnits energy_cost(Int128 microjoules, std::int32_t deci_won_per_kwh) {
  return microjoules * deci_won_per_kwh;
}

// Cost of a constant draw [mW] over [from, to): the interval is cut at local full hours. O(hours).
CostUnits energy_cost(const Tariff& tariff, const CivilStart& start, Tick from, Tick to, std::int64_t milliwatts);

// One calendar month. Merging two parts of a month, or the same month of two meters read together, is associative.
struct MonthBill {
  CostUnits energy = 0;
  std::int64_t peak_milliwatts =
      0;  // highest demand-interval mean; the caller decides on the interval (15 min in Korea)

  void merge(const MonthBill& other) {
    energy += other.energy;
    if (other.peak_milliwatts > peak_milliwatts) peak_milliwatts = other.peak_milliwatts;
  }
  // Whole won, halves away from zero; energy and demand are rounded apart, as on a bill.
  std::int64_t energy_won() const;
  std::int64_t demand_won(const Tariff& tariff) const;
  std::int64_t won(const Tariff& tariff) const { return energy_won() + demand_won(tariff); }
};

// Korea, industrial (gap) II, high voltage A, option I, from 2024-10-24. Prices, demand charge and months of the
// seasons: cncityenergy.com tariff table. Bands: summer from the same table; spring and autumn as summer, winter peak
// 9–12 and 16–19, Saturdays without a peak band and Sundays off-peak: assumption (from memory of KEPCO's supply terms).
const Tariff& korea_industrial_gap2_hva1();

// One price at all hours: for example industrial (eul)'s mean of 182.6 KRW/kWh (derived), until its band table is given
// as an input file. Assumption.
Tariff flat_tariff(std::int32_t deci_won_per_kwh, std::int64_t demand_won_per_kw_month, std::string_view source);

}  // namespace nadc
