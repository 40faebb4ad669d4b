// Transactions of jobs: they arrive, start, change their speed, end, are interrupted. Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::enqueue(const Job& job) {
  const SavePlan saving = saving_of(f_.classes[f_.shape.class_of(job.cell)].saving, f_.point.store, job.gpus,
                                    nodes_of(f_.world, job.gpus), jobs_.store_load());
  WaitingJob waiting;
  waiting.submit = job.submit;
  waiting.duration = job.duration;
  waiting.save_every = saving.every;
  waiting.save_cost = saving.cost;
  waiting.save_load = saving.load;
  waiting.work = with_saves(saving, job.duration);
  // Saves come on top of what was asked, unless that is a limit that a trace states.
  const bool stated = f_.point.kills && f_.world.trace.count > 0;
  waiting.request = job.request + (stated ? 0 : waiting.work - job.duration);
  waiting.number = job.number;
  waiting.gpus = job.gpus;
  waiting.cell = job.cell;
  waiting.outcome = static_cast<std::uint8_t>(job.outcome);
  waiting.key = queue_.key_of(f_, waiting);
  waiting.most_held = most_held(f_, waiting);
  queue_.insert(f_, ledger_, waiting);
}

// The waiting job at `place` starts in partition p, where it fits.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::start_job(PlaceId place, PartitionId p) {
  const WaitingJob& job = queue_[place];
  const SlotId slot = jobs_.take_slot(f_);
  if (!slot.valid()) return;
  SetId set;
  const bool several = f_.by_node && job.gpus > f_.parts[p].shape.gpus_per_node;
  if (several && !(set = jobs_.take_set(f_)).valid()) return;
  const ClassId klass = f_.shape.class_of(job.cell);
  const GroupId group = f_.shape.group_of(job.cell);
  const std::uint64_t units = easy_.units_taken(openings(), releases_, job, p);

  const Placement where = take_gpus(job, p, set);
  const std::uint32_t base_rate = rate_of(f_, job, p);
  const std::uint32_t slow = faults_.degraded() ? speed_of_nodes(where) : full_rate, level = power_.level_of(f_, p);
  const Speed speed = start_speed(job, where, slow);
  const std::int64_t full_mw = full_draw(f_, klass, p, where.gpus), draw_mw = draw_at(full_mw, level);
  const Tick overhead = restart_of(f_, job);
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
    fresh.rate = speed.all;
    fresh.base_rate = base_rate;
    fresh.network_rate = speed.network;
    fresh.pace = full_rate;
    fresh.slow = slow;
    if (several) jobs_.own(set, slot);
  });
  const RunningJob& run = jobs_[slot];
  const Tick due = due_of(run, f_.point.kills);
  agenda_.set(f_, slot, end_of(run, f_.point.kills));
  releases_.foresee(f_, slot, where, due);
  releases_.forget_reservation(f_, p);
  easy_.note_start(where, units, due);
  plan_.note_start();
  if (due != f_.now + request_on(f_, job, p)) plan_.invalidate();
  plan_.change_base(f_, releases_, p, due, -static_cast<std::int64_t>(where.gpus));
  f_.lanes.once([&] {
    queue_.use(f_, group, static_cast<std::int32_t>(where.gpus));
    ledger_.hold(f_, job.cell, where.gpus, draw_mw);
    ledger_.part_changes(f_, p, held_ticks, where.gpus);
  });
  power_.change_draw(f_, p, 0, full_mw, draw_mw);
  power_.note_start(full_mw);
  jobs_.count_start(run);
  queue_.look_deeper(f_.by_use);  // others of its group, that hold places, may be beyond its quota from now on
  const Tick wait = f_.now - job.submit;
  if (!job.restarts) {
    f_.lanes.once([&] {
      ++ledger_.cell(job.cell, started);
      ledger_.start_of(job.cell, job.submit);
      ledger_.cell(job.cell, wait_ticks) += static_cast<std::uint64_t>(wait);
    });
    arrivals_.met(f_, group, wait);
    triggers_.met(f_, group, wait);
    ledger_.count_in_sketch(f_, f_.shape.waits_of(group), wait);
    ledger_.count_in_sketch(f_, f_.shape.waits_of(klass), wait);
  } else {
    f_.lanes.once([&] { ledger_.end_requeue(f_, job.cell, job.gpus); });
  }
  if constexpr (Observer::active) observer_->started(f_.now, run);
  queue_.leave(f_, ledger_, place);
  if constexpr (Flow::active)
    flow_->start(slot, where, several ? jobs_.nodes(set) : nullptr,
                 f_.classes[klass].communication + f_.classes[klass].hidden);
  if (where.pods > 1) span(p, upward(f_, pace_view(run), where.gpus));
}

// The job gets its GPUs in partition p; by plan, those that were planned.
template <int Width, class Observer, class Flow>
NADC_HD inline Placement Datacenter<Width, Observer, Flow>::take_gpus(const WaitingJob& job, PartitionId p, SetId set) {
  std::uint64_t* nodes = set.valid() ? jobs_.nodes(set) : nullptr;
  Partition<Width>& partition = fleet_[p];
  Placement where = plan_.where();
  if (!f_.plans_by_node) {
    where = Places::visit(f_.point.place,
                          [&](const auto& policy) { return policy.take(f_.lanes, partition, job.gpus, nodes); });
  } else if (where.nodes) {
    const std::uint64_t* planned = releases_[p].plan.set();
    f_.lanes.for_each(where.last + 1 - where.first,
                      [&](std::uint32_t i) { nodes[where.first + i] = planned[where.first + i]; });
    partition.map.take_set(f_.lanes, where.first, where.last, where.nodes, nodes);
    f_.lanes.once([&] { partition.free -= where.gpus; });
  } else {
    partition.map.take(f_.lanes, where.node(), where.gpus);
    f_.lanes.once([&] { partition.free -= where.gpus; });
  }
  where.partition = p;
  where.set = set;
  return where;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::give_gpus(const Placement& where) {
  Partition<Width>& partition = fleet_[where.partition];
  if (where.nodes) {
    partition.map.give_set(f_.lanes, where.first, where.last, where.nodes, jobs_.nodes(where.set));
    jobs_.give_set(f_, where.set);
  } else if (f_.by_node) {
    partition.map.give(f_.lanes, where.node(), where.gpus);
  }
  f_.lanes.once([&] { partition.free += where.gpus; });
}

// The job's work is done, or its time is up.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::end_job(SlotId slot) {
  jobs_.settle(f_, ledger_, slot);
  futile_ = 0;
  const bool out_of_time = jobs_[slot].work_left > 0;
  if (out_of_time) f_.lanes.put(&jobs_[slot].job.outcome, static_cast<std::uint8_t>(Outcome::killed));
  const RunningJob& run = jobs_[slot];
  const WaitingJob& job = run.job;
  const GroupId group = f_.shape.group_of(job.cell);
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
  ledger_.count_in_sketch(f_, f_.shape.results_of(group), life);
  if constexpr (Observer::active) observer_->ended(f_.now, run, f_.now - run.segment_start - run.useful_time);
  vacate(slot, run);
}

// The job stops and goes back to the queue: with what its last checkpoint holds, or, with notice, with all that it
// has done, if it saves at all.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::interrupt(SlotId slot, Notice notice) {
  jobs_.settle(f_, ledger_, slot);
  const RunningJob run = jobs_[slot];
  const Saved saved = saved_of(run.job, done_of(run), notice);
  // What is destroyed was the last that was done; its time is in proportion.
  const std::int64_t kept_q16 = saved.useful << 16,
                     destroyed = run.useful_work > kept_q16 ? run.useful_work - kept_q16 : 0,
                     since_warmup = run.useful_work - run.unmeasured,
                     measured = destroyed < since_warmup ? destroyed : since_warmup;
  const Tick in_vain = share_of(run.useful_time, destroyed, run.useful_work),
             in_vain_measured = share_of(in_vain, measured, destroyed);
  const std::int64_t between = run.useful_work - measured;
  if (saved.work > 0) {
    futile_ = 0;
  } else if (f_.now != futile_at_) {
    ++futile_;
    futile_at_ = f_.now;
  }
  WaitingJob job = run.job;
  job.work -= saved.work;
  if (!f_.point.kills) {
    job.request -= saved.work;
  } else if (saved.work > 0) {  // the time in which it was done is up
    job.request -= share_of(f_.now - run.segment_start, saved.work, run.overhead + done_of(run));
    if (job.request < 1) job.request = 1;
  }
  job.restarts = 1;
  job.planned = never;
  if (queue_.standings().remembers()) job.key = queue_.key_of(f_, job);
  f_.lanes.once([&] {
    ++ledger_.cell(job.cell, notice == Notice::given ? preempted : interruptions);
    ledger_.requeue(f_, job.cell, job.gpus);
    if (destroyed == 0) return;
    const CellId c = job.cell;
    const PartitionId p = run.where.partition;
    ledger_.destroy(f_, Ledger<Width>::Of::present, c, p,
                    work_between(run, run.useful_work, between, in_vain_measured));
    ledger_.destroy(f_, Ledger<Width>::Of::first, c, p,
                    work_between(run, between, run.useful_work - destroyed, in_vain - in_vain_measured));
  });
  if constexpr (Observer::active)
    observer_->interrupted(f_.now, run, f_.now - run.segment_start - run.useful_time + in_vain);
  vacate(slot, run);
  queue_.insert(f_, ledger_, job);
}

// Frees what the job in the slot holds.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::vacate(SlotId slot, const RunningJob& run) {
  const PartitionId p = run.where.partition;
  const GroupId group = f_.shape.group_of(run.job.cell);
  agenda_.cancel(f_, slot);
  const Tick due = releases_.due(slot);
  if (due != f_.now) plan_.invalidate();
  plan_.change_base(f_, releases_, p, due, run.where.gpus);
  releases_.forget(f_, slot, run.where);
  releases_.forget_reservation(f_, p);
  give_gpus(run.where);
  f_.lanes.once([&] {
    jobs_[slot].rate = 0;
    queue_.use(f_, group, -static_cast<std::int32_t>(run.where.gpus));
    ledger_.let_go(f_, run.job.cell, run.where.gpus, run.draw_mw);
    ledger_.part_changes(f_, p, held_ticks, 0 - std::uint64_t{run.where.gpus});
  });
  jobs_.give_slot(f_, slot);
  const std::int64_t full_mw = f_.powered ? full_draw(f_, f_.shape.class_of(run.job.cell), p, run.where.gpus) : 0;
  power_.change_draw(f_, p, 0, -full_mw, -run.draw_mw);
  jobs_.count_end(run);
  queue_.look_again();
  if constexpr (Flow::active) flow_->end(slot);
  if (run.where.pods > 1) span(p, -upward(f_, pace_view(run), run.where.gpus));
}

// From now on the job in the slot runs at this speed.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::set_speed(SlotId slot, Speed speed) {
  if (!jobs_.change_speed(f_, ledger_, slot, speed)) return;
  const RunningJob& run = jobs_[slot];
  const Tick old_due = releases_.due(slot), due = due_of(run, f_.point.kills);
  const PartitionId p = run.where.partition;
  agenda_.set(f_, slot, end_of(run, f_.point.kills));
  releases_.forget_reservation(f_, p);
  releases_.forget(f_, slot, run.where);
  releases_.foresee(f_, slot, run.where, due);
  plan_.change_base(f_, releases_, p, old_due, run.where.gpus);
  plan_.change_base(f_, releases_, p, due, -static_cast<std::int64_t>(run.where.gpus));
  plan_.invalidate();
  queue_.look_again();
}

template <int Width, class Observer, class Flow>
NADC_HD inline Speed Datacenter<Width, Observer, Flow>::start_speed(const WaitingJob& job, const Placement& where,
                                                                    std::uint32_t slow) const {
  const ClassId k = f_.shape.class_of(job.cell);
  const std::uint32_t base = rate_of(f_, job, where.partition);
  const std::uint32_t network = Flow::active ? base : paced(f_, base, nadc::pace_view(f_, tiers_, k, where));
  return {network, slowed(f_, network, slow, k, power_.level_of(f_, where.partition))};
}

// The speed of a running job where it is, as things are.
template <int Width, class Observer, class Flow>
NADC_HD inline Speed Datacenter<Width, Observer, Flow>::speed_now(const RunningJob& run) const {
  const ClassId k = f_.shape.class_of(run.job.cell);
  const std::uint32_t pace = Flow::active ? at_pace(run.base_rate, run.pace) : paced(f_, run.base_rate, pace_view(run));
  return {pace, slowed(f_, pace, run.slow, k, power_.level_of(f_, run.where.partition))};
}

// That the slowest node of a placement allows.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::speed_of_nodes(const Placement& where) const {
  const PartitionId p = where.partition;
  return faults_.speed_of(f_, [&](StudyNodeId node) { return jobs_.holds(f_, p, where, f_.node_in(p, node)); });
}

// What jobs put on the upper tiers changes: their load, and with it the pace of the jobs that feel it. Only jobs on
// several nodes do, and each of these owns a node set.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::span(PartitionId p, std::int64_t sixteenths) {
  const bool matters = Paces::visit(f_.point.pace, [](const auto& pace) { return pace.depends_on_load; });
  if (!matters) return;
  const bool changed = tiers_.span(f_, p, sixteenths, fleet_[p].in_service);
  if (!changed || Flow::active) return;
  jobs_.for_each_set(f_, [&](SlotId slot, SetId) {
    const RunningJob& run = jobs_[slot];
    if (run.where.partition != p) return;
    const bool feels = Paces::visit(f_.point.pace, [&](const auto& pace) { return pace.feels_load(pace_view(run)); });
    if (feels) set_speed(slot, speed_now(run));
  });
}

// The speed of the jobs whose flows met others than before.
template <int Width, class Observer, class Flow> inline void Datacenter<Width, Observer, Flow>::follow_flows() {
  for (const auto& change : flow_->solve()) {
    const SlotId slot{change.slot};
    RunningJob& run = jobs_[slot];
    const ClassParams& params = f_.classes[f_.shape.class_of(run.job.cell)];
    run.pace = rate_at(params.communication, params.hidden, params.slack, change.stretch);
    set_speed(slot, speed_now(run));
  }
}

}  // namespace nadc
