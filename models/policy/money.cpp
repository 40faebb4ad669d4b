#include "models/policy/money.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "sim/platform.hpp"

namespace nadc {
namespace {

constexpr std::int64_t ppm = 1'000'000;

// a · b / c, rounded down; none negative.
std::int64_t scaled(std::int64_t a, std::int64_t b, std::int64_t c) {
  return c > 0 ? static_cast<std::int64_t>(static_cast<Int128>(a) * b / c) : 0;
}

double years(Tick at) { return static_cast<double>(at) / static_cast<double>(ticks_per_year); }

}  // namespace

double capital_recovery(double rate, double years) {
  const double force = years * std::log1p(rate);
  return std::fabs(force) > 1e-12 ? rate / -std::expm1(-force) : 1.0 / years;
}

std::int64_t capital_charge_krw(std::int64_t krw, Tick paid, const MoneyParams& money, Tick from, Tick to) {
  const double n = years(money.lifetime);
  const double residual = static_cast<double>(scaled(krw, money.residual_ppm, ppm));
  const double a_year = (static_cast<double>(krw) - residual * std::exp(-n * std::log1p(money.discount_rate))) *
                        capital_recovery(money.discount_rate, n);
  const auto until = [&](Tick at) {
    return std::llround(a_year * years(std::clamp<Tick>(at - paid, 0, money.lifetime)));
  };
  return until(to) - until(from);
}

std::int64_t instalment_krw(std::int64_t krw, const MoneyParams& money) {
  if (money.instalments <= 1) return krw;
  const double share = capital_recovery(money.instalment_interest, static_cast<double>(money.instalments)) /
                       (1 + money.instalment_interest);
  return std::llround(static_cast<double>(krw) * share);
}

std::int64_t charge_of(std::int64_t krw, Tick paid, const MoneyParams& money, Tick from, Tick to) {
  if (money.instalments <= 1) return capital_charge_krw(krw, paid, money, from, to);
  const auto n = static_cast<double>(money.instalments);
  const double worth = (1 + money.discount_rate) / capital_recovery(money.discount_rate, n);
  const double residual = static_cast<double>(scaled(krw, money.residual_ppm, ppm));
  // The residual is that of the price, whatever the financing adds.
  MoneyParams bare = money;
  bare.residual_ppm = 0;
  const std::int64_t financed = std::llround(static_cast<double>(instalment_krw(krw, money)) * worth);
  const std::int64_t left = std::llround(residual * std::exp(-years(money.lifetime) * std::log1p(money.discount_rate)));
  return capital_charge_krw(financed - left, paid, bare, from, to);
}

std::int64_t building_charge_krw(std::int64_t krw, const MoneyParams& money, Tick from, Tick to) {
  MoneyParams building = money;
  building.lifetime = money.building_lifetime;
  building.residual_ppm = 0;
  return krw > 0 ? capital_charge_krw(krw, 0, building, from, to) : 0;
}

std::int64_t book_value_krw(const Payment& payment, Tick lifetime, std::int64_t residual_ppm, Tick at) {
  if (at < payment.at) return 0;
  const std::int64_t used_up = payment.krw - scaled(payment.krw, residual_ppm, ppm);
  return payment.krw - scaled(used_up, std::min(at - payment.at, lifetime), lifetime);
}

std::int64_t present_value_krw(std::span<const CashFlow> flows, double rate) {
  // ∫ e^(−λt) dt / (to − from), with λ = ln(1 + rate)
  const double force = std::log1p(rate);
  std::int64_t sum = 0;
  for (const CashFlow& flow : flows) {
    double factor = std::exp(-force * flow.from);
    const double exponent = force * (flow.to - flow.from);
    if (std::fabs(exponent) > 1e-12) factor *= -std::expm1(-exponent) / exponent;
    sum += std::llround(static_cast<double>(flow.krw) * factor);
  }
  return sum;
}

RunningCost running_cost(const VectorBy<PartitionId, PartitionMoney>& money, double energy_krw,
                         const VectorBy<PartitionId, std::uint64_t>& installed) {
  RunningCost cost;
  cost.energy = std::llround(energy_krw);
  UInt128 all = 0, state = 0;
  for (const PartitionId p : money.ids()) {
    const auto gpu_years = static_cast<Int128>(installed[p]);
    const Int128 of = static_cast<Int128>(money[p].gpus) * ticks_per_year;
    if (of > 0) {
      cost.maintenance += static_cast<std::int64_t>(gpu_years * money[p].maintenance_krw / of);
      cost.rent += static_cast<std::int64_t>(gpu_years * money[p].rent_krw / of);
    }
    all += installed[p];
    state += static_cast<UInt128>(installed[p]) * static_cast<std::uint64_t>(money[p].state_ppm);
  }
  const std::int64_t state_ppm = all > 0 ? static_cast<std::int64_t>(state / all) : ppm;
  cost.state = scaled(cost.total(), state_ppm, ppm);
  return cost;
}

Fees fees_of(const GroupMoney& group, double delivered_hours) {
  Fees fees;
  fees.income = std::llround(delivered_hours * group.price);
  fees.worth = std::llround(delivered_hours * group.worth);
  fees.subsidy = scaled(fees.income, group.subsidy_ppm, ppm);
  return fees;
}

std::int64_t capex_paid_krw(const MoneyParams& money, std::span<const Payment> payments, Tick from, Tick to) {
  const std::int64_t instalments = std::max<std::int64_t>(money.instalments, 1);
  std::int64_t krw = from <= 0 && to > 0 ? money.building_krw : 0;
  for (const Payment& payment : payments)
    for (std::int64_t k = 0; k < instalments; ++k) {
      const Tick due = payment.at + k * ticks_per_year;
      if (due >= from && due < to) krw += instalment_krw(payment.krw, money);
    }
  return krw;
}

Account account_of(const MoneyParams& money, std::span<const Payment> payments, const RunningCost& cost, Fees fees,
                   std::int64_t net_warmup, Tick from, Tick to) {
  Account account;
  std::vector<CashFlow> flows;
  std::int64_t book_value = 0;
  for (const Payment& payment : payments) {
    if (payment.at >= to) continue;
    account.capex += payment.krw;
    account.state_capex += payment.state_krw;
    account.charge += charge_of(payment.krw, payment.at, money, from, to);
    account.state_charge += charge_of(payment.state_krw, payment.at, money, from, to);
    book_value += book_value_krw(payment, money.lifetime, money.residual_ppm, to);
    for (std::int64_t k = 0; k < std::max<std::int64_t>(money.instalments, 1); ++k) {
      const Tick due = payment.at + k * ticks_per_year;
      flows.push_back({years(due), years(due), -instalment_krw(payment.krw, money)});
      if (due < to) account.state_paid += instalment_krw(payment.state_krw, money);
    }
  }
  if (money.building_krw > 0) {
    account.building = money.building_krw;
    account.state_building = money.state_building_krw;
    account.capex += account.building;
    account.state_capex += account.state_building;
    account.state_paid += account.state_building;
    account.charge += building_charge_krw(account.building, money, from, to);
    account.state_charge += building_charge_krw(account.state_building, money, from, to);
    book_value += book_value_krw({0, account.building, account.state_building}, money.building_lifetime, 0, to);
    flows.push_back({0, 0, -account.building});
  }
  account.paid = capex_paid_krw(money, payments, 0, to);
  account.opex = cost.total();
  account.state_opex = cost.state;
  account.income = fees.income;
  account.subsidy = fees.subsidy;
  account.worth = fees.worth;
  account.capex_before = capex_paid_krw(money, payments, 0, from);
  account.programme_years = money.programme > 0 ? 1 / capital_recovery(money.discount_rate, years(money.programme))
                                                : std::numeric_limits<double>::quiet_NaN();
  account.years = years(to - from);
  if (money.coinvested_at < to) {
    account.tax_forgone = money.tax_forgone_krw;
    account.tax_forgone_baseline = money.tax_forgone_baseline_krw;
    MoneyParams gone = money;  // a credit leaves nothing behind
    gone.residual_ppm = 0;
    account.tax_charge = capital_charge_krw(money.tax_forgone_krw, money.coinvested_at, gone, from, to);
    account.coinvestment = money.coinvestment_krw;
    account.coinvested_gpus = money.coinvested_gpus;
    account.coinvested_baseline_gpus = money.coinvested_baseline_gpus;
  }
  flows.push_back({0, years(to), net_warmup + fees.income - account.opex});
  flows.push_back({years(to), years(to), book_value});
  account.npv = present_value_krw(flows, money.discount_rate);
  return account;
}

}  // namespace nadc
