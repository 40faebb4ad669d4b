// A bidder's sheet against one worked by hand, and the closed forms of its returns.
#include "models/policy/bid.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/policy/bid_metrics.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

// Nodes for 1,000 that live two years; 600 borrowed at 10 %, repaid in two years; the state has half of the equity.
BidParams terms() {
  BidParams t{};
  t.years = 2;
  t.debt = 0.6;
  t.interest = 0.1;
  t.debt_years = 2;
  t.building_lifetime = 30 * ticks_per_year;
  t.tax = 0.25;
  t.loss_offset = 0.8;
  t.hurdle = 0.1;
  t.cover = 1.2;
  return t;
}
BidBase base(double income) {
  BidBase b;
  b.nodes = 1000;
  b.state_share = 0.5;
  b.lifetime = 2;
  b.income = income;
  b.cost = 100;
  b.gpu_hours = 50;
  return b;
}

// service         600 · 0.1 / (1 − 1.1^−2) = 60 / 0.1735537 = 345.7143
// year 1          operating 900 − 100 = 800; depreciation 500; interest 60; profit 240; tax 60
//                 to equity 800 − 60 − 345.7143 = 394.2857, the partner's half 197.1429; cover 740 / 345.7143 = 2.1405
// year 2          owed 600 + 60 − 345.7143 = 314.2857; interest 31.4286; profit 268.5714; tax 67.1429
//                 to equity 387.1429, half 193.5714; cover 732.8571 / 345.7143 = 2.1198; nothing left of the nodes
// partner         −200, 197.1429, 193.5714: with g = 1 + irr, 200 g² − 197.1429 g − 193.5714 = 0,
//                 g = (197.1429 + √(38,865.31 + 154,857.1)) / 400 = (197.1429 + 440.139) / 400 = 1.593205
// at 10 %         −200 + 179.2208 + 159.9764 = 139.1972
TEST(Bid, IsTheHandWorkedSheet) {
  const std::vector<BidYear> sheet = bid_sheet(terms(), base(900));
  ASSERT_EQ(sheet.size(), 3u);
  EXPECT_DOUBLE_EQ(sheet[0].partner, -200);
  EXPECT_NEAR(sheet[1].service, 345.7143, 5e-5);
  EXPECT_NEAR(sheet[1].tax, 60, 1e-9);
  EXPECT_NEAR(sheet[1].partner, 197.1429, 5e-5);
  EXPECT_NEAR(sheet[2].interest, 31.4286, 5e-5);
  EXPECT_NEAR(sheet[2].tax, 67.1429, 5e-5);
  EXPECT_NEAR(sheet[2].partner, 193.5714, 5e-5);
  const Bid bid = bid_of(terms(), base(900));
  EXPECT_NEAR(bid.irr, 0.593205, 2e-6);
  EXPECT_NEAR(bid.npv, 139.1972, 1e-4);
  EXPECT_NEAR(bid.cover, 2.1198, 5e-5);
  EXPECT_NEAR(bid.tax, 127.1429, 5e-5);
  EXPECT_EQ(bid.nobody, 0);
}

// −100, 230, −132 is worth nothing at 10 and at 20 %: (1.1 − g)(1.2 − g) = g² − 2.3 g + 1.32. None is the return, and
// the modified one at 10 % is √(230 · 1.1 / (100 + 132/1.21)) − 1 = √(253 / 209.0909) − 1 = 10 %: the present value
// there is 0. The sheet above: 197.1429 · 1.1 + 193.5714 = 410.4286 for 200, √2.052143 − 1.
TEST(RatesOfReturn, MayBeTwoAndTheModifiedOneIsOne) {
  const std::vector<double> flows{-100, 230, -132};
  const std::vector<double> rates = rates_of_return(flows);
  ASSERT_EQ(rates.size(), 2u);
  EXPECT_NEAR(rates[0], 0.1, 1e-9);
  EXPECT_NEAR(rates[1], 0.2, 1e-9);
  EXPECT_TRUE(std::isnan(internal_rate_of_return(flows)));
  EXPECT_NEAR(modified_rate_of_return(flows, 0.1), 0.1, 1e-12);
  EXPECT_TRUE(rates_of_return(std::vector<double>{-100, 120, -40}).empty());  // 100 g² − 120 g + 40: no real root
  EXPECT_TRUE(std::isnan(modified_rate_of_return(std::vector<double>{-1, -2}, 0.1)));
  const Bid bid = bid_of(terms(), base(900));
  EXPECT_EQ(bid.rates, 1);
  EXPECT_NEAR(bid.mirr, std::sqrt(2.052143) - 1, 1e-6);
}

// With a credit of 10 % of the nodes, 100: year 1 takes 60 of it and pays nothing, year 2 the other 40 and pays
// 27.1429. The partner gets 30 and 20 more: −200, 227.1429, 213.5714.
TEST(Bid, CarriesACreditForward) {
  BidParams t = terms();
  t.credit = 0.1;
  const Bid bid = bid_of(t, base(900));
  EXPECT_NEAR(bid.credit, 100, 1e-9);
  EXPECT_NEAR(bid.tax, 27.1429, 5e-5);
  EXPECT_NEAR(bid.npv, 139.1972 + 30 / 1.1 + 20 / 1.21, 1e-4);
  const double g = (227.1429 + std::sqrt(227.1429 * 227.1429 + 4 * 200 * 213.5714)) / 400;
  EXPECT_NEAR(bid.irr, g - 1, 1e-6);
  EXPECT_NEAR(bid.irr_without_credit, 0.593205, 2e-6);
}

// Without debt, fees of 500 that double: year 1 makes 400 − 500 = −100, no tax; year 2 makes 900 − 500 = 400, of which
// losses may take 80 % = 320, so all 100: tax 0.25 · 300 = 75. With an offset of a tenth, 40: tax 90.
TEST(Bid, CarriesLossesForward) {
  BidParams t = terms();
  t.debt = 0;
  t.price_trend = 1;
  EXPECT_DOUBLE_EQ(bid_sheet(t, base(500))[1].tax, 0);
  EXPECT_DOUBLE_EQ(bid_sheet(t, base(500))[2].tax, 75);
  t.loss_offset = 0.1;
  EXPECT_DOUBLE_EQ(bid_sheet(t, base(500))[2].tax, 90);
  EXPECT_TRUE(std::isnan(bid_of(t, base(500)).cover));
}

// The state paid 200 in. At the end of year 1 the partner pays 200 · 1.05 = 210 for it and has all of year 2:
// −200, 197.1429 − 210, 387.1429. Both are worth the same to the partner if it earns 5 % on the 200: 210 now for
// 193.5714 later is a loss.
TEST(Bid, BuysTheStatesShareBack) {
  BidParams t = terms();
  t.buy_back_year = 1;
  t.buy_back_interest = 0.05;
  const std::vector<BidYear> sheet = bid_sheet(t, base(900));
  EXPECT_NEAR(sheet[1].partner, -12.8571, 5e-5);
  EXPECT_NEAR(sheet[2].partner, 387.1429, 5e-5);
  EXPECT_LT(bid_of(t, base(900)).npv, bid_of(terms(), base(900)).npv);
}

// A building of 300 that lasts 30 years, all equity, no tax, no fees beyond cost: 10 a year wears off, and 280 are left
// after two years; nodes leave a tenth of 1,000. So −650 at first, 0, and half of 380.
TEST(Bid, KeepsWhatIsLeftOfNodesAndBuilding) {
  BidParams t = terms();
  t.debt = 0;
  t.building_krw = 300;
  BidBase b = base(100);
  b.residual = 0.1;
  const std::vector<BidYear> sheet = bid_sheet(t, b);
  EXPECT_DOUBLE_EQ(sheet[0].partner, -650);
  EXPECT_DOUBLE_EQ(sheet[1].depreciation, 460);
  EXPECT_DOUBLE_EQ(sheet[1].partner, 0);
  EXPECT_NEAR(sheet[2].partner, 190, 1e-9);
}

// At its own break-even price the return is the hurdle rate, whatever the terms; beyond it, it bids.
TEST(Bid, BreaksEvenAtItsPrice) {
  for (const double debt : {0.0, 0.6})
    for (const double credit : {0.0, 0.15}) {
      BidParams t = terms();
      t.debt = debt;
      t.credit = credit;
      t.cover = 0;
      const double price = bid_of(t, base(0)).price;
      const Bid at = bid_of(t, base(price * 50));
      EXPECT_NEAR(at.irr, t.hurdle, 1e-9);
      EXPECT_NEAR(at.npv, 0, 1e-6);
      EXPECT_EQ(bid_of(t, base(1.001 * price * 50)).nobody, 0);
      EXPECT_EQ(bid_of(t, base(0.999 * price * 50)).nobody, 1);
    }
}

// Whoever has how much of the equity, all of it earns alike, in every bit; the value is by share.
TEST(Bid, EarnsAlikeWhateverItsShare) {
  BidBase other = base(900);
  other.state_share = 0.29;
  const Bid half = bid_of(terms(), base(900)), more = bid_of(terms(), other);
  EXPECT_EQ(half.irr, more.irr);
  EXPECT_EQ(half.price, more.price);
  EXPECT_NEAR(half.npv / 0.5, more.npv / 0.71, 1e-9);
}

// It earns enough, and its lenders do not: with a cover of 2.15 asked, 2.1198 is too little.
TEST(Bid, NeedsItsLenders) {
  BidParams t = terms();
  t.cover = 2.15;
  EXPECT_EQ(bid_of(t, base(900)).nobody, 1);
  t.cover = 2.11;
  EXPECT_EQ(bid_of(t, base(900)).nobody, 0);
}

// −100, 230, −132 is worth nothing at 10 % and at 20 %; −1, 0 at no rate; −100, 110 at 10 %; 4 % a year for a century.
TEST(InternalRateOfReturn, IsTheOneRootOrNone) {
  EXPECT_TRUE(std::isnan(internal_rate_of_return(std::vector<double>{-100, 230, -132})));
  EXPECT_TRUE(std::isnan(internal_rate_of_return(std::vector<double>{-1, 0})));
  EXPECT_NEAR(internal_rate_of_return(std::vector<double>{-100, 110}), 0.1, 1e-12);
  std::vector<double> bond(101, 4.0);
  bond.front() = -100;
  bond.back() += 100;
  EXPECT_NEAR(internal_rate_of_return(bond), 0.04, 1e-12);
}

// The centre of Money.OfASmallCentreIsHandWorked, asked for a bid of five years: 200,000 won of nodes, 60 % the
// state's, fees 16,000 and cost 20,000 a year. All equity, no tax: −80,000, then five times 0.4 · (−4,000): no return.
// Worth 5 won an hour the 8,000 hours are 40,000 against a charge of 40,000 and a cost of 20,000.
TEST(Bid, ReadsTheSimulatedYear) {
  Scenario s = machine(0, 8, ticks_per_year);
  s.catalog.nodes = {node_kind("node", 8, 0, 0, 0)};
  s.fleet.node = "node";
  s.fleet.gpus = 16;
  s.policy.purchase.prices = {{"node", 100}};
  s.policy.purchase.exchange_rate = 1000;
  s.policy.ownership.state = 0.6;
  s.policy.cost.lifetime = 5 * ticks_per_year;
  s.policy.cost.maintenance = 0.1;
  s.policy.bid.years = 5;
  s.policy.bid.hurdle = 0.08;
  s.workload.groups = {GroupSpec{}};
  s.workload.groups[0].name = "lab";
  s.workload.groups[0].price = 2.0 / 3600;
  s.workload.groups[0].worth = 5.0 / 3600;
  const Study study(s, {job(0, 8, 3'600'000)});
  const ReplicaResult result = study.run();
  EXPECT_EQ(study.site(result, "nobody_bids"), 1);
  EXPECT_TRUE(std::isnan(study.site(result, "bid_irr")));
  double annuity = 0;
  for (int y = 1; y <= 5; ++y) annuity += std::pow(1.08, -y);
  EXPECT_NEAR(study.site(result, "bid_npv_krw"), -80'000 - 1'600 * annuity, 1e-6);
  EXPECT_NEAR(study.site(result, "bid_price_krw"), (80'000 / annuity / 0.4 + 20'000) / 8'000, 1e-9);
  EXPECT_EQ(study.site(result, "benefit_krw"), 40'000);
  EXPECT_DOUBLE_EQ(study.site(result, "benefit_cost_ratio"), 40.0 / 60.0);

  s.policy.bid.years = 6;
  EXPECT_THROW(Study(s, {job(0, 8, 3'600'000)}), Error);
}

TEST(Bid, IsAskedOfNobodyWithoutYears) {
  const Study study(machine(8, 8, ticks_per_day), {job(0, 1, 10)});
  const ReplicaResult result = study.run();
  for (const MetricInfo& info : bid_metrics()) EXPECT_TRUE(std::isnan(study.site(result, info.name))) << info.name;
}

}  // namespace
}  // namespace nadc::test
