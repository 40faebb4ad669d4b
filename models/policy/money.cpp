#include "models/policy/money.hpp"

#include <algorithm>
#include <cmath>
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

std::int64_t capex_paid_krw(std::span<const Payment> payments, Tick from, Tick to) {
  std::int64_t krw = 0;
  for (const Payment& payment : payments)
    if (payment.at >= from && payment.at < to) krw += payment.krw;
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
    account.charge += capital_charge_krw(payment.krw, payment.at, money, from, to);
    account.state_charge += capital_charge_krw(payment.state_krw, payment.at, money, from, to);
    book_value += book_value_krw(payment, money.lifetime, money.residual_ppm, to);
    flows.push_back({years(payment.at), years(payment.at), -payment.krw});
  }
  account.opex = cost.total();
  account.state_opex = cost.state;
  account.income = fees.income;
  account.subsidy = fees.subsidy;
  account.capex_before = capex_paid_krw(payments, 0, from);
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
