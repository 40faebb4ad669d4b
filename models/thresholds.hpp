// Shares as thresholds of uniforms, and factors in 1/65,536.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace nadc {

inline std::uint32_t threshold16(double share) { return static_cast<std::uint32_t>(std::lround(share * 65536.0)); }
inline std::uint32_t threshold32(double share) {
  return static_cast<std::uint32_t>(std::min(4294967295.0, std::floor(share * 4294967296.0)));
}

}  // namespace nadc
