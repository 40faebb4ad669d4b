// Calendar queue with slot handles: days of 2^shift key units in a ring; a day is a doubly linked list in rising order.
// The day's width follows the mean gap between minima that were taken. Source: R. Brown, CACM 31, 1988.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "tests/bench/event_sets/candidate.hpp"

namespace nadc::bench {

class Calendar {
 public:
  explicit Calendar(std::uint32_t capacity)
      : key_(capacity, UINT64_MAX), next_(capacity), before_(capacity), head_(std::bit_ceil(capacity | 1u), none) {
    mask_ = head_.size() - 1;
  }
  void set(std::uint32_t slot, std::uint64_t key) {
    if (key_[slot] != UINT64_MAX)
      unlink(slot);
    else
      ++count_;
    key_[slot] = key;
    link(slot);
    if ((key >> shift_) < day_) day_ = key >> shift_;
    adapt();
  }
  void cancel(std::uint32_t slot) {
    if (key_[slot] == UINT64_MAX) return;
    unlink(slot);
    key_[slot] = UINT64_MAX;
    --count_;
  }
  Top top() {
    if (count_ == 0) return {UINT64_MAX, 0};
    for (std::size_t k = 0; k <= mask_; ++k, ++day_, ++work_) {
      const std::uint32_t first = head_[day_ & mask_];
      if (first != none && (key_[first] >> shift_) == day_) return taken(first);
    }
    // A year without an event: look everywhere.
    std::uint32_t best = none;
    for (const std::uint32_t first : head_)
      if (first != none && (best == none || less(first, best))) best = first;
    work_ += head_.size();
    day_ = key_[best] >> shift_;
    return taken(best);
  }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  bool less(std::uint32_t x, std::uint32_t y) const { return key_[x] < key_[y] || (key_[x] == key_[y] && x < y); }
  Top taken(std::uint32_t slot) {
    ++tops_;
    latest_ = key_[slot];
    return {key_[slot], slot};
  }
  void link(std::uint32_t slot) {
    std::uint32_t& head = head_[(key_[slot] >> shift_) & mask_];
    std::uint32_t before = none, at = head;
    while (at != none && less(at, slot)) before = at, at = next_[at], ++work_;
    next_[slot] = at;
    before_[slot] = before;
    if (at != none) before_[at] = slot;
    if (before != none)
      next_[before] = slot;
    else
      head = slot;
  }
  void unlink(std::uint32_t slot) {
    if (before_[slot] != none)
      next_[before_[slot]] = next_[slot];
    else
      head_[(key_[slot] >> shift_) & mask_] = next_[slot];
    if (next_[slot] != none) before_[next_[slot]] = before_[slot];
  }
  // A new width when the steps over days and in lists were too many: looked at after every 2·capacity operations, or at
  // once when lists have grown long.
  void adapt() {
    const bool overdue = work_ > 32 * sets_ + 16 * head_.size();
    if (++sets_ < 2 * head_.size() + 64 && !overdue) return;
    const bool costly = work_ > 3 * sets_;
    double gap = tops_ > 0 ? static_cast<double>(latest_ - since_) / static_cast<double>(tops_) : 0.0;
    const bool few = tops_ < 16;
    sets_ = work_ = tops_ = 0;
    since_ = latest_;
    if (!costly) return;
    std::uint64_t least = UINT64_MAX, most = 0;
    for (const std::uint64_t key : key_)
      if (key != UINT64_MAX) least = std::min(least, key), most = std::max(most, key);
    if (few) gap = static_cast<double>(most - least) / (4.0 * count_);
    const int shift = gap < 1.0 ? 0 : std::bit_width(static_cast<std::uint64_t>(gap * 1.5));
    if (shift == shift_) return;
    shift_ = shift;
    std::fill(head_.begin(), head_.end(), none);
    for (std::uint32_t slot = 0; slot < key_.size(); ++slot)
      if (key_[slot] != UINT64_MAX) link(slot);
    day_ = least >> shift_;
    work_ = 0;
  }
  std::vector<std::uint64_t> key_;
  std::vector<std::uint32_t> next_, before_, head_;
  std::uint64_t mask_ = 0, day_ = 0, work_ = 0, tops_ = 0, sets_ = 0, latest_ = 0, since_ = 0;
  std::uint32_t count_ = 0;
  int shift_ = 20;
};

}  // namespace nadc::bench
