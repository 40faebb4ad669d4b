#include "models/power/plant_spec.hpp"

#include <array>
#include <cmath>

namespace nadc {

using namespace spec;

namespace {

constexpr std::array<std::string_view, 3> redundancy_names{"n", "n+1", "2n"};
constexpr double usual_load = 0.75;  // at which an efficiency is meant

void set(double given, double& value) {
  if (!std::isnan(given)) value = given;
}
void set_efficiency(double given, LossCurve& curve) {
  if (std::isnan(given)) return;
  const double factor = usual_load * (1.0 / given - 1.0) / curve.at(usual_load);
  curve.fixed *= factor, curve.linear *= factor, curve.square *= factor;
}

}  // namespace

std::string_view name_of(Redundancy redundancy) { return redundancy_names[static_cast<std::size_t>(redundancy)]; }

const FieldTable& FacilitySpec::fields() {
  constexpr Range efficiency = between(0.5, 1.0);
  const auto share = [](double FacilitySpec::*member, std::string_view key, Range range, std::string_view doc) {
    return spec::quantity(member, key, Dimension::ratio, range, optional, doc, "");
  };
  const auto celsius = [](double FacilitySpec::*member, std::string_view key, std::string_view doc) {
    return spec::quantity(member, key, Dimension::temperature, between(-20, 60), optional, doc, "");
  };
  const auto kelvin = [](double FacilitySpec::*member, std::string_view key, std::string_view doc) {
    return spec::quantity(member, key, Dimension::temperature_difference, between(1, 40), optional, doc, "");
  };
  static const FieldTable table{
      "facility",
      "Numbers of a plant; absent ones are those of the stock plant of its kind (docs/power.md).",
      {
          share(&FacilitySpec::ups_share, "ups_share", fraction, "Share of IT behind the UPS."),
          share(&FacilitySpec::ups_efficiency, "ups_efficiency", efficiency, "Efficiency of the UPS at 75 % load."),
          share(&FacilitySpec::distribution_efficiency, "distribution_efficiency", efficiency,
                "Efficiency of transformers and distribution at 75 % load."),
          share(&FacilitySpec::fixed, "fixed", fraction, "Lights, offices and controls, of the rated IT power."),
          share(&FacilitySpec::liquid_share, "liquid_share", fraction,
                "Share of IT heat that goes into the warm loop."),
          celsius(&FacilitySpec::warm_supply, "warm_supply", "Warm water to the racks."),
          kelvin(&FacilitySpec::warm_range, "warm_range", "By how much it returns warmer."),
          celsius(&FacilitySpec::room_supply, "room_supply", "Chilled water to room coils or doors."),
          kelvin(&FacilitySpec::room_range, "room_range", "By how much it returns warmer."),
          share(&FacilitySpec::fans, "fans", fraction, "Room fans at full flow, of the air's heat."),
          share(&FacilitySpec::pumps, "pumps", fraction, "Pumps, of the heat that they move."),
          share(&FacilitySpec::towers, "towers", fraction, "Fans of towers or dry coolers, of the heat rejected."),
          share(&FacilitySpec::carnot_share, "carnot_share", between(0.1, 0.8),
                "Chiller: share of the Carnot coefficient that it reaches."),
          spec::number(&FacilitySpec::most_cop, "most_cop", between(1, 40), optional,
                       "Chiller: greatest coefficient of performance.", ""),
          boolean(&FacilitySpec::dry_coolers, "dry_coolers", "false",
                  "Dry coolers in place of towers: no water, and the dry bulb counts.", "neutral default"),
          spec::quantity(&FacilitySpec::dry_excess, "dry_excess", Dimension::temperature_difference, between(0, 20),
                         "3 K", "Dry bulb over wet bulb, with dry coolers.", "assumption: 1 to 8 K"),
          spec::quantity(&FacilitySpec::heat_reuse, "heat_reuse", Dimension::ratio, fraction, "0",
                         "Share of the warm loop's heat that goes to a heat network.", "neutral default"),
          share(&FacilitySpec::evaporation, "evaporation", fraction, "Share of rejected heat that evaporates water."),
          spec::number(&FacilitySpec::water_cycles, "water_cycles", between(1.5, 20), optional,
                       "Cycles of concentration of the tower's water.", ""),
      }};
  return table;
}

void FacilitySpec::apply(PlantNumbers& plant) const {
  set(ups_share, plant.ups_share);
  set_efficiency(ups_efficiency, plant.ups);
  set_efficiency(distribution_efficiency, plant.distribution);
  set(fixed, plant.fixed_share);
  set(liquid_share, plant.liquid_share);
  set(warm_supply, plant.warm_loop.supply_c), set(warm_range, plant.warm_loop.range_k);
  set(room_supply, plant.room_loop.supply_c), set(room_range, plant.room_loop.range_k);
  set(fans, plant.fan_w_per_w), set(pumps, plant.pump_w_per_w), set(towers, plant.tower_w_per_w);
  set(carnot_share, plant.carnot_share), set(most_cop, plant.cop_limit);
  set(evaporation, plant.evaporative_share), set(water_cycles, plant.blowdown_cycles);
  if (dry_coolers) plant.dry_excess_k = dry_excess, plant.evaporative_share = 0.0;
  plant.reuse_share = heat_reuse;
}

const FieldTable& YardSpec::fields() {
  const auto unit = [](double YardSpec::*member, std::string_view key, std::string_view doc) {
    return spec::quantity(member, key, Dimension::power, not_negative, "0 W", doc, "neutral default");
  };
  const auto spare = [](Redundancy YardSpec::*member, std::string_view key, std::string_view doc) {
    return choice(member, key, {"n", "n+1", "2n"}, "n+1", doc, "convention");
  };
  static const FieldTable table{
      "yard",
      "Transformers, UPS and generators of a site, in units; 0: not counted.",
      {
          unit(&YardSpec::transformer, "transformer", "A transformer of the substation."),
          spare(&YardSpec::transformers, "transformers", "How many stand by."),
          unit(&YardSpec::ups, "ups", "A UPS module."),
          spare(&YardSpec::ups_redundancy, "ups_redundancy", "How many stand by."),
          unit(&YardSpec::generator, "generator", "A generator."),
          spare(&YardSpec::generators, "generators", "How many stand by."),
          spec::quantity(&YardSpec::generator_share, "generator_share", Dimension::ratio, fraction, "100 %",
                         "Share of the site's load that generators carry.", "neutral default"),
      }};
  return table;
}

}  // namespace nadc
