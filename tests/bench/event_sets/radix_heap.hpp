// Monotone radix heap with slot handles: bucket b holds the slots whose key differs from the last minimum in bit b − 1
// first. Buckets are doubly linked lists through the slots. Keys below the last minimum force a rebuild.
// Source: Ahuja, Mehlhorn, Orlin, Tarjan, Faster algorithms for the shortest path problem, JACM 37, 1990.
#pragma once
#include <bit>
#include <cstdint>
#include <vector>

#include "tests/bench/event_sets/candidate.hpp"

namespace nadc::bench {

class RadixHeap {
 public:
  explicit RadixHeap(std::uint32_t capacity)
      : key_(capacity, UINT64_MAX), next_(capacity), before_(capacity), bucket_(capacity, absent) {
    for (std::uint32_t& head : head_) head = none;
  }
  void set(std::uint32_t slot, std::uint64_t key) {
    if (bucket_[slot] != absent) unlink(slot);
    key_[slot] = key;
    if (key < last_) rebuild(key);
    link(slot);
  }
  void cancel(std::uint32_t slot) {
    if (bucket_[slot] == absent) return;
    unlink(slot);
    bucket_[slot] = absent;
  }
  Top top() {
    if (used_ == 0) return {UINT64_MAX, 0};
    const auto bucket = static_cast<std::uint32_t>(std::countr_zero(used_));
    std::uint32_t best = head_[bucket];
    if (bucket == 0) {  // equal keys: the lowest slot
      for (std::uint32_t i = next_[best]; i != none; i = next_[i]) best = i < best ? i : best;
      return {last_, best};
    }
    for (std::uint32_t i = next_[best]; i != none; i = next_[i])
      if (key_[i] < key_[best] || (key_[i] == key_[best] && i < best)) best = i;
    last_ = key_[best];
    std::uint32_t i = head_[bucket];
    head_[bucket] = none;
    used_ &= ~(std::uint64_t{1} << bucket);
    while (i != none) {
      const std::uint32_t following = next_[i];
      link(i);
      i = following;
    }
    return {last_, best};
  }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::uint8_t absent = 255;
  void link(std::uint32_t slot) {
    const std::uint64_t differs = key_[slot] ^ last_;
    const auto bucket = static_cast<std::uint8_t>(std::bit_width(differs));  // keys stay below 2⁶³
    bucket_[slot] = bucket;
    before_[slot] = none;
    next_[slot] = head_[bucket];
    if (head_[bucket] != none) before_[head_[bucket]] = slot;
    head_[bucket] = slot;
    used_ |= std::uint64_t{1} << bucket;
  }
  void unlink(std::uint32_t slot) {
    const std::uint8_t bucket = bucket_[slot];
    if (before_[slot] != none)
      next_[before_[slot]] = next_[slot];
    else
      head_[bucket] = next_[slot];
    if (next_[slot] != none) before_[next_[slot]] = before_[slot];
    if (head_[bucket] == none) used_ &= ~(std::uint64_t{1} << bucket);
    bucket_[slot] = absent;
  }
  void rebuild(std::uint64_t last) {
    last_ = last;
    used_ = 0;
    for (std::uint32_t& head : head_) head = none;
    for (std::uint32_t slot = 0; slot < key_.size(); ++slot)
      if (bucket_[slot] != absent) link(slot);
  }
  std::vector<std::uint64_t> key_;
  std::vector<std::uint32_t> next_, before_;
  std::vector<std::uint8_t> bucket_;
  std::uint32_t head_[64];
  std::uint64_t used_ = 0, last_ = 0;
};

}  // namespace nadc::bench
