// When running jobs are due to end, by their requests: the list from which a blocked job's reservation is computed.
// A timing wheel of buckets with sums of the units that they release, and sums of 32 buckets over that, so that
// inserting and removing cost O(1) and finding the moment at which enough is free costs O(buckets / 32 + 64).
//
// Units are GPUs of a pool, or nodes that become wholly free (node_ends.hpp). What ends beyond the wheel waits on a
// list of its own and moves in when its time comes near; the answer is exact for any size of the wheel.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/ids.hpp"
#include "sim/contract.hpp"
#include "sim/lanes.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

struct WheelShape {
  std::uint32_t buckets = 4096;  // a power of two, at least 32
  std::uint32_t shift = 20;      // a bucket is 2^shift ticks
};

// What is due to end: a job, at the number of its slot, or a node with several jobs, behind the slots.
using DueId = Index<struct DueTag>;
NADC_HD constexpr DueId job_entry(SlotId slot) { return DueId(slot.value); }

struct Due {
  Tick end = 0;
  std::uint32_t units = 0;  // released then
  DueId next, previous;     // in its list
};

struct Shadow {
  Tick at = never;
  std::uint64_t units = 0;  // free then, the present ones included
};

template <int Width> class ReleaseWheel {
 public:
  NADC_HD static std::size_t bytes(const WheelShape& shape) {
    return align(sizeof(Bucket) * (shape.buckets + 1)) + align(sizeof(std::uint32_t) * (shape.buckets / 32));
  }

  // due: the entries, shared by all wheels of a replica.
  NADC_HD void init(Lanes<Width> lanes, void* memory, const WheelShape& shape, By<DueId, Due> due) {
    lanes.once([&] {
      shape_ = shape;
      due_ = due;
      bucket_ = static_cast<Bucket*>(memory);
      sum_ = reinterpret_cast<std::uint32_t*>(static_cast<std::byte*>(memory) +
                                              align(sizeof(Bucket) * (shape.buckets + 1)));
    });
    lanes.for_each(shape.buckets + 1, [&](std::uint32_t i) { bucket_[i] = Bucket{{}, 0}; });
    lanes.for_each(shape.buckets / 32, [&](std::uint32_t i) { sum_[i] = 0; });
  }

  NADC_HD void insert(Lanes<Width> lanes, DueId entry, Tick end, std::uint32_t units) {
    lanes.once([&] {
      due_[entry] = Due{end, units, {}, {}};
      link(entry, index(end));
    });
  }

  NADC_HD void remove(Lanes<Width> lanes, DueId entry) {
    lanes.once([&] { unlink(entry, index(due_[entry].end)); });
  }

  // The earliest moment at which `need` units are free, `free` of them being so now. Never, if even the end of all
  // jobs does not suffice; need > free.
  NADC_HD Shadow find(Lanes<Width> lanes, Tick now, std::uint64_t free, std::uint64_t need) {
    NADC_EXPECT(need > free);
    settle(lanes, now);
    const std::uint32_t mask = shape_.buckets - 1, here = static_cast<std::uint32_t>(now >> shape_.shift);
    // From the present bucket to the end of its group of 32, then whole groups, then the buckets of one group.
    const std::uint32_t rest = 32 - (here & 31u);
    std::uint64_t total = free;
    PrefixAt hit =
        lanes.find_prefix(rest, need - total, [&](std::uint32_t i) { return bucket_[(here + i) & mask].sum; });
    std::uint32_t bucket = here + hit.index;
    total += hit.before;
    if (hit.index == rest) {
      const std::uint32_t groups = shape_.buckets / 32, group = here / 32 + 1;
      hit = lanes.find_prefix(groups - 1, need - total,
                              [&](std::uint32_t i) { return sum_[(group + i) & (groups - 1)]; });
      total += hit.before;
      bucket = (group + hit.index) * 32;
      const std::uint32_t span =
          hit.index == groups - 1 ? here & 31u : 32u;  // what is left of the present group's turn
      const PrefixAt inner =
          lanes.find_prefix(span, need - total, [&](std::uint32_t i) { return bucket_[(bucket + i) & mask].sum; });
      total += inner.before;
      bucket += inner.index;
      if (inner.index == span) return find_in_list(shape_.buckets, total, need);
    }
    return find_in_list(bucket & mask, total, need);
  }

 private:
  struct Bucket {
    DueId head;
    std::uint32_t sum;  // units
  };
  NADC_HD static std::size_t align(std::size_t n) { return (n + 15) / 16 * 16; }

  // The bucket of an end; the extra last one is the list of ends beyond the wheel.
  NADC_HD std::uint32_t index(Tick end) const {
    if (end < edge_) return static_cast<std::uint32_t>(end >> shape_.shift) & (shape_.buckets - 1);
    return shape_.buckets;
  }

  NADC_HD void link(DueId entry, std::uint32_t at) {
    Bucket& bucket = bucket_[at];
    Due& due = due_[entry];
    due.previous = {};
    due.next = bucket.head;
    if (bucket.head.valid()) due_[bucket.head].previous = entry;
    bucket.head = entry;
    add(at, due.units);
  }
  NADC_HD void unlink(DueId entry, std::uint32_t at) {
    const Due due = due_[entry];
    if (due.previous.valid())
      due_[due.previous].next = due.next;
    else
      bucket_[at].head = due.next;
    if (due.next.valid()) due_[due.next].previous = due.previous;
    add(at, 0u - due.units);
  }
  NADC_HD void add(std::uint32_t at, std::uint32_t units) {
    bucket_[at].sum += units;
    if (at != shape_.buckets) sum_[at / 32] += units;
  }

  // Moves the edge of the wheel to one turn from now, and in what it passes.
  NADC_HD void settle(Lanes<Width> lanes, Tick now) {
    const Tick edge = ((now >> shape_.shift) + shape_.buckets) << shape_.shift;
    if (edge == edge_) return;
    lanes.once([&] {
      DueId entry = bucket_[shape_.buckets].head;
      while (entry.valid()) {
        const DueId next = due_[entry].next;
        if (due_[entry].end < edge) {
          unlink(entry, shape_.buckets);
          link(entry, static_cast<std::uint32_t>(due_[entry].end >> shape_.shift) & (shape_.buckets - 1));
        }
        entry = next;
      }
      edge_ = edge;
    });
  }

  // Goes through one list by end until the units suffice, ties included. total < need.
  NADC_HD Shadow find_in_list(std::uint32_t at, std::uint64_t total, std::uint64_t need) const {
    Tick from = -1;
    while (total < need) {
      Tick next = never;
      std::uint64_t released = 0;
      for (DueId entry = bucket_[at].head; entry.valid(); entry = due_[entry].next) {
        const Due& due = due_[entry];
        if (due.end <= from || due.end > next) continue;
        if (due.end < next) {
          next = due.end;
          released = 0;
        }
        released += due.units;
      }
      if (next == never) return {never, total};
      total += released;
      from = next;
    }
    return {from, total};
  }

  WheelShape shape_;
  Bucket* bucket_ = nullptr;      // (bucket + 1)
  std::uint32_t* sum_ = nullptr;  // (bucket / 32)
  By<DueId, Due> due_;            // (slot, then node)
  Tick edge_ = 0;  // ends before this are in the wheel; moves only in settle(), so a bucket is found again
};

}  // namespace nadc
