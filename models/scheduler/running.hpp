// Running jobs: start, change of rate, end, interruption. Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

// Starts the waiting job at `place` in partition p, where it fits.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::launch(std::uint32_t place, std::uint32_t p) {
  const WaitingJob& job = waiting_[place];
  Releases<Width>& releases = a_.releases[p];
  const std::uint32_t slot = jobs_.take_slot(f_);
  if (slot == none) return;
  std::uint32_t set = 0;
  const bool several = f_.by_node && job.gpus > f_.parts[p].shape.gpus_per_node;
  if (several && (set = jobs_.take_set(f_)) == none) return;
  const ClassParams& klass = f_.classes[job.cell % f_.shape.classes];
  const std::uint32_t group = job.cell / f_.shape.classes;
  const std::uint64_t units = reserved_ && p == shadow_partition_ ? reserved_units(job, p) : 0;

  const Placement where = take(job, p, set);
  const std::uint32_t base_rate = rate_of(job, p);
  const std::uint32_t slow = faults_.degraded() ? speed_of_nodes(p, where) : full_rate, level = power_.level_of(f_, p);
  const PaceView view = pace_view(klass, where);
  const Speed speed = start_speed(job, where, slow);
  const std::uint32_t rate = speed.all, network_rate = speed.network;
  const std::int64_t full_mw = full_draw(job, p, where.gpus), draw_mw = draw_at(full_mw, level);
  const Tick overhead = restart_of(job);
  // Field by field, in place: a copy through the stack waits for its own stores.
  f_.lanes.once([&] {
    RunningJob& fresh = jobs_[slot];
    fresh.job = job;
    fresh.where = where;
    fresh.segment_start = f_.now;
    fresh.since = f_.now;
    fresh.work_left = (job.work + overhead) << 16;
    fresh.request_left = (job.request + overhead) << 16;
    fresh.draw_mw = draw_mw;
    fresh.useful_work = fresh.unmeasured = fresh.useful_time = 0;
    fresh.overhead = overhead;
    fresh.rate = rate;
    fresh.base_rate = base_rate;
    fresh.network_rate = network_rate;
    fresh.pace = full_rate;
    fresh.slow = slow;
    if (several) jobs_.own(set, slot);
  });
  const RunningJob& run = jobs_[slot];
  const Tick due = due_of(run, f_.point.kills);
  agenda_.set(f_, EventKind::completion, slot, end_of(run, f_.point.kills));
  foresee(slot, where, due);
  f_.lanes.put(&releases.reservation.good, false);
  started_ = true;
  if (due != f_.now + request_on(job, p)) plan_valid_ = false;
  look_again_ = look_again_ || refused_pace_ || lacks_power_ || (refused_part_ && where.nodes == 0);
  base_plan(p, due, -static_cast<std::int64_t>(where.gpus));
  f_.lanes.once([&] {
    a_.group_busy[group] += where.gpus;
    ledger_.hold(f_, job.cell, where.gpus, draw_mw);
    ledger_.part_changes(f_, p, held_ticks, where.gpus);
  });
  power_.change_draw(f_, p, 0, full_mw, draw_mw);
  power_.note_start(full_mw);
  jobs_.count_start(run);
  look_deeper_ = f_.by_use;  // others of its group, that hold places, may be beyond its quota from now on
  if (tied_ || lacks_power_ || (units > extra_ && due > shadow_.at))
    reserved_ = false;
  else if (units && due > shadow_.at)
    extra_ -= units;
  if (!job.restarts) {
    f_.lanes.once([&] {
      ++ledger_.cell(job.cell, started);
      ledger_.start_of(job.cell, job.submit);
      ledger_.cell(job.cell, wait_ticks) += static_cast<std::uint64_t>(f_.now - job.submit);
    });
    arrivals_.met(f_, group, f_.now - job.submit);
    ledger_.count_in_sketch(f_, group, f_.now - job.submit);
    ledger_.count_in_sketch(f_, f_.shape.groups + job.cell % f_.shape.classes, f_.now - job.submit);
  } else {
    f_.lanes.once([&] { ledger_.end_requeue(f_, job.cell, job.gpus); });
  }
  if constexpr (Observer::active) observer_->started(f_.now, run);
  leave(place);
  if (waiting_.size() == 0) {  // the window starts over
    scanned_ = 0;
    head_ = none;
    borrowing_ = passed_ = false;
  }
  if constexpr (Flow::active) flow_->start(slot, where, jobs_.nodes(where.set), klass.communication);
  if (where.pods > 1) span(p, upward(view, where.gpus));
}

// The job gets its GPUs in partition p; by plan, those that were planned.
template <int Width, class Observer, class Flow>
NADC_HD inline Placement Datacenter<Width, Observer, Flow>::take(const WaitingJob& job, std::uint32_t p,
                                                                 std::uint32_t set) {
  Releases<Width>& releases = a_.releases[p];
  std::uint64_t* nodes = jobs_.nodes(set);
  Placement where = planned_where_;
  if (!f_.plans_by_node) {
    where = Places::visit(f_.point.place,
                          [&](const auto& policy) { return policy.take(f_.lanes, fleet_[p], job.gpus, nodes); });
  } else if (where.nodes) {
    const std::uint64_t* planned = releases.plan.set();
    f_.lanes.for_each(where.last + 1 - where.first,
                      [&](std::uint32_t i) { nodes[where.first + i] = planned[where.first + i]; });
    fleet_[p].map.take_set(f_.lanes, where.first, where.last, where.nodes, nodes);
    f_.lanes.once([&] { fleet_[p].free -= where.gpus; });
  } else {
    fleet_[p].map.take(f_.lanes, where.first, where.gpus);
    f_.lanes.once([&] { fleet_[p].free -= where.gpus; });
  }
  where.partition = p;
  where.set = set;
  return where;
}

// How fast the job starts there.
template <int Width, class Observer, class Flow>
NADC_HD inline Speed Datacenter<Width, Observer, Flow>::start_speed(const WaitingJob& job, const Placement& where,
                                                                    std::uint32_t slow) const {
  const std::uint32_t k = job.cell % f_.shape.classes, base = rate_of(job, where.partition);
  const std::uint32_t network = Flow::active ? base : paced(base, pace_view(f_.classes[k], where));
  return {network, slowed(network, slow, k, power_.level_of(f_, where.partition))};
}

// A running job is expected to end then: for the reservations of blocked jobs.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::foresee(std::uint32_t slot, const Placement& where, Tick end) {
  Releases<Width>& releases = a_.releases[where.partition];
  if (f_.by_node && where.nodes == 0)
    releases.ends.start(f_.lanes, releases.wheel, where.first, slot, end, where.gpus);
  else
    releases.wheel.insert(f_.lanes, slot, end, f_.by_node ? where.nodes : where.gpus);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::forget(std::uint32_t slot, const Placement& where) {
  Releases<Width>& releases = a_.releases[where.partition];
  if (f_.by_node && where.nodes == 0)
    releases.ends.end(f_.lanes, releases.wheel, where.first, slot);
  else
    releases.wheel.remove(f_.lanes, slot);
}

template <int Width, class Observer, class Flow>
NADC_HD inline PaceView Datacenter<Width, Observer, Flow>::pace_view(const ClassParams& klass,
                                                                     const Placement& where) const {
  const std::uint32_t surface = f_.part_params[where.partition].surface;
  return PaceView{where.pods, tiers_.load_16ths(where.partition), klass.communication, where.nodes,
                  f_.point.surfaces.count > surface * PaceSurface::cells
                      ? at(&f_.point, f_.point.surfaces) + std::size_t{surface} * PaceSurface::cells
                      : nullptr};
}

// Sixteenths of a GPU that the job puts on the upper tiers.
template <int Width, class Observer, class Flow>
NADC_HD inline std::int64_t Datacenter<Width, Observer, Flow>::upward(const PaceView& view, std::uint32_t gpus) const {
  return Paces::visit(f_.point.pace, [&](const auto& pace) { return pace.upward(view, gpus); });
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::paced(std::uint32_t base, const PaceView& view) const {
  return at_pace(base, Paces::visit(f_.point.pace, [&](const auto& policy) { return policy(view); }));
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::at_pace(std::uint32_t base, std::uint32_t pace) {
  if (pace == full_rate) return base;
  const auto rate = static_cast<std::uint32_t>((static_cast<std::uint64_t>(base) * pace) >> 16);
  return rate > 0 ? rate : 1;
}

// What jobs put on the upper tiers changes: their load, and with it the pace of the jobs that feel it.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::span(std::uint32_t p, std::int64_t sixteenths) {
  const bool matters = Paces::visit(f_.point.pace, [](const auto& pace) { return pace.depends_on_load; });
  if (!matters) return;
  const bool changed = tiers_.span(f_, p, sixteenths, fleet_[p].in_service);
  if (!changed || Flow::active) return;
  // Only jobs on several nodes feel the load, and each of these owns a node set.
  jobs_.for_each_set(f_, [&](std::uint32_t slot, std::uint32_t) {
    if (feels_load(slot, p)) set_rate(slot, speed_now(jobs_[slot]));
  });
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::feels_load(std::uint32_t slot, std::uint32_t p) const {
  const RunningJob& run = jobs_[slot];
  if (run.where.partition != p) return false;
  return Paces::visit(f_.point.pace, [&](const auto& pace) { return pace.feels_load(pace_view(run)); });
}

// The speed of the jobs whose flows met others than before.
template <int Width, class Observer, class Flow> inline void Datacenter<Width, Observer, Flow>::follow_flows() {
  for (const auto& change : flow_->solve()) {
    RunningJob& run = jobs_[change.slot];
    run.pace = rate_at(f_.classes[run.job.cell % f_.shape.classes].communication, change.stretch);
    set_rate(change.slot, speed_now(run));
  }
}

// From now on the job in the slot runs at another speed.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::set_rate(std::uint32_t slot, Speed speed) {
  if (!jobs_.change_speed(f_, ledger_, slot, speed)) return;
  const RunningJob& run = jobs_[slot];
  const Tick old_due = a_.due[slot].end, due = due_of(run, f_.point.kills);
  const std::uint32_t p = run.where.partition;
  agenda_.set(f_, EventKind::completion, slot, end_of(run, f_.point.kills));
  f_.lanes.put(&a_.releases[p].reservation.good, false);
  forget(slot, run.where);
  foresee(slot, run.where, due);
  base_plan(p, old_due, run.where.gpus);
  base_plan(p, due, -static_cast<std::int64_t>(run.where.gpus));
  plan_valid_ = false;
  rescan_ = true;
}

// The job's work is done, or its time is up.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::complete(std::uint32_t slot) {
  jobs_.settle(f_, ledger_, slot);
  futile_ = 0;
  const bool out_of_time = jobs_[slot].work_left > 0;
  if (out_of_time) f_.lanes.put(&jobs_[slot].job.outcome, static_cast<std::uint8_t>(Outcome::killed));
  const RunningJob& run = jobs_[slot];
  const WaitingJob& job = run.job;
  const std::uint32_t group = job.cell / f_.shape.classes;
  const Tick life = f_.now - job.submit, least = 10 * ticks_per_second;
  const Tick floor = job.duration > least ? job.duration : least;
  const std::uint64_t slowdown =
      life > floor ? (static_cast<std::uint64_t>(life) << 16) / static_cast<std::uint64_t>(floor) : 65536u;
  f_.lanes.once([&] {
    const CellCount outcome = job.outcome == static_cast<std::uint8_t>(Outcome::completed)   ? completed
                              : job.outcome == static_cast<std::uint8_t>(Outcome::cancelled) ? cancelled
                                                                                             : failed;
    ++ledger_.cell(job.cell, outcome);
    if (out_of_time) ++ledger_.cell(job.cell, killed);
    if (outcome == completed && life <= needed_within(group)) ++ledger_.cell(job.cell, in_time);
    ledger_.end_of(job.cell, job.submit);
    ledger_.cell(job.cell, slowdown_q16) += slowdown;
    ledger_.cell(job.cell, result_ticks) += static_cast<std::uint64_t>(life);
  });
  ledger_.count_in_sketch(f_, f_.shape.groups + f_.shape.classes + group, life);
  if constexpr (Observer::active) observer_->ended(f_.now, run, f_.now - run.segment_start - run.useful_time);
  vacate(slot, run);
}

// The job stops and goes back to the queue: with what its last checkpoint holds, or, with notice, with all that it
// has done, if it saves at all.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::interrupt(std::uint32_t slot, Notice notice) {
  jobs_.settle(f_, ledger_, slot);
  const RunningJob run = jobs_[slot];
  const auto [saved, kept] = saved_of(run, notice);
  // What is destroyed was the last that was done; its time is in proportion.
  const std::int64_t kept_q16 = kept << 16, destroyed = run.useful_work > kept_q16 ? run.useful_work - kept_q16 : 0,
                     since_warmup = run.useful_work - run.unmeasured,
                     measured = destroyed < since_warmup ? destroyed : since_warmup;
  const Tick in_vain = share_of(run.useful_time, destroyed, run.useful_work),
             in_vain_measured = share_of(in_vain, measured, destroyed);
  const std::int64_t between = run.useful_work - measured;
  if (saved > 0) {
    futile_ = 0;
  } else if (f_.now != futile_at_) {
    ++futile_;
    futile_at_ = f_.now;
  }
  WaitingJob job = run.job;
  job.work -= saved;
  if (!f_.point.kills) {
    job.request -= saved;
  } else if (saved > 0) {  // the time in which it was done is up
    job.request -= share_of(f_.now - run.segment_start, saved, run.overhead + done_of(run));
    if (job.request < 1) job.request = 1;
  }
  job.restarts = 1;
  job.planned = never;
  f_.lanes.once([&] {
    ++ledger_.cell(job.cell, notice == Notice::given ? preempted : interruptions);
    ledger_.requeue(f_, job.cell, job.gpus);
    if (destroyed == 0) return;
    const std::uint32_t c = job.cell, p = run.where.partition;
    ledger_.destroy(f_, Ledger<Width>::Of::present, c, p,
                    work_between(run, run.useful_work, between, in_vain_measured));
    ledger_.destroy(f_, Ledger<Width>::Of::first, c, p,
                    work_between(run, between, run.useful_work - destroyed, in_vain - in_vain_measured));
  });
  if constexpr (Observer::active)
    observer_->interrupted(f_.now, run, f_.now - run.segment_start - run.useful_time + in_vain);
  vacate(slot, run);
  insert(job);
}

// Frees what the job in the slot holds.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::vacate(std::uint32_t slot, const RunningJob& run) {
  const std::uint32_t p = run.where.partition, group = run.job.cell / f_.shape.classes;
  Releases<Width>& releases = a_.releases[p];
  agenda_.cancel(f_, EventKind::completion, slot);
  const Tick due = a_.due[slot].end;
  if (due != f_.now) plan_valid_ = false;
  base_plan(p, due, run.where.gpus);
  forget(slot, run.where);
  f_.lanes.put(&releases.reservation.good, false);
  if (run.where.nodes) {
    fleet_[p].map.give_set(f_.lanes, run.where.first, run.where.last, run.where.nodes, jobs_.nodes(run.where.set));
    jobs_.give_set(f_, run.where.set);
  } else if (f_.by_node) {
    fleet_[p].map.give(f_.lanes, run.where.first, run.where.gpus);
  }
  f_.lanes.once([&] {
    fleet_[p].free += run.where.gpus;
    jobs_[slot].rate = 0;
    a_.group_busy[group] -= run.where.gpus;
    ledger_.let_go(f_, run.job.cell, run.where.gpus, run.draw_mw);
    ledger_.part_changes(f_, p, held_ticks, 0 - std::uint64_t{run.where.gpus});
  });
  jobs_.give_slot(f_, slot);
  power_.change_draw(f_, p, 0, f_.powered ? -full_draw(run.job, p, run.where.gpus) : 0, -run.draw_mw);
  jobs_.count_end(run);
  rescan_ = true;
  if constexpr (Flow::active) flow_->end(slot);
  if (run.where.pods > 1) span(p, -upward(pace_view(run), run.where.gpus));
}

}  // namespace nadc
