#include "models/policy/bid.hpp"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>

#include "models/policy/money.hpp"

namespace nadc {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double years(Tick at) { return static_cast<double>(at) / static_cast<double>(ticks_per_year); }

double present_value(std::span<const double> flows, double rate) {
  double sum = 0, factor = 1;
  for (const double flow : flows) {
    sum += flow * factor;
    factor /= 1 + rate;
  }
  return sum;
}

template <class F> double root(F f, double low, double high) {
  std::uintmax_t most = 200;
  const auto [a, b] =
      boost::math::tools::toms748_solve(f, low, high, boost::math::tools::eps_tolerance<double>(), most);
  return 0.5 * (a + b);
}

std::vector<double> partner_flows(const std::vector<BidYear>& sheet) {
  std::vector<double> flows;
  for (const BidYear& year : sheet) flows.push_back(year.partner);
  return flows;
}

double npv_of(const BidParams& terms, const BidBase& base) {
  return present_value(partner_flows(bid_sheet(terms, base)), terms.hurdle);
}

// Income of the first year at which the present value is 0; it grows with income.
double break_even_income(const BidParams& terms, BidBase base) {
  const auto npv = [&](double income) {
    base.income = income;
    return npv_of(terms, base);
  };
  double high = base.nodes + static_cast<double>(terms.building_krw) + base.cost;
  for (int doubling = 0; doubling < 60 && npv(high) < 0; ++doubling) high *= 2;
  if (npv(high) < 0) return nan;
  return npv(0) >= 0 ? 0 : root(npv, 0, high);
}

}  // namespace

std::vector<BidYear> bid_sheet(const BidParams& terms, const BidBase& base) {
  const auto building = static_cast<double>(terms.building_krw);
  const double debt = terms.debt * (base.nodes + building);
  const double equity = base.nodes + building - debt;
  const double service =
      debt > 0 ? debt * capital_recovery(terms.interest, static_cast<double>(terms.debt_years)) : 0.0;
  const double building_lifetime = years(terms.building_lifetime);
  // Written off until the end of a year.
  const auto used_up = [&](double year) {
    return base.nodes * (1 - base.residual) * std::min(1.0, year / base.lifetime) +
           building * std::min(1.0, year / building_lifetime);
  };

  std::vector<BidYear> sheet(1);
  double share = 1 - base.state_share;
  sheet[0].partner = -share * equity;
  double owed = debt, losses = 0, credit = terms.credit * base.nodes;
  for (std::int64_t y = 1; y <= terms.years; ++y) {
    const auto at = static_cast<double>(y);
    BidYear year;
    year.operating =
        base.income * std::pow(1 + terms.price_trend, at - 1) - base.cost * std::pow(1 + terms.cost_trend, at - 1);
    year.depreciation = used_up(at) - used_up(at - 1);
    year.interest = owed * terms.interest;
    year.service = y <= terms.debt_years ? service : 0.0;
    owed = y < terms.debt_years ? owed + year.interest - year.service : 0.0;
    const double profit = year.operating - year.depreciation - year.interest;
    const double offset = std::min(losses, terms.loss_offset * std::max(profit, 0.0));
    losses += std::max(-profit, 0.0) - offset;
    const double due = terms.tax * (std::max(profit, 0.0) - offset);
    year.credit = std::min(credit, due);
    credit -= year.credit;
    year.tax = due - year.credit;
    year.partner = share * (year.operating - year.tax - year.service);
    if (y == terms.buy_back_year) {
      year.partner -= base.state_share * equity * std::pow(1 + terms.buy_back_interest, at);
      share = 1;
    }
    if (y == terms.years) year.partner += share * (base.nodes + building - used_up(at));
    sheet.push_back(year);
  }
  return sheet;
}

std::vector<double> rates_of_return(std::span<const double> flows) {
  const auto value = [&](double log_growth) { return present_value(flows, std::expm1(log_growth)); };
  const double low = std::log(0.1), high = std::log(11.0);
  constexpr int steps = 512;
  std::vector<double> found;
  for (int i = 0; i < steps; ++i) {
    const double a = low + (high - low) * i / steps, b = low + (high - low) * (i + 1) / steps;
    const double at_a = value(a), at_b = value(b);
    if (!(at_a > 0 && at_b <= 0) && !(at_a < 0 && at_b >= 0)) continue;
    found.push_back(std::expm1(at_b == 0 ? b : root(value, a, b)));
  }
  return found;
}

double internal_rate_of_return(std::span<const double> flows) {
  const std::vector<double> rates = rates_of_return(flows);
  return rates.size() == 1 ? rates.front() : nan;
}

double modified_rate_of_return(std::span<const double> flows, double rate) {
  if (flows.size() < 2) return nan;
  const auto last = static_cast<double>(flows.size() - 1);
  double paid = 0, got = 0;
  for (std::size_t y = 0; y < flows.size(); ++y) {
    const auto at = static_cast<double>(y);
    (flows[y] < 0 ? paid : got) += flows[y] * std::pow(1 + rate, flows[y] < 0 ? -at : last - at);
  }
  return paid < 0 && got > 0 ? std::pow(got / -paid, 1 / last) - 1 : nan;
}

Bid bid_of(const BidParams& terms, const BidBase& base) {
  Bid bid{nan, nan, nan, nan, nan, nan, nan, nan, nan, nan};
  if (terms.years == 0 || !(base.nodes + static_cast<double>(terms.building_krw) > 0) || !(base.state_share < 1))
    return bid;
  const std::vector<BidYear> sheet = bid_sheet(terms, base);
  // Without a buy-back all equity earns alike: the return of the whole, whatever the share, to the last bit.
  BidBase equity = base;
  if (terms.buy_back_year == 0) equity.state_share = 0;
  BidParams without = terms;
  without.credit = 0;
  const std::vector<double> flows = partner_flows(bid_sheet(terms, equity));
  bid.irr = internal_rate_of_return(flows);
  bid.rates = static_cast<double>(rates_of_return(flows).size());
  bid.mirr = modified_rate_of_return(flows, terms.hurdle);
  bid.irr_without_credit = internal_rate_of_return(partner_flows(bid_sheet(without, equity)));
  bid.npv = present_value(partner_flows(sheet), terms.hurdle);
  bid.tax = bid.credit = 0;
  for (const BidYear& year : sheet) {
    bid.tax += year.tax;
    bid.credit += year.credit;
    if (year.service > 0) bid.cover = std::fmin(bid.cover, (year.operating - year.tax) / year.service);
  }
  if (base.gpu_hours > 0) bid.price = break_even_income(terms, equity) / base.gpu_hours;
  bid.nobody = bid.npv >= 0 && !(bid.cover < terms.cover) ? 0.0 : 1.0;
  return bid;
}

}  // namespace nadc
