#include "tests/reference/totals.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <tuple>

#include "models/power/climate.hpp"
#include "models/power/facility.hpp"

namespace nadc::reference {
namespace {

using namespace std::chrono;

constexpr double hour = static_cast<double>(ticks_per_hour), year = static_cast<double>(ticks_per_year);

template <class T> bool has(const std::vector<T>& list, std::int64_t value) {
  return std::find(list.begin(), list.end(), static_cast<T>(value)) != list.end();
}

// The wall clock of a scenario.
struct Clock {
  std::int64_t start;  // [s since 1970]

  milliseconds at(Tick t) const { return milliseconds{start * 1000 + t}; }
  sys_days day(Tick t) const { return sys_days{floor<days>(at(t))}; }
  year_month_day date(Tick t) const { return year_month_day{day(t)}; }
  int hour_of_day(Tick t) const { return static_cast<int>((at(t).count() / ticks_per_hour) % 24); }
  Tick next_multiple(Tick t, Tick interval) const { return t + interval - at(t).count() % interval; }
  Tick month_end(Tick t) const {
    const year_month_day today = date(t);
    const sys_days next{(today.year() / today.month() + months{1}) / 1};
    return duration_cast<milliseconds>(next.time_since_epoch()).count() - start * 1000;
  }
};

enum Day { working, saturday, sunday, holiday };

// The bill and the meters of one site.
class Site {
 public:
  Site(const Scenario& scenario, const SiteSpec& site, double rated_it_w, Tick measured_from)
      : scenario_(scenario), site_(site), rated_(rated_it_w), clock_{scenario.start}, measured_from_(measured_from) {
    for (const TariffSpec& tariff : scenario.catalog.tariffs)
      if (tariff.name == site.power.tariff) tariff_ = &tariff;
    for (const CalendarSpec& calendar : scenario.catalog.calendars)
      if (tariff_ && calendar.name == tariff_->calendar) calendar_ = &calendar;
    for (const ClimateSpec& spec : scenario.catalog.climates)
      if (spec.name == site.power.climate) {
        std::copy(spec.wet_bulb.begin(), spec.wet_bulb.end(), climate_.mean_wet_bulb_c.begin());
        climate_.amplitude_k = spec.swing;
      }
  }

  // [from, to) at a constant power.
  void meter(Tick from, Tick to, std::int64_t mw) {
    for (Tick now = from; now < to;) {
      const Tick interval = tariff_ ? tariff_->demand_interval : ticks_per_hour;
      Tick end = std::min({to, clock_.next_multiple(now, ticks_per_hour), clock_.next_multiple(now, interval)});
      if (now < measured_from_) end = std::min(end, measured_from_);
      const double energy = static_cast<double>(mw) * static_cast<double>(end - now);  // [µJ]
      const year_month_day date = clock_.date(now);
      Bin& bin =
          bins_[{now >= measured_from_, int{date.year()}, unsigned{date.month()}, kind(now), clock_.hour_of_day(now)}];
      bin.energy += energy;
      bin.ticks += static_cast<double>(end - now);
      interval_ += energy;
      if (clock_.at(end).count() % interval == 0 || end == scenario_.horizon) {
        double& peak = peaks_[{int{date.year()}, unsigned{date.month()}}];
        peak = std::max(peak, interval_ / static_cast<double>(interval));
        interval_ = 0;
      }
      Tick& time = time_[{now >= measured_from_, int{date.year()}, unsigned{date.month()}}];
      time += end - now;
      now = end;
    }
  }

  struct Use {
    double it_mwh = 0, facility_mwh = 0, krw = 0;
  };
  Use use(bool measured) const {
    Use use;
    for (const auto& [key, bin] : bins_) {
      const auto [in_measured, y, month, day, at_hour] = key;
      if (in_measured != measured) continue;
      const double it_w = bin.energy / bin.ticks / 1000,
                   kwh = facility_w(it_w, month, at_hour + 0.5) * bin.ticks / 3.6e9;
      use.it_mwh += bin.energy / 3.6e15;
      use.facility_mwh += kwh / 1000;
      use.krw += kwh * price(month, day, at_hour);
    }
    if (!tariff_) return use;
    for (const auto& [key, ticks] : time_) {
      const auto [in_measured, y, month] = key;
      if (in_measured != measured) continue;
      const double of_month = static_cast<double>(ticks) / static_cast<double>(ticks_per_day) / days_in(y, month);
      use.krw += billed_w(y, month) * tariff_->demand_charge * year / 12 / 1000 * of_month;
    }
    return use;
  }

 private:
  struct Bin {
    double energy = 0, ticks = 0;  // [µJ]
  };

  Day kind(Tick t) const {
    const sys_days day = clock_.day(t);
    if (calendar_)
      for (const HolidaySpec& free : calendar_->days)
        if (sys_days{floor<days>(seconds{free.date})} == day) return holiday;
    const unsigned weekday_number = weekday{day}.iso_encoding();
    return weekday_number == 7 ? sunday : weekday_number == 6 ? saturday : working;
  }
  // [KRW/kWh]
  double price(unsigned month, Day day, int at_hour) const {
    if (!tariff_) return site_.power.energy_price.value * 3.6e6;
    for (const TariffSeasonSpec& season : tariff_->seasons) {
      if (!has(season.months, month)) continue;
      const bool on = has(season.on_hours, at_hour), mid = has(season.mid_hours, at_hour);
      const LowDay rule = day == saturday  ? tariff_->saturday
                          : day == sunday  ? tariff_->sunday
                          : day == holiday ? tariff_->holiday
                                           : LowDay::working;
      double price = season.off_peak;
      if (rule == LowDay::working) price = on ? season.on_peak : mid ? season.mid_peak : season.off_peak;
      if (rule == LowDay::no_peak && (on || mid)) price = season.mid_peak;
      return (price + tariff_->beside) * 3.6e6;
    }
    return NAN;
  }
  double facility_w(double it_w, unsigned month, double at_hour) const {
    // Where nothing was bought there is no plant either.
    if (site_.power.plant == Plant::constant || !(rated_ > 0)) return it_w * site_.pue;
    const Facility plant = stock_facility(static_cast<Cooling>(static_cast<int>(site_.power.plant) - 1), Watts(rated_));
    const FacilityPower power = facility_power(plant, Watts(it_w), climate_.wet_bulb(month, at_hour));
    return power.total().value + it_w * site_.power.pue_margin;
  }
  // The greatest of the month, and of the ratchet's months among the eleven before.
  double billed_w(int y, unsigned month) const {
    double most = 0;
    for (const auto& [when, it_mw] : peaks_) {
      const int before = (y - when.first) * 12 + static_cast<int>(month) - static_cast<int>(when.second);
      if (before == 0 || (before > 0 && before < 12 && has(tariff_->ratchet, when.second)))
        most = std::max(most, facility_w(it_mw / 1000, when.second, 15.0));
    }
    return most;
  }
  static double days_in(int y, unsigned month) {
    return static_cast<double>(
        unsigned{year_month_day_last{std::chrono::year{y} / std::chrono::month{month} / last}.day()});
  }

  const Scenario& scenario_;
  const SiteSpec& site_;
  const double rated_;
  const Clock clock_;
  const Tick measured_from_;
  const TariffSpec* tariff_ = nullptr;
  const CalendarSpec* calendar_ = nullptr;
  Climate climate_;
  std::map<std::tuple<bool, int, unsigned, Day, int>, Bin> bins_;
  std::map<std::tuple<bool, int, unsigned>, Tick> time_;
  std::map<std::pair<int, unsigned>, double> peaks_;  // (month) of an interval's mean [mW]
  double interval_ = 0;                               // energy since it began
};

double sum(const std::vector<double>& values) {
  double all = 0;
  for (const double value : values) all += value;
  return all;
}

double amount_of(const std::vector<NamedAmount>& amounts, const std::string& name) {
  for (const NamedAmount& amount : amounts)
    if (amount.name == name) return amount.value;
  return 0;
}

// What a tranche costs.
struct Purchase {
  Tick at;       // paid
  double price;  // [KRW]
};

// Equal payments at the ends of the years of its life that are worth the price, less the residual, today.
double charge_a_year(const CostSpec& cost, double price) {
  if (price == 0) return 0;
  const double n = static_cast<double>(cost.lifetime) / year, r = cost.discount_rate;
  const double worth = cost.residual * price * std::pow(1 + r, -n);  // of the residual
  return r == 0 ? (price - worth) / n : (price - worth) * r / (1 - std::pow(1 + r, -n));
}

}  // namespace

std::vector<Total> totals_of(const Scenario& scenario, const std::vector<std::string>& groups,
                             const std::vector<std::string>& partitions, const std::vector<double>& rated_it_w,
                             const Ledger& ledger) {
  const Tick end = scenario.horizon, from = scenario.warmup;
  const PolicySpec& policy = scenario.policy;
  std::vector<Site> sites;
  for (std::size_t s = 0; s < scenario.sites.size(); ++s)
    sites.emplace_back(scenario, scenario.sites[s], rated_it_w[s], from);
  double peak = 0, installed[2] = {};
  std::vector<double> installed_in[2] = {std::vector<double>(partitions.size()),
                                         std::vector<double>(partitions.size())};
  for (const Ledger::Span& span : ledger.spans) {
    std::int64_t mw = 0;
    for (std::size_t s = 0; s < sites.size(); ++s) {
      sites[s].meter(span.from, span.to, span.it_mw[s]);
      mw += span.it_mw[s];
    }
    if (span.from >= from) peak = std::max(peak, static_cast<double>(mw) * 1e-9);
    for (std::size_t p = 0; p < partitions.size(); ++p) {
      const double ticks = static_cast<double>(span.installed[p]) * static_cast<double>(span.to - span.from);
      installed_in[span.from >= from][p] += ticks;
      installed[span.from >= from] += ticks;
    }
  }

  // Prices, and what running costs a year, by partition.
  std::vector<Purchase> purchases;
  double ordered = 0;                                                                     // GPUs
  std::vector<double> gpus(partitions.size() + 1), upkeep_a_year(partitions.size() + 1);  // the last: of no partition
  for (const SiteSpec& site : scenario.sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches) {
        const auto p = static_cast<std::size_t>(
            std::find(partitions.begin(), partitions.end(), site.name + "/" + cluster.name + "/" + tranche.node) -
            partitions.begin());
        double of_node = 1;
        for (const NodeKindSpec& kind : scenario.catalog.nodes)
          if (kind.name == tranche.node) of_node = static_cast<double>(kind.gpus);
        const double count = static_cast<double>(tranche.gpus);
        gpus[p] += count;
        const double rate = policy.purchase.exchange_rate;
        if (tranche.how == Acquire::rent) {
          upkeep_a_year[p] += count * amount_of(policy.purchase.rents, tranche.node) * rate * year / hour;
          continue;
        }
        const double price =
            count / of_node * amount_of(policy.purchase.prices, tranche.node) * rate * (1 + policy.purchase.overhead);
        upkeep_a_year[p] += price * policy.cost.maintenance;
        purchases.push_back({std::max<Tick>(0, (tranche.date - scenario.start) * ticks_per_second), price});
      }

  for (const Ledger::Order& order : ledger.orders) {
    const OrderSpec& spec = *policy.triggers[order.trigger].then.order;
    const std::string site = spec.site.empty() ? scenario.sites[0].name : spec.site;
    std::string cluster = spec.cluster;
    for (const SiteSpec& each : scenario.sites)
      if (each.name == site && cluster.empty()) cluster = each.clusters[0].name;
    const auto p = static_cast<std::size_t>(
        std::find(partitions.begin(), partitions.end(), site + "/" + cluster + "/" + spec.node) - partitions.begin());
    double of_node = 1;
    for (const NodeKindSpec& kind : scenario.catalog.nodes)
      if (kind.name == spec.node) of_node = static_cast<double>(kind.gpus);
    const double nodes = std::ceil(static_cast<double>(spec.gpus) / of_node), rate = policy.purchase.exchange_rate;
    gpus[p] += nodes * of_node;
    ordered += nodes * of_node;
    if (spec.how == Acquire::rent) {
      upkeep_a_year[p] += nodes * of_node * amount_of(policy.purchase.rents, spec.node) * rate * year / hour;
      continue;
    }
    const double price = nodes * amount_of(policy.purchase.prices, spec.node) * rate * (1 + policy.purchase.overhead);
    upkeep_a_year[p] += price * policy.cost.maintenance;
    purchases.push_back({order.at + spec.lead, price});
  }

  Site::Use use[2];
  double running[2] = {};
  for (const int measured : {0, 1}) {
    for (const Site& site : sites) {
      const Site::Use of = site.use(measured == 1);
      use[measured].it_mwh += of.it_mwh;
      use[measured].facility_mwh += of.facility_mwh;
      use[measured].krw += of.krw;
    }
    running[measured] = use[measured].krw;
    for (std::size_t p = 0; p < partitions.size(); ++p)
      if (gpus[p] > 0) running[measured] += upkeep_a_year[p] * installed_in[measured][p] / gpus[p] / year;
  }
  double fees = 0, fees_before = 0, subsidy = 0, price = 0;
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (const GroupSpec& group : scenario.workload.groups) {
      if (group.name != groups[g]) continue;
      fees += ledger.measured.paid[g] / hour * group.price * 3600;
      fees_before += ledger.warmup.paid[g] / hour * group.price * 3600;
      subsidy += ledger.measured.paid[g] / hour * group.price * 3600 * group.subsidy;
      price = std::max(price, group.price * 3600 * ledger.highest_price);
    }
  double capital = 0, charge = 0, book = 0, present = 0;
  const double r = policy.cost.discount_rate, years = static_cast<double>(end) / year;
  for (const Purchase& bought : purchases) {
    if (bought.at >= end || bought.price == 0) continue;
    const double at = static_cast<double>(bought.at) / year, life = static_cast<double>(policy.cost.lifetime) / year;
    capital += bought.price;
    charge += charge_a_year(policy.cost, bought.price) * static_cast<double>(end - std::max(from, bought.at)) / year;
    book += bought.price - (1 - policy.cost.residual) * bought.price * std::min(1.0, (years - at) / life);
    present -= bought.price * std::pow(1 + r, -at);
  }
  const double discount = r == 0 ? 1 : (1 - std::pow(1 + r, -years)) / (std::log(1 + r) * years);
  present += (fees + fees_before - running[0] - running[1]) * discount + book * std::pow(1 + r, -years);

  const double rounding = ledger.rounding / hour;
  std::vector<Total> totals{
      {"gpu_hours_installed", installed[1] / hour, 1e-6},
      {"gpu_hours_held", ledger.measured.held / hour, 1e-6},
      {"gpu_hours_delivered", sum(ledger.measured.delivered) / hour, rounding + 1e-6},
      {"gpu_hours_lost", ledger.measured.lost / hour, rounding + 1e-6},
      {"it_energy_mwh", use[1].it_mwh, 1e-9 * use[1].it_mwh},
      {"it_power_peak_mw", peak, 1e-9 * peak},
      {"trigger_acts", static_cast<double>(ledger.acts), 0},
      {"gpus_ordered", ordered, 0},
  };
  if (ledger.acts > 0)
    totals.push_back(
        {"trigger_first_day", static_cast<double>(ledger.first_act) / static_cast<double>(ticks_per_day), 1e-9});
  const auto add_won = [&](const char* name, double krw, double more) {
    totals.push_back({name, krw, 100 + 1e-6 * std::fabs(krw) + more});  // of whole won, entry by entry
  };
  // Without meters the sites' parts of the energy are an estimate.
  if (sites.size() > 1 && !scenario.sites[0].power.metered()) return totals;
  totals.push_back({"facility_energy_mwh", use[1].facility_mwh, 1e-9 * use[1].facility_mwh});
  add_won("energy_cost_krw", use[1].krw, 0);
  // What is bought by a budget is another matter (tests/models/policy).
  if (!policy.budget.envelope.empty()) return totals;
  const double of_fees = rounding * price;
  add_won("capex_krw", capital, 0);
  add_won("capital_charge_krw", charge, 0);
  add_won("opex_krw", running[1], 0);
  add_won("fees_krw", fees, of_fees);
  add_won("public_cash_krw", policy.ownership.state * (capital + running[1]) + subsidy, of_fees);
  add_won("npv_krw", present, 1e-6 * (capital + running[1]) + of_fees);
  return totals;
}

}  // namespace nadc::reference
