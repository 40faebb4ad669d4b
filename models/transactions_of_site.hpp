// Transactions of nodes, power and time: duties, failures, limits, periods. Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

// ---- nodes

// Nodes of a partition change their duty.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::change_duty(PartitionId p, Duty from, Duty to,
                                                                   std::uint32_t nodes) {
  const auto change = fleet_.change_duty(f_, ledger_, power_, p, from, to, nodes);
  releases_.forget_reservation(f_, p);
  if (f_.point.limited && change.mw < 0) queue_.look_again();  // jobs may have the power
  if (change.serving == 0) return;
  span(p, 0);
  plan_.change_base(f_, releases_, p, never, change.serving);
  plan_.invalidate();
  queue_.look_again();
}

// A node goes down; one that stands by takes its place. Its jobs have been stopped.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::lose_node(PartitionId p, NodeId node) {
  faults_.forget_degraded(f_, agenda_, f_.study_node(p, node));
  if (fleet_.stands_by(p, node)) {
    fleet_.flip_stock(f_, p, node);
    change_duty(p, Duty::spare, Duty::down, 1);
    return;
  }
  fleet_.leave(f_, p, node);
  change_duty(p, Duty::serving, Duty::down, 1);
  if (fleet_[p].spare == 0) return;
  const NodeId next = fleet_.next_spare(f_, p);
  fleet_.flip_stock(f_, p, next);
  fleet_.enter(f_, p, next);
  change_duty(p, Duty::spare, Duty::serving, 1);
}

// A repaired node serves, or stands by when enough nodes serve.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::regain_node(PartitionId p, NodeId node) {
  if (fleet_[p].in_service >= fleet_.nodes_to_serve(f_, p) * f_.parts[p].shape.gpus_per_node) {
    fleet_.flip_stock(f_, p, node);
    change_duty(p, Duty::down, Duty::spare, 1);
    return;
  }
  fleet_.enter(f_, p, node);
  change_duty(p, Duty::down, Duty::serving, 1);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::deliver(TrancheId t) {
  fleet_.deliver(f_, agenda_, ledger_, t);
  switch_on(f_.parts[f_.tranches[t].partition].site);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::connect(GridStepId g) {
  const GridParams& step = at(&f_.point, f_.point.grid)[g];
  agenda_.cancel(f_, g);
  power_.connect(f_, step);
  queue_.look_again();
  switch_on(step.site);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::switch_on(SiteId site) {
  fleet_.switch_on(f_, power_, site,
                   [this](PartitionId p, Duty from, Duty to, std::uint32_t nodes) { change_duty(p, from, to, nodes); });
}

template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::failure() {
  const NodeFailure failed = failures_.failure(f_, agenda_, fleet_);
  if (failed.kind == NodeFailure::none) return;
  const PartitionId p = failed.partition;
  f_.lanes.once([&] { ++ledger_.part(p, node_failures); });
  const Cause cause{0, failed.number};
  if (failed.kind == NodeFailure::drains)
    drain(p, failed.node, failed.length, cause);
  else if (failed.kind == NodeFailure::stops)
    stop_jobs(p, failed.node, 0, cause);
  else
    degrade(failed);
}

// Stops the jobs on a node; of a pool, one that holds a GPU of those in service, and more until `gpus` are free.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::stop_jobs(PartitionId p, NodeId node, std::uint32_t gpus,
                                                                 Cause cause) {
  if (fleet_.stands_by(p, node)) return;
  if (f_.by_node)
    for (SlotId slot{0}; (slot = jobs_.job_on(f_, p, node, slot)) < f_.slots().last; ++slot)
      interrupt(slot, cause.notice);
  else
    evict_from_pool(p, gpus, cause);
}

// A node goes down until a crew has mended it.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::drain(PartitionId p, NodeId node, Tick length, Cause cause) {
  const RepairId entry = faults_.free_entry(f_);
  if (!entry.valid()) return;
  stop_jobs(p, node, f_.parts[p].shape.gpus_per_node, cause);
  lose_node(p, node);
  faults_.await_crew(f_, agenda_, entry, f_.study_node(p, node), length);
}

// A repair or an outage is over, or a degraded node is found out.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::repair(RepairId entry) {
  const Repair ended = faults_.take(f_, agenda_, entry);
  const PartitionId p = f_.partition_of(ended.node);
  const NodeId node = f_.node_in(p, ended.node);
  if (ended.state == Repair::uplinks) return change_uplinks(p, node, NodeId(ended.order), OutageId(ended.cause), -1);
  if (ended.state == Repair::degraded) {
    if (fleet_.well(f_, p, node))
      drain(p, node,
            sample_ticks(at(&f_.point, f_.point.modes)[ModeId(ended.cause)].repair, f_.tables(), ended.uniform),
            {1, ended.order});
    return;
  }
  regain_node(p, node);
  if (ended.state == Repair::working) faults_.free_crew(f_, agenda_);
}

// From now on the jobs on a node run at a part of their speed, until that is noticed. Of a node that degrades twice the
// lower speed holds, until the second time is noticed.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::degrade(const NodeFailure& failed) {
  const RepairId entry = faults_.free_entry(f_);
  const PartitionId p = failed.partition;
  if (!entry.valid()) return;
  Repair what;
  what.node = f_.study_node(p, failed.node);
  what.order = failed.number + 1;
  what.state = Repair::degraded;
  what.cause = failed.mode.value;
  const std::uint32_t before = faults_.speed_of(f_, [&](StudyNodeId node) { return node == what.node; });
  what.speed_q16 = failed.speed_q16 < before ? failed.speed_q16 : before;
  what.uniform = failed.uniform;
  faults_.forget_degraded(f_, agenda_, what.node);
  faults_.await_notice(f_, agenda_, entry, what, failed.length);
  for (SlotId slot{0}; (slot = jobs_.job_on(f_, p, failed.node, slot)) < f_.slots().last; ++slot) {
    jobs_.settle(f_, ledger_, slot);
    if (jobs_[slot].slow > what.speed_q16) f_.lanes.put(&jobs_[slot].slow, what.speed_q16);
    set_speed(slot, speed_now(jobs_[slot]));
  }
}

// All nodes of one unit go down together and come back together, without a crew; or it loses a share of its uplinks
// for a while, and jobs go on, slower.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::outage(OutageId o) {
  const OutageParams& params = at(&f_.point, f_.point.outages)[o];
  const UnitOutage unit = failures_.outage(f_, agenda_, o);
  if (!unit.happens) return;
  const PartitionId p = unit.partition;
  const std::uint32_t nodes = f_.parts[p].shape.nodes;
  Repair what;
  if (params.uplinks_q16) {
    const RepairId entry = faults_.free_entry(f_);
    if (!entry.valid()) return;
    what.node = f_.study_node(p, unit.begin);
    what.order = unit.end.value;
    what.state = Repair::uplinks;
    what.cause = o.value;
    f_.lanes.once([&] { ++ledger_.part(p, outages); });
    faults_.await_end(f_, agenda_, entry, what, unit.length);
    change_uplinks(p, unit.begin, unit.end, o, +1);
    return;
  }
  bool any = false;
  for (NodeId node = unit.begin; node < unit.end && f_.status == Status::done; ++node) {
    if (!fleet_.well(f_, p, node)) continue;
    const RepairId entry = faults_.free_entry(f_);
    if (!entry.valid()) return;
    stop_jobs(p, node, f_.parts[p].shape.gpus_per_node,
              {2 + o.value, unit.number * nodes + node.value, params.planned ? Notice::given : Notice::none});
    lose_node(p, node);
    what.node = f_.study_node(p, node);
    what.state = Repair::unattended;
    faults_.await_end(f_, agenda_, entry, what, unit.length);
    any = true;
  }
  if (any) f_.lanes.once([&] { ++ledger_.part(p, outages); });
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::change_uplinks(PartitionId p, NodeId begin, NodeId end,
                                                                      OutageId o, int direction) {
  const std::uint32_t lost = at(&f_.point, f_.point.outages)[o].uplinks_q16;
  tiers_.change_uplinks(f_, p, end - begin, lost, direction);
  if constexpr (Flow::active) flow_->change_uplinks(p, begin, end, lost, direction > 0);
  span(p, 0);
}

// A pool has no nodes: the GPUs that fail are drawn uniformly from those in service, so the job that holds one of
// them stops; more stop, by slot, until `gpus` are free.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::evict_from_pool(PartitionId p, std::uint32_t gpus, Cause cause) {
  const Uniforms u = draw(f_.key, static_cast<std::uint32_t>(Stream::victim), cause.entity, cause.number);
  const std::uint32_t position = multiply_high(u.word[0], fleet_[p].in_service);
  const auto held_in = [&](SlotId i) -> std::uint64_t {
    const RunningJob& run = jobs_[i];
    return run.rate && run.where.partition == p ? run.where.gpus : 0;
  };
  const SlotId victim = f_.lanes.find_prefix(f_.slots(), std::uint64_t{position} + 1, held_in);
  if (victim < f_.slots().last) interrupt(victim, cause.notice);
  while (fleet_[p].free < gpus)
    interrupt(f_.lanes.find_first(SlotId(0), f_.slots().last, [&](SlotId i) { return held_in(i) != 0; }), cause.notice);
}

// ---- power

// After a change every domain finds the level at which its jobs keep its limit; the newest stop where none does.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::keep_limits() {
  for (const DomainId d : f_.domains()) {
    if (!power_[d].dirty) continue;
    std::uint32_t level = power_.level_kept(f_, d);
    while (level < PowerDomains<Width>::least_level(f_, d) && f_.status == Status::done) {
      const SlotId gives_way = victim(d);
      if (!gives_way.valid()) break;
      interrupt(gives_way, Notice::given);
      level = power_.level_kept(f_, d);
    }
    if (power_.settle(f_, ledger_, d, level)) retune(d);
  }
}

// The job of a domain that gives way; invalid if none runs there.
template <int Width, class Observer, class Flow>
NADC_HD inline SlotId Datacenter<Width, Observer, Flow>::victim(DomainId d) const {
  const auto runs_there = [&](SlotId i) { return jobs_[i].rate && is_in(jobs_[i], d); };
  const auto claim_of = [&](SlotId i) {
    const RunningJob& run = jobs_[i];
    const VictimView view{at(&f_.point, f_.point.priorities)[f_.shape.group_of(run.job.cell)], run.where.gpus,
                          destroyed_by_stop(run, f_.now), f_.classes[f_.shape.class_of(run.job.cell)].restart_cost};
    return Victims::visit(f_.point.victim, [&](const auto& policy) { return policy(view); });
  };
  const std::uint64_t least =
      f_.lanes.min_at(f_.slots(), [&](SlotId i) { return runs_there(i) ? claim_of(i) : UINT64_MAX; }).key;
  const auto newest = f_.lanes.min_at(f_.slots(), [&](SlotId i) {
    return runs_there(i) && claim_of(i) == least ? static_cast<std::uint64_t>(never - jobs_[i].segment_start)
                                                 : UINT64_MAX;
  });
  return newest.key == UINT64_MAX ? SlotId{} : newest.index;
}

// The jobs of a domain take up its new level.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::retune(DomainId d) {
  const auto runs_there = [&](SlotId i) { return jobs_[i].rate && is_in(jobs_[i], d); };
  for (SlotId slot{0}; (slot = f_.lanes.find_first(slot, f_.slots().last, runs_there)) < f_.slots().last; ++slot) {
    const RunningJob& run = jobs_[slot];
    const PartitionId p = run.where.partition;
    const ClassId k = f_.shape.class_of(run.job.cell);
    const std::int64_t drawn = draw_at(full_draw(f_, k, p, run.where.gpus), power_.level_of(f_, p));
    const std::int64_t more = drawn - run.draw_mw;
    const Speed speed = speed_now(run);
    if (more != 0) {
      f_.lanes.once([&] {
        ledger_.hold(f_, run.job.cell, 0, more);
        jobs_[slot].draw_mw = drawn;
      });
      power_.change_draw(f_, p, 0, 0, more);
    }
    set_speed(slot, speed);
  }
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::is_in(const RunningJob& run, DomainId d) const {
  const PartitionWorld& partition = f_.parts[run.where.partition];
  return domain_of(partition.site) == d || partition.own_domain == d;
}

// ---- time

template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::turn_period() {
  jobs_.settle_all(f_, ledger_);
  ledger_.close(f_, gpus_now(), capped_now(), power_.peaks());
  ledger_.open_next(f_, gpus_now(), capped_now());
  const std::uint32_t period = ledger_.period();
  if (period == f_.world.first_measured_period) jobs_.end_warmup(f_);
  power_.forget_peaks();
  const Tick end = at(&f_.world, f_.world.period_ends)[period];
  agenda_.set(f_, EventKind::period, period + 1 < f_.shape.periods ? end : never);
}

template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::finish() {
  // A horizon without end is one that stops when the trace is done.
  if (f_.world.horizon < never) f_.now = f_.world.horizon;
  if constexpr (Observer::active) observer_->before(f_.now, *this);
  jobs_.settle_all(f_, ledger_);
  ledger_.close(f_, gpus_now(), capped_now(), power_.peaks());
  count_unended();
  const Raw raw = ledger_.raw(f_);
  f_.lanes.once([&] {
    raw.end[RawShape::end_tick] = static_cast<std::uint64_t>(f_.now);
    raw.end[RawShape::waiting_at_end] = queue_.size();
    raw.end[RawShape::events] = event_count_;
    raw.end[RawShape::scheduling_passes] = passes_;
    raw.end[RawShape::target_tick] = static_cast<std::uint64_t>(fleet_.target(f_));
  });
  f_.lanes.for_each(f_.partitions(), [&](PartitionId p) { raw.installed[p] = fleet_[p].installed(); });
}

// The waits and lives so far of the jobs that the end cuts off.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::count_unended() {
  for (PlaceId i{0}; i < queue_.end(); ++i) {
    if (!queue_.waiting().present(i)) continue;
    const WaitingJob& job = queue_[i];
    if (!job.restarts) {
      const std::uint32_t first = f_.shape.ended_sketches();
      ledger_.count_in_sketch(f_, first + f_.shape.waits_of(f_.shape.group_of(job.cell)), f_.now - job.submit);
      ledger_.count_in_sketch(f_, first + f_.shape.waits_of(f_.shape.class_of(job.cell)), f_.now - job.submit);
    }
    count_unended(job);
    if constexpr (SeesTheEnd<Observer>) observer_->still_waiting(f_.now, job);
  }
  jobs_.for_each(f_, [&](SlotId slot) {
    const RunningJob& run = jobs_[slot];
    count_unended(run.job);
    if constexpr (SeesTheEnd<Observer>)
      observer_->still_running(f_.now, run, f_.now - run.segment_start - run.useful_time);
  });
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::count_unended(const WaitingJob& job) {
  const GroupId group = f_.shape.group_of(job.cell);
  ledger_.count_in_sketch(f_, f_.shape.ended_sketches() + f_.shape.results_of(group), f_.now - job.submit);
  if (f_.now - job.submit > needed_within(group)) f_.lanes.once([&] { ++ledger_.cell(job.cell, overdue); });
}

// No job is left, or none that could ever start: nothing runs, and the whole machine is in service.
template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::trace_is_done() const {
  if (queue_.size() == 0) return true;
  std::uint64_t well = 0;
  for (const PartitionId p : f_.partitions()) well += fleet_[p].in_service + fleet_[p].spare;
  return well == f_.point.target_gpus;
}

}  // namespace nadc
