// What a power limit does to the jobs of its domain (domains.hpp). Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

template <int Width, class Observer, class Flow>
NADC_HD inline std::int64_t Datacenter<Width, Observer, Flow>::full_draw(const WaitingJob& job, std::uint32_t p,
                                                                         std::uint32_t gpus) const {
  return nadc::full_draw(f_, job.cell % f_.shape.classes, p, gpus);
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::has_power(const WaitingJob& job, std::uint32_t p) const {
  return power_.has_room(f_, p, full_draw(job, p, held(job, p)));
}

// The first job in the queue does not start: marks the domains that have its GPUs, but not its power.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::hold_back(const WaitingJob& job) {
  for (std::uint32_t p = 0; p < f_.shape.partitions; ++p) {
    const bool idle = Places::visit(f_.point.place, [&](const auto& place) { return place.fits(fleet_[p], job.gpus); });
    if (!idle || rate_of(job, p) == 0 || has_power(job, p)) continue;
    power_.hold_back(f_, p, full_draw(job, p, held(job, p)));
  }
}

// After a change every domain finds the level at which its jobs keep its limit; the newest stop where none does.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::keep_limits() {
  for (std::uint32_t d = 0; d < f_.shape.domains; ++d) {
    if (!power_[d].dirty) continue;
    std::uint32_t level = power_.level_kept(f_, d);
    while (level < PowerDomains<Width>::least_level(f_, d) && f_.status == Status::done) {
      const std::uint32_t slot = newest_job(d);
      if (slot == f_.capacity.slots) break;
      interrupt(slot, Notice::given);
      level = power_.level_kept(f_, d);
    }
    if (power_.settle(f_, ledger_, d, level)) retune(d);
  }
}

// The job of a domain that started last; slots if it has none.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::newest_job(std::uint32_t d) const {
  const KeyAt found = f_.lanes.min_at(f_.capacity.slots, [&](std::uint32_t i) {
    const RunningJob& run = jobs_[i];
    if (run.rate == 0 || (f_.parts[run.where.partition].site != d && f_.parts[run.where.partition].own_domain != d))
      return std::uint64_t{UINT64_MAX};
    return static_cast<std::uint64_t>(never - run.segment_start);
  });
  return found.key == UINT64_MAX ? f_.capacity.slots : found.index;
}

// The jobs of a domain take up its new level.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::retune(std::uint32_t d) {
  for (std::uint32_t slot = 0; (slot = f_.lanes.find_first(slot, f_.capacity.slots,
                                                           [&](std::uint32_t i) {
                                                             const RunningJob& run = jobs_[i];
                                                             return run.rate &&
                                                                    (f_.parts[run.where.partition].site == d ||
                                                                     f_.parts[run.where.partition].own_domain == d);
                                                           })) < f_.capacity.slots;
       ++slot) {
    const RunningJob& run = jobs_[slot];
    const std::uint32_t p = run.where.partition;
    const std::int64_t drawn = draw_at(full_draw(run.job, p, run.where.gpus), power_.level_of(f_, p));
    const std::int64_t more = drawn - run.draw_mw;
    const Speed speed = speed_now(run);
    if (more != 0) {
      f_.lanes.once([&] {
        ledger_.hold(f_, run.job.cell, 0, more);
        jobs_[slot].draw_mw = drawn;
      });
      power_.change_draw(f_, p, 0, 0, more);
    }
    set_rate(slot, speed);
  }
}

// The speed of a running job where it is, as things are.
template <int Width, class Observer, class Flow>
NADC_HD inline Speed Datacenter<Width, Observer, Flow>::speed_now(const RunningJob& run) const {
  const std::uint32_t k = run.job.cell % f_.shape.classes, p = run.where.partition;
  const std::uint32_t pace = Flow::active ? at_pace(run.base_rate, run.pace) : paced(run.base_rate, pace_view(run));
  return {pace, slowed(pace, run.slow, k, power_.level_of(f_, p))};
}

// By a degraded node, and by clocks below full.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::slowed(std::uint32_t rate, std::uint32_t speed_q16,
                                                                       std::uint32_t k, std::uint32_t level) const {
  if (speed_q16 == full_rate && level == full_level) return rate;
  std::uint64_t slow = (static_cast<std::uint64_t>(rate) * speed_q16) >> 16;
  if (level != full_level) slow = (slow * at(&f_.point, f_.point.cap_speed)[k * (full_level + 1) + level]) >> 16;
  return slow > 0 ? static_cast<std::uint32_t>(slow) : 1;
}

}  // namespace nadc
