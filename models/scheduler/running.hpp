// Running jobs: start, change of rate, end, interruption. Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

// Starts the waiting job at `place` in partition p, where it fits.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::launch(std::uint32_t place, std::uint32_t p) {
  const WaitingJob& job = waiting_[place];
  Releases<Width>& releases = a_.releases[p];
  const std::uint32_t slot = take_lowest(a_.free_slots, f_.capacity.slots);
  if (slot == none) {
    f_.status = Status::slots_full;
    return;
  }
  std::uint32_t set = 0;
  const bool several = f_.by_node && job.gpus > f_.parts[p].shape.gpus_per_node;
  if (several) {
    set = take_lowest(a_.free_sets, f_.capacity.sets);
    if (set == none) {
      f_.status = Status::sets_full;
      return;
    }
  }
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
    RunningJob& fresh = a_.jobs[slot];
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
    if (several) a_.set_slot[set] = slot;
  });
  const RunningJob& run = a_.jobs[slot];
  const Tick due = due_of(run);
  agenda_.set(f_, EventKind::completion, slot, end_of(run));
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
  store_load_ += job.save_load;
  busy_ += where.gpus;
  ++running_;
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
  if constexpr (Flow::active)
    flow_->start(slot, where, a_.sets + std::size_t{where.set} * fleet_.node_words(), klass.communication);
  if (where.pods > 1) span(p, upward(view, where.gpus));
}

// The job gets its GPUs in partition p; by plan, those that were planned.
template <int Width, class Observer, class Flow>
NADC_HD inline Placement Datacenter<Width, Observer, Flow>::take(const WaitingJob& job, std::uint32_t p,
                                                                 std::uint32_t set) {
  Releases<Width>& releases = a_.releases[p];
  std::uint64_t* nodes = a_.sets + std::size_t{set} * fleet_.node_words();
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
NADC_HD inline typename Datacenter<Width, Observer, Flow>::Speed Datacenter<Width, Observer, Flow>::start_speed(
    const WaitingJob& job, const Placement& where, std::uint32_t slow) const {
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
  for (std::uint32_t first = 0; first < f_.capacity.sets; first += 64) {
    const std::uint32_t here = f_.capacity.sets - first;
    const std::uint64_t all = here < 64 ? (std::uint64_t{1} << here) - 1 : ~std::uint64_t{0};
    for (std::uint64_t used = ~a_.free_sets[first / 64] & all; used; used &= used - 1) {
      const std::uint32_t slot = a_.set_slot[first + static_cast<std::uint32_t>(lowest_bit(used))];
      if (feels_load(slot, p)) set_rate(slot, speed_now(a_.jobs[slot]));
    }
  }
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::feels_load(std::uint32_t slot, std::uint32_t p) const {
  const RunningJob& run = a_.jobs[slot];
  if (run.where.partition != p) return false;
  return Paces::visit(f_.point.pace, [&](const auto& pace) { return pace.feels_load(pace_view(run)); });
}

// The speed of the jobs whose flows met others than before.
template <int Width, class Observer, class Flow> inline void Datacenter<Width, Observer, Flow>::follow_flows() {
  for (const auto& change : flow_->solve()) {
    RunningJob& run = a_.jobs[change.slot];
    run.pace = rate_at(f_.classes[run.job.cell % f_.shape.classes].communication, change.stretch);
    set_rate(change.slot, speed_now(run));
  }
}

// f(slot) for the jobs that run.
template <int Width, class Observer, class Flow>
template <class F>
NADC_HD inline void Datacenter<Width, Observer, Flow>::for_running(F&& f) const {
  for (std::uint32_t first = 0; first < f_.capacity.slots; first += 64) {
    const std::uint32_t here = f_.capacity.slots - first;
    const std::uint64_t all = here < 64 ? (std::uint64_t{1} << here) - 1 : ~std::uint64_t{0};
    for (std::uint64_t used = ~a_.free_slots[first / 64] & all; used; used &= used - 1)
      f(first + static_cast<std::uint32_t>(lowest_bit(used)));
  }
}

template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::settle_all() {
  for_running([&](std::uint32_t slot) { settle(slot); });
}

// Of what a segment has done after its restart, saves included, the useful part [ticks at full rate / 65,536].
template <int Width, class Observer, class Flow>
NADC_HD inline std::int64_t Datacenter<Width, Observer, Flow>::useful_q16(const WaitingJob& job,
                                                                          std::int64_t done_q16) {
  if (done_q16 <= 0) return 0;
  if (job.save_every == 0 || job.save_cost == 0) return done_q16;
  const Tick cycle = cycle_of(job), cycles = (done_q16 >> 16) / cycle;
  const std::int64_t every_q16 = static_cast<std::int64_t>(job.save_every) << 16,
                     rest_q16 = done_q16 - ((cycles * cycle) << 16);
  return cycles * every_q16 + (rest_q16 < every_q16 ? rest_q16 : every_q16);
}

// Counts what the job in the slot did since its rate last changed, and what of that was useful.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::settle(std::uint32_t slot) {
  const RunningJob& run = a_.jobs[slot];
  const Tick held_for = f_.now - run.since;
  if (held_for == 0) return;
  const std::int64_t pace = held_for * run.rate, moved = pace < run.work_left ? pace : run.work_left;
  const std::int64_t done = (run.job.work << 16) - (run.work_left - moved);
  const std::int64_t before = run.useful_work, after = useful_q16(run.job, done);
  const Tick useful = share_of(held_for, after - before, moved);
  const auto work_at = [](std::int64_t work_q16, std::uint32_t rate) { return work_q16 / rate; };
  const std::uint32_t degraded_rate =
      run.slow == full_rate
          ? run.network_rate
          : static_cast<std::uint32_t>((static_cast<std::uint64_t>(run.network_rate) * run.slow) >> 16);
  f_.lanes.once([&] {
    RunningJob& now = a_.jobs[slot];
    const std::uint32_t c = now.job.cell, gpus = now.where.gpus;
    ledger_.cell(c, useful_ticks) += static_cast<std::uint64_t>((after >> 16) - (before >> 16)) * now.job.gpus;
    ledger_.part(now.where.partition, work_ticks) +=
        static_cast<std::uint64_t>(work_at(after, now.base_rate) - work_at(before, now.base_rate)) * now.job.gpus;
    ledger_.cell(c, lost_ticks) += static_cast<std::uint64_t>(held_for - useful) * gpus;
    if (now.rate != now.base_rate) {  // moved at a constant rate: what each cause added is a difference of times
      const Tick alone = work_at(pace, now.base_rate), networked = work_at(pace, now.network_rate),
                 degraded = degraded_rate > now.rate ? work_at(pace, degraded_rate) : held_for;
      ledger_.cell(c, network_ticks) += static_cast<std::uint64_t>(networked - alone) * gpus;
      ledger_.cell(c, degraded_ticks) += static_cast<std::uint64_t>(degraded - networked) * gpus;
      ledger_.cell(c, power_ticks) += static_cast<std::uint64_t>(held_for - degraded) * gpus;
    }
    now.work_left -= moved;
    now.request_left -= pace < now.request_left ? pace : now.request_left;
    now.since = f_.now;
    now.useful_work = after;
    now.useful_time += useful;
  });
}

// From now on the job in the slot runs at another speed.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::set_rate(std::uint32_t slot, Speed speed) {
  if (a_.jobs[slot].rate == speed.all && a_.jobs[slot].network_rate == speed.network) return;
  settle(slot);
  const bool faster_or_slower = a_.jobs[slot].rate != speed.all;
  f_.lanes.once([&] {
    a_.jobs[slot].rate = speed.all;
    a_.jobs[slot].network_rate = speed.network;
  });
  if (!faster_or_slower) return;
  const RunningJob& run = a_.jobs[slot];
  const Tick old_due = a_.due[slot].end, due = due_of(run);
  const std::uint32_t p = run.where.partition;
  agenda_.set(f_, EventKind::completion, slot, end_of(run));
  f_.lanes.put(&a_.releases[p].reservation.good, false);
  forget(slot, run.where);
  foresee(slot, run.where, due);
  base_plan(p, old_due, run.where.gpus);
  base_plan(p, due, -static_cast<std::int64_t>(run.where.gpus));
  plan_valid_ = false;
  rescan_ = true;
}

// When the job's work is done at its present rate, or the limit of its segment's time is reached.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::end_of(const RunningJob& run) const {
  const Tick done = run.since + ticks_at(run.work_left, run.rate),
             limit = run.segment_start + run.job.request + run.overhead;
  return f_.point.kills && limit < done ? limit : done;
}

// When it is expected to end, by its request.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::due_of(const RunningJob& run) const {
  if (f_.point.kills) return run.segment_start + run.job.request + run.overhead;
  return run.since + ticks_at(run.request_left, run.rate);
}

// The job's work is done, or its time is up.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::complete(std::uint32_t slot) {
  settle(slot);
  futile_ = 0;
  const bool out_of_time = a_.jobs[slot].work_left > 0;
  if (out_of_time) f_.lanes.put(&a_.jobs[slot].job.outcome, static_cast<std::uint8_t>(Outcome::killed));
  const RunningJob& run = a_.jobs[slot];
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

// whole × part ÷ of, rounded down, without overflow; at most whole.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::share_of(Tick whole, Tick part, Tick of) {
  if (part <= 0 || of <= 0) return 0;
  if (part >= of) return whole;
  return static_cast<Tick>(static_cast<UInt128>(static_cast<std::uint64_t>(whole)) * static_cast<std::uint64_t>(part) /
                           static_cast<std::uint64_t>(of));
}

// Between the starts of two saves.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::cycle_of(const WaitingJob& job) {
  return static_cast<Tick>(job.save_every) + job.save_cost;
}

// Useful work of a segment, from `more` down to `less` [ticks / 65,536], and its time.
NADC_HD inline WorkGone work_between(const RunningJob& run, std::int64_t more, std::int64_t less, Tick time) {
  return {static_cast<std::uint64_t>((more >> 16) - (less >> 16)) * run.job.gpus,
          static_cast<std::uint64_t>(time) * run.where.gpus,
          static_cast<std::uint64_t>(more / run.base_rate - less / run.base_rate) * run.job.gpus};
}

// The job stops and goes back to the queue: with what its last checkpoint holds, or, with notice, with all that it
// has done, if it saves at all.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::interrupt(std::uint32_t slot, Notice notice) {
  settle(slot);
  const RunningJob run = a_.jobs[slot];
  const Tick done = ((run.job.work << 16) - run.work_left) >> 16;  // of the job's work, checkpoints included
  const Tick cycle = cycle_of(run.job);
  const Tick saved_cycles = run.job.save_every > 0 && done > 0 ? done / cycle : 0;
  Tick saved = saved_cycles * cycle, kept = saved_cycles * run.job.save_every;
  if (notice == Notice::given && run.job.save_every > 0 && done > saved) {
    const Tick rest = done - saved, cost = run.job.save_cost, useful = run.job.work - (run.job.work - 1) / cycle * cost;
    kept += rest < run.job.save_every ? rest : run.job.save_every;
    if (kept >= useful) kept = useful - 1;  // the restart has something left to do
    // A save that has begun is finished; what is left begins an interval of its own, with as many saves as it needs.
    const Tick left = useful - kept;
    saved = run.job.work - (left + (left - 1) / run.job.save_every * cost);
  }
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
    job.request -= share_of(f_.now - run.segment_start, saved, run.overhead + done);
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
    fleet_[p].map.give_set(f_.lanes, run.where.first, run.where.last, run.where.nodes,
                           a_.sets + std::size_t{run.where.set} * fleet_.node_words());
    give_back(a_.free_sets, run.where.set);
  } else if (f_.by_node) {
    fleet_[p].map.give(f_.lanes, run.where.first, run.where.gpus);
  }
  f_.lanes.once([&] {
    fleet_[p].free += run.where.gpus;
    a_.jobs[slot].rate = 0;
    a_.group_busy[group] -= run.where.gpus;
    ledger_.let_go(f_, run.job.cell, run.where.gpus, run.draw_mw);
    ledger_.part_changes(f_, p, held_ticks, 0 - std::uint64_t{run.where.gpus});
  });
  give_back(a_.free_slots, slot);
  power_.change_draw(f_, p, 0, f_.powered ? -full_draw(run.job, p, run.where.gpus) : 0, -run.draw_mw);
  store_load_ -= run.job.save_load;
  busy_ -= run.where.gpus;
  --running_;
  rescan_ = true;
  if constexpr (Flow::active) flow_->end(slot);
  if (run.where.pods > 1) span(p, -upward(pace_view(run), run.where.gpus));
}

}  // namespace nadc
