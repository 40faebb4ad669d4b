#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/models/random_world.hpp"
#include "tests/reference/compare.hpp"

namespace nadc::reference {
namespace {

TEST(Reference, AgreesWithTheLoopOnRandomWorlds) {
  const char* first = std::getenv("NADC_REFERENCE_FIRST");
  const char* count = std::getenv("NADC_REFERENCE_WORLDS");
  const std::uint64_t begin = first ? std::strtoull(first, nullptr, 10) : 1;
  const std::uint64_t worlds = count ? std::strtoull(count, nullptr, 10) : 20;
  for (std::uint64_t seed = begin; seed < begin + worlds; ++seed) {
    const Comparison result = compare({test::random_scenario(seed), {}, 1, 5});
    EXPECT_EQ(result.difference, "") << "world " << seed;
  }
}

}  // namespace
}  // namespace nadc::reference
