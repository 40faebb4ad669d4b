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

// 1,000 won, 10 % residual, 5 years: 180 a year. In the second half of the first year 90; from year 4 to 9 only 180.
TEST(Depreciation, IsAStraightLineToTheResidual) {
  const Payment payment{0, 1000, 400};
  const Tick life = 5 * ticks_per_year;
  EXPECT_EQ(depreciation_krw(payment, life, 100'000, ticks_per_year / 2, ticks_per_year), 90);
  EXPECT_EQ(depreciation_krw(payment, life, 100'000, 4 * ticks_per_year, 9 * ticks_per_year), 180);
  EXPECT_EQ(book_value_krw(payment, life, 100'000, 2 * ticks_per_year), 640);
  EXPECT_EQ(book_value_krw(payment, life, 100'000, 50 * ticks_per_year), 100);
  const Payment later{ticks_per_year, 1000, 400};
  EXPECT_EQ(depreciation_krw(later, life, 100'000, 0, 2 * ticks_per_year), 180);
  EXPECT_EQ(book_value_krw(later, life, 100'000, 0), 0);
}

// Depreciation over the parts of a time is that of the whole, to the won.
TEST(Depreciation, AddsUp) {
  const Payment payment{12345, 987654321987, 0};
  std::int64_t sum = 0;
  const Tick step = 7 * ticks_per_day + 1234567;
  for (Tick t = 0; t < 6 * ticks_per_year; t += step)
    sum += depreciation_krw(payment, 4 * ticks_per_year, 54321, t, t + step);
  EXPECT_EQ(sum, payment.krw - payment.krw * 54321 / 1'000'000);
}

// 16 GPUs for a year of 365.25 days; one job holds 8 of them for 1,000 h.
//   capital      2 nodes · 100 USD · 1,000 = 200,000; the state pays 60 %: 120,000
//   energy       no power: 0; maintenance 10 % = 20,000 for the year; opex 20,000, the state's 12,000
//   fees         8,000 GPU-h · 2 won = 16,000, a quarter subsidised: 4,000
//   public       120,000 + 12,000 + 4,000 = 136,000; private 80,000 + 8,000 − 4,000 = 84,000; together 220,000
//   cost an hour (200,000/5 + 20,000) / 8,000 = 7.5
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
  EXPECT_EQ(value("public_cost_krw"), 136'000);
  EXPECT_EQ(value("private_cost_krw"), 84'000);
  EXPECT_EQ(value("total_cost_krw"), 220'000);
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
  for (const char* name : {"capex_krw", "opex_krw", "energy_cost_krw", "npv_krw", "public_cost_krw",
                           "cost_per_gpu_hour_krw", "cost_per_h100e_hour_krw"})
    EXPECT_EQ(whole.site(a, name), parts.site(b, name)) << name;
}

}  // namespace
}  // namespace nadc::test
