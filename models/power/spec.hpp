// What a scenario says about power: what machines draw, what a site may draw and what that costs.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/power/limits.hpp"
#include "models/power/plant_spec.hpp"
#include "sim/choice.hpp"
#include "sim/field.hpp"
#include "sim/law.hpp"
#include "sim/time.hpp"

namespace nadc {

enum class FabricPower : std::uint8_t { counted, none };

struct PowerSpec {
  ChoiceValue draw;
  ChoiceValue victim;
  FabricPower fabric = FabricPower::none;
  Watts storage{0};  // a GPU
  static const FieldTable& fields();
};

// Some months of a tariff: three prices, and the hours of a working day in which the two higher ones hold.
struct TariffSeasonSpec {
  std::vector<std::int64_t> months;                // 1 … 12
  double off_peak = 0, mid_peak = 0, on_peak = 0;  // [KRW/J]
  std::vector<std::int64_t> mid_hours, on_hours;   // 0 … 23
  static const FieldTable& fields();
};

enum class LowDay : std::uint8_t { working, no_peak, off_peak };

struct TariffSpec {
  std::string name;
  std::vector<TariffSeasonSpec> seasons;
  double beside = 0;         // [KRW/J] at all hours
  double demand_charge = 0;  // [KRW/(W s)], over a month of a twelfth of a year
  Tick demand_interval = ticks_per_hour;
  std::vector<std::int64_t> ratchet;  // 1 … 12
  LowDay saturday = LowDay::no_peak, sunday = LowDay::off_peak, holiday = LowDay::off_peak;
  std::string calendar;  // of the catalog; empty: no public holidays
  std::string source;
  static const FieldTable& fields();
};

struct HolidaySpec {
  std::int64_t date = 0;  // [s since 1970]
  std::string name;
  static const FieldTable& fields();
};

// Public holidays.
struct CalendarSpec {
  std::string name;
  std::vector<HolidaySpec> days;
  std::string source;
  static const FieldTable& fields();
};

struct ClimateSpec {
  std::string name;
  std::vector<double> wet_bulb;  // [°C] monthly means
  double swing = 0;              // [K] amplitude through the day
  std::string source;
  static const FieldTable& fields();
};

// A connection or transformer block, at the meter.
struct GridStepSpec {
  std::int64_t date = 0;  // [s since 1970] planned; 0: there from the start
  LawSpec delay;
  Watts adds{0};
  static const FieldTable& fields();
};

// Hours in which the site may draw only a share of its limit.
struct DemandResponseSpec {
  std::vector<std::int64_t> months;  // empty: all
  std::int64_t from = 0, to = 24;    // [h] local time
  int days = 0;                      // working, all
  double share = 1;
  static const FieldTable& fields();
};

enum class Plant : std::uint8_t { constant, air, rear_door, liquid, immersion };
enum class Reserve : std::uint8_t { full, idle };

struct SitePowerSpec {
  std::vector<GridStepSpec> grid;  // none: as much as is needed
  Reserve reserve = Reserve::full;
  Watts limit{0};  // at the meter; 0: none
  AtLimit at_limit = AtLimit::delay;
  std::vector<DemandResponseSpec> demand_response;
  Plant plant = Plant::constant;
  Watts rated_it{0};  // 0: what the planned nodes draw in full
  std::string climate = "mokpo";
  double pue_margin = 0.08;
  std::optional<FacilitySpec> facility;
  std::optional<YardSpec> yard;
  std::string tariff;  // of the catalog; empty: energy_price at all hours
  KrwPerJoule energy_price{182.7 / joules_per_kwh};
  double carbon_intensity = 417.3 / joules_per_mwh;  // [kg/J]
  std::vector<double> carbon_hours;                  // 24 relative values by hour of day; empty: flat
  double carbon_price = 0;                           // [KRW/tCO2eq]
  double water_price = 0;                            // [KRW/m3]
  static const FieldTable& fields();

  bool metered() const { return !tariff.empty() || plant != Plant::constant || !carbon_hours.empty(); }
};

}  // namespace nadc
