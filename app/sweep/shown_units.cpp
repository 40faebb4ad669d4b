#include "app/sweep/shown_units.hpp"

#include <algorithm>
#include <cmath>

#include "sim/error.hpp"

namespace nadc {
namespace {

struct Scale {
  double least;  // in the stored unit
  const char* name;
};
constexpr Scale seconds[] = {{86400, "day"}, {3600, "hour"}, {60, "min"}};
constexpr Scale won_in_billions[] = {{1e12, "trillion KRW"}, {1e9, "billion KRW"}, {1e6, "million KRW"}};
constexpr Scale won_in_korean[] = {{1e12, "조원"}, {1e8, "억원"}, {1e4, "만원"}};

}  // namespace

Units parse_units(const std::string& name) {
  for (std::size_t i = 0; i < units_names.size(); ++i)
    if (name == units_names[i]) return static_cast<Units>(i);
  throw Error(ErrorKind::usage, "--units: no '" + name + "'", "plain, billions or korean");
}

ShownUnit shown_unit(std::string_view unit, std::span<const double> values, Units units) {
  const ShownUnit stored{std::string(unit), 1};
  if (units == Units::plain) return stored;
  double greatest = 0;
  for (const double value : values)
    if (std::isfinite(value)) greatest = std::max(greatest, std::abs(value));
  std::string_view behind;
  std::span<const Scale> scales;
  if (unit == "s") {
    scales = seconds;
  } else if (unit == "KRW" || unit == "KRW year-1") {
    scales = units == Units::korean ? std::span<const Scale>(won_in_korean) : won_in_billions;
    behind = unit.substr(3);
  }
  for (const Scale& scale : scales)
    if (greatest >= scale.least) return {std::string(scale.name).append(behind), 1 / scale.least};
  return stored;
}

Estimate scaled(Estimate estimate, double factor) {
  for (double* value : {&estimate.mean, &estimate.sd, &estimate.standard_error, &estimate.ci95.low, &estimate.ci95.high,
                        &estimate.p05, &estimate.p50, &estimate.p95})
    *value *= factor;
  return estimate;
}

}  // namespace nadc
