// The event set: one pending event a slot, in a tournament that always knows the earliest.
//
// A key is tick·8 + rank (sim/time.hpp); UINT64_MAX means that nothing is pending. set() pushes or re-keys, cancel()
// empties a slot, top() names the least key, ties by the lowest slot, so the order of events never depends on the order
// of calls. There is no pop: an event that was applied is re-keyed in place or cancelled. Slots are [0, capacity);
// memory is handed in, 16-byte aligned, of bytes(capacity); nothing is allocated and nothing else is kept.
//
// Width 1 is a binary winner tournament padded to a power of two (12 bytes a padded slot): set and cancel replay one
// path of log2(capacity) matches whose loads do not wait for each other and whose outcomes are selected without a
// branch; top is two loads. Width 32 is a 32-ary tournament: one reduction over a warp a level, ending where nothing
// changes. Both give the same order. Measured against heaps, calendar, ladder and radix queues in docs/event-set.md.
// Errors: none; slots below the capacity are the caller's duty (a contract).
#pragma once
#include <cstddef>
#include <cstdint>

#include "sim/contract.hpp"
#include "sim/lanes.hpp"
#include "sim/platform.hpp"

namespace nadc {

struct NextEvent {
  std::uint64_t key;  // UINT64_MAX: nothing is pending
  std::uint32_t slot;
};

inline constexpr std::uint64_t no_event = UINT64_MAX;

template <int Width> class EventSet;

namespace event_set_detail {

// Replaces (key, slot) by the other pair if that is lower, or equal and `left` is 1: the left subtree has the lower
// slots.
NADC_HD inline void take_lower(std::uint64_t& key, std::uint64_t& slot, std::uint64_t other_key,
                               std::uint64_t other_slot, std::uint32_t left) {
#if !NADC_DEVICE_CODE && defined(__x86_64__)
  // GCC turns any portable form into a branch on a coin toss, or into twice the latency: 1.5 to 3 times slower.
  std::uint64_t difference = other_key;
  asm("btl $0, %[left]\n\t"
      "sbbq %[key], %[difference]\n\t"
      "cmovbq %[other_key], %[key]\n\t"
      "cmovbq %[other_slot], %[slot]"
      : [key] "+&r"(key), [slot] "+&r"(slot), [difference] "+&r"(difference)
      : [other_key] "r"(other_key), [other_slot] "r"(other_slot), [left] "r"(left)
      : "cc");
#else
  const bool wins = (other_key < key) | ((other_key == key) & (left != 0));
  key = wins ? other_key : key;
  slot = wins ? other_slot : slot;
#endif
}

}  // namespace event_set_detail

template <> class EventSet<1> {
 public:
  NADC_HD static std::size_t bytes(std::uint32_t capacity) {
    return (std::size_t{padded(capacity)} * (sizeof(std::uint64_t) + sizeof(std::uint32_t)) + 15) / 16 * 16;
  }

  // Points at memory that an earlier init() filled.
  NADC_HD void attach(void* memory, std::uint32_t capacity) {
    size_ = padded(capacity);
    keys_ = static_cast<std::uint64_t*>(memory);
    winners_ = reinterpret_cast<std::uint32_t*>(keys_ + size_);
  }

  NADC_HD void init(Lanes<1> lanes, void* memory, std::uint32_t capacity) {
    attach(memory, capacity);
    lanes.for_each(size_, [this](std::uint32_t slot) { keys_[slot] = no_event; });
    lanes.for_each(size_ - 1, [this](std::uint32_t i) {  // the leftmost slot below each node
      const std::uint32_t node = i + 1;
      winners_[node] = (node << (highest_bit(size_) - highest_bit(node))) - size_;
    });
  }

  NADC_HD void set(Lanes<1>, std::uint32_t slot, std::uint64_t key) {
    NADC_EXPECT(slot < size_);
    using event_set_detail::take_lower;
    std::uint64_t* const keys = keys_;
    std::uint32_t* const winners = winners_;
    keys[slot] = key;
    std::uint64_t best = slot;
    take_lower(key, best, keys[slot ^ 1u], slot ^ 1u, slot & 1u);
    for (std::uint32_t node = (size_ + slot) >> 1; node > 1; node >>= 1) {
      winners[node] = static_cast<std::uint32_t>(best);
      const std::uint32_t other = winners[node ^ 1u];
      take_lower(key, best, keys[other], other, node & 1u);
    }
    winners[1] = static_cast<std::uint32_t>(best);
  }

  NADC_HD void cancel(Lanes<1> lanes, std::uint32_t slot) { set(lanes, slot, no_event); }

  NADC_HD NextEvent top(Lanes<1>) const { return {keys_[winners_[1]], winners_[1]}; }

  NADC_HD std::uint64_t key(std::uint32_t slot) const { return keys_[slot]; }

 private:
  NADC_HD static std::uint32_t padded(std::uint32_t capacity) {
    return capacity < 2 ? 2u : 2u << highest_bit(std::uint64_t{capacity} - 1);
  }

  std::uint64_t* keys_ = nullptr;     // (slot)
  std::uint32_t* winners_ = nullptr;  // (node): the root is node 1, the children of n are 2n and 2n + 1
  std::uint32_t size_ = 0;            // slots, padded
};

template <> class EventSet<32> {
 public:
  NADC_HD static std::size_t bytes(std::uint32_t capacity) {
    return (nodes(capacity) * sizeof(std::uint64_t) + (nodes(capacity) - padded(capacity)) * sizeof(std::uint32_t) +
            15) /
           16 * 16;
  }

  // Points at memory that an earlier init() filled.
  NADC_HD void attach(void* memory, std::uint32_t capacity) {
    size_ = padded(capacity);
    count_ = static_cast<std::uint32_t>(nodes(capacity));
    keys_ = static_cast<std::uint64_t*>(memory);
    winners_ = reinterpret_cast<std::uint32_t*>(keys_ + count_);
  }

  NADC_HD void init(Lanes<32> lanes, void* memory, std::uint32_t capacity) {
    attach(memory, capacity);
    lanes.for_each(count_, [this](std::uint32_t node) { keys_[node] = no_event; });
    lanes.for_each(count_ - size_, [this](std::uint32_t i) { winners_[i] = 0; });
  }

  NADC_HD void set(Lanes<32> lanes, std::uint32_t slot, std::uint64_t key) {
    NADC_EXPECT(slot < size_);
    lanes.put(keys_ + slot, key);
    std::uint32_t level = 0;  // where the level's keys start
    std::uint32_t length = size_;
    std::uint32_t at = slot;
    while (length > 1) {
      const std::uint32_t group = at & ~31u;
      const std::uint64_t* const children = keys_ + level + group;
      const KeyAt least = lanes.min_at(32, [children](std::uint32_t i) { return children[i]; });
      const std::uint32_t child = level + group + least.index;
      const std::uint32_t winner = level == 0 ? child : winners_[child - size_];
      level += length;
      length = length > 32 ? padded(length / 32) : 1;
      at >>= 5;
      const std::uint32_t node = level + at;
      if (keys_[node] == least.key && winners_[node - size_] == winner) return;
      lanes.barrier();
      lanes.once([&] {
        keys_[node] = least.key;
        winners_[node - size_] = winner;
      });
    }
  }

  NADC_HD void cancel(Lanes<32> lanes, std::uint32_t slot) { set(lanes, slot, no_event); }

  NADC_HD NextEvent top(Lanes<32>) const { return {keys_[count_ - 1], winners_[count_ - 1 - size_]}; }

  NADC_HD std::uint64_t key(std::uint32_t slot) const { return keys_[slot]; }

 private:
  NADC_HD static std::uint32_t padded(std::uint32_t length) { return length == 0 ? 32 : (length + 31) / 32 * 32; }
  NADC_HD static std::size_t nodes(std::uint32_t capacity) {
    std::uint32_t length = padded(capacity);
    std::size_t total = length;
    while (length > 1) {
      length = length > 32 ? padded(length / 32) : 1;
      total += length;
    }
    return total;
  }

  std::uint64_t* keys_ = nullptr;     // (node), level by level, slots first, the root last
  std::uint32_t* winners_ = nullptr;  // (node − slots)
  std::uint32_t size_ = 0;            // slots, padded to groups of 32
  std::uint32_t count_ = 0;           // nodes
};

}  // namespace nadc
