#include "app/power_day_command.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>

#include "app/command.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/study/study.hpp"
#include "models/datacenter.hpp"
#include "models/power/energy_metrics.hpp"
#include "models/replica.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

struct DayQuery {
  std::string file, lever, date;
  std::vector<std::string> overrides;
  std::uint32_t replica = 0;
  std::int64_t seed = -1;
};

// Adds up each site's power by the hour from `begin` on; the clock's hours, like the meter's.
struct DayMeter {
  static constexpr bool active = true;
  Tick begin = 0, last = 0;
  std::uint32_t sites = 0;
  std::vector<UInt128> energy;            // (hour, site) [µJ]
  std::vector<UInt128> busy, dark, down;  // (hour) [GPU-ticks]

  void restart() {
    last = 0;
    for (std::vector<UInt128>* sums : {&energy, &busy, &dark, &down}) std::fill(sums->begin(), sums->end(), UInt128{0});
  }
  template <class D> void before(Tick now, const D& datacenter) {
    if (now > begin) {
      const Snapshot shot = datacenter.snapshot();
      for (Tick from = std::max(last, begin); from < now;) {
        const auto hour = static_cast<std::size_t>((from - begin) / ticks_per_hour);
        const Tick to = std::min(now, begin + static_cast<Tick>(hour + 1) * ticks_per_hour);
        const auto span = static_cast<UInt128>(to - from);
        if (hour >= 24) break;
        for (const SiteId s : range<SiteId>(sites)) {
          const PowerDomain& site = datacenter.domain(domain_of(s));
          energy[hour * sites + s.value] += span * static_cast<std::uint64_t>(site.base_mw + site.drawn_mw);
        }
        busy[hour] += span * shot.gpus_busy;
        dark[hour] += span * shot.gpus_dark;
        down[hour] += span * shot.gpus_down;
        from = to;
      }
    }
    last = now;
  }
  void started(Tick, const RunningJob&) {}
  void ended(Tick, const RunningJob&, Tick) {}
  void interrupted(Tick, const RunningJob&, Tick) {}
};

// Seconds since 1970 of "2026-03-31".
std::int64_t day_of(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0;
  char rest = 0;
  using namespace std::chrono;
  if (std::sscanf(text.c_str(), "%d-%u-%u%c", &year, &month, &day, &rest) == 3) {
    const year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
    if (date.ok()) return sys_seconds{sys_days{date}}.time_since_epoch().count();
  }
  throw Error(ErrorKind::usage, "--date '" + text + "' is no date", "write it as 2026-08-15");
}
std::string date_text(std::int64_t seconds) {
  using namespace std::chrono;
  const year_month_day date{floor<days>(sys_seconds{std::chrono::seconds{seconds}})};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

int power_day(const DayQuery& query, const OutputOptions& out) {
  const Format format = parse_format(out.format);
  const Study whole(query.file, query.overrides);
  const std::uint32_t lever = query.lever.empty() ? 0 : whole.lever(query.lever);
  const Scenario& scenario = whole.levers()[lever].loaded.scenario;
  const std::int64_t end_s = scenario.start + scenario.horizon / ticks_per_second;
  const std::int64_t first_full = (scenario.start + scenario.warmup / ticks_per_second + 86399) / 86400 * 86400;
  const std::int64_t day = query.date.empty() ? first_full : day_of(query.date);
  if (scenario.horizon >= never || scenario.horizon <= 0)
    throw Error(ErrorKind::usage, "the scenario has no horizon", "give horizon=… with a duration");
  if (day < scenario.start || day + 86400 > end_s)
    throw Error(ErrorKind::usage, date_text(day) + " is not a whole day of the scenario",
                "it runs from " + date_text(scenario.start) + " to " + date_text(end_s));

  // What comes after the day does not change it: the simulation ends with it.
  std::vector<std::string> overrides = query.overrides;
  overrides.push_back("horizon=" + std::to_string(day + 86400 - scenario.start) + " s");
  overrides.push_back("warmup=0 s");
  overrides.push_back("outputs.by=none");
  Study study(query.file, overrides);
  study.build(query.seed < 0 ? std::nullopt : std::optional<std::uint64_t>(static_cast<std::uint64_t>(query.seed)));
  const World& world = study.builder().world();
  if (world.stretches.count == 0)
    throw Error(ErrorKind::usage, "no site of the scenario is metered by the hour",
                "give a site power.tariff or power.plant: '+sites[0].power.plant=liquid'");
  const std::vector<std::byte> block = study.point(lever, std::nullopt);
  const Point& point = *reinterpret_cast<const Point*>(block.data());
  DayMeter meter;
  meter.begin = (day - study.builder().start()) * ticks_per_second;
  meter.sites = world.sites;
  meter.energy.resize(std::size_t{24} * world.sites);
  meter.busy.resize(24);
  meter.dark.resize(24);
  meter.down.resize(24);
  ReplicaRunner<1> runner;
  runner.run(world, point, RandomKey{study.seed(), 0, query.replica}, first_capacity(world, point), &meter);

  const std::chrono::year_month_day date{
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{day}})};
  Table table({{"hour", ""},
               {"it_mw", "MW", Align::right, 4, "IT"},
               {"facility_mw", "MW", Align::right, 4, "facility"},
               {"pue", "", Align::right, 4, "PUE"},
               {"price_krw_kwh", "KRW/kWh", Align::right, 4, "price"},
               {"energy_cost_krw", "KRW", Align::right, 5, "cost"},
               {"carbon_tco2e", "t", Align::right, 4, "carbon"},
               {"water_m3", "m3", Align::right, 3, "water"},
               {"gpus_busy", "", Align::right, 5, "GPUs busy"},
               {"gpus_down", "", Align::right, 4, "down"},
               {"gpus_dark", "", Align::right, 4, "dark"}});
  for (std::uint32_t hour = 0; hour < 24; ++hour) {
    const Tick from = meter.begin + hour * ticks_per_hour;
    const MeterStretch stretch{from + ticks_per_hour, 0, static_cast<int>(date.year()),
                               static_cast<unsigned>(date.month())};
    EnergyUse use;
    double it_mwh = 0;
    for (const SiteId s : range<SiteId>(world.sites)) {
      SiteEnergy energy = at(&point, point.energy)[s];
      energy.demand_won_per_kw_month = 0;  // a charge of the month, not of an hour
      std::vector<UInt128> bins(meter_bins, 0);
      const DayCalendar calendar = calendar_of(world, point, s);
      bins[meter_bin(calendar, from)] = meter.energy[hour * world.sites + s.value];
      use.add(metered_use(energy, calendar, stretch, from, bins, 0, 0));
      it_mwh += static_cast<double>(meter.energy[hour * world.sites + s.value]) / 3.6e15;
    }
    const auto mean = [&](const std::vector<UInt128>& sums) {
      return static_cast<double>(sums[hour]) / static_cast<double>(ticks_per_hour);
    };
    table.add({std::int64_t{hour}, it_mwh, use.facility_mwh, use.facility_mwh / it_mwh,
               use.won / (use.facility_mwh * 1000.0), use.won, use.tco2, use.water_m3, mean(meter.busy),
               mean(meter.down), mean(meter.dark)});
  }
  if (format == Format::table)
    print(study.spec().name + ", " + date_text(day) + ", local time; without the demand charge\n");
  print(table.render(format));
  return 0;
}

}  // namespace

void register_power_day(CLI::App& power, Command& command, OutputOptions& out) {
  CLI::App* day = power.add_subcommand("day", "One day of a scenario, hour by hour: draw, PUE, cost, carbon");
  auto query = std::make_shared<DayQuery>();
  day->add_option("scenario", query->file, "Scenario or study")->required();
  day->add_option("overrides", query->overrides, "key.path=value, +key=value, ~key");
  day->add_option("--date", query->date, "The day, as 2026-08-15 (default: the first whole day after the warm-up)");
  day->add_option("--lever", query->lever, "Lever of a study (default: the first)");
  day->add_option("--replica", query->replica, "Replica")->capture_default_str();
  day->add_option("--seed", query->seed, "Seed in place of the design's")->check(CLI::NonNegativeNumber);
  command.rules.push_back(
      {day, {{"scenario"}, {"overrides"}, {"--date"}, {"--lever"}, {"--replica"}, {"--seed"}, {"--format"}}});
  day->callback([&command, &out, query] { command.action = [&out, query] { return power_day(*query, out); }; });
}

}  // namespace nadc
