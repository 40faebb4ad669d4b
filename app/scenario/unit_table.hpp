// Inside of units.cpp: which dimensions and symbols there are. A new unit is one row of unit_table.cpp.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/field.hpp"

namespace nadc {

// Exponents of the bases s, J, B, FLOP, KRW, kg, K, m.
using Powers = std::array<std::int8_t, 8>;

struct DimensionInfo {
  Dimension dimension;
  std::string_view name;
  std::string_view unit;
  std::string_view example;
  Powers powers;
  std::vector<std::string_view> usual;
};

struct Unit {
  double up = 1;  // the factor is up / down: kept apart, so that "KRW/kWh" loses nothing
  double down = 1;
  Powers powers{};
};

const std::vector<DimensionInfo>& dimensions();  // in the order of Dimension
std::optional<Unit> parse_unit(std::string_view text);
// Regular expression (ECMA 262) of the units of a dimension: one symbol, or up to three in a product or quotient. What
// it matches is of the dimension; longer products that parse_unit knows are left out.
std::string unit_pattern(Dimension dimension);

inline std::string_view trim_blanks(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace nadc
