#include "app/sweep/shown_units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "app/io/table.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

struct Scale {
  double least;  // in the stored unit
  const char* name;
};
constexpr Scale seconds[] = {{86400, "day"}, {3600, "hour"}, {60, "min"}};
constexpr Scale money_in_billions[] = {{1e12, "trillion"}, {1e9, "billion"}, {1e6, "million"}};
constexpr Scale won_in_korean[] = {{1e12, "조원"}, {1e8, "억원"}, {1e4, "만원"}};

}  // namespace

Units parse_units(const std::string& name, const std::string& currency, const std::vector<DollarRate>& rates) {
  Units units;
  const auto found = std::find(units_names.begin(), units_names.end(), name);
  if (found == units_names.end())
    throw Error(ErrorKind::usage, "--units: no '" + name + "'", "plain, billions or korean");
  units.scale = static_cast<UnitScale>(found - units_names.begin());
  if (currency.empty()) return units;
  const std::size_t equals = currency.find('=');
  units.currency = currency.substr(0, equals);
  const bool plain = !units.currency.empty() && std::all_of(units.currency.begin(), units.currency.end(),
                                                            [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!plain || units.currency == "KRW")
    throw Error(ErrorKind::usage, "--currency: '" + currency + "' is no other currency", "USD, or EUR=1650 in won");
  if (units.scale == UnitScale::korean)
    throw Error(ErrorKind::usage, "--units korean is for won", "leave out --currency, or take --units billions");
  if (equals != std::string::npos) {
    const char *begin = currency.data() + equals + 1, *end = currency.data() + currency.size();
    const auto [stop, error] = std::from_chars(begin, end, units.won);
    if (error != std::errc() || stop != end || !(units.won > 0) || !std::isfinite(units.won))
      throw Error(ErrorKind::usage, "--currency: '" + currency + "' has no rate in won", "for example EUR=1650");
    units.where = "as given on the command line";
    return units;
  }
  if (units.currency != "USD")
    throw Error(ErrorKind::usage, "--currency: scenarios have a rate of the US dollar only",
                "give the rate in won, for example " + units.currency + "=1650");
  for (const DollarRate& rate : rates)
    if (!(rate.won == rates.front().won))
      throw Error(ErrorKind::usage,
                  std::isnan(rate.won)
                      ? "--currency USD: policy.purchase.exchange_rate is sampled, and has no one value"
                      : "--currency USD: levers differ in policy.purchase.exchange_rate",
                  "give a rate in won, for example USD=1422");
  if (rates.empty() || !(rates.front().won > 0))
    throw Error(ErrorKind::usage, "--currency USD: the results carry no rate", "give it in won, for example USD=1422");
  units.won = rates.front().won;
  units.where = "policy.purchase.exchange_rate of the scenario";
  return units;
}

std::string rate_sentence(const Units& units) {
  return units.where.empty()
             ? std::string()
             : fmt::format("money in {} at {} KRW ({})", units.currency, human_number(units.won, 6), units.where);
}

ShownUnit shown_unit(std::string_view unit, std::span<const double> values, const Units& units) {
  const bool money = unit.starts_with("KRW");
  const std::string_view behind = money ? unit.substr(3) : std::string_view();
  const double factor = money ? 1 / units.won : 1;
  const ShownUnit stored{money ? units.currency + std::string(behind) : std::string(unit), factor};
  if (units.scale == UnitScale::plain) return stored;
  double greatest = 0;
  for (const double value : values)
    if (std::isfinite(value)) greatest = std::max(greatest, std::abs(value) * factor);
  std::span<const Scale> scales;
  if (unit == "s")
    scales = seconds;
  else if (unit == "KRW" || unit == "KRW year-1")
    scales = units.scale == UnitScale::korean ? std::span<const Scale>(won_in_korean) : money_in_billions;
  for (const Scale& scale : scales)
    if (greatest >= scale.least) {
      const bool own = !money || units.scale == UnitScale::korean;
      return {scale.name + (own ? std::string() : " " + units.currency) + std::string(behind), factor / scale.least};
    }
  return stored;
}

Estimate scaled(Estimate estimate, double factor) {
  for (double* value : {&estimate.mean, &estimate.sd, &estimate.standard_error, &estimate.ci95.low, &estimate.ci95.high,
                        &estimate.p05, &estimate.p50, &estimate.p95})
    *value *= factor;
  return estimate;
}

}  // namespace nadc
