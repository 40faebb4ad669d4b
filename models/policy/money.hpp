// What it costs, in whole won: finalize()'s arithmetic.
//
//   capital        price of every tranche paid before the end, on its planned date
//   running cost   energy + maintenance + rent, over what is measured
//   public         the state's part of both, + tax forgone + subsidies
//   private        the rest: public + private = capital + running cost, to the won
//   depreciation   straight line from payment over the lifetime down to the residual value, without interest
//   cost an hour   (depreciation + running cost) over GPU-hours delivered
//   present value  of: − capital when paid, income − running cost spread evenly over what is measured, + book value at
//                  the end. Income is price × GPU-hours delivered, whoever pays it; taxes and subsidies cancel.
// Running cost is split between state and private owners by the GPU-time installed.
// Energy costs what the meter says (models/power/energy_metrics.hpp). Neglected: financing, instalments.
#pragma once
#include <cstdint>
#include <span>

#include "models/policy/money_params.hpp"
#include "models/world.hpp"

namespace nadc {

inline constexpr Tick ticks_per_year = 365 * ticks_per_day + ticks_per_day / 4;

// Of a payment over [from, to).
std::int64_t depreciation_krw(const Payment& payment, Tick lifetime, std::int64_t residual_ppm, Tick from, Tick to);
// krw − depreciation until then; 0 before the payment.
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
RunningCost running_cost(const World& world, const Point& point, double energy_krw,
                         std::span<const std::uint64_t> installed);

// What one user group pays, and what the state pays for it, for GPU-hours delivered.
struct Fees {
  std::int64_t income = 0, subsidy = 0;
};
Fees fees_of(const GroupMoney& group, double delivered_hours);

struct Account {
  std::int64_t capex = 0, state_capex = 0;
  std::int64_t depreciation = 0;  // over what is measured
  std::int64_t opex = 0, state_opex = 0;
  std::int64_t income = 0, subsidy = 0;
  std::int64_t tax_forgone = 0;
  std::int64_t npv = 0;

  std::int64_t public_cost() const { return state_capex + state_opex + tax_forgone + subsidy; }
  std::int64_t private_cost() const { return capex - state_capex + opex - state_opex - tax_forgone - subsidy; }
};
// Over [from, to). fees: of all groups.
Account account_of(const Point& point, const RunningCost& cost, Fees fees, Tick from, Tick to);

}  // namespace nadc
