// Ladder queue with slot handles: an unsorted top, rungs of unsorted buckets, a sorted bottom. Cancelling is lazy:
// every entry carries its slot's version and is dropped when it surfaces with an old one. Source: Tang, Goh, Thng,
// Ladder queue, ACM TOMACS 15, 2005.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/bench/event_sets/candidate.hpp"

namespace nadc::bench {

class Ladder {
 public:
  explicit Ladder(std::uint32_t capacity) : version_(capacity, 0), pending_(capacity, 0) {}
  void set(std::uint32_t slot, std::uint64_t key) {
    live_ += pending_[slot] ? 0 : 1;
    pending_[slot] = 1;
    insert({key, slot, ++version_[slot]});
  }
  void cancel(std::uint32_t slot) {
    live_ -= pending_[slot];
    pending_[slot] = 0;
    ++version_[slot];
  }
  Top top() {
    if (live_ == 0) return {UINT64_MAX, 0};
    for (;;) {
      while (!bottom_.empty()) {
        const Entry& entry = bottom_.back();
        if (entry.version == version_[entry.slot]) return {entry.key, entry.slot};
        bottom_.pop_back();
      }
      refill();
    }
  }

 private:
  struct Entry {
    std::uint64_t key;
    std::uint32_t slot, version;
  };
  struct Rung {
    std::vector<std::vector<Entry>> bucket;
    std::uint64_t start = 0, width = 1;
    std::size_t current = 0, used = 0, count = 0;
  };
  static constexpr std::size_t most_rungs = 8, threshold = 50;
  static bool later(const Entry& x, const Entry& y) { return x.key > y.key || (x.key == y.key && x.slot > y.slot); }
  void insert(const Entry& entry) {
    if (entry.key >= top_start_) {
      top_.push_back(entry);
      top_least_ = std::min(top_least_, entry.key);
      top_most_ = std::max(top_most_, entry.key);
      return;
    }
    for (std::size_t r = 0; r < rungs_; ++r) {
      Rung& rung = rung_[r];
      if (entry.key < rung.start + rung.current * rung.width) continue;
      rung.bucket[std::min<std::size_t>((entry.key - rung.start) / rung.width, rung.used - 1)].push_back(entry);
      ++rung.count;
      return;
    }
    bottom_.insert(std::upper_bound(bottom_.begin(), bottom_.end(), entry, later), entry);
  }
  void spread(std::vector<Entry>& from, std::uint64_t least, std::uint64_t most) {
    Rung& rung = rung_[rungs_++];
    rung.width = std::max<std::uint64_t>(1, (most - least + from.size()) / from.size());
    rung.used = (most - least) / rung.width + 1;
    if (rung.bucket.size() < rung.used) rung.bucket.resize(rung.used);
    rung.start = least;
    rung.current = 0;
    rung.count = from.size();
    for (const Entry& entry : from) rung.bucket[(entry.key - least) / rung.width].push_back(entry);
    from.clear();
  }
  void refill() {
    while (rungs_ > 0 && rung_[rungs_ - 1].count == 0) --rungs_;
    if (rungs_ == 0) {
      top_start_ = top_most_ + 1;
      const std::uint64_t least = top_least_, most = top_most_;
      top_least_ = UINT64_MAX;
      top_most_ = 0;
      spread(top_, least, most);
    }
    for (;;) {
      Rung& rung = rung_[rungs_ - 1];
      while (rung.bucket[rung.current].empty()) ++rung.current;
      std::vector<Entry>& bucket = rung.bucket[rung.current];
      rung.count -= bucket.size();
      const std::uint64_t least = rung.start + rung.current++ * rung.width;
      if (bucket.size() > threshold && rungs_ < most_rungs && rung.width > 1) {
        spread(bucket, least, least + rung.width - 1);
        continue;
      }
      bottom_.swap(bucket);
      bucket.clear();
      std::sort(bottom_.begin(), bottom_.end(), later);
      return;
    }
  }
  std::vector<std::uint32_t> version_;
  std::vector<std::uint8_t> pending_;
  std::vector<Entry> top_, bottom_;
  Rung rung_[most_rungs];
  std::size_t rungs_ = 0;
  std::uint64_t top_start_ = 0, top_least_ = UINT64_MAX, top_most_ = 0;
  std::uint32_t live_ = 0;
};

}  // namespace nadc::bench
