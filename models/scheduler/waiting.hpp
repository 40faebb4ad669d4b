// The queue: all waiting jobs, in the order of their keys. Sizes and requests stand in arrays of their own, so that a
// scan for a job that may start reads 8 bytes a job. A job that leaves is only marked, and leaves its key: a gap. A new
// one goes into the nearest gap behind its place, or to the end; where there is none within reach, gaps are spread over
// the whole queue. Whoever keeps places asks present_before() for ranks before that, and place_of_rank() afterwards, so
// that nothing but speed depends on the capacity.
//
// An order with memory gives all jobs new keys at once (rekey); where that changes their order, the queue is sorted in
// place by merge exchange (Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M), whose comparisons of one step
// the lanes share: O(n log² n). No two jobs are equal by before(), so that any sort leaves the same queue.
//
// Costs: finding a place O(log n); an insertion amortised O(reach), a copy of some KB; a removal O(1). Where access
// looks at what groups use, every block of 64 places knows the least that a job of each group in it would hold, so that
// a scan passes over blocks of jobs at their walls.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/ids.hpp"
#include "sim/contract.hpp"
#include "sim/lanes.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

struct WaitingJob {
  std::int64_t key = 0;  // of the order seam
  Tick submit = 0;
  Tick duration = 0;         // useful work, at full rate
  Tick work = 0;             // left, checkpoints included, at full rate
  Tick request = 0;          // left of what was asked, at full rate; at least work
  std::uint32_t number = 0;  // n of its source, or the row of the trace
  std::uint32_t gpus = 0;    // asked
  CellId16 cell;             // group and class
  std::uint8_t outcome = 0;
  std::uint8_t restarts = 0;  // 1: has run before
  PartitionId planned_partition;
  std::uint32_t save_every = 0, save_cost = 0;  // [ticks of work]; 0: never saves
  std::uint32_t save_load = 0;                  // of the checkpoint store
  std::uint32_t most_held = 0;                  // GPUs that it holds where it holds most
  Tick planned = never;                         // start that conservative backfill has reserved

  // Ties of the key go to the earlier submission, then cell, then number.
  NADC_HD bool before(const WaitingJob& other) const {
    if (key != other.key) return key < other.key;
    if (submit != other.submit) return submit < other.submit;
    if (cell != other.cell) return cell < other.cell;
    return number < other.number;
  }
};

// Which jobs a scan stops at: those of at most `free` GPUs, and those of at most `reserved` GPUs that are short enough
// or take at most `spare` GPUs.
struct WaitingFilter {
  std::uint32_t free = 0, reserved = 0, spare = 0;
  std::uint32_t longest = 0;  // of the brief request

  NADC_HD bool operator()(std::uint32_t gpus, std::uint32_t brief) const {
    return (gpus <= free) | ((gpus <= reserved) & ((brief <= longest) | (gpus <= spare)));
  }
};

template <int Width> class Waiting {
 public:
  // A request in 2^10 ticks, rounded down: enough to rule a job out.
  NADC_HD static std::uint32_t brief(Tick request) {
    const Tick units = request >> 10;
    return units < 0xffffffff ? static_cast<std::uint32_t>(units) : 0xffffffffu;
  }

  // columns: groups that are told apart in blocks; 0: blocks know nothing.
  NADC_HD static std::size_t bytes(std::uint32_t capacity, std::uint32_t columns) {
    return sizeof(std::uint32_t) * octaves + 2 * align(sizeof(std::uint32_t) * capacity) +
           align(sizeof(std::uint32_t) * blocks(capacity) * columns) + align(sizeof(WaitingJob) * capacity) +
           (columns ? align(sizeof(std::uint32_t) * capacity) + align(sizeof(std::uint16_t) * capacity) : 0);
  }
  // classes: of a group; cell = group × classes + class.
  NADC_HD void init(Lanes<Width> lanes, void* memory, std::uint32_t capacity, std::uint32_t columns,
                    std::uint32_t classes) {
    auto* at = static_cast<std::byte*>(memory);
    of_octave_ = reinterpret_cast<std::uint32_t*>(at);
    lanes.for_each(octaves, [&](std::uint32_t i) { of_octave_[i] = 0; });
    at += sizeof(std::uint32_t) * octaves;
    gpus_ = {reinterpret_cast<std::uint32_t*>(at)};
    at += align(sizeof(std::uint32_t) * capacity);
    brief_ = {reinterpret_cast<std::uint32_t*>(at)};
    at += align(sizeof(std::uint32_t) * capacity);
    least_held_ = reinterpret_cast<std::uint32_t*>(at);
    at += align(sizeof(std::uint32_t) * blocks(capacity) * columns);
    job_ = {reinterpret_cast<WaitingJob*>(at)};
    at += align(sizeof(WaitingJob) * capacity);
    held_ = {reinterpret_cast<std::uint32_t*>(at)};
    group_ = {reinterpret_cast<std::uint16_t*>(at + align(sizeof(std::uint32_t) * capacity))};
    capacity_ = capacity;
    columns_ = columns;
    classes_ = classes;
  }

  NADC_HD std::uint32_t size() const { return size_; }
  // Places run over [0, end()); those of jobs that left hold no job.
  NADC_HD PlaceId end() const { return end_; }
  NADC_HD const WaitingJob& operator[](PlaceId place) const { return job_[place]; }

  NADC_HD bool present(PlaceId place) const { return gpus_[place] != gone; }

  // No place before holds a job.
  NADC_HD PlaceId first() const { return first_; }

  static constexpr std::uint32_t any_size = 0xfffffffeu;  // more than any job asks for
  // The first place in [from, to) whose job asks for at most `limit` GPUs; `to` if there is none.
  NADC_HD PlaceId find(Lanes<Width> lanes, PlaceId from, PlaceId to, std::uint32_t limit) const {
    if (least() > limit) return to;
    return lanes.find_first(from > first_ ? from : first_, to, [&](PlaceId i) { return gpus_[i] <= limit; });
  }

  // The first place in [from, to) whose job passes the filter; `to` if there is none.
  NADC_HD PlaceId find(Lanes<Width> lanes, PlaceId from, PlaceId to, const WaitingFilter& filter) const {
    return lanes.find_first(from > first_ ? from : first_, to, [&](PlaceId i) { return filter(gpus_[i], brief_[i]); });
  }
  // The first place in [from, to) whose job passes the filter and for which f(place); `to` if there is none.
  template <class F>
  NADC_HD PlaceId find(Lanes<Width> lanes, PlaceId from, PlaceId to, const WaitingFilter& filter, F&& f) const {
    return lanes.find_first(from > first_ ? from : first_, to,
                            [&](PlaceId i) { return filter(gpus_[i], brief_[i]) && f(i); });
  }
  // No job asks for less: of the smallest job's octave, 1, 2, 4, … GPUs, the lower end.
  NADC_HD std::uint32_t least() const { return octave_mask_ & (0u - octave_mask_); }
  NADC_HD std::uint32_t gaps() const { return end_.value - size_; }

  // Drops the gaps at the end, so that the last place holds a job.
  NADC_HD void trim() {
    while (end_ > first_ && !present(end_ - 1)) --end_;
  }

  // Jobs in [from, to).
  NADC_HD std::uint32_t present_in(Lanes<Width> lanes, PlaceId from, PlaceId to) const {
    if (from < first_) from = first_;
    if (to <= from) return 0;
    return static_cast<std::uint32_t>(
        lanes.sum(Ids<PlaceId>{from, to}, [&](PlaceId i) { return std::uint64_t{present(i)}; }));
  }
  NADC_HD std::uint32_t present_before(Lanes<Width> lanes, PlaceId place) const {
    return present_in(lanes, first_, place);
  }

  // ---- what jobs would hold, by block and group

  static constexpr std::uint32_t block = 64;
  NADC_HD static std::uint32_t block_of(PlaceId place) { return place.value / block; }
  NADC_HD std::uint32_t columns() const { return columns_; }
  // Of the job at a place: most_held, and its group. Only with columns.
  NADC_HD std::uint32_t held(PlaceId place) const { return held_[place]; }
  NADC_HD GroupId group(PlaceId place) const { return GroupId(group_[place]); }
  // No job in the block, of the groups that share the column, would hold less; 2^32 − 1 if there is none.
  NADC_HD std::uint32_t least_held(std::uint32_t of_block, std::uint32_t column) const {
    return least_held_[of_block * columns_ + column];
  }

  // ---- places

  // Where a new job belongs: before everything in [place, end()), gaps included.
  NADC_HD PlaceId place_of(const WaitingJob& job) const {
    if (end_ == first_ || !job.before(job_[end_ - 1])) return end_;  // as most do
    PlaceId low = first_, high = end_ - 1;
    while (low < high) {
      const PlaceId middle = low + (high - low) / 2;
      if (job.before(job_[middle]))
        high = middle;
      else
        low = middle + 1;
    }
    return low;
  }

  // The nearest free place from `place` on; invalid when it is further than `most`.
  static constexpr std::uint32_t reach = 256, any_reach = 0xffffffffu;
  NADC_HD PlaceId room(Lanes<Width> lanes, PlaceId place, std::uint32_t most = reach) const {
    const PlaceId to = end_ - place > most ? place + most : end_;
    const PlaceId gap = lanes.find_first(place, to, [&](PlaceId i) { return !present(i); });
    if (gap < to) return gap;
    return to == end_ && end_.value < capacity_ ? end_ : PlaceId{};
  }

  // Closes the gaps, or spreads them evenly. False when there are none.
  enum class Gaps { closed, spread };
  NADC_HD bool compact(Lanes<Width> lanes, Gaps gaps = Gaps::closed) {
    if (size_ == capacity_) return false;
    const std::uint32_t most = size_ / (capacity_ - size_) + 1;
    every_ = gaps == Gaps::closed ? no_gaps : most > 4 ? most : 4;
    lanes.once([&] {
      PlaceId to{0};
      for (PlaceId i = first_; i < end_; ++i)
        if (present(i)) {
          if (to != i) move(i, to);
          ++to;
        }
      if (gaps == Gaps::closed) return;
      for (std::uint32_t rank = size_; rank-- > 0;) {
        const PlaceId place = place_of_rank(rank), closed{rank};
        if (place != closed) move(closed, place);
        if (rank > 0 && rank % every_ == 0) {
          gpus_[place - 1] = gone;
          job_[place - 1] = job_[place];
        }
      }
    });
    first_ = PlaceId(0);
    end_ = size_ ? place_of_rank(size_ - 1) + 1 : PlaceId(0);
    know(lanes, first_, end_);
    return true;
  }
  // Where the last compact() left the job of that rank.
  NADC_HD PlaceId place_of_rank(std::uint32_t rank) const { return PlaceId(rank + rank / every_); }

  // Moves the jobs before `to` up to it, so that gaps between them become gaps before first().
  NADC_HD void close_front(Lanes<Width> lanes, PlaceId to) {
    PlaceId at = to;
    const PlaceId from = first_;
    first_ = to - present_in(lanes, first_, to);
    lanes.once([&] {
      for (PlaceId i = to; i > from;) {
        --i;
        if (!present(i)) continue;
        --at;
        if (at == i) continue;
        move(i, at);
        gpus_[i] = gone;
      }
    });
    know(lanes, from, to);
  }

  // The new job stands at `place` (of place_of()); what is in [place, free) moves by one, to `free` (of room()).
  // request: the shortest that the job can have anywhere.
  NADC_HD void insert(Lanes<Width> lanes, const WaitingJob& job, Tick request, PlaceId place, PlaceId free) {
    NADC_EXPECT(first_ <= place && place <= free && free <= end_ && free.value < capacity_);
    if (place == first_ && first_.value > 0) free = place = --first_;
    lanes.once([&] {
      for (PlaceId i = free; i > place; --i) move(i - 1, i);
      job_[place] = job;
      brief_[place] = brief(request);
      gpus_[place] = job.gpus;
      if (columns_) {
        held_[place] = job.most_held;
        group_[place] = static_cast<std::uint16_t>(job.cell.value / classes_);
      }
      ++of_octave_[octave(job.gpus)];
    });
    octave_mask_ |= 1u << octave(job.gpus);
    if (free == end_) ++end_;
    ++size_;
    know(lanes, place, free + 1);
  }

  // Notes the reservation of a waiting job.
  NADC_HD void plan(Lanes<Width> lanes, PlaceId place, Tick start, PartitionId partition) {
    lanes.once([&] {
      job_[place].planned = start;
      job_[place].planned_partition = partition;
    });
  }

  NADC_HD void forget_plans(Lanes<Width> lanes) {
    lanes.for_each(Ids<PlaceId>{PlaceId(0), end_}, [&](PlaceId i) { job_[i].planned = never; });
  }

  // The keys of all jobs change, to key_of(job).
  template <class KeyOf> NADC_HD void rekey(Lanes<Width> lanes, KeyOf&& key_of) {
    const Ids<PlaceId> all{first_, end_};
    lanes.for_each(all, [&](PlaceId i) { job_[i].key = key_of(job_[i]); });
    if (size_ < 2) return;
    const auto falls = [&](PlaceId i) { return job_[i].before(job_[i - 1]); };  // gaps keep the order too
    if (lanes.find_first(first_ + 1, end_, falls) == end_) return;
    compact(lanes);  // false: there are no gaps
    sort(lanes);
    know(lanes, first_, end_);
  }

  NADC_HD void remove(Lanes<Width> lanes, PlaceId place) {
    NADC_EXPECT(place < end_ && present(place));
    const std::uint32_t o = octave(gpus_[place]);
    lanes.once([&] {
      gpus_[place] = gone;
      --of_octave_[o];
    });
    if (of_octave_[o] == 0) octave_mask_ &= ~(1u << o);
    --size_;
    if (size_ == 0) first_ = end_ = PlaceId(0);
    know(lanes, place, place + 1);
  }

 private:
  static constexpr std::uint32_t gone = 0xffffffffu;
  static constexpr std::uint32_t no_gaps = 0xffffffffu;
  static constexpr std::uint32_t octaves = 32;
  NADC_HD static std::uint32_t octave(std::uint32_t gpus) {
    return static_cast<std::uint32_t>(highest_bit(std::uint64_t{gpus} | 1));
  }
  NADC_HD static std::size_t align(std::size_t n) { return (n + 15) / 16 * 16; }
  NADC_HD static std::uint32_t blocks(std::uint32_t capacity) { return (capacity + block - 1) / block; }

  // One lane.
  NADC_HD void move(PlaceId from, PlaceId to) {
    job_[to] = job_[from];
    brief_[to] = brief_[from];
    gpus_[to] = gpus_[from];
    if (columns_) {
      held_[to] = held_[from];
      group_[to] = group_[from];
    }
  }

  // Without gaps.
  NADC_HD void sort(Lanes<Width> lanes) {
    const std::uint32_t n = end_ - first_, top = 1u << highest_bit(std::uint64_t{n - 1});
    for (std::uint32_t p = top; p > 0; p >>= 1) {
      std::uint32_t q = top, r = 0, d = p;
      while (true) {
        lanes.for_each(n - d, [&](std::uint32_t i) {
          const PlaceId low = first_ + i, high = low + d;
          if ((i & p) == r && job_[high].before(job_[low])) swap(low, high);
        });
        if (q == p) break;
        d = q - p;
        q >>= 1;
        r = p;
      }
    }
  }
  template <class T> NADC_HD static void swap(T& a, T& b) {
    const T kept = a;
    a = b;
    b = kept;
  }
  NADC_HD void swap(PlaceId a, PlaceId b) {
    swap(job_[a], job_[b]);
    swap(brief_[a], brief_[b]);
    swap(gpus_[a], gpus_[b]);
    if (columns_) {
      swap(held_[a], held_[b]);
      swap(group_[a], group_[b]);
    }
  }

  // The blocks that touch [from, to) look at their jobs again.
  NADC_HD void know(Lanes<Width> lanes, PlaceId from, PlaceId to) {
    if (columns_ == 0 || from >= to) return;
    const std::uint32_t begin = block_of(from), count = block_of(to - 1) + 1 - begin;
    lanes.for_each(count, [&](std::uint32_t i) {
      std::uint32_t* least = least_held_ + std::size_t{begin + i} * columns_;
      for (std::uint32_t c = 0; c < columns_; ++c) least[c] = gone;
      const PlaceId start{(begin + i) * block}, stop = start + block < end_ ? start + block : end_;
      for (PlaceId place = start > first_ ? start : first_; place < stop; ++place) {
        if (!present(place)) continue;
        std::uint32_t& here = least[group_[place] % columns_];
        if (held_[place] < here) here = held_[place];
      }
    });
  }

  By<PlaceId, std::uint32_t> gpus_, brief_;
  std::uint32_t* least_held_ = nullptr;  // (block, column)
  By<PlaceId, WaitingJob> job_;
  By<PlaceId, std::uint32_t> held_;  // most_held; as the next, only with columns
  By<PlaceId, std::uint16_t> group_;
  std::uint32_t* of_octave_ = nullptr;  // (log2 of the GPUs) jobs
  std::uint32_t octave_mask_ = 0;       // bit: there are some
  std::uint32_t columns_ = 0, classes_ = 1;
  std::uint32_t capacity_ = 0, size_ = 0;
  PlaceId first_{0}, end_{0};
  std::uint32_t every_ = no_gaps;  // jobs between two gaps, as compact() left them
};

}  // namespace nadc
