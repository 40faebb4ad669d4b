#include "sim/lanes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/random.hpp"

namespace nadc {
namespace {

constexpr std::uint32_t sizes[] = {0, 1, 2, 7, 31, 32, 33, 63, 64, 65, 100, 1000, 1023, 1024, 1025};

std::vector<std::uint64_t> items(std::uint32_t n, std::uint32_t values) {
  std::vector<std::uint64_t> all(n);
  for (std::uint32_t i = 0; i < n; ++i) all[i] = multiply_high(draw({3, n, values}, 0, 0, i).word[0], values);
  return all;
}

// Runs the check at both widths on items that are mostly equal, or rarely.
template <class Check> void for_both_widths(Check&& check) {
  for (const std::uint32_t n : sizes)
    for (const std::uint32_t values : {1u, 4u, 1u << 30}) {
      const std::vector<std::uint64_t> x = items(n, values);
      check(Lanes<1>{}, x);
      check(Lanes<32>{}, x);
    }
}

std::uint32_t size_of(const std::vector<std::uint64_t>& x) { return static_cast<std::uint32_t>(x.size()); }

TEST(Lanes, ForEachVisitsEveryIndexOnce) {
  for_both_widths([](auto lanes, const std::vector<std::uint64_t>& x) {
    std::vector<int> visits(x.size(), 0);
    lanes.for_each(size_of(x), [&](std::uint32_t i) { ++visits[i]; });
    EXPECT_TRUE(std::all_of(visits.begin(), visits.end(), [](int v) { return v == 1; }));
  });
}

TEST(Lanes, OnceAndPutHappenOnce) {
  for_both_widths([](auto lanes, const std::vector<std::uint64_t>&) {
    int calls = 0;
    lanes.once([&] { ++calls; });
    EXPECT_EQ(calls, 1);
    std::uint64_t cell = 0;
    lanes.put(&cell, std::uint64_t{9});
    EXPECT_EQ(cell, 9u);
  });
}

TEST(Lanes, SumIsTheSum) {
  for_both_widths([](auto lanes, const std::vector<std::uint64_t>& x) {
    std::uint64_t expected = 0;
    for (const std::uint64_t item : x) expected += item;
    EXPECT_EQ(lanes.sum(size_of(x), [&](std::uint32_t i) { return x[i]; }), expected);
  });
}

TEST(Lanes, MinAtNamesTheFirstOfTheSmallest) {
  for_both_widths([](auto lanes, const std::vector<std::uint64_t>& x) {
    const KeyAt least = lanes.min_at(size_of(x), [&](std::uint32_t i) { return x[i]; });
    const auto expected = std::min_element(x.begin(), x.end());
    EXPECT_EQ(least.index, static_cast<std::uint32_t>(expected - x.begin()));
    EXPECT_EQ(least.key, expected == x.end() ? UINT64_MAX : *expected);
  });
}

TEST(Lanes, MinAtHoldsWhenAllAreTheLargestKey) {
  EXPECT_EQ(Lanes<1>{}.min_at(5, [](std::uint32_t) { return UINT64_MAX; }).index, 0u);
  EXPECT_EQ(Lanes<32>{}.min_at(70, [](std::uint32_t) { return UINT64_MAX; }).index, 0u);
}

TEST(Lanes, FindFirstStartsWhereItIsTold) {
  for_both_widths([](auto lanes, const std::vector<std::uint64_t>& x) {
    for (const std::uint32_t begin : {0u, 1u, 5u, 31u, 32u, 40u, 999u}) {
      if (begin > x.size()) continue;
      for (const std::uint64_t wanted : {std::uint64_t{0}, std::uint64_t{3}, x.empty() ? std::uint64_t{0} : x.back()}) {
        const auto holds = [&](std::uint32_t i) { return x[i] == wanted; };
        const auto expected = std::find(x.begin() + begin, x.end(), wanted) - x.begin();
        EXPECT_EQ(lanes.find_first(begin, size_of(x), holds), static_cast<std::uint32_t>(expected));
      }
    }
  });
}

TEST(Lanes, FindPrefixStopsWhereTheRunningSumReachesItsTarget) {
  for_both_widths([](auto lanes, const std::vector<std::uint64_t>& x) {
    std::uint64_t whole = 0;
    for (const std::uint64_t item : x) whole += item;
    for (const std::uint64_t target : {std::uint64_t{1}, whole / 3 + 1, whole, whole + 1}) {
      if (target == 0) continue;
      std::uint64_t before = 0;
      std::uint32_t i = 0;
      while (i < x.size() && before + x[i] < target) before += x[i++];
      const PrefixAt found = lanes.find_prefix(size_of(x), target, [&](std::uint32_t k) { return x[k]; });
      EXPECT_EQ(found.index, i) << x.size() << " items, target " << target;
      EXPECT_EQ(found.before, before);
    }
  });
}

TEST(Lanes, BallotHasABitForEachLaneInRange) {
  const std::vector<std::uint64_t> x = items(45, 4);
  for (const std::uint32_t base : {0u, 13u, 32u}) {
    std::uint32_t expected = 0;
    for (std::uint32_t l = 0; l < 32 && base + l < 45; ++l) expected |= (x[base + l] == 0 ? 1u : 0u) << l;
    EXPECT_EQ(Lanes<32>{}.ballot(base, 45, [&](std::uint32_t i) { return x[i] == 0; }), expected);
  }
}

}  // namespace
}  // namespace nadc
