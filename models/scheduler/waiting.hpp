// The window: the waiting jobs that ordering and backfill see, in the order of their keys. Sizes and requests stand in
// arrays of their own, so that a scan for a job that may start reads 8 bytes a job. A job that leaves is only marked;
// the gaps are closed when the array is full. Whoever keeps places asks present_before() for the new ones first, so
// that nothing but speed depends on the capacity.
#pragma once
#include <cstddef>
#include <cstdint>

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
  std::uint16_t cell = 0;    // group and class
  std::uint8_t outcome = 0;
  std::uint8_t restarts = 0;  // 1: has run before
  std::uint32_t planned_partition = 0;
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

  NADC_HD static std::size_t bytes(std::uint32_t capacity) {
    return sizeof(std::uint32_t) * octaves + 2 * align(sizeof(std::uint32_t) * capacity) +
           align(sizeof(WaitingJob) * capacity);
  }
  NADC_HD void init(Lanes<Width> lanes, void* memory, std::uint32_t capacity) {
    auto* at = static_cast<std::byte*>(memory);
    of_octave_ = reinterpret_cast<std::uint32_t*>(at);
    lanes.for_each(octaves, [&](std::uint32_t i) { of_octave_[i] = 0; });
    at += sizeof(std::uint32_t) * octaves;
    gpus_ = reinterpret_cast<std::uint32_t*>(at);
    brief_ = reinterpret_cast<std::uint32_t*>(at + align(sizeof(std::uint32_t) * capacity));
    job_ = reinterpret_cast<WaitingJob*>(at + 2 * align(sizeof(std::uint32_t) * capacity));
    capacity_ = capacity;
  }

  NADC_HD std::uint32_t size() const { return size_; }
  // Places run over [0, end()); those of jobs that left hold no job.
  NADC_HD std::uint32_t end() const { return end_; }
  NADC_HD const WaitingJob& operator[](std::uint32_t place) const { return job_[place]; }

  NADC_HD bool present(std::uint32_t place) const { return gpus_[place] != gone; }

  // The first place from `from` on whose job asks for at most `limit` GPUs; end() if there is none.
  NADC_HD std::uint32_t find(Lanes<Width> lanes, std::uint32_t from, std::uint32_t limit) const {
    if (least() > limit) return end_;
    return lanes.find_first(from, end_, [&](std::uint32_t i) { return gpus_[i] <= limit; });
  }

  // The first place from `from` on whose job passes the filter; end() if there is none.
  NADC_HD std::uint32_t find(Lanes<Width> lanes, std::uint32_t from, const WaitingFilter& filter) const {
    return lanes.find_first(from, end_, [&](std::uint32_t i) { return filter(gpus_[i], brief_[i]); });
  }
  // No job asks for less: of the smallest job's octave, 1, 2, 4, … GPUs, the lower end.
  NADC_HD std::uint32_t least() const { return octave_mask_ & (0u - octave_mask_); }
  NADC_HD std::uint32_t gaps() const { return end_ - size_; }

  // Drops the gaps at the end, so that the last place holds a job.
  NADC_HD void trim() {
    while (end_ > 0 && !present(end_ - 1)) --end_;
  }
  NADC_HD bool full() const { return end_ == capacity_; }

  // Where compact() will move the job at `place`, or the first job behind it.
  NADC_HD std::uint32_t present_before(Lanes<Width> lanes, std::uint32_t place) const {
    return static_cast<std::uint32_t>(
        lanes.sum(place, [&](std::uint32_t i) { return static_cast<std::uint64_t>(present(i)); }));
  }

  // Closes the gaps. False when there are none.
  NADC_HD bool compact(Lanes<Width> lanes) {
    if (size_ == capacity_) return false;
    lanes.once([&] {
      std::uint32_t to = 0;
      for (std::uint32_t i = 0; i < end_; ++i)
        if (gpus_[i] != gone) {
          if (to != i) {
            job_[to] = job_[i];
            brief_[to] = brief_[i];
            gpus_[to] = gpus_[i];
          }
          ++to;
        }
    });
    end_ = size_;
    return true;
  }

  // The place of the new job; everything from there on has moved. Not when full(). request: the shortest that the job
  // can have anywhere.
  NADC_HD std::uint32_t insert(Lanes<Width> lanes, const WaitingJob& job, Tick request) {
    std::uint32_t place = end_;
    // New jobs mostly belong at the end; gaps keep the key of the job that left, so order holds through them.
    if (end_ > 0 && job.before(job_[end_ - 1])) {
      place = lanes.find_first(0, end_, [&](std::uint32_t i) { return job.before(job_[i]); });
      lanes.once([&] {
        for (std::uint32_t i = end_; i > place; --i) {
          job_[i] = job_[i - 1];
          brief_[i] = brief_[i - 1];
          gpus_[i] = gpus_[i - 1];
        }
      });
    }
    lanes.once([&] {
      job_[place] = job;
      brief_[place] = brief(request);
      gpus_[place] = job.gpus;
      ++of_octave_[octave(job.gpus)];
    });
    octave_mask_ |= 1u << octave(job.gpus);
    ++end_;
    ++size_;
    return place;
  }

  // Notes the reservation of a waiting job.
  NADC_HD void plan(Lanes<Width> lanes, std::uint32_t place, Tick start, std::uint32_t partition) {
    lanes.once([&] {
      job_[place].planned = start;
      job_[place].planned_partition = partition;
    });
  }

  NADC_HD void remove(Lanes<Width> lanes, std::uint32_t place) {
    const std::uint32_t o = octave(gpus_[place]);
    lanes.once([&] {
      gpus_[place] = gone;
      --of_octave_[o];
    });
    if (of_octave_[o] == 0) octave_mask_ &= ~(1u << o);
    --size_;
    if (size_ == 0) end_ = 0;
  }

 private:
  static constexpr std::uint32_t gone = 0xffffffffu;
  static constexpr std::uint32_t octaves = 32;
  NADC_HD static std::uint32_t octave(std::uint32_t gpus) {
    return static_cast<std::uint32_t>(highest_bit(std::uint64_t{gpus} | 1));
  }
  NADC_HD static std::size_t align(std::size_t n) { return (n + 15) / 16 * 16; }

  std::uint32_t* gpus_ = nullptr;       // (place)
  std::uint32_t* brief_ = nullptr;      // (place)
  WaitingJob* job_ = nullptr;           // (place)
  std::uint32_t* of_octave_ = nullptr;  // (log2 of the GPUs) jobs
  std::uint32_t octave_mask_ = 0;       // bit: there are some
  std::uint32_t capacity_ = 0, size_ = 0, end_ = 0;
};

}  // namespace nadc
