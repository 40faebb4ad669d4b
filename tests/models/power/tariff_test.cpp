// Bills against sheets worked out by hand.
#include <gtest/gtest.h>

#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

constexpr std::int64_t january_2026 = 1767225600;  // a Thursday

TariffSpec tariff(double off, double mid) {
  TariffSpec spec;
  spec.name = "t";
  spec.seasons = {TariffSeasonSpec{}};
  TariffSeasonSpec& season = spec.seasons[0];
  for (int month = 1; month <= 12; ++month) season.months.push_back(month);
  for (int hour = 0; hour < 24; ++hour) season.mid_hours.push_back(hour);
  season.off_peak = off / joules_per_kwh;
  season.mid_peak = season.on_peak = mid / joules_per_kwh;
  return spec;
}
double demand_charge(double krw_per_kw_month) { return krw_per_kw_month / 1000.0 / (365 * 86400 / 12.0); }

// One node that draws 1 kW for each GPU that is held and nothing else, at a PUE of 1.
Scenario billed(TariffSpec spec, std::int64_t start, Tick horizon) {
  Scenario s = cluster_of(1, horizon);
  s.start = start;
  s.catalog.nodes = {node_kind("node", 8, 0, 8000, 0)};
  s.sites[0].pue = 1;
  s.sites[0].power.tariff = "t";
  s.catalog.tariffs = {std::move(spec)};
  s.workload.classes = {job_class("c", LawSpec::constant(1), LawSpec::constant(1))};
  s.workload.classes[0].intensity = 1;
  return s;
}

// Greatest quarter hours of 2026 by month, kW: 3 2 4 1 1 1 5 2 1 6 1 1. With the ratchet of December to February and
// July to September, billed are
//   January 3, February 3, March 4, April to June 3 (March does not reach on), July 5, August 5, September 5,
//   October 6, November 5, December 5: together 50 kW-months of 1,000 won. Without it 28.
TEST(Tariff, RatchetIsTheHandWorkedYear) {
  const int peak[12] = {3, 2, 4, 1, 1, 1, 5, 2, 1, 6, 1, 1};
  const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::vector<TraceInput> jobs;
  double at = 0;
  for (int m = 0; m < 12; ++m) {
    jobs.push_back(job(at, peak[m], 900));
    at += days[m] * 86400.0;
  }
  TariffSpec spec = tariff(0, 0);
  spec.demand_charge = demand_charge(1000);
  spec.demand_interval = 15 * ticks_per_minute;
  Scenario plain = billed(spec, january_2026, 365 * ticks_per_day);
  spec.ratchet = {12, 1, 2, 7, 8, 9};
  Scenario ratchet = billed(spec, january_2026, 365 * ticks_per_day);
  Scenario months = ratchet;
  months.outputs.by = PeriodLength::month;
  const Study a(plain, jobs), b(ratchet, jobs), c(months, jobs);
  EXPECT_EQ(a.site(a.run(), "energy_cost_krw"), 28'000);
  EXPECT_EQ(b.site(b.run(), "energy_cost_krw"), 50'000);
  const Metrics by_month = c.metrics(c.run());
  const double billed_kw[12] = {3, 3, 4, 3, 3, 3, 5, 5, 5, 6, 5, 5};
  ASSERT_EQ(by_month.periods.size(), 12u);
  for (std::size_t m = 0; m < 12; ++m)
    EXPECT_EQ(Study::value(period_metrics(), by_month.periods[m], "energy_cost_krw"), 1000 * billed_kw[m]) << m;
}

// Fourteen months, as KEPCO's terms: of the ratchet's months those count that are among the eleven before. Greatest
// quarter hours from January 2026 on, kW: 7 5 1 1 1 1 4 1 1 8 1 1 1 1. Billed are January's 7 until December, but in
// October 8, which does not reach on; in January 2027 the 5 of last February, since last January is twelve months
// back; in February the 4 of July, since last February is too.
TEST(Tariff, RatchetForgetsAMonthAfterAYear) {
  const int peak[14] = {7, 5, 1, 1, 1, 1, 4, 1, 1, 8, 1, 1, 1, 1};
  const int days[14] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28};
  const double billed_kw[14] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 7, 5, 4};
  std::vector<TraceInput> jobs;
  double at = 0;
  for (int m = 0; m < 14; ++m) {
    jobs.push_back(job(at, peak[m], 900));
    at += days[m] * 86400.0;
  }
  TariffSpec spec = tariff(0, 0);
  spec.demand_charge = demand_charge(1000);
  spec.demand_interval = 15 * ticks_per_minute;
  spec.ratchet = {12, 1, 2, 7, 8, 9};
  Scenario s = billed(spec, january_2026, 424 * ticks_per_day);
  s.outputs.by = PeriodLength::month;
  const Study study(s, jobs);
  const ReplicaResult result = study.run();
  EXPECT_EQ(study.site(result, "energy_cost_krw"), 94'000);
  const Metrics by_month = study.metrics(result);
  ASSERT_EQ(by_month.periods.size(), 14u);
  for (std::size_t m = 0; m < 14; ++m)
    EXPECT_EQ(Study::value(period_metrics(), by_month.periods[m], "energy_cost_krw"), 1000 * billed_kw[m]) << m;
}

// 6 GPUs for 10 minutes inside a quarter: 4 kW over 15 minutes, 1 kW over the hour. A cut by a period inside of the
// month leaves the month's bill as it is.
TEST(Tariff, DemandIsTheMeanOfItsInterval) {
  TariffSpec spec = tariff(0, 0);
  spec.demand_charge = demand_charge(1000);
  const std::vector<TraceInput> jobs{job(0, 6, 600)};
  const Study hour(billed(spec, january_2026, 31 * ticks_per_day), jobs);
  spec.demand_interval = 15 * ticks_per_minute;
  Scenario cut = billed(spec, january_2026, 31 * ticks_per_day);
  const Study quarter(cut, jobs);
  EXPECT_EQ(hour.site(hour.run(), "energy_cost_krw"), 1'000);
  EXPECT_EQ(quarter.site(quarter.run(), "energy_cost_krw"), 4'000);
  EXPECT_DOUBLE_EQ(quarter.site(quarter.run(), "facility_power_peak_mw"), 0.004);
  EXPECT_EQ(quarter.hash(quarter.run<1>()), quarter.hash(quarter.run<32>()));
  // The quarter's peak is in the warm-up; the rest of the month bears its part: 4,000 · 30/31 = 3,871.
  cut.warmup = ticks_per_day;
  const Study after(cut, jobs);
  EXPECT_EQ(after.site(after.run(), "energy_cost_krw"), 3'871);
}

// 1 kW through a Monday and a Tuesday, 100 won off-peak and 200 in all hours of a working day, 10 beside: 24·300 where
// neither is a holiday; a holiday is billed as the tariff says.
//   both working 2·24·210 = 10,080; Monday a holiday 24·110 + 24·210 = 7,680; billed as working 10,080
TEST(Tariff, BillsAHolidayAsItSays) {
  TariffSpec spec = tariff(100, 200);
  spec.beside = 10 / joules_per_kwh;
  spec.calendar = "k";
  const std::vector<TraceInput> jobs{job(0, 1, 2 * 86400)};
  const auto cost = [&](std::int64_t holiday, LowDay bands) {
    spec.holiday = bands;
    Scenario s = billed(spec, monday, 2 * ticks_per_day);
    CalendarSpec calendar;
    calendar.name = "k";
    calendar.days = {{holiday, "a day"}};
    s.catalog.calendars = {calendar};
    const Study study(s, jobs);
    return study.site(study.run(), "energy_cost_krw");
  };
  EXPECT_EQ(cost(monday + 5 * 86400, LowDay::off_peak), 10'080);
  EXPECT_EQ(cost(monday, LowDay::off_peak), 7'680);
  EXPECT_EQ(cost(monday + 86400, LowDay::off_peak), 7'680);
  EXPECT_EQ(cost(monday, LowDay::working), 10'080);
}

}  // namespace
}  // namespace nadc::test
