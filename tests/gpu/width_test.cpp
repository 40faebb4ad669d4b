// One source, two widths: a replica as a warp, played lane by lane on the host, counts what a plain thread counts, in
// small random worlds that pair every alternative of every seam with every other.
#include <gtest/gtest.h>

#include <set>

#include "models/replica.hpp"
#include "tests/gpu/worlds.hpp"

namespace nadc::test {
namespace {

constexpr std::uint64_t seed = 20261121;

std::string text_of(const Choices& choices) {
  std::string text;
  for (std::size_t f = 0; f < choices.size(); ++f)
    text += std::string(factors()[f].name) + "=" + std::to_string(choices[f]) + " ";
  return text;
}

TEST(PairwiseCover, HoldsEveryPairOfLevels) {
  std::set<std::array<std::size_t, 4>> seen;
  const auto rows = pairwise_cover(seed);
  for (const Choices& row : rows)
    for (std::size_t f = 0; f < row.size(); ++f)
      for (std::size_t g = f + 1; g < row.size(); ++g)
        seen.insert({f, static_cast<std::size_t>(row[f]), g, static_cast<std::size_t>(row[g])});
  std::size_t pairs = 0;
  for (std::size_t f = 0; f < factors().size(); ++f)
    for (std::size_t g = f + 1; g < factors().size(); ++g)
      pairs += static_cast<std::size_t>(factors()[f].levels * factors()[g].levels);
  EXPECT_EQ(seen.size(), pairs);
  EXPECT_LT(rows.size(), 40u);
}

TEST(Widths, CountTheSameInEveryPairOfChoices) {
  ReplicaRunner<32> warp;
  std::size_t row = 0;
  for (const Choices& choices : pairwise_cover(seed)) {
    SCOPED_TRACE(text_of(choices));
    const BlobStudy study = make_study("random", {scenario_with(choices, seed + row++)}, 1, 2, seed);
    for (const ExpectedRow& expected : study.rows) {
      const Point& point = *reinterpret_cast<const Point*>(study.points[expected.task.point].data());
      Capacity small;  // so small that it overflows in every way, and is run again until it suffices
      small.slots = 4;
      small.waiting = 4;
      small.sets = 2;
      small.repairs = 1;
      small.profile = point.backfill == Backfill::conservative ? 8 : 0;
      const ReplicaResult result =
          warp.run(study.world(), point, {study.world().seed, point.sample, expected.task.replica}, small);
      EXPECT_EQ(hash_of(study.world(), result.raw(study.world())), expected.hash);
      EXPECT_GE(result.reruns, 2u);
      EXPECT_GT(result.raw(study.world()).end[RawShape::events], 300u);
    }
  }
}

// What the device does with shared memory: the first arrays that fit stand in a block of their own.
template <int Width> void check_split_memory() {
  const BlobStudy study = make_study("full", {full_scenario(640, 10, 100)}, 1, 1, seed);
  const World& world = study.world();
  const Point& point = *reinterpret_cast<const Point*>(study.points[0].data());
  const Capacity capacity = first_capacity(world, point);
  for (const std::size_t fast_bytes : {std::size_t{0}, std::size_t{64}, std::size_t{4096}, std::size_t{1} << 20}) {
    SCOPED_TRACE(fast_bytes);
    std::vector<std::byte> fast(fast_bytes), slow(Datacenter<Width>::bytes(world, point, capacity, fast_bytes));
    if (fast_bytes) {
      EXPECT_LT(slow.size(), Datacenter<Width>::bytes(world, point, capacity));
    }
    Datacenter<Width> datacenter(world, point, {world.seed, 0, 0}, capacity, slow.data(), nullptr,
                                 {fast.data(), fast_bytes});
    ASSERT_EQ(datacenter.run(), Status::done);
    EXPECT_EQ(hash_of(world, datacenter.raw()), study.rows[0].hash);
  }
}
TEST(Widths, CountTheSameWithPartOfTheStateInAFastBlock) {
  check_split_memory<1>();
  check_split_memory<32>();
}

}  // namespace
}  // namespace nadc::test
