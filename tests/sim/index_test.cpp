#include "sim/index.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <type_traits>
#include <vector>

#include "sim/blob.hpp"
#include "sim/lanes.hpp"

namespace nadc {
namespace {

using RackId = Index<struct RackTag>;
using RowId = Index<struct RowTag>;

// What may not compile: an integer or another kind of index in its place.
template <class Array, class I>
concept takes = requires(const Array& array, I i) {
  array[i];
};
static_assert(takes<By<RackId, int>, RackId> && takes<VectorBy<RackId, int>, RackId>);
static_assert(!takes<By<RackId, int>, RowId> && !takes<By<RackId, int>, std::uint32_t> && !takes<By<RackId, int>, int>);
static_assert(!takes<VectorBy<RackId, int>, RowId> && !takes<VectorBy<RackId, int>, std::size_t>);
static_assert(!std::is_convertible_v<std::uint32_t, RackId> && !std::is_convertible_v<RackId, std::uint32_t>);
static_assert(!std::is_constructible_v<RackId, RowId> && !std::equality_comparable_with<RackId, RowId>);
static_assert(std::is_constructible_v<Slice<int, RackId>, Slice<int>>);
static_assert(!std::is_convertible_v<Slice<int, RowId>, Slice<int, RackId>>);

// What a device and a file ask of it.
static_assert(sizeof(RackId) == 4 && std::is_trivially_copyable_v<RackId> && std::is_trivially_destructible_v<RackId>);
static_assert(sizeof(Narrow<RackId, std::uint16_t>) == 2 && sizeof(By<RackId, int>) == sizeof(int*));

TEST(Index, IsInvalidByDefault) {
  EXPECT_FALSE(RackId{}.valid());
  EXPECT_TRUE(RackId(0).valid());
  EXPECT_TRUE(RackId(7) < RackId(9) && RackId(9) != RackId(7) && RackId(9) - RackId(7) == 2 &&
              RackId(7) + 2 == RackId(9));
}

TEST(Index, GoesThroughARange) {
  std::vector<std::uint32_t> seen;
  for (const RackId i : range<RackId>(3)) seen.push_back(i.value);
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{0, 1, 2}));
  for (const RackId i : range<RackId>(0)) seen.push_back(i.value);
  EXPECT_EQ(seen.size(), 3u);
}

TEST(Index, KeepsItsValueInFewerBytes) {
  const Narrow<RackId, std::uint16_t> kept(RackId(40000));
  const RackId again = kept;
  EXPECT_EQ(again.value, 40000u);
}

TEST(Index, FindsItsBitInAMask) {
  std::uint64_t mask[2] = {0, 0};
  mask[word_of(RackId(70))] |= bit_of(RackId(70));
  EXPECT_EQ(mask[1], 64u);
  EXPECT_TRUE(has_bit(mask, RackId(70)) && !has_bit(mask, RackId(6)) && !has_bit(mask, RackId(69)));
}

// The searches of a lane group over indices answer as those over integers do, from any first index on.
template <int Width> void searches_from() {
  const Lanes<Width> lanes;
  const std::vector<std::uint64_t> item{9, 4, 7, 4, 8};
  const auto at = [&](RackId i) { return item[i.value]; };
  EXPECT_EQ(lanes.min_at(range<RackId>(5), at).index, RackId(1));
  EXPECT_EQ(lanes.min_at(Ids<RackId>{RackId(2), RackId(5)}, at).index, RackId(3));
  EXPECT_EQ(lanes.min_at(Ids<RackId>{RackId(2), RackId(2)}, at).index, RackId(2));
  EXPECT_EQ(lanes.sum(Ids<RackId>{RackId(2), RackId(5)}, at), 19u);
  EXPECT_EQ(lanes.find_first(RackId(2), RackId(5), [&](RackId i) { return at(i) == 4; }), RackId(3));
  EXPECT_EQ(lanes.find_first(RackId(4), RackId(5), [&](RackId i) { return at(i) == 4; }), RackId(5));
  EXPECT_EQ(lanes.find_prefix(Ids<RackId>{RackId(2), RackId(5)}, 8, at), RackId(3));  // 7 + 4 reach 8
  EXPECT_EQ(lanes.find_prefix(Ids<RackId>{RackId(2), RackId(5)}, 20, at), RackId(5));
}
TEST(Index, IsFoundByALaneGroup) {
  searches_from<1>();
  searches_from<32>();
}

}  // namespace
}  // namespace nadc
