#include "models/power/build_power.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>

#include "models/fail.hpp"
#include "models/power/cap.hpp"
#include "models/power/energy_metrics.hpp"
#include "models/power/facility.hpp"
#include "models/power/yard.hpp"

namespace nadc {
namespace {

constexpr double month_seconds = static_cast<double>(ticks_per_year / 12) / static_cast<double>(ticks_per_second);

// The entry of a catalog with this name.
template <class Entry>
const Entry& entry_of(const std::vector<Entry>& entries, const std::string& name, const std::string& path,
                      const char* what) {
  for (const Entry& entry : entries)
    if (entry.name == name) return entry;
  std::string known;
  for (const Entry& entry : entries) known += (known.empty() ? "" : ", ") + entry.name;
  fail(path, "no " + std::string(what) + " '" + name + "' in the catalog",
       known.empty() ? "extend catalog/energy.yaml" : "known: " + known);
}

// What a limit does not reach: a GPU's idle power is a tenth of its full power, so of the static quarter (cap.hpp) a
// sixth of the draw above idle is left. Assumption: 70 of 700 W.
CapPhysics above_idle() {
  CapPhysics physics;
  physics.static_share = (physics.static_share - 0.1) / (1.0 - 0.1);
  return physics;
}

void set_tariff(SiteEnergy& energy, const TariffSpec& tariff, const std::string& path) {
  int seen[12] = {};
  for (std::size_t s = 0; s < tariff.seasons.size(); ++s) {
    const TariffSeasonSpec& season = tariff.seasons[s];
    const auto deci_won = [](double per_joule) {
      return static_cast<std::int32_t>(std::llround(per_joule * joules_per_kwh * 10.0));
    };
    energy.deci_won_per_kwh[s][0] = deci_won(season.off_peak);
    energy.deci_won_per_kwh[s][1] = deci_won(season.mid_peak);
    energy.deci_won_per_kwh[s][2] = deci_won(season.on_peak);
    for (const std::int64_t month : season.months) {
      ++seen[month - 1];
      energy.season[month - 1] = static_cast<std::uint8_t>(s);
    }
    const LowDay days[day_kinds] = {LowDay::working, tariff.saturday, tariff.sunday, tariff.holiday};
    for (std::size_t day = 0; day < day_kinds; ++day) {
      std::uint8_t* band = energy.band[s][day];
      if (days[day] == LowDay::off_peak) continue;
      for (const std::int64_t hour : season.mid_hours) band[hour] = 1;
      for (const std::int64_t hour : season.on_hours) band[hour] = days[day] == LowDay::working ? 2 : 1;
    }
  }
  for (int month = 0; month < 12; ++month)
    if (seen[month] != 1)
      fail(path,
           "tariff '" + tariff.name + "' has " + (seen[month] ? "two seasons" : "no season") + " for month " +
               std::to_string(month + 1),
           "each month stands in one season");
  energy.deci_won_per_kwh_beside = static_cast<std::int32_t>(std::llround(tariff.beside * joules_per_kwh * 10.0));
  energy.demand_won_per_kw_month = tariff.demand_charge * 1000.0 * month_seconds;
  energy.demand_interval = tariff.demand_interval;
  if (ticks_per_hour % tariff.demand_interval != 0 || tariff.demand_interval < ticks_per_minute)
    fail(path + ".demand_interval", "is no whole part of an hour", "for example 15 min");
  for (const std::int64_t month : tariff.ratchet) energy.ratchet |= 1u << month;
}

SiteEnergy energy_of(const Scenario& scenario, const SiteSpec& site, double full_draw_w) {
  const SitePowerSpec& power = site.power;
  const std::string path = "sites." + site.name + ".power.";
  SiteEnergy energy;
  energy.pue = site.pue;
  energy.plant = static_cast<std::uint32_t>(power.plant);
  energy.rated_it_w = power.rated_it.value > 0 ? power.rated_it.value : full_draw_w;
  if (!(energy.rated_it_w > 0)) energy.plant = 0;  // nothing was bought for the site
  if (energy.plant && energy.rated_it_w * 1.2 < full_draw_w)
    fail(path + "rated_it",
         "the plant is too small for its nodes, which draw " + std::to_string(std::llround(full_draw_w / 1000.0)) +
             " kW in full",
         "raise rated_it, or leave it out");
  if (energy.plant) {
    const ClimateSpec& climate = entry_of(scenario.catalog.climates, power.climate, path + "climate", "climate");
    if (climate.wet_bulb.size() != 12)
      fail("catalog.climates." + climate.name + ".wet_bulb",
           "has " + std::to_string(climate.wet_bulb.size()) + " temperatures", "give 12 monthly means");
    std::copy(climate.wet_bulb.begin(), climate.wet_bulb.end(), energy.wet_bulb_c);
    energy.wet_bulb_swing_k = climate.swing;
    Facility plant = stock_facility(static_cast<Cooling>(energy.plant - 1), Watts(energy.rated_it_w));
    if (power.facility) power.facility->apply(plant);
    if (power.yard) {
      const double warmest = *std::max_element(climate.wet_bulb.begin(), climate.wet_bulb.end()) + climate.swing;
      build_yard(*power.yard, plant, Celsius(warmest), power.pue_margin);
    }
    energy.plant_numbers = plant;
  }
  if (power.tariff.empty())
    energy.deci_won_per_kwh[0][0] =
        static_cast<std::int32_t>(std::llround(power.energy_price.value * joules_per_kwh * 10.0));
  else
    set_tariff(energy, entry_of(scenario.catalog.tariffs, power.tariff, path + "tariff", "tariff"),
               "catalog.tariffs." + power.tariff);
  if (!power.carbon_hours.empty() && power.carbon_hours.size() != 24)
    fail(path + "carbon_hours", "has " + std::to_string(power.carbon_hours.size()) + " values",
         "give 24, one an hour of the day");
  const double sum = std::accumulate(power.carbon_hours.begin(), power.carbon_hours.end(), 0.0);
  if (!power.carbon_hours.empty() && !(sum > 0)) fail(path + "carbon_hours", "are all 0", "give one a value above 0");
  for (std::size_t hour = 0; hour < 24; ++hour)
    energy.tco2_per_mwh[hour] = power.carbon_intensity * joules_per_mwh / 1000.0 *
                                (power.carbon_hours.empty() ? 1.0 : power.carbon_hours[hour] * 24.0 / sum);
  energy.pue_margin = power.pue_margin;
  energy.carbon_won_per_t = power.carbon_price;
  energy.water_won_per_m3 = power.water_price;
  return energy;
}

std::int64_t milliwatts(double watts) {
  return static_cast<std::int64_t>(std::llround(std::min(watts * 1000.0, static_cast<double>(no_limit_mw))));
}

// Days of the site's calendar, from that of the start on.
void mark_holidays(std::span<std::uint64_t> words, const Scenario& scenario, const SiteSpec& site) {
  if (words.empty() || site.power.tariff.empty()) return;
  const TariffSpec& tariff =
      entry_of(scenario.catalog.tariffs, site.power.tariff, "sites." + site.name + ".power.tariff", "tariff");
  if (tariff.calendar.empty()) return;
  const CalendarSpec& calendar =
      entry_of(scenario.catalog.calendars, tariff.calendar, "catalog.tariffs." + tariff.name + ".calendar", "calendar");
  using namespace std::chrono;
  const auto first = floor<days>(sys_seconds{seconds{scenario.start}});
  for (const HolidaySpec& holiday : calendar.days) {
    const auto day = (floor<days>(sys_seconds{seconds{holiday.date}}) - first).count();
    if (day >= 0 && static_cast<std::size_t>(day / 64) < words.size())
      words[static_cast<std::size_t>(day / 64)] |= std::uint64_t{1} << (day % 64);
  }
}

// Windows of demand response, day by day.
void add_windows(std::vector<WindowStep>& steps, const SitePowerSpec& power, DomainId domain, std::int64_t start,
                 Tick horizon) {
  using namespace std::chrono;
  const sys_days first = floor<days>(sys_seconds{seconds{start}});
  const Tick offset = start % 86400 * ticks_per_second;
  for (int day = 0; day * ticks_per_day - offset < horizon; ++day) {
    const year_month_day date{first + days{day}};
    const auto month = static_cast<std::int64_t>(static_cast<unsigned>(date.month()));
    const unsigned weekday_number = weekday{first + days{day}}.iso_encoding();
    for (const DemandResponseSpec& window : power.demand_response) {
      if (!window.months.empty() && std::find(window.months.begin(), window.months.end(), month) == window.months.end())
        continue;
      if (window.days == 0 && weekday_number > 5) continue;
      const Tick midnight = day * ticks_per_day - offset;
      const Tick from = midnight + window.from * ticks_per_hour, to = midnight + window.to * ticks_per_hour;
      if (to <= 0) continue;  // over before the start
      const auto share = static_cast<std::uint32_t>(std::lround(window.share * whole_ppm));
      steps.push_back({std::max<Tick>(0, from), domain, share});
      steps.push_back({to, domain, whole_ppm});
    }
  }
}

}  // namespace

SiteId DomainNames::site(const std::string& name) {
  const auto found = static_cast<std::uint32_t>(std::find(sites.begin(), sites.end(), name) - sites.begin());
  if (found == sites.size()) sites.push_back(name);
  return SiteId(found);
}
void DomainNames::add_cluster(const std::string& site, const std::string& cluster) {
  const std::string name = site + "/" + cluster;
  if (std::find(clusters.begin(), clusters.end(), name) == clusters.end()) clusters.push_back(name);
}
DomainId DomainNames::own_domain(const std::string& site, const std::string& cluster) const {
  const auto found = std::find(clusters.begin(), clusters.end(), site + "/" + cluster);
  if (found == clusters.end()) return {};
  return DomainId(static_cast<std::uint32_t>(sites.size() + static_cast<std::size_t>(found - clusters.begin())));
}

Tick week_offset(std::int64_t start) {
  constexpr std::int64_t week = 7 * 86400;
  return (((start + 3 * 86400) % week + week) % week) * ticks_per_second;  // 1970-01-01 was a Thursday
}

std::vector<MeterStretch> meter_stretches(std::int64_t start, const std::vector<Tick>& period_ends) {
  using namespace std::chrono;
  std::vector<MeterStretch> stretches;
  const sys_seconds begin{seconds{start}};
  const year_month_day first{floor<days>(begin)};
  year_month month{first.year(), first.month()};
  std::uint32_t period = 0;
  for (Tick now = 0; now < period_ends.back();) {
    const sys_seconds next{sys_days{(month + months{1}) / 1}};
    const Tick month_end = (next - begin).count() * ticks_per_second;
    const Tick end = std::min(month_end, period_ends[period]);
    if (end > now)
      stretches.push_back({end, period, static_cast<int>(month.year()), static_cast<unsigned>(month.month())});
    now = end;
    if (end == month_end) month += months{1};
    if (end == period_ends[period]) ++period;
  }
  return stretches;
}

Tick meter_interval(const Scenario& scenario) {
  Tick interval = ticks_per_hour;
  for (const SiteSpec& site : scenario.sites)
    for (const TariffSpec& tariff : scenario.catalog.tariffs)
      if (tariff.name == site.power.tariff) interval = std::gcd(interval, tariff.demand_interval);
  return interval;
}

std::uint32_t speed_at_share(double communication, double share) {
  return speed_at(make_speed_curve(1.0 - communication, above_idle()),
                  static_cast<std::uint32_t>(std::lround(share * q16_one)));
}

PowerLimits add_power(Point& point, BlobWriter<Point>& writer, const Scenario& scenario,
                      const std::vector<SiteSpec>& sites, const DomainNames& names,
                      const VectorBy<SiteId, double>& full_draw_w, const std::vector<ClassParams>& classes,
                      Tick horizon, LawTables& tables) {
  VectorBy<DomainId, DomainParams> domains(names.size(), {no_limit_mw, AtLimit::delay, 0, 1});
  VectorBy<GridStepId, GridParams> grid;
  std::vector<WindowStep> windows;
  VectorBy<SiteId, SiteEnergy> energy(names.sites.size());
  point.holiday_words = static_cast<std::uint32_t>(horizon >= never ? 0 : horizon / ticks_per_day / 64 + 2);
  std::vector<std::uint64_t> holidays(names.sites.size() * point.holiday_words, 0);
  std::uint32_t entity = 0;
  for (const SiteSpec& site : sites) {
    const SiteId s(
        static_cast<std::uint32_t>(std::find(names.sites.begin(), names.sites.end(), site.name) - names.sites.begin()));
    const SitePowerSpec& power = site.power;
    energy[s] = energy_of(scenario, site, full_draw_w[s]);
    mark_holidays({holidays.data() + std::size_t{s.value} * point.holiday_words, point.holiday_words}, scenario, site);
    DomainParams& domain = domains[domain_of(s)];
    domain.at_limit = power.at_limit;
    domain.reserves_full = power.reserve == Reserve::full;
    if (power.limit.value > 0) domain.limit_mw = milliwatts(it_limit(energy[s], power.limit).value);
    double connected_w = 0, it_w = 0;
    for (const GridStepSpec& step : power.grid) {
      domain.has_grid = 1;
      connected_w += step.adds.value;
      const double it = it_limit(energy[s], Watts(connected_w)).value;
      const bool later = step.date > scenario.start;
      // The law of a temporary copy of the site; compiled at once.
      grid.push_back({s, entity++, later ? (step.date - scenario.start) * ticks_per_second : 0,
                      tables.compile(later ? step.delay : LawSpec::constant(0)), milliwatts(it - it_w)});
      it_w = it;
    }
    if (!power.demand_response.empty()) {
      if (power.limit.value <= 0 && power.grid.empty())
        fail("sites." + site.name + ".power.demand_response", "has no limit to reduce", "give limit or grid");
      for (const DemandResponseSpec& window : power.demand_response)
        if (window.to <= window.from)
          fail("sites." + site.name + ".power.demand_response", "a window ends before it begins",
               "hours of one day; split a window at midnight");
      add_windows(windows, power, domain_of(s), scenario.start, horizon);
    }
    for (const ClusterSpec& cluster : site.clusters) {
      if (!(cluster.limit.value > 0)) continue;
      DomainParams& own = domains[names.own_domain(site.name, cluster.name)];
      own.limit_mw = milliwatts(cluster.limit.value);
      own.at_limit = power.at_limit;
    }
  }
  std::stable_sort(windows.begin(), windows.end(),
                   [](const WindowStep& a, const WindowStep& b) { return a.from < b.from; });
  point.draw = scenario.power.draw;
  point.victim = scenario.power.victim;
  point.limited = std::any_of(domains.begin(), domains.end(),
                              [](const DomainParams& d) { return d.has_grid || d.limit_mw < no_limit_mw; });
  std::vector<std::uint32_t> speeds;
  if (point.limited)
    for (const ClassParams& klass : classes) {
      const SpeedCurve curve = make_speed_curve(1.0 - klass.communication, above_idle());
      static_assert(SpeedCurve::steps == full_level);
      speeds.insert(speeds.end(), std::begin(curve.rate), std::end(curve.rate));
      point.lowest_level = (curve.least_power_q16 + 1023) >> 10;
    }
  point.domains = writer.append(domains);
  point.grid = writer.append(grid);
  point.windows = writer.append(windows);
  point.cap_speed = writer.append(speeds);
  point.energy = writer.append(energy);
  if (std::none_of(holidays.begin(), holidays.end(), [](std::uint64_t word) { return word != 0; })) holidays.clear();
  point.holidays = writer.append(holidays);

  VectorBy<DomainId, std::int64_t> highest;
  for (const DomainId d : domains.ids()) {
    std::int64_t limit = domains[d].limit_mw, connected = 0;
    for (const GridParams& step : grid)
      if (domain_of(step.site) == d && step.date < horizon) connected += step.adds_mw;
    if (domains[d].has_grid) limit = std::min(limit, connected);
    // The greatest share that holds for a time: the first window may begin at the start, and the next where one ends.
    std::uint32_t share = whole_ppm, greatest = 0;
    Tick since = 0;
    for (const WindowStep& step : windows) {
      if (step.domain != d) continue;
      if (step.from > since) greatest = std::max(greatest, share);
      share = step.share_ppm;
      since = std::max(since, step.from);
    }
    if (since < horizon) greatest = std::max(greatest, share);
    if (greatest != whole_ppm && limit < no_limit_mw)
      limit = static_cast<std::int64_t>(static_cast<Int128>(limit) * greatest / whole_ppm);
    highest.push_back(limit);
  }
  return {std::move(domains), std::move(highest)};
}

}  // namespace nadc
