// Contracts of public headers: NADC_EXPECT is what the caller owes, NADC_ENSURE what the callee promises. They are
// checked where NADC_CONTRACTS is 1 (debug and sanitizer builds, and the host only) and cost nothing elsewhere. What
// users give is not for contracts: that is always checked and answered with nadc::Error.
#pragma once
#include <cstdio>
#include <cstdlib>

#include "sim/platform.hpp"

#ifndef NADC_CONTRACTS
#define NADC_CONTRACTS 0
#endif

namespace nadc {

// Says which promise was broken, and where, and stops the program.
[[noreturn]] inline void contract_broken(const char* kind, const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: %s: %s\n", file, line, kind, condition);
  std::abort();
}

}  // namespace nadc

#if NADC_CONTRACTS && !NADC_DEVICE_CODE
#define NADC_CONTRACT_CHECK(kind, condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::nadc::contract_broken(kind, #condition, __FILE__, __LINE__))
#else
#define NADC_CONTRACT_CHECK(kind, condition) static_cast<void>(0)
#endif
#define NADC_EXPECT(condition) NADC_CONTRACT_CHECK("the caller owes", condition)
#define NADC_ENSURE(condition) NADC_CONTRACT_CHECK("a promise is broken", condition)
