#include "sim/event_set.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "sim/random.hpp"

namespace nadc {
namespace {

template <class Width> class EventSets : public ::testing::Test {
 protected:
  static constexpr int width = Width::value;
  struct alignas(16) Block {
    std::uint64_t words[2];
  };

  EventSet<width> make(std::uint32_t capacity) {
    // Filled with rubbish, and one block longer than asked for: nothing may be written there.
    const std::size_t bytes = EventSet<width>::bytes(capacity);
    EXPECT_EQ(bytes % 16, 0u);
    memory_.assign(bytes / 16 + 1, Block{{guard, guard}});
    EventSet<width> events;
    events.init(lanes_, memory_.data(), capacity);
    return events;
  }
  bool guard_holds() const { return memory_.back().words[0] == guard && memory_.back().words[1] == guard; }

  static constexpr std::uint64_t guard = 0x5a5a5a5a5a5a5a5au;
  Lanes<width> lanes_;
  std::vector<Block> memory_;
};

using Widths = ::testing::Types<std::integral_constant<int, 1>, std::integral_constant<int, 32>>;
TYPED_TEST_SUITE(EventSets, Widths);

TYPED_TEST(EventSets, StartEmpty) {
  for (const std::uint32_t capacity : {1u, 2u, 3u, 31u, 32u, 33u, 1024u, 1025u, 40000u}) {
    auto events = this->make(capacity);
    EXPECT_EQ(events.top(this->lanes_).key, no_event);
    for (std::uint32_t slot = 0; slot < capacity; ++slot) ASSERT_EQ(events.key(slot), no_event);
    EXPECT_TRUE(this->guard_holds());
  }
}

TYPED_TEST(EventSets, EqualKeysFireByLowestSlotWhateverTheOrderOfCalls) {
  for (const std::uint32_t capacity : {5u, 100u, 1500u}) {
    auto events = this->make(capacity);
    for (std::uint32_t i = 0; i < capacity; ++i) events.set(this->lanes_, (i * 7 + 3) % capacity, 800);
    for (std::uint32_t slot = 0; slot < capacity; ++slot) {
      const NextEvent next = events.top(this->lanes_);
      ASSERT_EQ(next.key, 800u);
      ASSERT_EQ(next.slot, slot);
      events.cancel(this->lanes_, slot);
    }
    EXPECT_EQ(events.top(this->lanes_).key, no_event);
  }
}

TYPED_TEST(EventSets, ExtremeKeysKeepTheirOrder) {
  auto events = this->make(4);
  events.set(this->lanes_, 3, 0);
  events.set(this->lanes_, 2, no_event - 1);
  events.set(this->lanes_, 1, 0);
  EXPECT_EQ(events.top(this->lanes_).slot, 1u);
  events.cancel(this->lanes_, 1);
  EXPECT_EQ(events.top(this->lanes_).slot, 3u);
  EXPECT_EQ(events.top(this->lanes_).key, 0u);
  events.cancel(this->lanes_, 3);
  EXPECT_EQ(events.top(this->lanes_).slot, 2u);
  events.cancel(this->lanes_, 0);  // nothing there: no change
  EXPECT_EQ(events.top(this->lanes_).key, no_event - 1);
}

// Random pushes, re-keys, cancels and pops against an ordered set of (key, slot); keys from a few values, so that most
// are equal to others.
TYPED_TEST(EventSets, MatchAnOrderedSetUnderRandomUseWithHeavyTies) {
  for (const std::uint32_t capacity : {1u, 2u, 3u, 7u, 32u, 33u, 100u, 1000u, 1025u, 3000u})
    for (const std::uint32_t values : {1u, 3u, 50u, 1u << 30}) {
      auto events = this->make(capacity);
      std::set<std::pair<std::uint64_t, std::uint32_t>> reference;
      std::vector<std::uint64_t> keys(capacity, no_event);
      std::uint64_t now = 0;
      for (std::uint32_t step = 0; step < 4000; ++step) {
        const Uniforms u = draw({11, capacity, values}, 0, 0, step);
        std::uint32_t slot = multiply_high(u.word[0], capacity);
        std::uint64_t key = (now & ~std::uint64_t{7}) + multiply_high(u.word[1], values);
        switch (u.word[2] >> 30) {
          case 0:
            key = no_event;
            break;  // cancel
          case 1:   // pop
            slot = events.top(this->lanes_).slot;
            if (keys[slot] == no_event) continue;
            now = keys[slot];
            key = u.word[3] & 1u ? no_event : key;
            break;
          default:
            break;  // push or re-key
        }
        if (keys[slot] != no_event) reference.erase({keys[slot], slot});
        keys[slot] = key;
        if (key == no_event) {
          events.cancel(this->lanes_, slot);
        } else {
          events.set(this->lanes_, slot, key);
          reference.insert({key, slot});
        }
        const NextEvent next = events.top(this->lanes_);
        if (reference.empty()) {
          ASSERT_EQ(next.key, no_event);
        } else {
          ASSERT_EQ(next.key, reference.begin()->first) << capacity << " slots, step " << step;
          ASSERT_EQ(next.slot, reference.begin()->second) << capacity << " slots, step " << step;
        }
        ASSERT_EQ(events.key(slot), key);
      }
      ASSERT_TRUE(this->guard_holds());
    }
}

TYPED_TEST(EventSets, CanBeAttachedAgain) {
  auto events = this->make(50);
  events.set(this->lanes_, 17, 99);
  EventSet<TestFixture::width> again;
  again.attach(this->memory_.data(), 50);
  EXPECT_EQ(again.top(this->lanes_).slot, 17u);
  again.set(this->lanes_, 16, 99);
  EXPECT_EQ(events.top(this->lanes_).slot, 16u);
}

TEST(EventSet, TakesTwelveBytesAPaddedSlotAtWidthOne) {
  EXPECT_EQ(EventSet<1>::bytes(1024), 1024u * 12);
  EXPECT_EQ(EventSet<1>::bytes(1025), 2048u * 12);
  EXPECT_LE(EventSet<32>::bytes(1024), 1024u * 8 + 33 * 12 + 16);
}

}  // namespace
}  // namespace nadc
