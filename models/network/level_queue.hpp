// A priority queue for keys that come out in rising order, apart from rounding.
//
// Buckets are 1/32 of an octave wide, in a ring of 512 (16 octaves); only the bucket that is open is kept in order.
// Most of what a sweep puts in never has to come out, so it is putting in that is cheap: O(1). Nothing is taken out
// from the middle: `keep`, asked as a bucket opens, drops what has lost its meaning. Keys: finite, >= 0. Memory: 16
// bytes a push until clear().
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace nadc {

class LevelQueue {
 public:
  struct Item {
    double key;
    std::uint32_t value;
    std::uint32_t next;  // in its bucket
    bool operator<(const Item& other) const { return key > other.key; }
  };

  void push(double key, std::uint32_t value) {
    const std::uint64_t slot = slot_of(key);
    if (slot <= open_) {
      near_.push_back({key, value, no_item});
      std::push_heap(near_.begin(), near_.end());
    } else {
      items_.push_back({key, value, no_item});
      put(static_cast<std::uint32_t>(items_.size() - 1), slot % buckets);
    }
  }

  // Whether there is a top(). `keep(item)` says whether an item still counts, and may push.
  template <class Keep> bool ready(Keep&& keep) {
    while (near_.empty() && opened_.empty()) {
      if (!advance()) return false;
      open_bucket(keep);
    }
    return true;
  }
  Item pop() {
    if (near_.empty() || (!opened_.empty() && opened_.back().key <= near_.front().key)) {
      const Item item = opened_.back();
      opened_.pop_back();
      return item;
    }
    const Item item = near_.front();
    std::pop_heap(near_.begin(), near_.end());
    near_.pop_back();
    return item;
  }
  // No item is below; a bucket that has not been opened counts with its lower edge.
  double floor() const {
    double lowest = std::bit_cast<double>(open_ << shift);
    if (!near_.empty()) lowest = std::min(lowest, near_.front().key);
    if (!opened_.empty()) lowest = std::min(lowest, opened_.back().key);
    return lowest;
  }

  // Empties it, and shows every value that was pushed, also those that are out already.
  template <class Visit> void clear(Visit&& visit) {
    for (const Item& item : items_) visit(item.value);
    for (const Item& item : near_) visit(item.value);
    items_.clear();
    near_.clear();
    opened_.clear();
    used_.fill(0);
    open_ = 0;
  }

 private:
  static constexpr int shift = 47;  // of a double's bits: five of the mantissa are left
  static constexpr std::uint64_t buckets = 512;
  static constexpr std::uint32_t no_item = 0xffffffffu;

  // Slots count from 1; 0 is before all of them.
  static std::uint64_t slot_of(double key) { return (std::bit_cast<std::uint64_t>(key) >> shift) + 1; }

  void put(std::uint32_t item, std::uint64_t bucket) {
    std::uint64_t& word = used_[bucket / 64];
    const std::uint64_t bit = std::uint64_t{1} << (bucket % 64);
    items_[item].next = (word & bit) ? heads_[bucket] : no_item;
    heads_[bucket] = item;
    word |= bit;
  }

  // The first bucket in use at or after this one, round the ring; `buckets` when there is none.
  std::uint64_t used_from(std::uint64_t bucket) const {
    for (std::uint64_t step = 0; step <= used_.size(); ++step) {
      const std::uint64_t at = (bucket / 64 + step) % used_.size();
      std::uint64_t word = used_[at];
      if (step == 0) word &= ~std::uint64_t{0} << (bucket % 64);
      if (word != 0) return 64 * at + static_cast<std::uint64_t>(std::countr_zero(word));
    }
    return buckets;
  }

  // Moves open_ on to the next slot that holds something.
  bool advance() {
    const std::uint64_t bucket = used_from((open_ + 1) % buckets);
    if (bucket == buckets) return false;
    const std::uint64_t slot = slot_of(items_[heads_[bucket]].key);
    const std::uint64_t near = open_ + 1 + (bucket + buckets - (open_ + 1) % buckets) % buckets;
    open_ = slot == near ? slot : lowest_slot();
    return true;
  }

  // When the ring has gone round, or at the start.
  std::uint64_t lowest_slot() const {
    std::uint64_t lowest = ~std::uint64_t{0};
    for (std::uint64_t at = 0; at < used_.size(); ++at) {
      for (std::uint64_t word = used_[at]; word != 0; word &= word - 1) {
        const std::uint64_t bucket = 64 * at + static_cast<std::uint64_t>(std::countr_zero(word));
        for (std::uint32_t i = heads_[bucket]; i != no_item; i = items_[i].next) {
          lowest = std::min(lowest, slot_of(items_[i].key));
        }
      }
    }
    return lowest;
  }

  template <class Keep> void open_bucket(Keep&& keep) {
    const std::uint64_t bucket = open_ % buckets;
    used_[bucket / 64] &= ~(std::uint64_t{1} << (bucket % 64));
    for (std::uint32_t i = heads_[bucket], next; i != no_item; i = next) {
      const Item item = items_[i];
      next = item.next;
      if (slot_of(item.key) != open_) {
        put(i, bucket);
      } else if (keep(item)) {
        opened_.push_back(item);
      }
    }
    if (!std::is_sorted(opened_.begin(), opened_.end())) std::sort(opened_.begin(), opened_.end());
  }

  std::vector<Item> items_;   // every push beyond the open bucket
  std::vector<Item> opened_;  // of the open bucket, the lowest last
  std::vector<Item> near_;    // pushed into it since: a heap
  std::array<std::uint32_t, buckets> heads_{};
  std::array<std::uint64_t, buckets / 64> used_{};
  std::uint64_t open_ = 0;
};

}  // namespace nadc
