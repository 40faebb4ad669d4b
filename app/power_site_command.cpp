#include "app/power_site_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/command.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/study/study.hpp"
#include "models/power/yard.hpp"
#include "models/world.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr const char* plant_names[] = {"constant", "air", "rear-door", "liquid", "immersion"};

struct SiteQuery {
  std::string file, lever;
  std::vector<std::string> overrides;
  double load = 80.0;  // [%] of the rated IT power
};

std::string units_text(const YardUnits& units) {
  if (units.installed == 0) return "";
  char unit[32];
  std::snprintf(unit, sizeof unit, "%.4g MW", units.unit_w / 1e6);
  return std::to_string(units.installed) + " x " + unit + " (" + std::string(name_of(units.redundancy)) + ")";
}

int power_site(const SiteQuery& query, const OutputOptions& out) {
  if (!(query.load > 0.0 && query.load <= 100.0))
    throw Error(ErrorKind::usage, "--load outside 0 to 100 %", "80 is a busy site");
  const Format format = parse_format(out.format);
  Study study(query.file, query.overrides);
  const std::uint32_t lever = query.lever.empty() ? 0 : study.lever(query.lever);
  const Scenario scenario = study.levers()[lever].loaded.scenario;
  study.build(std::nullopt);
  const std::vector<std::byte> block = study.point(lever, std::nullopt);
  const Point& point = *reinterpret_cast<const Point*>(block.data());
  Table table({{"site", "", Align::left},
               {"plant", "", Align::left},
               {"rated_it_mw", "MW", Align::right, 4, "rated IT"},
               {"facility_peak_mw", "MW", Align::right, 4, "greatest at the meter"},
               {"pue_full", "", Align::right, 4, "PUE, full and warmest"},
               {"pue_mean", "", Align::right, 4, "PUE, year"},
               {"facility_gwh", "GWh", Align::right, 4, "a year"},
               {"water_m3", "m3", Align::right, 4, "water a year"},
               {"heat_reused_gwh", "GWh", Align::right, 4, "heat reused"},
               {"transformers", "", Align::left},
               {"ups", "", Align::left},
               {"generators", "", Align::left}});
  std::size_t rows = 0;
  for (std::size_t s = 0; s < scenario.sites.size() && s < point.energy.count; ++s) {
    const SiteSpec& site = scenario.sites[s];
    const SiteEnergy& energy = at(&point, point.energy)[SiteId{static_cast<std::uint32_t>(s)}];
    if (energy.plant == 0) continue;
    const PlantYear year = plant_year(energy, site.power.yard.value_or(YardSpec{}), query.load / 100.0);
    table.add({site.name, std::string(plant_names[energy.plant]), energy.rated_it_w / 1e6, year.peak_w / 1e6,
               year.pue_full, year.pue_mean, year.facility_mwh / 1e3, year.water_m3, year.reused_mwh / 1e3,
               units_text(year.yard[0]), units_text(year.yard[1]), units_text(year.yard[2])});
    ++rows;
  }
  if (rows == 0)
    throw Error(ErrorKind::usage, "no site of the scenario has a plant: their pue is constant",
                "give a site one: 'sites[0].power.plant=liquid'");
  print(table.render(format));
  return 0;
}

}  // namespace

void register_power_site(CLI::App& power, Command& command, OutputOptions& out) {
  CLI::App* site =
      power.add_subcommand("site", "Plant and yard of a scenario's sites: PUE, water, transformers, UPS, generators");
  auto query = std::make_shared<SiteQuery>();
  site->add_option("scenario", query->file, "Scenario or study")->required();
  site->add_option("overrides", query->overrides, "key.path=value, +key=value, ~key");
  site->add_option("--lever", query->lever, "Lever of a study (default: the first)");
  site->add_option("--load", query->load, "IT load of the year, per cent of the rated power")->capture_default_str();
  command.rules.push_back({site, {{"scenario"}, {"overrides"}, {"--lever"}, {"--load"}, {"--format"}}});
  site->callback([&command, &out, query] { command.action = [&out, query] { return power_site(*query, out); }; });
}

}  // namespace nadc
