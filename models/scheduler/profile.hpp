// The plan of a partition for conservative backfill: how many GPUs will be free from when on, as a step function. Two
// of them: `base` knows the running jobs by their requests, `plan` the reservations of the waiting jobs as well.
// Finding the earliest start of a job is one walk over the steps. One lane does the writing.
#pragma once
#include <cstddef>
#include <cstdint>

#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

class StepFunction {
 public:
  struct Step {
    Tick from;
    std::int64_t free;  // until the next step
  };

  NADC_HD void init(Step* steps, std::uint32_t capacity) {
    steps_ = steps;
    capacity_ = capacity;
    begin_ = 0;
    end_ = 0;
    if (capacity > 0) steps_[end_++] = Step{0, 0};
  }

  NADC_HD bool full() const { return full_; }

  // Adds `change` over [from, to). Times before `from` are past and are forgotten.
  NADC_HD void add(Tick from, Tick to, std::int64_t change) {
    if (to <= from) return;
    forget(from);
    std::uint32_t i = begin_;
    for (; i < end_ && steps_[i].from < to; ++i) {
      const Tick until = i + 1 < end_ ? steps_[i + 1].from : never;
      if (to < until && !insert(i + 1, Step{to, steps_[i].free})) return;
      steps_[i].free += change;
    }
  }

  // Takes `units` over [from, from + length), where `from` may lie ahead.
  NADC_HD void reserve(Tick from, Tick length, std::int64_t units) {
    const Tick to = from + length < never ? from + length : never;
    std::uint32_t i = find(from);
    if (steps_[i].from < from) {
      if (!insert(i + 1, Step{from, steps_[i].free})) return;
      ++i;
    }
    for (; i < end_ && steps_[i].from < to; ++i) {
      const Tick until = i + 1 < end_ ? steps_[i + 1].from : never;
      if (to < until && !insert(i + 1, Step{to, steps_[i].free})) return;
      steps_[i].free -= units;
    }
  }

  // The earliest start from `now` on at which `units` are free for `length`; never, if there is none.
  NADC_HD Tick earliest(Tick now, Tick length, std::int64_t units) const {
    Tick start = never;
    for (std::uint32_t i = begin_; i < end_; ++i) {
      if (steps_[i].free < units) {
        start = never;
        continue;
      }
      if (start == never) start = steps_[i].from > now ? steps_[i].from : now;
      const Tick until = i + 1 < end_ ? steps_[i + 1].from : never;
      if (until - start >= length) return start;
    }
    return never;
  }

  // Drops what lies before `now`; the first step then begins there.
  NADC_HD void forget(Tick now) {
    while (begin_ + 1 < end_ && steps_[begin_ + 1].from <= now) ++begin_;
    if (steps_[begin_].from < now) steps_[begin_].from = now;
    if (begin_ * 2 > capacity_) {
      for (std::uint32_t i = begin_; i < end_; ++i) steps_[i - begin_] = steps_[i];
      end_ -= begin_;
      begin_ = 0;
    }
  }

  NADC_HD void copy(const StepFunction& other) {
    begin_ = 0;
    end_ = 0;
    for (std::uint32_t i = other.begin_; i < other.end_; ++i) steps_[end_++] = other.steps_[i];
  }

 private:
  // The step in force at `when`, which is not before the first.
  NADC_HD std::uint32_t find(Tick when) const {
    std::uint32_t low = begin_, high = end_;
    while (high - low > 1) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (steps_[middle].from <= when)
        low = middle;
      else
        high = middle;
    }
    return low;
  }
  NADC_HD bool insert(std::uint32_t place, const Step& step) {
    if (end_ == capacity_) {
      full_ = true;
      return false;
    }
    for (std::uint32_t i = end_; i > place; --i) steps_[i] = steps_[i - 1];
    steps_[place] = step;
    ++end_;
    return true;
  }

  Step* steps_ = nullptr;
  std::uint32_t capacity_ = 0, begin_ = 0, end_ = 0;
  bool full_ = false;
};

struct Profile {
  StepFunction base, plan;

  NADC_HD static std::size_t bytes(std::uint32_t capacity) { return 2 * sizeof(StepFunction::Step) * capacity; }
  NADC_HD void init(void* memory, std::uint32_t capacity) {
    auto* steps = static_cast<StepFunction::Step*>(memory);
    base.init(steps, capacity);
    plan.init(steps + capacity, capacity);
  }
  NADC_HD bool full() const { return base.full() || plan.full(); }
};

}  // namespace nadc
