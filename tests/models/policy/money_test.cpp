// Money against tables worked out by hand, and its identities to the won.
#include "models/policy/money.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

// At 10 % a year: −1,000 now; −500 after one year: 454.545… → −455; 300 after two: 247.93… → 248; 1,210 after two:
// 1,000. Together −207.
TEST(PresentValue, IsTheHandWorkedTable) {
  const std::vector<CashFlow> flows{{0, 0, -1000}, {1, 1, -500}, {2, 2, 300}, {2, 2, 1210}};
  EXPECT_EQ(present_value_krw(flows, 0.10), -1000 - 455 + 248 + 1000);
}

// 1,000,000 over a year at 10 %: 1,000,000·(1 − 1/1.1)/ln 1.1 = 953,824. At no interest it is what it is. Twelve
// months, each of a twelfth, are worth the same but for rounding.
TEST(PresentValue, OfAnEvenFlowDoesNotDependOnItsParts) {
  EXPECT_EQ(present_value_krw(std::vector<CashFlow>{{0, 1, 1'000'000}}, 0.10), 953'824);
  EXPECT_EQ(present_value_krw(std::vector<CashFlow>{{0, 1, 1'000'000}}, 0), 1'000'000);
  std::vector<CashFlow> months;
  for (int m = 0; m < 12; ++m) months.push_back({m / 12.0, (m + 1) / 12.0, 1'000'000});
  EXPECT_NEAR(static_cast<double>(present_value_krw(months, 0.10)), 12 * 953'824.0, 12);
}

// 4.5 % over 5 years: 1.045^5 = 1.24618194; 0.045 / (1 − 1/1.24618194) = 0.22779164. 1/5 without interest. Five equal
// payments at the ends of the years are worth what was lent.
TEST(CapitalRecovery, IsTheAnnuity) {
  EXPECT_NEAR(capital_recovery(0.045, 5), 0.22779164, 5e-9);
  EXPECT_DOUBLE_EQ(capital_recovery(0, 5), 0.2);
  double worth = 0;
  for (int year = 1; year <= 5; ++year) worth += capital_recovery(0.045, 5) / std::pow(1.045, year);
  EXPECT_NEAR(worth, 1, 1e-12);
}

// 1,000,000 won, 10 % residual at 4.5 % over 5 years: (1,000,000 − 100,000/1.24618194) · 0.22779164 = 209,512.5 a year.
// Half of it in half a year; from year 4 to 9 one year's; none before the payment. Parts add up to the whole, to the
// won.
TEST(CapitalRecovery, ChargesAPaymentOverItsLifetime) {
  MoneyParams money{};
  money.discount_rate = 0.045;
  money.lifetime = 5 * ticks_per_year;
  money.residual_ppm = 100'000;
  const auto charge = [&](Tick from, Tick to) {
    return capital_charge_krw(1'000'000, ticks_per_year, money, from, to);
  };
  const double a_year = (1'000'000 - 100'000 / 1.24618194) * 0.22779164;
  EXPECT_NEAR(static_cast<double>(charge(ticks_per_year, 2 * ticks_per_year)), a_year, 1);
  EXPECT_NEAR(static_cast<double>(charge(0, ticks_per_year + ticks_per_year / 2)), a_year / 2, 1);
  EXPECT_NEAR(static_cast<double>(charge(5 * ticks_per_year, 9 * ticks_per_year)), a_year, 1);
  EXPECT_EQ(charge(0, ticks_per_year), 0);
  std::int64_t sum = 0;
  const Tick step = 7 * ticks_per_day + 1234567;
  for (Tick t = 0; t < 7 * ticks_per_year; t += step) sum += charge(t, t + step);
  EXPECT_EQ(sum, charge(0, 8 * ticks_per_year));
}

// 1,000 won, 10 % residual, 5 years: 180 a year.
TEST(BookValue, IsAStraightLineToTheResidual) {
  const Payment payment{0, 1000, 400};
  const Tick life = 5 * ticks_per_year;
  EXPECT_EQ(book_value_krw(payment, life, 100'000, 2 * ticks_per_year), 640);
  EXPECT_EQ(book_value_krw(payment, life, 100'000, 50 * ticks_per_year), 100);
  const Payment later{ticks_per_year, 1000, 400};
  EXPECT_EQ(book_value_krw(later, life, 100'000, 2 * ticks_per_year), 820);
  EXPECT_EQ(book_value_krw(later, life, 100'000, 0), 0);
}

// Two nodes of 100 USD · 1,000 = 100,000 won, the second paid after a year; nothing else costs or earns. Two years at
// 10 %, 4 years of lifetime, 20 % residual.
//   paid         −100,000 now; −100,000/1.1 = −90,909.1 after a year
//   book value   100,000 − 80,000·2/4 = 60,000 and 100,000 − 80,000·1/4 = 80,000; 140,000/1.21 = 115,702.5 after two
//   together     −100,000 − 90,909 + 115,702 = −75,207
TEST(Money, PresentValueIsHandWorked) {
  Scenario s = cluster_of(1, 2 * ticks_per_year);
  s.catalog.nodes = {node_kind("node", 8, 0, 0, 0)};
  s.policy.purchase.prices = {{"node", 100}};
  s.policy.purchase.exchange_rate = 1000;
  s.policy.cost.discount_rate = 0.1;
  s.policy.cost.lifetime = 4 * ticks_per_year;
  s.policy.cost.residual = 0.2;
  s.sites[0].clusters[0].tranches.push_back(s.sites[0].clusters[0].tranches[0]);
  s.sites[0].clusters[0].tranches[1].date = s.start + 365 * 86400;
  const Study study(s, {job(0, 1, 10)});
  const ReplicaResult result = study.run();
  EXPECT_EQ(study.site(result, "capex_krw"), 200'000);
  EXPECT_EQ(study.site(result, "opex_krw"), 0);
  EXPECT_EQ(study.site(result, "npv_krw"), -75'207);
}

// 16 GPUs for a year of 365 days; one job holds 8 of them for 1,000 h.
//   capital      2 nodes · 100 USD · 1,000 = 200,000; the state pays 60 %: 120,000
//   energy       no power: 0; maintenance 10 % = 20,000 for the year; opex 20,000, the state's 12,000
//   fees         8,000 GPU-h · 2 won = 16,000, a quarter subsidised: 4,000
//   public       120,000 + 12,000 + 4,000 = 136,000; private 80,000 + 8,000 − 4,000 = 84,000; together 220,000
//   cost an hour (200,000/5 + 20,000) / 8,000 = 7.5; annual cost 60,000, the state's 24,000 + 12,000 + 4,000
TEST(Money, OfASmallCentreIsHandWorked) {
  Scenario s = machine(0, 8, ticks_per_year);
  s.catalog.nodes = {node_kind("node", 8, 0, 0, 0)};
  s.fleet.node = "node";
  s.fleet.gpus = 16;
  s.policy.purchase.prices = {{"node", 100}};
  s.policy.purchase.exchange_rate = 1000;
  s.policy.ownership.state = 0.6;
  s.policy.cost.lifetime = 5 * ticks_per_year;
  s.policy.cost.maintenance = 0.1;
  s.catalog.nodes[0].h100e = 2;
  s.workload.groups = {GroupSpec{}};
  s.workload.groups[0].name = "lab";
  s.workload.groups[0].price = 2.0 / 3600;
  s.workload.groups[0].subsidy = 0.25;
  s.workload.groups[0].award = 3000;
  s.workload.groups[0].members = 10;
  s.workload.groups[0].startups = true;
  s.workload.groups[0].result_within = 1000 * ticks_per_hour;
  const Study study(s, {job(0, 8, 3'600'000)});
  const ReplicaResult result = study.run();
  const auto value = [&](const char* name) { return study.site(result, name); };
  EXPECT_EQ(value("capex_krw"), 200'000);
  EXPECT_EQ(value("opex_krw"), 20'000);
  EXPECT_EQ(value("fees_krw"), 16'000);
  EXPECT_EQ(value("subsidy_krw"), 4'000);
  EXPECT_EQ(value("public_cash_krw"), 136'000);
  EXPECT_EQ(value("private_cash_krw"), 84'000);
  EXPECT_EQ(value("total_cash_krw"), 220'000);
  EXPECT_EQ(value("cash_krw"), 220'000);
  EXPECT_DOUBLE_EQ(value("annual_cost_krw"), 60'000);
  EXPECT_DOUBLE_EQ(value("public_annual_cost_krw"), 40'000);
  EXPECT_DOUBLE_EQ(value("private_annual_cost_krw"), 20'000);
  EXPECT_DOUBLE_EQ(value("cost_per_gpu_hour_krw"), 7.5);
  EXPECT_DOUBLE_EQ(value("cost_per_h100e_hour_krw"), 3.75);
  // 8,000 h asked for are 2 2/3 awards of 3,000, and the one result came back in time.
  EXPECT_DOUBLE_EQ(value("startups_served"), 8.0 / 3);
}

// What the intervals of reports are changes no money of the whole.
TEST(Money, DoesNotDependOnPeriods) {
  Scenario s = machine(64, 8, 200 * ticks_per_day);
  s.policy.purchase.prices = {{"node", 123.456}};
  s.policy.purchase.exchange_rate = 1422.16;
  s.policy.cost.lifetime = 5 * ticks_per_year;
  s.policy.cost.discount_rate = 0.045;
  s.policy.cost.maintenance = 0.05;
  s.workload.classes = {job_class("c", LawSpec::choice({{1, 1}, {8, 1}}), LawSpec::exponential(9000))};
  s.workload.jobs_per_day = 40;
  Scenario months = s;
  months.outputs.by = PeriodLength::month;
  const Study whole({s}), parts({months});
  const ReplicaResult a = whole.run(), b = parts.run();
  for (const char* name : {"capex_krw", "opex_krw", "energy_cost_krw", "npv_krw", "public_cash_krw", "annual_cost_krw",
                           "cost_per_gpu_hour_krw", "cost_per_h100e_hour_krw"})
    EXPECT_EQ(whole.site(a, name), parts.site(b, name)) << name;
}

// A quarter of bought nodes costs a quarter of the annuity, whatever the horizon; cash is the whole price. Renting at
// the annuity's price a GPU-hour costs the same a year: 16 GPUs, 200,000 won at no interest over 5 years: 40,000 a
// year.
TEST(Money, AnnualCostComparesBuyingWithRenting) {
  Scenario buy = machine(0, 8, 90 * ticks_per_day);
  buy.catalog.nodes = {node_kind("node", 8, 0, 0, 0)};
  buy.sites = cluster_of(2, 1).sites;
  buy.fleet = {};
  buy.policy.purchase.prices = {{"node", 100}};
  buy.policy.purchase.exchange_rate = 1000;
  buy.policy.cost.lifetime = 5 * ticks_per_year;
  Scenario rent = buy;
  rent.sites[0].clusters[0].tranches[0].how = Acquire::rent;
  rent.policy.purchase.rents = {{"node", 40'000.0 / 1000 / 16 / (365 * 24)}};
  const Study study({buy, rent});
  const ReplicaResult a = study.run(0, 0), b = study.run(0, 1);
  EXPECT_EQ(study.site(a, "total_cash_krw", 0), 200'000);
  EXPECT_NEAR(study.site(b, "total_cash_krw", 1), 40'000 * 90.0 / 365, 1);
  EXPECT_NEAR(study.site(a, "annual_cost_krw", 0), 40'000, 4);
  EXPECT_NEAR(study.site(b, "annual_cost_krw", 1), 40'000, 4);
}

// The same history and the same end: the present value does not ask from when on metrics count. Energy is rounded to
// the won by stretch, so a cut in one moves it by a few won.
TEST(Money, PresentValueDoesNotDependOnTheWarmup) {
  Scenario s = cluster_of(8, 120 * ticks_per_day);
  s.policy.purchase.prices = {{"node", 123.456}};
  s.policy.purchase.exchange_rate = 1422.16;
  s.policy.cost = {0.045, 5 * ticks_per_year, 0, 0.05};
  s.catalog.tariffs = {TariffSpec{}};
  TariffSpec& tariff = s.catalog.tariffs[0];
  tariff.name = "t";
  tariff.seasons = {TariffSeasonSpec{}};
  for (int month = 1; month <= 12; ++month) tariff.seasons[0].months.push_back(month);
  tariff.seasons[0].off_peak = 100 / joules_per_kwh;
  tariff.demand_charge = 6490 / 1000.0 / (365 * 86400 / 12.0);
  tariff.ratchet = {1, 2};
  s.sites[0].power.tariff = "t";
  s.workload.classes = {job_class("c", LawSpec::choice({{1, 1}, {8, 1}}), LawSpec::exponential(9000))};
  s.workload.groups = {GroupSpec{}};
  s.workload.groups[0].name = "lab";
  s.workload.groups[0].price = 1000.0 / 3600;
  s.workload.jobs_per_day = 40;
  double npv[3];
  for (int i = 0; i < 3; ++i) {
    s.warmup = (i == 0 ? 0 : i == 1 ? 15 : 60) * ticks_per_day;
    const Study study({s});
    npv[i] = study.site(study.run(), "npv_krw");
  }
  EXPECT_NE(npv[0], 0);
  EXPECT_NEAR(npv[1], npv[0], 10);
  EXPECT_NEAR(npv[2], npv[0], 10);
}

// Investors pay at the start of day 100: with a horizon of 90 days neither their price, their GPUs nor the tax forgone
// on them count; with 110 all do.
TEST(Money, WhatIsPromisedAfterTheEndCountsNowhere) {
  Scenario s = cluster_of(1, 90 * ticks_per_day);
  s.policy.purchase.prices = {{"node", 100}};
  s.policy.purchase.exchange_rate = 1000;
  s.policy.cost.lifetime = 5 * ticks_per_year;
  IncentiveSpec& incentive = s.policy.incentive;
  incentive.node = "node";
  incentive.cap = 80;
  incentive.baseline = 100'000;
  incentive.shares = {{"large", 1}};
  incentive.credit = {{"large", 0.5}};
  incentive.elasticity = 1;
  incentive.lag = 100 * ticks_per_day;
  incentive.delay = LawSpec::constant(0);
  Scenario longer = s;
  longer.horizon = 110 * ticks_per_day;
  const Study a({s}), b({longer});
  const ReplicaResult before = a.run(), after = b.run();
  for (const char* name : {"tax_forgone_krw", "coinvestment_krw", "gpus_coinvested"})
    EXPECT_EQ(a.site(before, name), 0);
  EXPECT_EQ(a.site(before, "total_cash_krw"), a.site(before, "opex_krw") + 100'000);
  EXPECT_EQ(b.site(after, "tax_forgone_krw"), 100'000);
  EXPECT_EQ(b.site(after, "gpus_coinvested"), 16);
}

// A fifth of a credit a year over five years, without interest; machines keep a tenth of their price, credits nothing.
TEST(Money, OfATaxCreditLeavesNothingBehind) {
  Point point{};
  point.money.lifetime = 5 * ticks_per_year;
  point.money.residual_ppm = 100000;
  point.money.tax_forgone_krw = 1000000;
  point.money.coinvested_at = 0;
  const Account account = account_of(point.money, {}, {}, {}, 0, 0, ticks_per_year);
  EXPECT_EQ(account.tax_charge, 200000);
  EXPECT_DOUBLE_EQ(account.public_annual_cost(), 200000);
}

// Two clusters of 8 GPUs: the investors' from the start, the state's from half the time on. A third of the GPU-time is
// the state's, and so is that part of the running cost; nothing else costs.
TEST(Money, OfRunningIsTheStatesByInstalledGpuTime) {
  Scenario s = cluster_of(1, 100 * ticks_per_hour);
  s.sites[0].clusters[0].tranches[0].owner = Owner::investors;
  s.sites[0].clusters.push_back(s.sites[0].clusters[0]);
  s.sites[0].clusters[1].name = "the state's";
  s.sites[0].clusters[1].tranches[0].owner = Owner::state;
  s.sites[0].clusters[1].tranches[0].date = s.start + 50 * 3600;
  const Study study(s, {job(0, 1, 10)});
  const ReplicaResult result = study.run();
  const double opex = study.site(result, "opex_krw");
  EXPECT_GT(opex, 1000);
  EXPECT_NEAR(study.site(result, "public_cash_krw"), opex / 3, 1 + opex * 1e-6);
}

// Two nodes for 1,400,000 won each: one on the first of January, one on the tenth of February.
TEST(Money, OfAMonthIsWhatIsPaidInIt) {
  Scenario s = cluster_of(1, 80 * ticks_per_day);
  s.start = 1767225600;  // 2026-01-01
  s.outputs.by = PeriodLength::month;
  s.policy.purchase.prices = {{"node", 1000}};
  s.policy.purchase.exchange_rate = 1400;
  s.policy.cost.lifetime = 5 * ticks_per_year;
  s.sites[0].clusters[0].tranches.push_back(s.sites[0].clusters[0].tranches[0]);
  s.sites[0].clusters[0].tranches[1].date = s.start + (31 + 9) * 86400;
  const Study study(s, {job(0, 1, 10)});
  const Metrics metrics = study.metrics(study.run());
  ASSERT_EQ(metrics.periods.size(), 3u);
  for (const auto& [month, paid] : {std::pair{0, 1.4e6}, {1, 1.4e6}, {2, 0.0}}) {
    const auto value = [&, month = month](std::string_view name) {
      return Study::value(period_metrics(), metrics.periods[static_cast<std::size_t>(month)], name);
    };
    EXPECT_EQ(value("capex_paid_krw"), paid) << month;
    EXPECT_EQ(value("cash_krw"), paid + value("opex_krw")) << month;
  }
}

}  // namespace
}  // namespace nadc::test
