// --units and --currency: won and times as people read them, in tables and sentences; JSON, CSV and files keep the
// units of metrics.
//   plain     as they are stored: KRW, s
//   billions  million, billion and trillion KRW; min, hour and day
//   korean    만원, 억원 and 조원; min, hour and day
// In another currency billions are of that one, and korean is for won alone. The rate is always said beside the table.
// One unit for all values of an outcome: the largest that leaves its greatest value at 1 or more.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/experiment/estimate.hpp"

namespace nadc {

enum class UnitScale { plain, billions, korean };

struct Units {
  UnitScale scale = UnitScale::plain;
  std::string currency = "KRW";
  double won = 1;     // for one of the currency
  std::string where;  // the rate comes from, to be said; empty for won
};

inline const std::vector<std::string> units_names = {"plain", "billions", "korean"};

// A rate that results carry: won for a US dollar, by lever; NaN where it is sampled.
struct DollarRate {
  std::string lever;
  double won = 0;
};
// name: of the units. currency: empty, "USD" at the rate of the scenarios, or "EUR=1650" at this rate. Error (usage)
// for anything else, and where the scenarios agree on no one rate.
Units parse_units(const std::string& name, const std::string& currency, const std::vector<DollarRate>& rates);
// "money in USD at 1,422.16 KRW (…)"; empty for won.
std::string rate_sentence(const Units& units);

struct ShownUnit {
  std::string name;
  double factor = 1;  // from the stored unit
};
// unit: of a metric, as stored. Those that are neither won nor seconds stay; rates by the hour only change the
// currency.
ShownUnit shown_unit(std::string_view unit, std::span<const double> values, const Units& units);

// All values of the estimate.
Estimate scaled(Estimate estimate, double factor);

}  // namespace nadc
