// Numbers and quantities as users write them: "40 MW", "400 Gbit/s", "90 min", "182.6 KRW/kWh", "16 GiB", "85 %".
//
// A unit is a product of symbols joined by '/', '*', '·' or '-' (what follows a '/' divides, up to the next '/'), each
// with an SI prefix where that is usual and an IEC prefix (Ki, Mi, Gi, …) for bits and bytes. Case matters. A month is
// a twelfth of a year, a year has 365 days (a convention). Money is in South Korean won.
// Numbers are decimal: no octal, no hexadecimal, no infinity, no NaN, nothing that overflows.
// Nothing here throws on bad input: a Parsed carries either the value or the message.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sim/field.hpp"

namespace nadc {

template <class V> struct Parsed {
  std::optional<V> value;
  std::string message;  // what is wrong, when there is no value
  std::string hint;

  explicit operator bool() const { return value.has_value(); }
  V operator*() const { return *value; }
};

Parsed<double> parse_number(std::string_view text);
// Accepts "1e6" where that is a whole number.
Parsed<std::int64_t> parse_integer(std::string_view text);
// In the coherent unit of the dimension. A bare number is refused, except for none and ratio.
Parsed<double> parse_quantity(std::string_view text, Dimension dimension);
// Seconds since 1970-01-01 UTC from "2026-03-31" or "2026-03-31T09:00[:00][Z|+09:00]", or from "start + 90 d" relative
// to `start`, when that is given.
Parsed<std::int64_t> parse_date(std::string_view text, std::optional<std::int64_t> start);

// Text that parses back to exactly the same value.
std::string format_number(double value);
std::string format_quantity(double value, Dimension dimension);
std::string format_date(std::int64_t seconds);
// "at least 0 W", "more than 0 and at most 1"; empty when everything is allowed.
std::string format_range(const Range& range, Dimension dimension);

std::string_view dimension_name(Dimension dimension);                // "power"
std::string a_dimension(Dimension dimension);                        // "a power", "an energy"
std::string_view coherent_unit(Dimension dimension);                 // "W"; "" for plain numbers
std::span<const std::string_view> usual_units(Dimension dimension);  // from small to large
std::string quantity_pattern(Dimension dimension);  // regular expression (ECMA 262) of what parse_quantity takes
std::string_view example_of(Dimension dimension);   // "40 MW"

// The candidate nearest to word by edit distance (case counts half), or "" if none is near.
std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace nadc
