// --units: won and times as people read them, in tables and sentences; JSON, CSV and files keep the units of metrics.
//   plain     as they are stored: KRW, s
//   billions  million, billion and trillion KRW; min, hour and day
//   korean    만원, 억원 and 조원; min, hour and day
// One unit for all values of an outcome: the largest that leaves its greatest value at 1 or more.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/experiment/estimate.hpp"

namespace nadc {

enum class Units { plain, billions, korean };

inline const std::vector<std::string> units_names = {"plain", "billions", "korean"};
// Error (usage) for another name.
Units parse_units(const std::string& name);

struct ShownUnit {
  std::string name;
  double factor = 1;  // from the stored unit
};
// unit: of a metric, as stored. Those that are neither won nor seconds, and rates by the hour, stay.
ShownUnit shown_unit(std::string_view unit, std::span<const double> values, Units units);

// All values of the estimate.
Estimate scaled(Estimate estimate, double factor);

}  // namespace nadc
