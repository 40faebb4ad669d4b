// From a site's exact IT energy to what the meter, the bill and the atmosphere see, month by month.
//
// EnergyLedger takes a piecewise-constant IT draw and keeps it by month, day kind and local hour: integer microjoules
// and ticks, cut at full hours, so the ledger does not depend on how the history is cut into pieces. O(hours) a piece.
// site_months turns a ledger into facility energy, water, money and carbon on the host, taking the mean draw of each
// bin as constant. Losses are convex in load, so this is low by the square coefficient × the variance of the load
// within a bin: 0.1 % of energy for a load that swings by ± 20 %.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "models/power/carbon.hpp"
#include "models/power/civil_time.hpp"
#include "models/power/climate.hpp"
#include "models/power/facility.hpp"
#include "models/power/tariff.hpp"

namespace nadc {

struct HourBin {
  Int128 microjoules = 0;
  Tick ticks = 0;
};

struct EnergyMonth {
  int year = 0;
  unsigned month = 1;
  std::array<std::array<HourBin, 24>, 3> bins{};  // [day kind][hour]
  std::int64_t peak_milliwatts = 0;               // highest IT draw

  // The same month seen by two parts of one history. Not two sites: peaks are not summed.
  void merge(const EnergyMonth& other);
};

class EnergyLedger {
 public:
  explicit EnergyLedger(CivilStart start) : start_(start) {}

  // A constant draw [mW] over [from, to). Pieces come in any order.
  void add(Tick from, Tick to, std::int64_t milliwatts);

  // By year and month, rising.
  const std::vector<EnergyMonth>& months() const { return months_; }
  Int128 microjoules() const;

 private:
  EnergyMonth& month(int year, unsigned month);

  CivilStart start_;
  std::vector<EnergyMonth> months_;
};

struct SiteMonth {
  int year = 0;
  unsigned month = 1;
  Joules it, facility;
  Watts peak;  // at the meter, for the highest IT draw in the month's warmest hour
  double water_m3 = 0.0;
  std::int64_t energy_won = 0;
  std::int64_t demand_won = 0;  // for the whole month, however little of it was simulated
  double tco2 = 0.0;
  double pue() const { return it.value > 0.0 ? facility.value / it.value : 0.0; }
};

// Throws Error (usage) when a bin's mean draw is outside the plant (facility_power). O(72 × months).
std::vector<SiteMonth> site_months(const std::vector<EnergyMonth>& months, const Facility& facility,
                                   const Climate& climate, const Tariff& tariff, const GridProfile& grid);

}  // namespace nadc
