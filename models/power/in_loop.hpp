// Power in the loop: domains, limits, the meter (limits.hpp, meter.hpp). Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

template <int Width, class Observer, class Flow>
NADC_HD inline std::int64_t Datacenter<Width, Observer, Flow>::full_draw(const WaitingJob& job, std::uint32_t p,
                                                                         std::uint32_t gpus) const {
  const double intensity = f_.classes[job.cell % f_.shape.classes].intensity;
  return Draws::visit(f_.point.draw,
                      [&](const auto& policy) { return policy.job(f_.part_params[p].draw, gpus, intensity); });
}

// f(domain) for the domains of a partition: its site, and its cluster if that has a limit of its own.
template <int Width, class Observer, class Flow>
template <class F>
NADC_HD inline void Datacenter<Width, Observer, Flow>::for_domains(std::uint32_t p, F&& f) const {
  f(f_.parts[p].site);
  if (f_.parts[p].own_domain != no_domain) f(f_.parts[p].own_domain);
}

// What the nodes of a partition draw without jobs, and its jobs at full clocks and now, changes at this tick.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::change_draw(std::uint32_t p, std::int64_t base,
                                                                   std::int64_t full, std::int64_t drawn) {
  power_mw_ += base + drawn;
  if (!f_.powered) return;
  f_.lanes.once([&] {
    for_domains(p, [&](std::uint32_t d) {
      PowerDomain& domain = a_.domains[d];
      domain.base_mw += base;
      domain.full_mw += full;
      domain.drawn_mw += drawn;
      if (base != 0 || full != 0) domain.dirty = 1;
      domain.meter -= static_cast<UInt128>(f_.now) * static_cast<UInt128>(static_cast<Int128>(base + drawn));
    });
  });
}

template <int Width, class Observer, class Flow>
NADC_HD inline const DomainParams& Datacenter<Width, Observer, Flow>::domain_params(std::uint32_t d) const {
  return at(&f_.point, f_.point.domains)[d];
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::level_of(std::uint32_t p) const {
  std::uint32_t level = full_level;
  if (f_.point.limited)
    for_domains(p, [&](std::uint32_t d) {
      if (a_.domains[d].level < level) level = a_.domains[d].level;
    });
  return level;
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::has_power(const WaitingJob& job, std::uint32_t p) const {
  const std::int64_t full = full_draw(job, p, held(job, p));
  bool room = true;
  for_domains(p, [&](std::uint32_t d) {
    room = room && a_.domains[d].has_room(domain_params(d), full, f_.point.lowest_level);
  });
  return room;
}

// The first job in the queue does not start: marks the domains that have its GPUs, but not its power.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::hold_back(const WaitingJob& job) {
  for (std::uint32_t p = 0; p < f_.shape.partitions; ++p) {
    const bool idle =
        Places::visit(f_.point.place, [&](const auto& place) { return place.fits(a_.partitions[p], job.gpus); });
    if (!idle || rate_of(job, p) == 0 || has_power(job, p)) continue;
    const std::int64_t full = full_draw(job, p, held(job, p));
    f_.lanes.once([&] {
      for_domains(p, [&](std::uint32_t d) {
        if (a_.domains[d].has_room(domain_params(d), full, f_.point.lowest_level)) return;
        a_.domains[d].held = a_.domains[d].dirty = 1;
      });
    });
  }
}

template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::forget_held() {
  f_.lanes.for_each(f_.shape.domains, [&](std::uint32_t d) {
    if (a_.domains[d].held) a_.domains[d].dirty = 1;
    a_.domains[d].held = 0;
  });
}

// After a change every domain finds the level at which its jobs keep its limit; the newest stop where none does.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::keep_limits() {
  for (std::uint32_t d = 0; d < f_.shape.domains; ++d) {
    if (!a_.domains[d].dirty) continue;
    const DomainParams& params = domain_params(d);
    std::uint32_t level = a_.domains[d].level_for(params, a_.domains[d].full_mw);
    const std::uint32_t least = params.at_limit == AtLimit::preempt ? full_level : f_.point.lowest_level;
    while (level < least && f_.status == Status::done) {
      const std::uint32_t slot = newest_job(d);
      if (slot == f_.capacity.slots) break;
      interrupt(slot, Notice::given);
      level = a_.domains[d].level_for(params, a_.domains[d].full_mw);
    }
    const bool changed = level != a_.domains[d].level;
    const std::uint32_t capped = level < full_level || a_.domains[d].held;
    f_.lanes.once([&] {
      PowerDomain& domain = a_.domains[d];
      domain.level = level;
      domain.dirty = 0;
      if (domain.capped != capped) ledger_.cap_changes(f_, d, capped);
      domain.capped = capped;
    });
    if (changed) retune(d);
  }
}

// The job of a domain that started last; slots if it has none.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::newest_job(std::uint32_t d) const {
  const KeyAt found = f_.lanes.min_at(f_.capacity.slots, [&](std::uint32_t i) {
    const RunningJob& run = a_.jobs[i];
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
                                                             const RunningJob& run = a_.jobs[i];
                                                             return run.rate &&
                                                                    (f_.parts[run.where.partition].site == d ||
                                                                     f_.parts[run.where.partition].own_domain == d);
                                                           })) < f_.capacity.slots;
       ++slot) {
    const RunningJob& run = a_.jobs[slot];
    const std::uint32_t p = run.where.partition;
    const std::int64_t drawn = draw_at(full_draw(run.job, p, run.where.gpus), level_of(p));
    const std::int64_t more = drawn - run.draw_mw;
    const Speed speed = speed_now(run);
    if (more != 0) {
      f_.lanes.once([&] {
        ledger_.hold(f_, run.job.cell, 0, more);
        a_.jobs[slot].draw_mw = drawn;
      });
      change_draw(p, 0, 0, more);
    }
    set_rate(slot, speed);
  }
}

// The speed of a running job where it is, as things are.
template <int Width, class Observer, class Flow>
NADC_HD inline typename Datacenter<Width, Observer, Flow>::Speed Datacenter<Width, Observer, Flow>::speed_now(
    const RunningJob& run) const {
  const std::uint32_t k = run.job.cell % f_.shape.classes, p = run.where.partition;
  const std::uint32_t pace = Flow::active ? at_pace(run.base_rate, run.pace) : paced(run.base_rate, pace_view(run));
  return {pace, slowed(pace, run.slow, k, level_of(p))};
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

// A window of reduced power begins or ends.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::turn_window() {
  const WindowStep* steps = at(&f_.point, f_.point.windows);
  while (windows_ < f_.point.windows.count && steps[windows_].from <= f_.now) {
    const WindowStep& step = steps[windows_++];
    f_.lanes.once([&] {
      a_.domains[step.domain].window_ppm = step.share_ppm;
      a_.domains[step.domain].dirty = 1;
    });
  }
  rescan_ = true;
  agenda_.set(f_, EventKind::window, 0, windows_ < f_.point.windows.count ? steps[windows_].from : never);
}

// The meter is read at every full interval and at the end of every stretch.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::next_reading() {
  const Tick full = next_reading_after(f_.world.week_offset, f_.now, f_.world.meter_interval);
  const Tick end = at(&f_.world, f_.world.stretches)[stretch_].end;
  agenda_.set(f_, EventKind::meter, 0, full < end ? full : end);
}

template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::read_meter() {
  const Raw raw = ledger_.raw(f_);
  f_.lanes.for_each(f_.shape.sites, [&](std::uint32_t s) {
    PowerDomain& site = a_.domains[s];
    const UInt128 begun =
        static_cast<UInt128>(f_.now) * static_cast<UInt128>(static_cast<Int128>(site.base_mw + site.drawn_mw));
    const UInt128 energy = site.meter + begun;
    const std::size_t at = std::size_t{stretch_} * f_.shape.sites + s;
    raw.metered[at * meter_bins + meter_bin(calendar_of(f_.world, f_.point, s), f_.now - 1)] += energy;
    site.meter = 0 - begun;
    // A demand interval that a stretch cuts counts in that in which it ends.
    site.interval += energy;
    const Tick interval = nadc::at(&f_.point, f_.point.energy)[s].demand_interval;
    if ((f_.now + f_.world.week_offset) % interval == 0 || f_.now == f_.world.horizon) {
      const auto mean = static_cast<std::uint64_t>(site.interval / static_cast<UInt128>(interval));
      if (mean > raw.meter_peak[at]) raw.meter_peak[at] = mean;
      site.interval = 0;
    }
  });
  if (f_.now == at(&f_.world, f_.world.stretches)[stretch_].end) ++stretch_;
  if (stretch_ < f_.shape.stretches)
    next_reading();
  else
    agenda_.cancel(f_, EventKind::meter, 0);
}

}  // namespace nadc
