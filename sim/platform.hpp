// What differs between host and device compilers: function markers and a few bit operations.
#pragma once
#include <cstdint>

#if defined(__CUDACC__)
#define NADC_HD __host__ __device__
#else
#define NADC_HD
#endif

#if defined(__CUDA_ARCH__) || defined(NADC_SIMT)  // the latter: a device of fibers on the host (tests/gpu/simt)
#define NADC_DEVICE_CODE 1
#else
#define NADC_DEVICE_CODE 0
#endif

namespace nadc {

// 128-bit integers hold sums that 64 bits cannot: a year of an 18,000-GPU site is about 7e20 microjoules.
__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

// Index of the lowest set bit; the argument is not 0.
NADC_HD inline int lowest_bit(std::uint32_t x) {
#if NADC_DEVICE_CODE
  return __ffs(static_cast<int>(x)) - 1;
#else
  return __builtin_ctz(x);
#endif
}
NADC_HD inline int lowest_bit(std::uint64_t x) {
#if NADC_DEVICE_CODE
  return __ffsll(static_cast<long long>(x)) - 1;
#else
  return __builtin_ctzll(x);
#endif
}
// Index of the highest set bit; the argument is not 0.
NADC_HD inline int highest_bit(std::uint64_t x) {
#if NADC_DEVICE_CODE
  return 63 - __clzll(static_cast<long long>(x));
#else
  return 63 - __builtin_clzll(x);
#endif
}
NADC_HD inline int count_bits(std::uint64_t x) {
#if NADC_DEVICE_CODE
  return __popcll(x);
#else
  // Without a population count in the baseline instruction set the builtin is a library call.
  x -= (x >> 1) & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
  return static_cast<int>((((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u) >> 56);
#endif
}
// Upper half of the 32 × 32-bit product: maps a 32-bit uniform u to [0, n).
NADC_HD inline std::uint32_t multiply_high(std::uint32_t u, std::uint32_t n) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(u) * n) >> 32);
}

}  // namespace nadc
