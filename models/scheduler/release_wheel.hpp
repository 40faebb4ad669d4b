// When running jobs are due to end, by their requests: the list from which a blocked job's reservation is computed.
// A timing wheel of buckets with sums of the units that they release, and sums of 32 buckets over that, so that
// inserting and removing cost O(1) and finding the moment at which enough is free costs O(buckets / 32 + 64).
//
// Units are whole nodes or GPUs, whichever the blocked job waits for. Jobs whose end lies beyond the wheel wait on a
// list of their own and move in when their time comes near; the answer is exact for any size of the wheel.
#pragma once
#include <cstddef>
#include <cstdint>

#include "sim/lanes.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

struct WheelShape {
  std::uint32_t buckets = 4096;  // a power of two, at least 32
  std::uint32_t shift = 20;      // a bucket is 2^shift ticks
};

// A job in the wheel, at the number of its slot.
struct Due {
  Tick end = 0;
  std::uint32_t gpus = 0;
  std::uint32_t nodes = 0;  // whole nodes released
  std::uint32_t next = 0, previous = 0;
};

enum class Unit { gpus, nodes };

struct Shadow {
  Tick at = never;
  std::uint64_t units = 0;  // free then, the present ones included
};

template <int Width> class ReleaseWheel {
 public:
  static constexpr std::uint32_t nil = 0xffffffffu;

  NADC_HD static std::size_t bytes(const WheelShape& shape) {
    return align(sizeof(Bucket) * (shape.buckets + 1)) + align(sizeof(Sum) * (shape.buckets / 32));
  }

  // due: one entry a slot, shared by all wheels of a replica.
  NADC_HD void init(Lanes<Width> lanes, void* memory, const WheelShape& shape, Due* due) {
    shape_ = shape;
    due_ = due;
    bucket_ = static_cast<Bucket*>(memory);
    sum_ = reinterpret_cast<Sum*>(static_cast<std::byte*>(memory) + align(sizeof(Bucket) * (shape.buckets + 1)));
    lanes.for_each(shape.buckets + 1, [&](std::uint32_t i) { bucket_[i] = Bucket{nil, {0, 0}}; });
    lanes.for_each(shape.buckets / 32, [&](std::uint32_t i) { sum_[i] = Sum{0, 0}; });
  }

  NADC_HD void insert(Lanes<Width> lanes, std::uint32_t slot, Tick end, std::uint32_t gpus, std::uint32_t nodes) {
    lanes.once([&] {
      due_[slot] = Due{end, gpus, nodes, nil, nil};
      link(slot, index(end));
    });
  }

  NADC_HD void remove(Lanes<Width> lanes, std::uint32_t slot) {
    lanes.once([&] { unlink(slot, index(due_[slot].end)); });
  }

  // The earliest moment at which `need` units are free, `free` of them being so now. Never, if even the end of all
  // jobs does not suffice; need > free.
  NADC_HD Shadow find(Lanes<Width> lanes, Tick now, Unit unit, std::uint64_t free, std::uint64_t need) {
    settle(lanes, now);
    const std::uint32_t mask = shape_.buckets - 1, here = static_cast<std::uint32_t>(now >> shape_.shift);
    // From the present bucket to the end of its group of 32, then whole groups, then the buckets of one group.
    const std::uint32_t rest = 32 - (here & 31u);
    std::uint64_t total = free;
    PrefixAt hit = lanes.find_prefix(rest, need - total,
                                     [&](std::uint32_t i) { return units(unit, bucket_[(here + i) & mask].sum); });
    std::uint32_t bucket = here + hit.index;
    total += hit.before;
    if (hit.index == rest) {
      const std::uint32_t groups = shape_.buckets / 32, group = here / 32 + 1;
      hit = lanes.find_prefix(groups - 1, need - total,
                              [&](std::uint32_t i) { return units(unit, sum_[(group + i) & (groups - 1)]); });
      total += hit.before;
      bucket = (group + hit.index) * 32;
      const std::uint32_t span =
          hit.index == groups - 1 ? here & 31u : 32u;  // what is left of the present group's turn
      const PrefixAt inner = lanes.find_prefix(
          span, need - total, [&](std::uint32_t i) { return units(unit, bucket_[(bucket + i) & mask].sum); });
      total += inner.before;
      bucket += inner.index;
      if (inner.index == span) return find_in_list(unit, shape_.buckets, total, need);
    }
    return find_in_list(unit, bucket & mask, total, need);
  }

 private:
  struct Sum {
    std::uint32_t gpus, nodes;
  };
  struct Bucket {
    std::uint32_t head;
    Sum sum;
  };
  NADC_HD static std::size_t align(std::size_t n) { return (n + 15) / 16 * 16; }
  NADC_HD static std::uint64_t units(Unit unit, const Sum& sum) { return unit == Unit::gpus ? sum.gpus : sum.nodes; }

  // The bucket of an end; the extra last one is the list of ends beyond the wheel.
  NADC_HD std::uint32_t index(Tick end) const {
    if (end < edge_) return static_cast<std::uint32_t>(end >> shape_.shift) & (shape_.buckets - 1);
    return shape_.buckets;
  }

  NADC_HD void link(std::uint32_t slot, std::uint32_t at) {
    Bucket& bucket = bucket_[at];
    Due& due = due_[slot];
    due.previous = nil;
    due.next = bucket.head;
    if (bucket.head != nil) due_[bucket.head].previous = slot;
    bucket.head = slot;
    add(at, due.gpus, due.nodes);
  }
  NADC_HD void unlink(std::uint32_t slot, std::uint32_t at) {
    const Due due = due_[slot];
    if (due.previous != nil)
      due_[due.previous].next = due.next;
    else
      bucket_[at].head = due.next;
    if (due.next != nil) due_[due.next].previous = due.previous;
    add(at, 0u - due.gpus, 0u - due.nodes);
  }
  NADC_HD void add(std::uint32_t at, std::uint32_t gpus, std::uint32_t nodes) {
    bucket_[at].sum.gpus += gpus;
    bucket_[at].sum.nodes += nodes;
    if (at == shape_.buckets) return;
    sum_[at / 32].gpus += gpus;
    sum_[at / 32].nodes += nodes;
  }

  // Moves the edge of the wheel to one turn from now, and in what it passes.
  NADC_HD void settle(Lanes<Width> lanes, Tick now) {
    const Tick edge = ((now >> shape_.shift) + shape_.buckets) << shape_.shift;
    if (edge == edge_) return;
    lanes.once([&] {
      std::uint32_t slot = bucket_[shape_.buckets].head;
      while (slot != nil) {
        const std::uint32_t next = due_[slot].next;
        if (due_[slot].end < edge) {
          unlink(slot, shape_.buckets);
          link(slot, static_cast<std::uint32_t>(due_[slot].end >> shape_.shift) & (shape_.buckets - 1));
        }
        slot = next;
      }
      edge_ = edge;
    });
  }

  // Goes through one list by end until the units suffice, ties included. total < need.
  NADC_HD Shadow find_in_list(Unit unit, std::uint32_t at, std::uint64_t total, std::uint64_t need) const {
    Tick from = -1;
    while (total < need) {
      Tick next = never;
      std::uint64_t released = 0;
      for (std::uint32_t slot = bucket_[at].head; slot != nil; slot = due_[slot].next) {
        const Due& due = due_[slot];
        if (due.end <= from || due.end > next) continue;
        if (due.end < next) {
          next = due.end;
          released = 0;
        }
        released += unit == Unit::gpus ? due.gpus : due.nodes;
      }
      if (next == never) return {never, total};
      total += released;
      from = next;
    }
    return {from, total};
  }

  WheelShape shape_;
  Bucket* bucket_ = nullptr;  // (bucket + 1)
  Sum* sum_ = nullptr;        // (bucket / 32)
  Due* due_ = nullptr;        // (slot)
  Tick edge_ = 0;             // ends before this are in the wheel; moves only in settle(), so a bucket is found again
};

}  // namespace nadc
