// How capital is paid for: instalments, leases, the building, and a programme's life, against sheets worked by hand.
#include <gtest/gtest.h>

#include "models/policy/money.hpp"
#include "sim/error.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

// 16 GPUs in two nodes of 100,000 won, there from the start, for two years, without power: 200,000 won.
Scenario two_nodes(Tick horizon = 2 * ticks_per_year) {
  Scenario s = machine(0, 8, horizon);
  s.catalog.nodes = {node_kind("node", 8, 0, 0, 0)};
  s.sites = cluster_of(2, 1).sites;
  s.fleet = {};
  s.policy.purchase.prices = {{"node", 100}};
  s.policy.purchase.exchange_rate = 1000;
  s.policy.cost.discount_rate = 0.1;
  s.policy.cost.lifetime = 4 * ticks_per_year;
  s.policy.cost.building_lifetime = 20 * ticks_per_year;
  return s;
}

double value(const Scenario& s, const char* name) {
  const Study study({s});
  return study.site(study.run(), name);
}

// Three payments at 10 %, the first at once: 200,000 = x (1 + 1/1.1 + 1/1.21) = 2.735537 x, x = 73,112. Two of them
// fall into the two years. Discounted at 10 % too they are worth the price, so the annuity over four years, 0.31547080,
// is on 200,000: 63,094 a year. At 4 % discount they are worth 73,112 (1 + 1/1.04 + 1/1.0816) = 211,008, and the
// annuity 0.27549005 of it is 58,131.
TEST(Instalments, AreTheHandWorkedSheet) {
  Scenario s = two_nodes();
  s.policy.purchase.instalments = 3;
  s.policy.purchase.instalment_interest = 0.1;
  s.policy.ownership.state = 0.25;
  EXPECT_EQ(value(s, "capex_krw"), 200'000);
  EXPECT_EQ(value(s, "capex_paid_krw"), 2 * 73'112);
  EXPECT_EQ(value(s, "total_cash_krw"), 2 * 73'112);
  EXPECT_EQ(value(s, "public_cash_krw"), 2 * 73'112 / 4);
  EXPECT_EQ(value(s, "private_cash_krw"), 2 * 73'112 * 3 / 4);
  EXPECT_NEAR(value(s, "annual_cost_krw"), 63'094, 1);
  s.policy.cost.discount_rate = 0.04;
  EXPECT_NEAR(value(s, "annual_cost_krw"), 58'131, 1);
}

// The present value: three payments of 73,112 at 10 %, worth 200,000, the third owed after the end; half of the price
// is left after two of four years: 100,000 / 1.21 = 82,645. Together −117,355, as when it is paid at once.
TEST(Instalments, AtTheDiscountRateChangeNoPresentValue) {
  Scenario s = two_nodes();
  EXPECT_EQ(value(s, "npv_krw"), -117'355);
  s.policy.purchase.instalments = 3;
  s.policy.purchase.instalment_interest = 0.1;
  EXPECT_NEAR(value(s, "npv_krw"), -117'355, 2);
  s.policy.purchase.instalment_interest = 0;  // cheap credit: 66,667 (1 + 1/1.1 + 1/1.21) = 182,370; −99,725
  EXPECT_NEAR(value(s, "npv_krw"), -99'725, 2);
}

TEST(Instalments, AreRefusedUnderAnEnvelope) {
  Scenario s = two_nodes();
  s.policy.purchase.instalments = 2;
  s.policy.budget.envelope = {{"2026", 1e9}};
  EXPECT_THROW(value(s, "npv_krw"), Error);
}

// A financier that earns 8 % over three years and gets 20 % back asks (1 − 0.2/1.259712) · 0.38803351 = 0.32642692 of
// 200,000 a year: 65,285, and maintenance of 5 % stays with the centre: 10,000. Nothing is bought. Bought, at 10 % over
// four years, it is 63,094 + 10,000.
TEST(Lease, IsTheHandWorkedSheet) {
  Scenario s = two_nodes(90 * ticks_per_day);
  s.policy.cost.maintenance = 0.05;
  EXPECT_NEAR(value(s, "annual_cost_krw"), 63'094 + 10'000, 5);
  s.sites[0].clusters[0].tranches[0].how = Acquire::lease;
  s.policy.lease.term = 3 * ticks_per_year;
  s.policy.lease.interest = 0.08;
  s.policy.lease.residual = 0.2;
  EXPECT_NEAR(value(s, "annual_cost_krw"), 65'285 + 10'000, 10);
  EXPECT_EQ(value(s, "capex_krw"), 0);
  s.policy.purchase.prices = {};
  EXPECT_THROW(value(s, "annual_cost_krw"), Error);
}

// A building of 1,000,000 over 20 years at 10 %: annuity 0.11745962, 117,460 a year beside the nodes' 63,094; the state
// pays a quarter. Its present value: −1,000,000 and 900,000 / 1.21 left, −256,198, beside the nodes' −117,355.
TEST(Building, IsChargedOverItsOwnLifetime) {
  Scenario s = two_nodes();
  s.policy.cost.building = 1'000'000;
  s.policy.ownership.state = 0.25;
  EXPECT_EQ(value(s, "capex_krw"), 1'200'000);
  EXPECT_EQ(value(s, "public_cash_krw"), 300'000);
  EXPECT_NEAR(value(s, "annual_cost_krw"), 117'460 + 63'094, 1);
  EXPECT_NEAR(value(s, "public_annual_cost_krw"), (117'460 + 63'094) / 4.0, 1);
  EXPECT_NEAR(value(s, "capital_charge_krw"), 2 * (117'460 + 63'094), 2);
  EXPECT_NEAR(value(s, "npv_krw"), -256'198 - 117'355, 1);
}

// 63,094.16 a year for ten years at 10 % is worth 63,094.16 · 6.14456711 = 387,686. The same from the nodes: bought
// now, after four years and after eight, 200,000 (1 + 1/1.1⁴ + 1/1.1⁸) = 429,904, less the charge of the last ones'
// years 11 and 12, 63,094.16 (1/1.1¹¹ + 1/1.1¹²) = 42,217: 387,687.
TEST(Programme, RepeatsASteadyYear) {
  Scenario s = two_nodes(90 * ticks_per_day);
  EXPECT_TRUE(std::isnan(value(s, "programme_cost_krw")));
  s.policy.cost.programme = 10 * ticks_per_year;
  EXPECT_NEAR(value(s, "programme_cost_krw"), 387'686, 30);
  EXPECT_NEAR(value(s, "programme_public_cost_krw"), 387'686, 30);
  EXPECT_NEAR(value(s, "programme_net_benefit_krw"), -387'686, 30);
  // Over one lifetime it is the price.
  s.policy.cost.programme = 4 * ticks_per_year;
  EXPECT_NEAR(value(s, "programme_cost_krw"), 200'000, 20);
}

}  // namespace
}  // namespace nadc::test
