// From a site's exact IT energy to what the meter, the bill and the atmosphere see. Host, used by finalize().
//
// The metered energy is kept by stretch (month), day kind and hour (meter.hpp). A plant's PUE is taken at the mean load
// of each such bin (facility.hpp; low by the square coefficient × the variance within the bin, 0.1 % for a load that
// swings by ± 20 %). Money is summed in tenths of a won × microjoules and rounded once, so cost is additive over any
// split of time. The demand charge of a calendar month is on the greatest mean power over an interval of the tariff (a
// quarter of an hour, or an hour) of that month and, with a ratchet, of the tariff's months among the eleven before it;
// a stretch bears its part of the month by time. What was drawn before the start is not known, and counts as nothing.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "models/power/site_energy.hpp"
#include "models/raw.hpp"
#include "models/world.hpp"
#include "sim/units.hpp"

namespace nadc {

// Energy cost, in tenths of a won × microjoule / kWh. Exact; 1 kWh is 3.6e12 µJ.
using CostUnits = Int128;

struct EnergyUse {
  double facility_mwh = 0;
  double water_m3 = 0;
  double tco2 = 0;
  double won = 0;      // whole: energy, demand, emissions and water
  double peak_mw = 0;  // at the meter

  void add(const EnergyUse& other) {
    facility_mwh += other.facility_mwh;
    water_m3 += other.water_m3;
    tco2 += other.tco2;
    won += other.won;
    peak_mw = peak_mw > other.peak_mw ? peak_mw : other.peak_mw;
  }
};

// Greatest power at the meter [MW] of each (stretch, site), and that which its demand charge is on.
struct MeteredDemand {
  std::vector<double> peak_mw, billed_mw;
};
MeteredDemand metered_demand(const World& world, std::span<const SiteEnergy> sites,
                             std::span<const std::uint64_t> peaks_mw);

// Of one site in one stretch that began at `from`.
EnergyUse metered_use(const SiteEnergy& energy, const DayCalendar& calendar, const MeterStretch& stretch, Tick from,
                      std::span<const UInt128> bins, double peak_mw, double billed_mw);

// Of IT energy [MWh] whose time is not known: at a constant PUE, at the price of the first season's off-peak hours.
EnergyUse unmetered_use(const SiteEnergy& energy, double it_mwh);

// The greatest IT power with which a site keeps below this power at the meter in its warmest hour.
Watts it_limit(const SiteEnergy& energy, Watts meter);

}  // namespace nadc
