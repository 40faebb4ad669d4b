// D-ary implicit heap of {key, slot} with the position of every slot, so that any slot can be re-keyed or removed.
#pragma once
#include <cstdint>
#include <vector>

#include "tests/bench/event_sets/candidate.hpp"

namespace nadc::bench {

template <int Degree> class Heap {
 public:
  explicit Heap(std::uint32_t capacity)
      : items_(capacity + Degree + 1, Item{UINT64_MAX, UINT32_MAX}), where_(capacity, none) {}
  void set(std::uint32_t slot, std::uint64_t key) {
    const Item item{key, slot};
    if (where_[slot] == none) {
      sift_up(count_++, item);
      return;
    }
    const std::uint32_t at = where_[slot];
    if (less(item, items_[at]))
      sift_up(at, item);
    else
      sift_down(at, item);
  }
  void cancel(std::uint32_t slot) {
    const std::uint32_t at = where_[slot];
    if (at == none) return;
    where_[slot] = none;
    const Item last = items_[--count_];
    items_[count_] = Item{UINT64_MAX, UINT32_MAX};
    if (at == count_) return;
    if (at > 0 && less(last, items_[(at - 1) / Degree]))
      sift_up(at, last);
    else
      sift_down(at, last);
  }
  Top top() const { return {items_[0].key, items_[0].slot}; }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  struct Item {
    std::uint64_t key;
    std::uint32_t slot;
  };
  static bool less(const Item& x, const Item& y) { return x.key < y.key || (x.key == y.key && x.slot < y.slot); }
  void put(std::uint32_t at, const Item& item) {
    items_[at] = item;
    where_[item.slot] = at;
  }
  void sift_up(std::uint32_t at, const Item& item) {
    while (at > 0) {
      const std::uint32_t parent = (at - 1) / Degree;
      if (!less(item, items_[parent])) break;
      put(at, items_[parent]);
      at = parent;
    }
    put(at, item);
  }
  void sift_down(std::uint32_t at, const Item& item) {
    for (;;) {
      const std::uint32_t first = at * Degree + 1;
      if (first >= count_) break;
      std::uint32_t best = first;
      for (std::uint32_t k = first + 1; k < first + Degree; ++k) best = less(items_[k], items_[best]) ? k : best;
      if (!less(items_[best], item)) break;
      put(at, items_[best]);
      at = best;
    }
    put(at, item);
  }
  std::vector<Item> items_;  // those past the count hold UINT64_MAX, so that a group of children has no edge
  std::vector<std::uint32_t> where_;
  std::uint32_t count_ = 0;
};

}  // namespace nadc::bench
