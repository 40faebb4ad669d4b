// A share of a whole number of GPUs, exact: 29 % of 200 is 58, which no binary fraction says. Shares come with up to
// nine decimals and as fractions of whole GPUs (an owner's part); what needs a greater denominator than 32 bits hold is
// rounded up, by less than 1 in 4 billion. The comparison is in whole numbers, so a share exactly met is met.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "sim/platform.hpp"

namespace nadc {

struct ExactShare {
  std::uint32_t parts = 1, whole = 1;

  // Whether `some` is at most this share of `all`.
  NADC_HD bool covers(std::uint32_t some, std::uint32_t all) const {
    return std::uint64_t{some} * whole <= std::uint64_t{parts} * all;
  }
  double value() const { return static_cast<double>(parts) / whole; }
};

// parts/whole as above; parts ≤ whole, whole above 0.
inline ExactShare exact_share(UInt128 parts, UInt128 whole) {
  UInt128 a = whole, b = parts;
  while (b != 0) {
    const UInt128 rest = a % b;
    a = b;
    b = rest;
  }
  parts /= a;
  whole /= a;
  constexpr std::uint32_t greatest = 0xffffffffu;
  if (whole <= greatest) return {static_cast<std::uint32_t>(parts), static_cast<std::uint32_t>(whole)};
  const UInt128 most = ~UInt128{0} / greatest;
  while (parts > most) {  // what is lost here is far below the rounding
    parts = parts / 2 + 1;
    whole /= 2;
  }
  return {static_cast<std::uint32_t>(std::min<UInt128>((parts * greatest + whole - 1) / whole, greatest)), greatest};
}

inline constexpr std::uint64_t share_decimals = 1'000'000'000;

// Of a share, rounded down.
NADC_HD inline std::uint64_t billionths(ExactShare share) { return share.parts * share_decimals / share.whole; }

// A share between 0 and 1 in units of 10⁻⁹: what was written in decimal, as long as that has at most nine places.
inline std::uint64_t decimal_share(double share) {
  return static_cast<std::uint64_t>(std::llround(share * static_cast<double>(share_decimals)));
}

}  // namespace nadc
