#include "models/scheduler/release_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace nadc {
namespace {

struct Entry {
  Tick end;
  std::uint32_t units;
};

// Goes through all ends in order.
Shadow plain(const std::map<std::uint32_t, Entry>& running, std::uint64_t free, std::uint64_t need) {
  std::map<Tick, std::uint64_t> released;
  for (const auto& [slot, entry] : running) released[entry.end] += entry.units;
  for (const auto& [end, units] : released) {
    free += units;
    if (free >= need) return {end, free};
  }
  return {never, free};
}

// Random starts, ends, re-paced ends and queries while time moves, on wheels so small that most ends lie beyond them.
template <int Width> void agrees_with_a_sorted_list(const WheelShape& shape, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::uint32_t slots = 40;
  std::vector<std::byte> memory(ReleaseWheel<Width>::bytes(shape));
  std::vector<Due> due(slots);
  const Lanes<Width> lanes;
  ReleaseWheel<Width> wheel;
  wheel.init(lanes, memory.data(), shape, {due.data()});
  std::map<std::uint32_t, Entry> running;
  const Tick turn = static_cast<Tick>(shape.buckets) << shape.shift;
  const auto length = [&] {  // ties are common, and lengths of up to eight turns
    const Tick longest = random() % 3 == 0 ? 8 * turn : random() % 2 ? turn : turn / 8 + 2;
    return 1 + static_cast<Tick>(random() % static_cast<std::uint64_t>(longest)) / 3 * 3;
  };
  Tick now = 0;
  int beyond = 0, found = 0;
  for (int step = 0; step < 6000; ++step) {
    now += static_cast<Tick>(random() % 4 == 0 ? random() % static_cast<std::uint64_t>(turn / 4) : random() % 3);
    for (auto entry = running.begin(); entry != running.end();)  // no job outlives its request
      if (entry->second.end <= now) {
        wheel.remove(lanes, DueId(entry->first));
        entry = running.erase(entry);
      } else {
        ++entry;
      }
    const auto slot = static_cast<std::uint32_t>(random() % slots);
    const auto at = running.find(slot);
    if (at == running.end()) {
      const Entry entry{now + length(), 1 + static_cast<std::uint32_t>(random() % 16)};
      beyond += entry.end > now + turn;
      wheel.insert(lanes, DueId(slot), entry.end, entry.units);
      running.emplace(slot, entry);
    } else {
      wheel.remove(lanes, DueId(slot));
      if (random() % 2) {
        at->second.end = now + length();
        wheel.insert(lanes, DueId(slot), at->second.end, at->second.units);
      } else {
        running.erase(at);
      }
    }
    if (random() % 2) continue;
    const std::uint64_t free = random() % 10, need = free + 1 + random() % (random() % 2 ? 250 : 30);
    const Shadow expected = plain(running, free, need), got = wheel.find(lanes, now, free, need);
    ASSERT_EQ(got.at, expected.at) << step;
    ASSERT_EQ(got.units, expected.units) << step;
    found += expected.at < never;
  }
  EXPECT_GT(beyond, 300);
  EXPECT_GT(found, 1000);
}

TEST(ReleaseWheel, AgreesWithASortedListOnAnySizeOfWheel) {
  for (const WheelShape shape : {WheelShape{32, 0}, WheelShape{32, 3}, WheelShape{64, 2}, WheelShape{128, 1}})
    agrees_with_a_sorted_list<1>(shape, shape.buckets + shape.shift);
}
TEST(ReleaseWheel, AgreesWithASortedListAtWidthThirtyTwo) {
  for (const WheelShape shape : {WheelShape{32, 1}, WheelShape{64, 2}})
    agrees_with_a_sorted_list<32>(shape, shape.buckets + shape.shift);
}

// 2 GPUs are free; 3 end at 10, 4 and 5 at 20: six units are there at 20, with the tie eight more than asked.
TEST(ReleaseWheel, CountsAllThatEndsAtTheSameMoment) {
  const WheelShape shape{32, 2};
  std::vector<std::byte> memory(ReleaseWheel<1>::bytes(shape));
  std::vector<Due> due(3);
  ReleaseWheel<1> wheel;
  wheel.init({}, memory.data(), shape, {due.data()});
  wheel.insert({}, DueId(0), 20, 4);
  wheel.insert({}, DueId(1), 10, 3);
  wheel.insert({}, DueId(2), 20, 5);
  const Shadow shadow = wheel.find({}, 0, 2, 6);
  EXPECT_EQ(shadow.at, 20);
  EXPECT_EQ(shadow.units, 14u);
  EXPECT_EQ(wheel.find({}, 0, 2, 5).at, 10);
  EXPECT_EQ(wheel.find({}, 0, 2, 15).at, never);
}

}  // namespace
}  // namespace nadc
