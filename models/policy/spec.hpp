// What a scenario says about policy: budget, purchases, incentives, ownership, domestic accelerators, targets, costs;
// its triggers are in trigger_spec.hpp.
// Every default is neutral: a scenario without this key buys all its tranches, and its money is what energy costs.
// procurement.hpp says what is bought, money.hpp what it costs.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/policy/trigger_spec.hpp"
#include "sim/field.hpp"
#include "sim/law.hpp"
#include "sim/time.hpp"

namespace nadc {

// Public money for purchases and running.
struct BudgetSpec {
  std::vector<NamedAmount> envelope;  // [KRW] by calendar year; empty: no limit
  double operation = 0;               // share that is kept for running cost
  bool carry_over = false;            // what a year leaves goes to the next
  static const FieldTable& fields();
};

// price of a node in a year = prices · exchange_rate · (1 + overhead) · (1 + trend)^(years after that of the start)
struct PurchaseSpec {
  std::vector<NamedAmount> prices;  // [USD a node] by node kind
  std::vector<NamedAmount> rents;   // [USD a GPU-hour] by node kind
  double exchange_rate = 0;         // [KRW/USD]
  double overhead = 0;              // network, storage, installation, relative to the nodes
  double trend = 0;                 // change of prices a year
  std::int64_t instalments = 1;     // equal payments, a year apart, the first on the date
  double instalment_interest = 0;   // a year, of what is owed
  static const FieldTable& fields();
};

// What a financier asks for nodes that it owns: equal payments a year over the term that earn it the interest on
// price − residual at the term's end.
struct LeaseSpec {
  Tick term = ticks_per_year;
  double interest = 0;  // a year
  double residual = 0;  // at the end of the term, relative to the price
  static const FieldTable& fields();
};

// Tax credit for private investment by firm size f. Investment answers to the user cost of capital:
//   I_f = (baseline + leverage · public capital) · share_f · ((1 − qualifying · before_f) / (1 − qualifying ·
//   credit_f))^elasticity
// and buys whole nodes, up to a cap, that enter service `lag` after `date`.
struct IncentiveSpec {
  std::string node;  // kind that investors buy; empty: none
  std::string site;  // where; empty: the first site
  std::int64_t cap = 0;
  double baseline = 0;  // [KRW]
  double leverage = 0;
  std::vector<NamedAmount> shares, credit, before;  // by firm size
  double qualifying = 1;
  double elasticity = 0;
  std::int64_t date = 0;  // [s since 1970]; 0: the start
  Tick lag = 0;
  LawSpec delay;
  static const FieldTable& fields();
};

// Accelerators of domestic makers.
struct DomesticSpec {
  std::string node;        // kind; empty: none
  double share = 0;        // of the GPUs of every public tranche
  double performance = 1;  // factor on its speed in every class and on its H100-equivalents
  static const FieldTable& fields();
};

// A fund that buys domestic accelerators for the centre.
struct FundSpec {
  double amount = 0;    // [KRW]
  double purchase = 0;  // share that buys accelerators for the centre
  std::int64_t cap = 0;
  std::string site;  // where; empty: the first site
  std::int64_t date = 0;
  LawSpec delay;
  static const FieldTable& fields();
};

struct OwnershipSpec {
  double state = 1;     // share of the cost of shared tranches that the state pays
  bool quotas = false;  // whether a group's quota is a share of its owner's GPUs
  static const FieldTable& fields();
};

struct TargetSpec {
  std::int64_t gpus = 0;  // 0: all planned
  std::int64_t by = 0;    // [s since 1970]; 0: the end; a midnight: the end of the day that it begins
  static const FieldTable& fields();
};

struct CostSpec {
  double discount_rate = 0;  // a year
  Tick lifetime = 0;
  double residual = 0;     // value at the end of the lifetime, relative to the price
  double maintenance = 0;  // a year, relative to the price
  double building = 0;     // [KRW] paid at the start
  Tick building_lifetime = ticks_per_year;
  Tick programme = 0;  // 0: not extrapolated
  static const FieldTable& fields();
};

// The terms on which a private operator is asked to bid for the centre; see bid.hpp.
struct BidSpec {
  std::int64_t years = 0;  // of operation; 0: nobody is asked
  double debt = 0;         // share of the capital that is borrowed
  double interest = 0;     // a year
  std::int64_t debt_years = 1;
  double tax = 0, credit = 0, loss_offset = 1;
  double price_trend = 0, cost_trend = 0;  // a year
  std::int64_t buy_back_year = 0;          // 0: no buy-back
  double buy_back_interest = 0;            // a year
  double hurdle = 0;                       // a year, of the partner's equity
  double cover = 0;                        // debt service cover that lenders ask
  static const FieldTable& fields();
};

struct PolicySpec {
  BudgetSpec budget;
  PurchaseSpec purchase;
  LeaseSpec lease;
  IncentiveSpec incentive;
  DomesticSpec domestic;
  FundSpec fund;
  OwnershipSpec ownership;
  TargetSpec target;
  CostSpec cost;
  BidSpec bid;
  std::vector<TriggerSpec> triggers;
  static const FieldTable& fields();
};

}  // namespace nadc
