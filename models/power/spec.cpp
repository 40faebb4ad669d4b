#include "models/power/spec.hpp"

#include "models/power/draw.hpp"
#include "models/power/victim.hpp"

namespace nadc {

using namespace spec;

namespace {

constexpr Range month_range = between(1, 12);
constexpr Range hour_range = between(0, 23);

}  // namespace

const FieldTable& PowerSpec::fields() {
  static const FieldTable table{
      "power",
      "What the machines draw.",
      {one_of(&PowerSpec::draw, "draw", &Draws::alternatives, "linear", "Power of a node by state.", "neutral default"),
       one_of(&PowerSpec::victim, "victim", &Victims::alternatives, "newest",
              "Which job stops where a limit falls and jobs cannot slow down enough, or at_limit is preempt.",
              "neutral default"),
       choice(&PowerSpec::fabric, "fabric", {"counted", "none"}, "counted",
              "Switches and optics: each node of a kind that nadc power machine knows bears "
              "its part, whatever it does, by the tiers that its cluster needs.",
              "as nadc power machine (node_power.hpp)"),
       quantity(&PowerSpec::storage, "storage", not_negative, "0 W",
                "Storage, login and management nodes: what each GPU's node bears of them, for a GPU, at all times.",
                "neutral default: none; 10 to 60 W where they are counted")}};
  return table;
}

const FieldTable& TariffSeasonSpec::fields() {
  static const FieldTable table{
      "season",
      "Some months of a tariff.",
      {
          integers(&TariffSeasonSpec::months, "months", month_range, required, "Months, 1 to 12.", ""),
          quantity(&TariffSeasonSpec::off_peak, "off_peak", Dimension::money_per_energy, not_negative, required,
                   "Price in all other hours.", ""),
          quantity(&TariffSeasonSpec::mid_peak, "mid_peak", Dimension::money_per_energy, not_negative, required,
                   "Price in mid_hours.", ""),
          quantity(&TariffSeasonSpec::on_peak, "on_peak", Dimension::money_per_energy, not_negative, required,
                   "Price in on_hours.", ""),
          integers(&TariffSeasonSpec::mid_hours, "mid_hours", hour_range, "[]",
                   "Hours of a working day that begin at these full hours.", "neutral default"),
          integers(&TariffSeasonSpec::on_hours, "on_hours", hour_range, "[]", "Likewise; they go before mid_hours.",
                   "neutral default"),
      }};
  return table;
}

const FieldTable& TariffSpec::fields() {
  static const FieldTable table{
      "tariff",
      "A time-of-use tariff.",
      {
          spec::name(&TariffSpec::name, "Name of the tariff."),
          list(&TariffSpec::seasons, "seasons", between(1, 3), required, "Its seasons; each month stands in one."),
          quantity(&TariffSpec::demand_charge, "demand_charge", Dimension::money_per_power_time, not_negative,
                   "0 KRW/kW-month", "Charge of each month for the greatest mean power over a demand_interval.",
                   "neutral default"),
          duration(&TariffSpec::demand_interval, "demand_interval", positive, "1 h",
                   "Interval of the clock over which demand is measured; a whole part of an hour.", "neutral default"),
          integers(&TariffSpec::ratchet, "ratchet", month_range, "[]",
                   "Months, 1 to 12, whose greatest demand also counts in the eleven months that follow; demand before "
                   "the start is not known, and counts as nothing.",
                   "neutral default"),
          quantity(&TariffSpec::beside, "beside", Dimension::money_per_energy, anything, "0 KRW/kWh",
                   "Charged beside the bands at all hours, such as for climate and fuel.", "neutral default"),
          choice(&TariffSpec::saturday, "saturday", {"working", "no-peak", "off-peak"}, "no-peak",
                 "Bands of a Saturday: as on a working day, on-peak hours at the mid price, or off-peak throughout.",
                 "assumption: from memory of KEPCO's terms of supply"),
          choice(&TariffSpec::sunday, "sunday", {"working", "no-peak", "off-peak"}, "off-peak", "Bands of a Sunday.",
                 "assumption: from memory of KEPCO's terms of supply"),
          choice(&TariffSpec::holiday, "holiday", {"working", "no-peak", "off-peak"}, "off-peak",
                 "Bands of a public holiday of the calendar.",
                 "assumption: as a Sunday, from memory of KEPCO's terms of supply"),
          text(&TariffSpec::calendar, "calendar", "\"\"",
               "Calendar of the catalog with the public holidays; none: none.", "neutral default"),
          text(&TariffSpec::source, "source", required, "Where these figures come from.", ""),
      }};
  return table;
}

const FieldTable& HolidaySpec::fields() {
  static const FieldTable table{"holiday",
                                "A public holiday.",
                                {
                                    spec::date(&HolidaySpec::date, "date", required, "Its day.", ""),
                                    text(&HolidaySpec::name, "name", required, "What it is.", ""),
                                }};
  return table;
}

const FieldTable& CalendarSpec::fields() {
  static const FieldTable table{"calendar",
                                "Public holidays.",
                                {
                                    spec::name(&CalendarSpec::name, "Name of the calendar."),
                                    list(&CalendarSpec::days, "days", anything, required, "The holidays."),
                                    text(&CalendarSpec::source, "source", required, "Where these dates come from.", ""),
                                }};
  return table;
}

const FieldTable& ClimateSpec::fields() {
  static const FieldTable table{
      "climate",
      "Outdoor wet-bulb temperature.",
      {
          spec::name(&ClimateSpec::name, "Name of the place."),
          quantities(&ClimateSpec::wet_bulb, "wet_bulb", Dimension::temperature, anything, required,
                     "12 monthly means.", ""),
          quantity(&ClimateSpec::swing, "swing", Dimension::temperature_difference, not_negative, "2 K",
                   "Amplitude through the day, warmest at 15:00.", "assumption: 1 to 3 K"),
          text(&ClimateSpec::source, "source", required, "Where these figures come from.", ""),
      }};
  return table;
}

const FieldTable& GridStepSpec::fields() {
  static const FieldTable table{
      "grid step",
      "A connection or transformer block that enters service.",
      {
          spec::date(&GridStepSpec::date, "date", optional, "Planned date; absent: there at the start.", ""),
          law(&GridStepSpec::delay, "delay", Dimension::duration, not_negative, "0 s", "Delay after the planned date.",
              "assumption: on time"),
          quantity(&GridStepSpec::adds, "adds", positive, required, "Power that it adds, at the meter.", ""),
      }};
  return table;
}

const FieldTable& DemandResponseSpec::fields() {
  static const FieldTable table{
      "window",
      "Hours in which the site may draw only a share of its limit.",
      {
          integers(&DemandResponseSpec::months, "months", month_range, "[]", "Months, 1 to 12; empty: all.",
                   "neutral default"),
          integer(&DemandResponseSpec::from, "from", between(0, 23), required, "First hour, local time.", ""),
          integer(&DemandResponseSpec::to, "to", between(1, 24), required, "Hour at which it ends.", ""),
          choice(&DemandResponseSpec::days, "days", {"working", "all"}, "working", "On which days.",
                 "neutral default: Monday to Friday"),
          quantity(&DemandResponseSpec::share, "share", Dimension::ratio, fraction, required,
                   "Share of the limit that may be drawn.", ""),
      }};
  return table;
}

const FieldTable& SitePowerSpec::fields() {
  static const FieldTable table{
      "site power",
      "What a site may draw, and what it costs.",
      {
          list(&SitePowerSpec::grid, "grid", anything, "[]",
               "Connections and transformer blocks; none: as much as is needed. Nodes that were delivered stand dark "
               "until their power is connected."),
          choice(&SitePowerSpec::reserve, "reserve", {"full", "idle"}, "full",
                 "Power that a node reserves of the connection before it is switched on: its full draw, or its idle "
                 "draw, so that at_limit holds the connection.",
                 "neutral default: planners reserve full power"),
          quantity(&SitePowerSpec::limit, "limit", not_negative, "0 W", "Power cap at the meter; 0: none.",
                   "neutral default"),
          choice(&SitePowerSpec::at_limit, "at_limit", {"delay", "slow", "preempt"}, "delay",
                 "At a limit: jobs wait for power, all jobs slow down, or the newest stop when it falls.",
                 "neutral default"),
          list(&SitePowerSpec::demand_response, "demand_response", anything, "[]",
               "Hours of reduced power; these need a limit or a grid."),
          choice(&SitePowerSpec::plant, "plant", {"constant", "air", "rear-door", "liquid", "immersion"}, "constant",
                 "Cooling plant: the site's pue at all times, or a plant whose PUE follows load and weather.",
                 "neutral default"),
          quantity(&SitePowerSpec::rated_it, "rated_it", not_negative, "0 W",
                   "IT power that the plant is built for; 0: the full draw of all planned nodes.", "neutral default"),
          text(&SitePowerSpec::climate, "climate", "mokpo", "Climate of the catalog.",
               "assumption: the south-west coast, where the national centre is planned"),
          quantity(
              &SitePowerSpec::pue_margin, "pue_margin", Dimension::ratio, between(0, 1), "0.08",
              "Added to the PUE of a plant other than constant, for what stock plants leave out: units that run in "
              "reserve, heat waves, humidity, plants that fill up slowly.",
              "assumption: 0 to 0.2; sites in operation in Korea are said to have 1.2 to 1.4"),
          object(&SitePowerSpec::facility, "facility",
                 "Numbers of the plant, over those of the stock plant of its kind: losses, temperatures, chiller, dry "
                 "coolers, heat reuse, water."),
          object(&SitePowerSpec::yard, "yard", "Transformers, UPS and generators with redundancy: nadc power site."),
          text(&SitePowerSpec::tariff, "tariff", "\"\"", "Tariff of the catalog; empty: energy_price at all hours.",
               "neutral default"),
          quantity(&SitePowerSpec::energy_price, "energy_price", not_negative, "182.7 KRW/kWh",
                   "Price of energy without a tariff.",
                   "Industrial (eul), mean since 24 October 2024: 165.8 and 16.9 more (KEPCO, 23 October 2024)"),
          quantity(&SitePowerSpec::carbon_intensity, "carbon_intensity", Dimension::carbon_per_energy, not_negative,
                   "0.4173 tCO2e/MWh", "Carbon of the grid.", "Korea 2023, consumption end: ajunews 2025-12-18"),
          numbers(
              &SitePowerSpec::carbon_hours, "carbon_hours", not_negative, "[]",
              "24 relative values by hour of day, for a grid that the sun moves; empty: flat. Their mean counts as 1.",
              "neutral default"),
          number(&SitePowerSpec::carbon_price, "carbon_price", not_negative, "0",
                 "Price of emissions [KRW/tCO2e], added to the cost of energy.", "neutral default"),
          quantity(&SitePowerSpec::water_price, "water_price", Dimension::money_per_volume, not_negative, "0 KRW/m3",
                   "Price of water, added to the cost of energy.", "neutral default"),
      }};
  return table;
}

}  // namespace nadc
