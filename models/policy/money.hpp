// What it costs, in whole won: finalize()'s arithmetic.
//
//   capital        price of every tranche paid before the end, on its planned date
//   running cost   energy + maintenance + rent, over what is measured
//   cash           capital + running cost; public: the state's part of both, + tax forgone + subsidies; private: the
//                  rest: public + private = capital + running cost, to the won
//   capital charge (price − residual · (1 + r)^−n) · r / (1 − (1 + r)^−n) a year over the lifetime of n years, spread
//                  evenly, from the payment on (capital recovery at the discount rate r; price · (1 − residual) / n
//                  without interest). Over any split of time it adds up, to the won.
//   annual cost    (capital charge + running cost) over the years measured; public: the state's part, + the same charge
//                  on tax forgone, + subsidies. It compares what is bought with what is rented; cash does not.
//   cost an hour   (capital charge + running cost) over GPU-hours delivered
//   present value  of: − capital when paid, income − running cost spread evenly from the start to the end, the warm-up
//                  included, + book value at the end (straight line without interest). Income is price × GPU-hours
//                  delivered, whoever pays it; taxes and subsidies cancel.
//   instalments    n equal payments, a year apart, the first on the date, worth the price at their own interest; cash
//                  and present value take them as they fall due, the charge is on their worth at r
//   building       paid at the start, charged and written off over its own lifetime, with no residual
//   lease          running cost: what earns the financier its interest on the price less the residual, a year
//   programme      annual cost and benefit as an even flow at the ends of n years: worth (1 − (1 + r)^−n) / r of a
//   year;
//                  so a steady year is repeated, and nodes replaced at their price when their lifetime ends
// What is paid for at the end or later counts nowhere, nor does the tax credit on it.
// Running cost is split between state and private owners by the GPU-time installed.
// Energy costs what the meter says (models/power/energy_metrics.hpp). Neglected: financing by others.
#pragma once
#include <cstdint>
#include <span>

#include "models/ids.hpp"
#include "models/policy/money_params.hpp"

namespace nadc {

// Equal payments at the ends of n years, n > 0, that a won now is worth [1/year]. rate: above −1.
double capital_recovery(double rate, double years);
// Of a payment over [from, to); see above.
std::int64_t capital_charge_krw(std::int64_t krw, Tick paid, const MoneyParams& money, Tick from, Tick to);
// The charge on a payment of the study, its instalments counted.
std::int64_t charge_of(std::int64_t krw, Tick paid, const MoneyParams& money, Tick from, Tick to);
// Of the building: all of it, or the state's part.
std::int64_t building_charge_krw(std::int64_t krw, const MoneyParams& money, Tick from, Tick to);
// Each instalment of a price.
std::int64_t instalment_krw(std::int64_t krw, const MoneyParams& money);
// krw − straight-line depreciation until then; 0 before the payment.
std::int64_t book_value_krw(const Payment& payment, Tick lifetime, std::int64_t residual_ppm, Tick at);

// Won at one moment, or spread evenly over a time [years from the start].
struct CashFlow {
  double from, to;
  std::int64_t krw;
};
// Each flow is rounded to the won. rate: a year, above −1.
std::int64_t present_value_krw(std::span<const CashFlow> flows, double rate);

struct RunningCost {
  std::int64_t energy = 0, maintenance = 0, rent = 0;
  std::int64_t state = 0;  // the state's part of all three
  std::int64_t total() const { return energy + maintenance + rent; }
};
// energy_krw: the bill, in whole won. installed: GPU-ticks by partition.
RunningCost running_cost(const VectorBy<PartitionId, PartitionMoney>& money, double energy_krw,
                         const VectorBy<PartitionId, std::uint64_t>& installed);

// What one user group pays, what the state pays of it, and what it is worth to the users, for GPU-hours delivered.
struct Fees {
  std::int64_t income = 0, subsidy = 0, worth = 0;
};
Fees fees_of(const GroupMoney& group, double delivered_hours);

struct Account {
  std::int64_t capex = 0, state_capex = 0;
  std::int64_t paid = 0, state_paid = 0;          // of it and its interest, before the end
  std::int64_t capex_before = 0;                  // paid before what is measured
  std::int64_t building = 0, state_building = 0;  // of the capital
  std::int64_t charge = 0, state_charge = 0;      // of capital, over what is measured
  std::int64_t opex = 0, state_opex = 0;          // likewise
  std::int64_t income = 0, subsidy = 0;           // likewise
  std::int64_t tax_forgone = 0, tax_charge = 0;   // on what is paid before the end; annualised as capital is
  std::int64_t tax_forgone_baseline = 0;          // at the credit of before
  std::int64_t coinvestment = 0, coinvested_gpus = 0, coinvested_baseline_gpus = 0;
  std::int64_t npv = 0;
  std::int64_t worth = 0;      // to users, over what is measured
  double years = 0;            // measured
  double programme_years = 0;  // worth so many years of now; NaN: not extrapolated

  std::int64_t public_cash() const { return state_paid + state_opex + tax_forgone + subsidy; }
  std::int64_t private_cash() const { return paid - state_paid + opex - state_opex - tax_forgone - subsidy; }
  double annual_cost() const { return a_year(charge + opex); }
  double public_annual_cost() const { return a_year(state_charge + state_opex + tax_charge + subsidy); }
  double a_year(std::int64_t krw) const { return years > 0 ? static_cast<double>(krw) / years : 0.0; }
};
// Over [from, to). fees: of all groups. net_warmup: income − running cost before `from`.
Account account_of(const MoneyParams& money, std::span<const Payment> payments, const RunningCost& cost, Fees fees,
                   std::int64_t net_warmup, Tick from, Tick to);
// What is paid in [from, to): prices, or their instalments, and the building.
std::int64_t capex_paid_krw(const MoneyParams& money, std::span<const Payment> payments, Tick from, Tick to);

}  // namespace nadc
