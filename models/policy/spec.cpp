#include "models/policy/spec.hpp"

#include <algorithm>
#include <charconv>

namespace nadc {

using namespace spec;

namespace {

void years_are_years(const BudgetSpec& budget, std::vector<Complaint>& complaints) {
  for (const NamedAmount& entry : budget.envelope) {
    int year = 0;
    const char* end = entry.name.data() + entry.name.size();
    const auto [stop, error] = std::from_chars(entry.name.data(), end, year);
    if (error != std::errc() || stop != end || year < 1970 || year > 2200)
      complaints.push_back({"envelope", "'" + entry.name + "' is no year", "write {2025: 1.459 trillion KRW}"});
  }
}

void sizes_are_known(const IncentiveSpec& incentive, std::vector<Complaint>& complaints) {
  const auto known = [&](const NamedAmount& entry) {
    return std::any_of(incentive.shares.begin(), incentive.shares.end(),
                       [&](const NamedAmount& size) { return size.name == entry.name; });
  };
  for (const auto* list : {&incentive.credit, &incentive.before})
    for (const NamedAmount& entry : *list)
      if (!known(entry))
        complaints.push_back({list == &incentive.credit ? "credit" : "before",
                              "no firm size '" + entry.name + "' among the shares", "give shares." + entry.name});
  double sum = 0;
  for (const NamedAmount& size : incentive.shares) sum += size.value;
  if (!incentive.node.empty() && !(sum > 0))
    complaints.push_back({"shares", "no firm invests", "give shares by firm size, for example {large: 1}"});
}

void terms_fit(const BidSpec& bid, std::vector<Complaint>& complaints) {
  if (bid.years == 0) return;
  if (bid.debt > 0 && bid.debt_years > bid.years)
    complaints.push_back({"debt_years", "is longer than the operation (policy.bid.years)", "repay within it"});
  if (bid.buy_back_year > bid.years)
    complaints.push_back({"buy_back_year", "lies behind the operation (policy.bid.years)", "0: no buy-back"});
}

}  // namespace

const FieldTable& BudgetSpec::fields() {
  static const FieldTable table{
      "budget",
      "Public money, by year.",
      {
          amounts(&BudgetSpec::envelope, "envelope", Dimension::money, not_negative, "{}",
                  "What may be spent in each calendar year; none: no limit.", "neutral default"),
          quantity(&BudgetSpec::operation, "operation", Dimension::ratio, fraction, "0",
                   "Share of the envelope that is kept for running cost and buys nothing.", "neutral default"),
          boolean(&BudgetSpec::carry_over, "carry_over", "false", "Whether what a year leaves goes to the next.",
                  "neutral default: budgets lapse"),
      },
      check_with<&years_are_years>};
  return table;
}

const FieldTable& PurchaseSpec::fields() {
  static const FieldTable table{
      "purchase",
      "What nodes cost.",
      {
          amounts(&PurchaseSpec::prices, "prices", Dimension::none, not_negative, "{}",
                  "Price of a node by kind [USD]; kinds not named cost nothing.", "neutral default"),
          amounts(&PurchaseSpec::rents, "rents", Dimension::none, not_negative, "{}",
                  "Rent of a GPU-hour by node kind [USD], for tranches that are rented.", "neutral default"),
          number(&PurchaseSpec::exchange_rate, "exchange_rate", positive, "1422.16", "Won for a US dollar.",
                 "mean of 2025 (allthe.news)"),
          quantity(&PurchaseSpec::overhead, "overhead", Dimension::ratio, not_negative, "0",
                   "Network, storage and installation, relative to the nodes.", "neutral default"),
          quantity(&PurchaseSpec::trend, "trend", Dimension::ratio, {.min = -1, .at_min = Bound::open}, "0",
                   "Change of prices a year, from the year of the start on.", "neutral default"),
          integer(&PurchaseSpec::instalments, "instalments", between(1, 50), "1",
                  "Equal payments, a year apart, in which nodes are paid for, the first on their date.",
                  "neutral default: at once"),
          quantity(&PurchaseSpec::instalment_interest, "instalment_interest", Dimension::ratio, {.min = 0, .max = 1},
                   "0", "Of what is still owed, a year.", "neutral default"),
      }};
  return table;
}

const FieldTable& LeaseSpec::fields() {
  static const FieldTable table{
      "lease",
      "What a financier asks for tranches that are leased: it pays the price, and equal payments over the term earn it "
      "the interest.",
      {
          duration(&LeaseSpec::term, "term", positive, "3 y", "Of a lease.", "assumption: 3 to 5 y"),
          quantity(&LeaseSpec::interest, "interest", Dimension::ratio, {.min = 0, .max = 1}, "8 %",
                   "That the financier earns, a year.", "assumption: 6 to 10 %"),
          quantity(&LeaseSpec::residual, "residual", Dimension::ratio, fraction, "0",
                   "What the nodes are worth to it at the end of the term, relative to the price.",
                   "assumption: nothing; 0 to 30 %"),
      }};
  return table;
}

const FieldTable& IncentiveSpec::fields() {
  static const FieldTable table{
      "incentive",
      "Tax credit for private investment, and what it brings.",
      {
          text(&IncentiveSpec::node, "node", "\"\"", "Node kind that investors buy; none: no investment.",
               "neutral default"),
          text(&IncentiveSpec::site, "site", "\"\"", "Site where the nodes stand; none: the first.", "neutral default"),
          integer(&IncentiveSpec::cap, "cap", between(0, 100e6), "0", "GPUs that investors add at most.",
                  "neutral default"),
          quantity(&IncentiveSpec::baseline, "baseline", Dimension::money, not_negative, "0 KRW",
                   "Private investment at the credit rates of before.", "neutral default"),
          number(&IncentiveSpec::leverage, "leverage", not_negative, "0",
                 "Private won at the rates of before for each won of public capital.", "neutral default"),
          amounts(&IncentiveSpec::shares, "shares", Dimension::none, not_negative, "{}",
                  "Relative weight of firm sizes in the investment.", "neutral default"),
          amounts(&IncentiveSpec::credit, "credit", Dimension::ratio, {.min = 0, .max = 1, .at_max = Bound::open}, "{}",
                  "Credit rate by firm size.", "neutral default"),
          amounts(&IncentiveSpec::before, "before", Dimension::ratio, {.min = 0, .max = 1, .at_max = Bound::open}, "{}",
                  "Credit rate by firm size at which the baseline holds: what the credit is compared with.",
                  "neutral default"),
          quantity(&IncentiveSpec::qualifying, "qualifying", Dimension::ratio, fraction, "1",
                   "Share of the investment that qualifies.", "neutral default"),
          number(&IncentiveSpec::elasticity, "elasticity", not_negative, "1",
                 "Elasticity of investment to its user cost, as a positive number.",
                 "assumption: 0.5 to 1.5 (Hassett and Hubbard 2002, from memory: 0.5 to 1)"),
          spec::date(&IncentiveSpec::date, "date", optional, "When the credit takes effect; absent: at the start.", ""),
          duration(&IncentiveSpec::lag, "lag", not_negative, "0 s", "From then until the nodes are in service.",
                   "neutral default"),
          law(&IncentiveSpec::delay, "delay", Dimension::duration, not_negative, "0 s", "Delay after that.",
              "neutral default: on time"),
      },
      check_with<&sizes_are_known>};
  return table;
}

const FieldTable& DomesticSpec::fields() {
  static const FieldTable table{
      "domestic",
      "Accelerators of domestic makers.",
      {
          text(&DomesticSpec::node, "node", "\"\"", "Their node kind; none: there are none.", "neutral default"),
          quantity(&DomesticSpec::share, "share", Dimension::ratio, fraction, "0",
                   "Share of each planned tranche, private ones excepted, that is of this kind.", "neutral default"),
          quantity(&DomesticSpec::performance, "performance", Dimension::ratio, positive, "1",
                   "Factor on its speed in every class and on its H100-equivalents.",
                   "neutral default: as the catalog and the classes say"),
      }};
  return table;
}

const FieldTable& FundSpec::fields() {
  static const FieldTable table{
      "fund",
      "A fund that buys domestic accelerators.",
      {
          quantity(&FundSpec::amount, "amount", Dimension::money, not_negative, "0 KRW", "Its size.",
                   "neutral default"),
          quantity(&FundSpec::purchase, "purchase", Dimension::ratio, fraction, "0",
                   "Share that buys accelerators for the centre; the rest develops them.", "neutral default"),
          integer(&FundSpec::cap, "cap", between(0, 100e6), "0", "Accelerators at most; 0: no purchase.",
                  "neutral default"),
          text(&FundSpec::site, "site", "\"\"", "Site where they stand; none: the first.", "neutral default"),
          spec::date(&FundSpec::date, "date", optional, "Planned entry into service; absent: at the start.", ""),
          law(&FundSpec::delay, "delay", Dimension::duration, not_negative, "0 s", "Delay after that.",
              "neutral default: on time"),
      }};
  return table;
}

const FieldTable& OwnershipSpec::fields() {
  static const FieldTable table{
      "ownership",
      "Who pays and owns shared tranches.",
      {
          quantity(&OwnershipSpec::state, "state", Dimension::ratio, fraction, "100 %",
                   "The state's share of shared tranches; partners pay the rest.", "neutral default"),
          boolean(&OwnershipSpec::quotas, "quotas", "false",
                  "Whether a group's quota is a share of the GPUs of its owner in place of all GPUs.",
                  "neutral default"),
      }};
  return table;
}

const FieldTable& TargetSpec::fields() {
  static const FieldTable table{
      "target",
      "What was promised.",
      {
          integer(&TargetSpec::gpus, "gpus", between(0, 100e6), "0", "GPUs in service; 0: all that are planned.",
                  "neutral default"),
          spec::date(&TargetSpec::by, "by", optional,
                     "By when; a date without a time means the end of that day; absent: by the end.", ""),
      }};
  return table;
}

const FieldTable& CostSpec::fields() {
  static const FieldTable table{
      "cost",
      "How money is counted.",
      {
          quantity(&CostSpec::discount_rate, "discount_rate", Dimension::ratio, {.min = -0.5, .max = 1}, "4.5 %",
                   "A year, real.", "assumption: Korea's public investments use 4.5 % (from memory); 2 to 8 %"),
          duration(&CostSpec::lifetime, "lifetime", positive, "5 y",
                   "Of a node, for its capital charge and book value.", "assumption: 4 to 6 y in operators' accounts"),
          quantity(&CostSpec::residual, "residual", Dimension::ratio, fraction, "0",
                   "Value at the end of the lifetime, relative to the price.", "assumption: nothing; 0 to 20 %"),
          quantity(&CostSpec::maintenance, "maintenance", Dimension::ratio, not_negative, "0",
                   "Staff, spares and licences a year, relative to the price of what is installed.", "neutral default"),
          quantity(&CostSpec::building, "building", Dimension::money, not_negative, "0 KRW",
                   "Building and substation, paid at the start; shared as policy.ownership says.", "neutral default"),
          duration(&CostSpec::building_lifetime, "building_lifetime", positive, "30 y",
                   "Of the building, for its capital charge and book value.", "assumption: 20 to 40 y"),
          duration(&CostSpec::programme, "programme", not_negative, "0 s",
                   "Life of the programme over which programme_… metrics repeat what is measured as a steady year, "
                   "nodes replaced at their price; 0: they have no value.",
                   "neutral default"),
      }};
  return table;
}

const FieldTable& BidSpec::fields() {
  constexpr Range trend{.min = -1, .max = 1, .at_min = Bound::open};
  static const FieldTable table{
      "bid",
      "Terms on which a private operator is asked to bid; it shares the capital with the state (policy.ownership).",
      {
          integer(&BidSpec::years, "years", between(0, 50), "0",
                  "Years of operation, each as the time measured; 0: nobody is asked.", "neutral default"),
          quantity(&BidSpec::debt, "debt", Dimension::ratio, {.min = 0, .max = 1, .at_max = Bound::open}, "70 %",
                   "Share of the capital that is borrowed.", "assumption: 60 to 80 % in project finance"),
          quantity(&BidSpec::interest, "interest", Dimension::ratio, {.min = 0, .max = 1}, "4.5 %",
                   "Of the debt, a year.", "assumption: policy loans at 3 to 6 %"),
          integer(&BidSpec::debt_years, "debt_years", between(1, 50), "5", "Equal yearly payments that repay the debt.",
                  "assumption: the lifetime of the nodes"),
          quantity(&BidSpec::tax, "tax", Dimension::ratio, {.min = 0, .max = 1, .at_max = Bound::open}, "26.4 %",
                   "Of the profit.", "assumption: Korea's highest rate, 24 % and a tenth of it local (from memory)"),
          quantity(&BidSpec::credit, "credit", Dimension::ratio, {.min = 0, .max = 1, .at_max = Bound::open}, "0",
                   "Tax credit on the price of the nodes; what tax cannot take yet is carried forward.",
                   "neutral default"),
          quantity(&BidSpec::loss_offset, "loss_offset", Dimension::ratio, fraction, "80 %",
                   "Share of a year's profit that losses carried forward may take.",
                   "assumption: Korea's rule for large firms (from memory); 100 % for small ones"),
          quantity(&BidSpec::price_trend, "price_trend", Dimension::ratio, trend, "0",
                   "Change of the fees a year, as prices of GPU-hours fall.", "neutral default"),
          quantity(&BidSpec::cost_trend, "cost_trend", Dimension::ratio, trend, "0",
                   "Change of the running cost a year.", "neutral default"),
          integer(&BidSpec::buy_back_year, "buy_back_year", between(0, 50), "0",
                  "At the end of which year the partner must buy the state's share; 0: never.", "neutral default"),
          quantity(&BidSpec::buy_back_interest, "buy_back_interest", Dimension::ratio, {.min = 0, .max = 1}, "0",
                   "On what the state paid in, a year, compounded.", "neutral default"),
          quantity(&BidSpec::hurdle, "hurdle", Dimension::ratio, {.min = 0, .max = 1}, "10 %",
                   "Return on its equity a year below which the partner does not bid.", "assumption: 8 to 15 %"),
          number(&BidSpec::cover, "cover", not_negative, "1.2",
                 "Operating cash after tax over debt service, in every year, below which nobody lends.",
                 "assumption: 1.2 to 1.4 in project finance (Yescombe 2013)"),
      },
      check_with<&terms_fit>};
  return table;
}

const FieldTable& PolicySpec::fields() {
  static const FieldTable table{
      "policy",
      "Budget, purchases, incentives, ownership, targets, costs, bids and triggers.",
      {
          object(&PolicySpec::budget, "budget", "{}", "Public money, by year."),
          object(&PolicySpec::purchase, "purchase", "{}", "What nodes cost."),
          object(&PolicySpec::lease, "lease", "{}", "What a financier asks for tranches that are leased."),
          object(&PolicySpec::incentive, "incentive", "{}", "Tax credit for private investment, and what it brings."),
          object(&PolicySpec::domestic, "domestic", "{}", "Accelerators of domestic makers."),
          object(&PolicySpec::fund, "fund", "{}", "A fund that buys domestic accelerators."),
          object(&PolicySpec::ownership, "ownership", "{}", "Who pays and owns shared tranches."),
          object(&PolicySpec::target, "target", "{}", "What was promised."),
          object(&PolicySpec::cost, "cost", "{}", "How money is counted."),
          object(&PolicySpec::bid, "bid", "{}", "Terms on which a private operator is asked to bid."),
          map(&PolicySpec::triggers, "triggers", anything, "{}", "Rules that act on what a period was like, by name."),
      }};
  return table;
}

}  // namespace nadc
