// Purchases against tables worked out by hand; the derivation stands above each.
#include "models/policy/procurement.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "sim/error.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

constexpr std::int64_t january_2025 = 1735689600, july_2025 = 1751328000, july_2026 = 1782864000;

// One site, one cluster; nodes of 8 GPUs at 100 USD, 1,000 won a dollar: 100,000 won a node.
Scenario priced(std::vector<std::pair<std::int64_t, std::int64_t>> tranches) {  // date, GPUs
  Scenario s = machine(0, 8, 365 * ticks_per_day);
  s.start = january_2025;
  s.policy.purchase.prices = {{"node", 100.0}};
  s.policy.purchase.exchange_rate = 1000;
  s.sites = {SiteSpec{}};
  s.sites[0].name = "s";
  s.sites[0].clusters = {ClusterSpec{}};
  s.sites[0].clusters[0].name = "c";
  for (const auto& [date, gpus] : tranches) {
    TrancheSpec& tranche = s.sites[0].clusters[0].tranches.emplace_back();
    tranche.node = "node";
    tranche.date = date;
    tranche.gpus = gpus;
    tranche.delay = LawSpec::constant(0);
  }
  return s;
}
Procurement bought(const Scenario& s) { return procure(s, planned_tranches(s)); }
std::vector<std::int64_t> nodes_of(const Procurement& p) {
  std::vector<std::int64_t> nodes;
  for (const BoughtTranche& tranche : p.tranches) nodes.push_back(tranche.nodes);
  return nodes;
}
using Nodes = std::vector<std::int64_t>;

TEST(Procurement, WithoutAnEnvelopeBuysThePlan) {
  const Scenario s = priced({{0, 80}, {july_2026, 16}});
  EXPECT_EQ(nodes_of(bought(s)), (Nodes{10, 2}));
  EXPECT_EQ(bought(s).tranches[0].krw, 1'000'000);
}

// 10 nodes of 100 USD at 1,400 won, and a tenth for what stands around them: 1,540,000.
TEST(Procurement, PaysInWonWithWhatStandsAround) {
  Scenario s = priced({{0, 80}});
  s.policy.purchase.exchange_rate = 1400;
  s.policy.purchase.overhead = 0.1;
  EXPECT_EQ(bought(s).tranches[0].krw, 1'540'000);
}

// The plan's second tranche comes first, and gets its 10 nodes of the 12 that 1,250,000 buy.
TEST(Procurement, BuysInTheOrderOfTheDates) {
  Scenario s = priced({{july_2025, 40}, {0, 80}});
  s.policy.budget.envelope = {{"2025", 1'250'000}};
  EXPECT_EQ(nodes_of(bought(s)), (Nodes{2, 10}));
}

// 2025: 1,250,000 buy 10 of the 10 nodes of the first tranche and 2 of the 5 of the second; 50,000 lapse. The 3 that
// are missing would cost 300,000. 2026: 150,000 buy one of two.
TEST(Procurement, BuysWhatFitsAndRecordsWhatDoesNot) {
  Scenario s = priced({{0, 80}, {july_2025, 40}, {july_2026, 16}});
  s.policy.budget.envelope = {{"2025", 1'250'000}, {"2026", 150'000}};
  const Procurement p = bought(s);
  EXPECT_EQ(nodes_of(p), (Nodes{10, 2, 1}));
  ASSERT_EQ(p.years.size(), 2u);
  EXPECT_EQ(p.years[0].spent_krw, 1'200'000);
  EXPECT_EQ(p.years[0].unspent_krw, 50'000);
  EXPECT_EQ(p.years[0].short_krw, 300'000);
  EXPECT_EQ(p.years[1].spent_krw, 100'000);
  EXPECT_EQ(p.years[1].unspent_krw, 50'000);
  EXPECT_EQ(p.years[1].short_krw, 100'000);
}

// Carried over, the 50,000 of 2025 make 200,000 in 2026: both nodes.
TEST(Procurement, CarriesOverWhatIsLeft) {
  Scenario s = priced({{0, 80}, {july_2025, 40}, {july_2026, 16}});
  s.policy.budget.envelope = {{"2025", 1'250'000}, {"2026", 150'000}};
  s.policy.budget.carry_over = true;
  const Procurement p = bought(s);
  EXPECT_EQ(nodes_of(p), (Nodes{10, 2, 2}));
  EXPECT_EQ(p.years[1].carried_krw, 50'000);
  EXPECT_EQ(p.years[0].unspent_krw, 0);
  EXPECT_EQ(p.years[1].unspent_krw, 0);
}

// A fifth is kept for operation: 1,000,000 buy 10 nodes. With prices 20 % lower in 2026, 80,000 won, 120,000 buy one.
TEST(Procurement, KeepsMoneyForOperationAndFollowsPrices) {
  Scenario s = priced({{0, 80}, {july_2025, 40}, {july_2026, 16}});
  s.policy.budget.envelope = {{"2025", 1'250'000}, {"2026", 150'000}};
  s.policy.budget.operation = 0.2;
  s.policy.purchase.trend = -0.2;
  const Procurement p = bought(s);
  EXPECT_EQ(nodes_of(p), (Nodes{10, 0, 1}));
  EXPECT_EQ(p.tranches[2].node_krw, 80'000);
  EXPECT_EQ(p.years[0].reserved_krw, 250'000);
  EXPECT_EQ(p.years[0].unspent_krw, 0);
}

// The state pays 40 % of shared nodes: 40,000 won each, so 500,000 buy 12; investors' own tranche costs it nothing.
TEST(Procurement, PaysTheStatesShareOnly) {
  Scenario s = priced({{0, 800}, {0, 16}});
  s.policy.ownership.state = 0.4;
  s.sites[0].clusters[0].tranches[1].owner = Owner::investors;
  s.policy.budget.envelope = {{"2025", 500'000}};
  const Procurement p = bought(s);
  EXPECT_EQ(nodes_of(p), (Nodes{12, 2}));
  EXPECT_EQ(p.tranches[0].krw, 1'200'000);
  EXPECT_EQ(p.tranches[0].state_krw, 480'000);
  EXPECT_EQ(p.tranches[1].state_krw, 0);
  EXPECT_EQ(p.years[0].unspent_krw, 20'000);
}

// spent + reserved + unspent = envelope to the won, for awkward prices, shares and plans.
TEST(Procurement, SpentAndUnspentAreTheEnvelopeToTheWon) {
  for (int k = 0; k < 200; ++k) {
    Scenario s = priced({{0, 8 + 8 * (k % 7)}, {july_2025, 8 + 8 * (k % 11)}, {july_2026, 8 + 8 * (k % 13)}});
    s.policy.purchase.prices = {{"node", 97.13 + 3.7 * k}};
    s.policy.purchase.exchange_rate = 1300 + 7.77 * k;
    s.policy.purchase.overhead = 0.0137 * (k % 17);
    s.policy.purchase.trend = -0.013 * (k % 5);
    s.policy.budget.operation = 0.07 * (k % 6);
    s.policy.budget.carry_over = k % 2;
    s.policy.ownership.state = 1.0 - 0.09 * (k % 8);
    s.policy.budget.envelope = {{"2025", 123457.0 * (k + 1)}, {"2026", 76543.0 * (200 - k)}};
    const Procurement p = bought(s);
    std::int64_t envelope = 0, used = 0, state = 0;
    for (const YearAccount& year : p.years) {
      envelope += year.envelope_krw;
      used += year.reserved_krw + year.spent_krw + year.unspent_krw;
      EXPECT_GE(year.unspent_krw, 0);
    }
    for (const BoughtTranche& tranche : p.tranches) {
      state += tranche.state_krw;
      EXPECT_GE(tranche.missing, 0);
      EXPECT_LE(tranche.state_krw, tranche.krw);
    }
    EXPECT_EQ(envelope, used) << k;
    EXPECT_EQ(state, std::accumulate(p.years.begin(), p.years.end(), std::int64_t{0},
                                     [](std::int64_t sum, const YearAccount& y) { return sum + y.spent_krw; }));
  }
}

TEST(Procurement, AKindWithoutPriceIsAnErrorUnderAnEnvelope) {
  Scenario s = priced({{0, 80}});
  s.policy.purchase.prices.clear();
  EXPECT_NO_THROW(bought(s));
  s.policy.budget.envelope = {{"2025", 1'000'000}};
  EXPECT_THROW(bought(s), Error);
}

// ---- tax credits

// Small firms and large ones invest half each of 1,000,000 won at credits of 10 % and 0 %. At 25 % and 20 %, elasticity
// 1 and all of it qualifying: 500,000·0.9/0.75 = 600,000 and 500,000/0.8 = 625,000, together 12 nodes of 100,000 and
// 25,000 too few for the next. The 1,200,000 split as 600 : 625: 587,755 and 612,245. Credits 25 % and 20 % of them.
Scenario with_incentive() {
  Scenario s = priced({{0, 80}});
  IncentiveSpec& incentive = s.policy.incentive;
  incentive.node = "node";
  incentive.cap = 800;
  incentive.baseline = 1'000'000;
  incentive.shares = {{"small", 1}, {"large", 1}};
  incentive.before = {{"small", 0.10}};
  incentive.credit = {{"small", 0.25}, {"large", 0.20}};
  incentive.elasticity = 1;
  incentive.lag = 365 * ticks_per_day;
  incentive.delay = LawSpec::constant(0);
  return s;
}

TEST(Incentive, BringsTheHandWorkedInvestment) {
  const Procurement p = bought(with_incentive());
  ASSERT_EQ(p.tranches.size(), 2u);
  EXPECT_EQ(p.tranches[1].nodes, 12);
  EXPECT_EQ(p.tranches[1].krw, 1'200'000);
  EXPECT_EQ(p.tranches[1].state_krw, 0);
  ASSERT_EQ(p.firms.size(), 2u);
  EXPECT_EQ(p.firms[0].investment_krw, 587'755);
  EXPECT_EQ(p.firms[1].investment_krw, 612'245);
  EXPECT_EQ(p.firms[0].tax_forgone_krw, 146'938);
  EXPECT_EQ(p.firms[1].tax_forgone_krw, 122'449);
}

TEST(Incentive, TaxForgoneIsTheRateTimesWhatQualifies) {
  for (int k = 1; k < 100; ++k) {
    Scenario s = with_incentive();
    s.policy.incentive.qualifying = 0.01 * k;
    s.policy.incentive.elasticity = 0.013 * k;
    s.policy.incentive.baseline = 1e6 + 31415.0 * k;
    const Procurement p = bought(s);
    std::int64_t all = 0;
    for (const FirmAccount& firm : p.firms) {
      const std::int64_t rate = firm.size == "small" ? 250'000 : 200'000;  // ppm
      EXPECT_EQ(firm.qualifying_krw, firm.investment_krw * (10'000 * k) / million);
      EXPECT_EQ(firm.tax_forgone_krw, firm.qualifying_krw * rate / million);
      all += firm.investment_krw;
    }
    EXPECT_EQ(all, p.tranches[1].krw) << k;
  }
}

// At the rates of before nothing changes: 10 nodes. With elasticity 2, 500,000·(1.2² + 1.25²) = 1,501,250: 15 nodes.
// The cap of 4 nodes binds; leverage of ½ adds half of the state's 1,000,000: 15 nodes at the old rates.
TEST(Incentive, FollowsElasticityCapAndLeverage) {
  Scenario s = with_incentive();
  s.policy.incentive.credit = s.policy.incentive.before;
  EXPECT_EQ(bought(s).tranches[1].nodes, 10);
  s.policy.incentive.leverage = 0.5;
  EXPECT_EQ(bought(s).tranches[1].nodes, 15);
  s = with_incentive();
  s.policy.incentive.elasticity = 2;
  EXPECT_EQ(bought(s).tranches[1].nodes, 15);
  s.policy.incentive.cap = 32;
  EXPECT_EQ(bought(s).tranches[1].nodes, 4);
}

TEST(Incentive, ArrivesAfterTheLag) {
  const Scenario s = with_incentive();
  EXPECT_EQ(planned_tranches(s)[1].date, january_2025 + 365 * 86400);
}

// ---- domestic accelerators

// 80 GPUs, a quarter domestic, in nodes of 4: 60 GPUs are 7.5 nodes of 8, so 8 (half away from zero); 5 nodes of 4.
TEST(Domestic, TakesItsShareOfEachTranche) {
  Scenario s = priced({{0, 80}});
  s.catalog.nodes.push_back(node_kind("own", 4));
  s.policy.domestic.node = "own";
  s.policy.domestic.share = 0.25;
  const std::vector<PlannedTranche> planned = planned_tranches(s);
  ASSERT_EQ(planned.size(), 2u);
  EXPECT_EQ(planned[0].nodes, 8);
  EXPECT_EQ(planned[1].nodes, 5);
  EXPECT_EQ(planned[1].kind, "own");
  EXPECT_EQ(planned[0].entity, planned[1].entity);
  EXPECT_EQ(planned[0].most, 10);  // whatever the share of a sample
  EXPECT_EQ(planned[1].most, 20);
}

// 1,000,000 won, 30 % of which buy nodes of 50,000 won: 6. With a cap of 16 GPUs: 4.
TEST(Fund, BuysDomesticAccelerators) {
  Scenario s = priced({{0, 80}});
  s.catalog.nodes.push_back(node_kind("own", 4));
  s.policy.domestic.node = "own";
  s.policy.purchase.prices.push_back({"own", 50});
  s.policy.fund.amount = 1'000'000;
  s.policy.fund.purchase = 0.3;
  s.policy.fund.cap = 400;
  EXPECT_EQ(bought(s).tranches.back().nodes, 6);
  EXPECT_EQ(bought(s).tranches.back().state_krw, 300'000);
  s.policy.fund.cap = 16;
  EXPECT_EQ(bought(s).tranches.back().nodes, 4);
}

}  // namespace
}  // namespace nadc::test
