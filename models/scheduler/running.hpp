// Running jobs: start, change of rate, end, interruption. Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

// Starts the waiting job at `place` in partition p, where it fits.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::launch(std::uint32_t place, std::uint32_t p) {
  const WaitingJob& job = waiting_[place];
  Partition<Width>& partition = a_.partitions[p];
  const std::uint32_t slot = take_lowest(a_.free_slots, capacity_.slots);
  if (slot == none) {
    status_ = Status::slots_full;
    return;
  }
  std::uint32_t set = 0;
  const bool several = by_node_ && job.gpus > parts_[p].shape.gpus_per_node;
  if (several) {
    set = take_lowest(a_.free_sets, capacity_.sets);
    if (set == none) {
      status_ = Status::sets_full;
      return;
    }
  }
  const ClassParams& klass = classes_[job.cell % shape_.classes];
  const std::uint32_t group = job.cell / shape_.classes;
  const std::uint64_t units = reserved_ && p == shadow_partition_ ? reserved_units(job, p) : 0;

  const Placement where = take(job, p, set);
  const std::uint32_t base_rate = rate_of(job, p);
  const std::uint32_t slow = degraded_ ? speed_of_nodes(p, where) : full_rate, level = level_of(p);
  const PaceView view = pace_view(klass, where);
  const Speed speed = start_speed(job, where, slow);
  const std::uint32_t rate = speed.all, network_rate = speed.network;
  const std::int64_t full_mw = full_draw(job, p, where.gpus), draw_mw = draw_at(full_mw, level);
  const Tick overhead = restart_of(job);
  // Field by field, in place: a copy through the stack waits for its own stores.
  lanes_.once([&] {
    RunningJob& fresh = a_.jobs[slot];
    fresh.job = job;
    fresh.where = where;
    fresh.segment_start = now_;
    fresh.since = now_;
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
  events_.set(lanes_, slot, key_of(end_of(run), EventRank::completion));
  foresee(slot, where, due);
  lanes_.put(&partition.reservation.good, false);
  started_ = true;
  if (due != now_ + request_on(job, p)) plan_valid_ = false;
  look_again_ = look_again_ || refused_pace_ || lacks_power_ || (refused_part_ && where.nodes == 0);
  base_plan(p, due, -static_cast<std::int64_t>(where.gpus));
  lanes_.once([&] {
    hold(job.cell, group, where.gpus, draw_mw);
    *part(p, held_ticks) -= now_times(where.gpus);
  });
  change_draw(p, 0, full_mw, draw_mw);
  if (full_mw > swing_mw_) swing_mw_ = full_mw;
  store_load_ += job.save_load;
  busy_ += where.gpus;
  ++running_;
  look_deeper_ = by_use_;  // others of its group, that hold places, may be beyond its quota from now on
  if (tied_ || lacks_power_ || (units > extra_ && due > shadow_.at))
    reserved_ = false;
  else if (units && due > shadow_.at)
    extra_ -= units;
  if (!job.restarts) {
    lanes_.once([&] {
      ++*cell(job.cell, started);
      a_.cell_unstarted[job.cell].remove(job.submit);
      *cell(job.cell, wait_ticks) += static_cast<std::uint64_t>(now_ - job.submit);
    });
    if (point_.response.every > 0) demand_.met(lanes_, group, now_ - job.submit);
    count_in_sketch(group, now_ - job.submit);
    count_in_sketch(shape_.groups + job.cell % shape_.classes, now_ - job.submit);
  } else {
    end_requeue(job);
  }
  if constexpr (Observer::active) observer_->started(now_, run);
  leave(place);
  if (waiting_.size() == 0) {  // the window starts over
    scanned_ = 0;
    head_ = none;
    borrowing_ = passed_ = false;
  }
  if constexpr (Flow::active)
    flow_->start(slot, where, a_.sets + std::size_t{where.set} * a_.set_words, klass.communication + klass.hidden);
  if (where.pods > 1) span(p, upward(view, where.gpus));
}

// The job gets its GPUs in partition p; by plan, those that were planned.
template <int Width, class Observer, class Flow>
NADC_HD inline Placement Datacenter<Width, Observer, Flow>::take(const WaitingJob& job, std::uint32_t p,
                                                                 std::uint32_t set) {
  Partition<Width>& partition = a_.partitions[p];
  std::uint64_t* nodes = a_.sets + std::size_t{set} * a_.set_words;
  Placement where = planned_where_;
  if (!plans_by_node_) {
    where = Places::visit(point_.place,
                          [&](const auto& policy) { return policy.take(lanes_, partition, job.gpus, nodes); });
  } else if (where.nodes) {
    const std::uint64_t* planned = partition.plan.set();
    lanes_.for_each(where.last + 1 - where.first,
                    [&](std::uint32_t i) { nodes[where.first + i] = planned[where.first + i]; });
    partition.map.take_set(lanes_, where.first, where.last, where.nodes, nodes);
    lanes_.once([&] { partition.free -= where.gpus; });
  } else {
    partition.map.take(lanes_, where.first, where.gpus);
    lanes_.once([&] { partition.free -= where.gpus; });
  }
  where.partition = p;
  where.set = set;
  return where;
}

// How fast the job starts there.
template <int Width, class Observer, class Flow>
NADC_HD inline typename Datacenter<Width, Observer, Flow>::Speed Datacenter<Width, Observer, Flow>::start_speed(
    const WaitingJob& job, const Placement& where, std::uint32_t slow) const {
  const std::uint32_t k = job.cell % shape_.classes, base = rate_of(job, where.partition);
  const std::uint32_t network = Flow::active ? base : paced(base, pace_view(classes_[k], where));
  return {network, slowed(network, slow, k, level_of(where.partition))};
}

// A running job is expected to end then: for the reservations of blocked jobs.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::foresee(std::uint32_t slot, const Placement& where, Tick end) {
  Partition<Width>& partition = a_.partitions[where.partition];
  if (by_node_ && where.nodes == 0)
    partition.ends.start(lanes_, partition.wheel, where.first, slot, end, where.gpus);
  else
    partition.wheel.insert(lanes_, slot, end, by_node_ ? where.nodes : where.gpus);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::forget(std::uint32_t slot, const Placement& where) {
  Partition<Width>& partition = a_.partitions[where.partition];
  if (by_node_ && where.nodes == 0)
    partition.ends.end(lanes_, partition.wheel, where.first, slot);
  else
    partition.wheel.remove(lanes_, slot);
}

template <int Width, class Observer, class Flow>
NADC_HD inline PaceView Datacenter<Width, Observer, Flow>::pace_view(const ClassParams& klass,
                                                                     const Placement& where) const {
  const std::uint32_t surface = part_params_[where.partition].surface;
  return PaceView{where.pods,
                  a_.partitions[where.partition].load_16ths,
                  klass.communication,
                  where.nodes,
                  point_.surfaces.count > surface * PaceSurface::cells
                      ? at(&point_, point_.surfaces) + std::size_t{surface} * PaceSurface::cells
                      : nullptr,
                  klass.hidden,
                  klass.slack};
}

// Sixteenths of a GPU that the job puts on the upper tiers.
template <int Width, class Observer, class Flow>
NADC_HD inline std::int64_t Datacenter<Width, Observer, Flow>::upward(const PaceView& view, std::uint32_t gpus) const {
  return Paces::visit(point_.pace, [&](const auto& pace) { return pace.upward(view, gpus); });
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::paced(std::uint32_t base, const PaceView& view) const {
  return at_pace(base, Paces::visit(point_.pace, [&](const auto& policy) { return policy(view); }));
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
  const bool matters = Paces::visit(point_.pace, [](const auto& pace) { return pace.depends_on_load; });
  if (!matters) return;
  Partition<Width>& partition = a_.partitions[p];
  const auto spanning = static_cast<std::uint32_t>(static_cast<std::int64_t>(partition.spanning) + sixteenths);
  std::uint64_t total = partition.in_service ? partition.in_service : 1;
  if (partition.uplinks_lost) {  // what is left carries the load
    const std::uint64_t whole = std::uint64_t{parts_[p].shape.nodes} << 16;
    total = partition.uplinks_lost < whole ? total * (whole - partition.uplinks_lost) / whole : 0;
    if (total == 0) total = 1;
  }
  const std::uint64_t full = (spanning + total - 1) / total;
  const auto load = static_cast<std::uint32_t>(full < 16 ? full : 16);
  const bool changed = load != partition.load_16ths;
  lanes_.once([&] {
    partition.spanning = spanning;
    partition.load_16ths = load;
  });
  if (!changed || Flow::active) return;
  // Only jobs on several nodes feel the load, and each of these owns a node set.
  for (std::uint32_t first = 0; first < capacity_.sets; first += 64) {
    const std::uint32_t here = capacity_.sets - first;
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
  return Paces::visit(point_.pace, [&](const auto& pace) { return pace.feels_load(pace_view(run)); });
}

// The speed of the jobs whose flows met others than before.
template <int Width, class Observer, class Flow> inline void Datacenter<Width, Observer, Flow>::follow_flows() {
  for (const auto& change : flow_->solve()) {
    RunningJob& run = a_.jobs[change.slot];
    const ClassParams& klass = classes_[run.job.cell % shape_.classes];
    run.pace = rate_at(klass.communication, klass.hidden, klass.slack, change.stretch);
    set_rate(change.slot, speed_now(run));
  }
}

// f(slot) for the jobs that run.
template <int Width, class Observer, class Flow>
template <class F>
NADC_HD inline void Datacenter<Width, Observer, Flow>::for_running(F&& f) const {
  for (std::uint32_t first = 0; first < capacity_.slots; first += 64) {
    const std::uint32_t here = capacity_.slots - first;
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
  const Tick held_for = now_ - run.since;
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
  lanes_.once([&] {
    RunningJob& now = a_.jobs[slot];
    const std::uint32_t c = now.job.cell, gpus = now.where.gpus;
    *cell(c, useful_ticks) += static_cast<std::uint64_t>((after >> 16) - (before >> 16)) * now.job.gpus;
    *part(now.where.partition, work_ticks) +=
        static_cast<std::uint64_t>(work_at(after, now.base_rate) - work_at(before, now.base_rate)) * now.job.gpus;
    *cell(c, lost_ticks) += static_cast<std::uint64_t>(held_for - useful) * gpus;
    if (now.rate != now.base_rate) {  // moved at a constant rate: what each cause added is a difference of times
      const Tick alone = work_at(pace, now.base_rate), networked = work_at(pace, now.network_rate),
                 degraded = degraded_rate > now.rate ? work_at(pace, degraded_rate) : held_for;
      *cell(c, network_ticks) += static_cast<std::uint64_t>(networked - alone) * gpus;
      *cell(c, degraded_ticks) += static_cast<std::uint64_t>(degraded - networked) * gpus;
      *cell(c, power_ticks) += static_cast<std::uint64_t>(held_for - degraded) * gpus;
    }
    now.work_left -= moved;
    now.request_left -= pace < now.request_left ? pace : now.request_left;
    now.since = now_;
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
  lanes_.once([&] {
    a_.jobs[slot].rate = speed.all;
    a_.jobs[slot].network_rate = speed.network;
  });
  if (!faster_or_slower) return;
  const RunningJob& run = a_.jobs[slot];
  const Tick old_due = a_.due[slot].end, due = due_of(run);
  const std::uint32_t p = run.where.partition;
  events_.set(lanes_, slot, key_of(end_of(run), EventRank::completion));
  lanes_.put(&a_.partitions[p].reservation.good, false);
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
  return point_.kills && limit < done ? limit : done;
}

// When it is expected to end, by its request.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::due_of(const RunningJob& run) const {
  if (point_.kills) return run.segment_start + run.job.request + run.overhead;
  return run.since + ticks_at(run.request_left, run.rate);
}

// The job's work is done, or its time is up.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::complete(std::uint32_t slot) {
  settle(slot);
  futile_ = 0;
  const bool out_of_time = a_.jobs[slot].work_left > 0;
  if (out_of_time) lanes_.put(&a_.jobs[slot].job.outcome, static_cast<std::uint8_t>(Outcome::killed));
  const RunningJob& run = a_.jobs[slot];
  const WaitingJob& job = run.job;
  const std::uint32_t group = job.cell / shape_.classes;
  const Tick life = now_ - job.submit, least = 10 * ticks_per_second;
  const Tick floor = job.duration > least ? job.duration : least;
  const std::uint64_t slowdown =
      life > floor ? (static_cast<std::uint64_t>(life) << 16) / static_cast<std::uint64_t>(floor) : 65536u;
  lanes_.once([&] {
    const CellCount outcome = job.outcome == static_cast<std::uint8_t>(Outcome::completed)   ? completed
                              : job.outcome == static_cast<std::uint8_t>(Outcome::cancelled) ? cancelled
                                                                                             : failed;
    ++*cell(job.cell, outcome);
    if (out_of_time) ++*cell(job.cell, killed);
    if (outcome == completed && life <= needed_within(group)) ++*cell(job.cell, in_time);
    a_.cell_unended[job.cell].remove(job.submit);
    *cell(job.cell, slowdown_q16) += slowdown;
    *cell(job.cell, result_ticks) += static_cast<std::uint64_t>(life);
  });
  count_in_sketch(shape_.groups + shape_.classes + group, life);
  if constexpr (Observer::active) observer_->ended(now_, run, now_ - run.segment_start - run.useful_time);
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

// Useful work of a segment, from `more` down to `less` [ticks / 65,536], and its time leave what was delivered in the
// period. One lane.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::destroy(std::uint32_t period, const RunningJob& run,
                                                               std::int64_t more, std::int64_t less, Tick time) {
  std::uint64_t* count = &raw_.cell[(std::size_t{period} * shape_.cells + run.job.cell) * cell_counts];
  count[useful_ticks] -= static_cast<std::uint64_t>((more >> 16) - (less >> 16)) * run.job.gpus;
  count[lost_ticks] += static_cast<std::uint64_t>(time) * run.where.gpus;
  raw_.partition[(std::size_t{period} * shape_.partitions + run.where.partition) * partition_counts + work_ticks] -=
      static_cast<std::uint64_t>(more / run.base_rate - less / run.base_rate) * run.job.gpus;
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
  } else if (now_ != futile_at_) {
    ++futile_;
    futile_at_ = now_;
  }
  WaitingJob job = run.job;
  job.work -= saved;
  if (!point_.kills) {
    job.request -= saved;
  } else if (saved > 0) {  // the time in which it was done is up
    job.request -= share_of(now_ - run.segment_start, saved, run.overhead + done);
    if (job.request < 1) job.request = 1;
  }
  job.restarts = 1;
  job.planned = never;
  lanes_.once([&] {
    ++*cell(job.cell, notice == Notice::given ? preempted : interruptions);
    a_.cell_requeued[job.cell] += job.gpus;
    *cell(job.cell, requeue_ticks) -= now_times(job.gpus);
    if (destroyed == 0) return;
    destroy(period_, run, run.useful_work, between, in_vain_measured);
    destroy(0, run, between, run.useful_work - destroyed, in_vain - in_vain_measured);
  });
  if constexpr (Observer::active)
    observer_->interrupted(now_, run, now_ - run.segment_start - run.useful_time + in_vain);
  vacate(slot, run);
  insert(job);
}

// Frees what the job in the slot holds.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::vacate(std::uint32_t slot, const RunningJob& run) {
  const std::uint32_t p = run.where.partition, group = run.job.cell / shape_.classes;
  Partition<Width>& partition = a_.partitions[p];
  events_.cancel(lanes_, slot);
  const Tick due = a_.due[slot].end;
  if (due != now_) plan_valid_ = false;
  base_plan(p, due, run.where.gpus);
  forget(slot, run.where);
  lanes_.put(&partition.reservation.good, false);
  if (run.where.nodes) {
    partition.map.give_set(lanes_, run.where.first, run.where.last, run.where.nodes,
                           a_.sets + std::size_t{run.where.set} * a_.set_words);
    give_back(a_.free_sets, run.where.set);
  } else if (by_node()) {
    partition.map.give(lanes_, run.where.first, run.where.gpus);
  }
  lanes_.once([&] {
    partition.free += run.where.gpus;
    a_.jobs[slot].rate = 0;
    let_go(run.job.cell, group, run.where.gpus, run.draw_mw);
    *part(p, held_ticks) += now_times(run.where.gpus);
  });
  give_back(a_.free_slots, slot);
  if (powered_)
    change_draw(p, 0, -full_draw(run.job, p, run.where.gpus), -run.draw_mw);
  else
    power_mw_ -= run.draw_mw;
  store_load_ -= run.job.save_load;
  busy_ -= run.where.gpus;
  --running_;
  rescan_ = true;
  if constexpr (Flow::active) flow_->end(slot);
  if (run.where.pods > 1) span(p, -upward(pace_view(run), run.where.gpus));
}

}  // namespace nadc
