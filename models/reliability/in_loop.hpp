// Failures, outages and repairs (failure_modes.hpp, crews.hpp). Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::next_failure() {
  candidate_ = draw(f_.key, static_cast<std::uint32_t>(Stream::failure), 0, candidate_number_);
  candidate_at_ += sample_ticks(f_.point.failure_gap, f_.tables(), candidate_.word[0]);
  agenda_.set(f_, EventKind::failure, 0, candidate_at_);
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::partition_of(std::uint32_t node) const {
  std::uint32_t p = 0;
  while (p + 1 < f_.shape.partitions && node >= f_.parts[p + 1].first_node) ++p;
  return p;
}

// A candidate: thinned by the present hazard of the node that it names, if that is in service.
template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::failure() {
  const Uniforms candidate = candidate_;
  const std::uint32_t number = candidate_number_++;
  next_failure();
  const std::uint32_t node = multiply_high(candidate.word[1], f_.world.nodes);
  const std::uint32_t p = partition_of(node), local = node - f_.parts[p].first_node;
  if (!fleet_.well(f_, p, local)) return;
  const HazardView view{node, f_.now - fleet_.delivered_at(f_, p, local)};
  double hazard = Hazards::visit(f_.point.hazard, [&](const auto& policy) { return policy(view); });
  if (f_.point.lemons && draw(f_.key, static_cast<std::uint32_t>(Stream::lemon), node, 0).word[0] < f_.point.lemons)
    hazard *= f_.point.lemon_factor;
  if (uniform_of(candidate.word[2]) * f_.point.greatest_hazard >= hazard) return;
  f_.lanes.once([&] { ++ledger_.part(p, node_failures); });
  const Cause cause{0, number};
  if (f_.point.modes.count == 0) {
    drain(p, local, sample_ticks(f_.point.repair, f_.tables(), candidate.word[3]), cause);
    return;
  }
  const Uniforms u = draw(f_.key, static_cast<std::uint32_t>(Stream::mode), 0, number);
  const FailureMode* modes = at(&f_.point, f_.point.modes);
  std::uint32_t m = 0;
  while (m + 1 < f_.point.modes.count && u.word[0] >= modes[m].below) ++m;
  if (modes[m].speed_q16 != full_rate && by_node())
    degrade(p, local, modes[m].speed_q16, m, sample_ticks(modes[m].detection, f_.tables(), u.word[3]), u.word[2]);
  else if (u.word[1] < modes[m].drains)
    drain(p, local, sample_ticks(modes[m].repair, f_.tables(), u.word[2]), cause);
  else
    stop_jobs(p, local, 0, cause);
}

template <int Width, class Observer, class Flow>
NADC_HD inline double Datacenter<Width, Observer, Flow>::uniform_of(std::uint32_t word) {
  return (static_cast<double>(word) + 0.5) * 0x1p-32;
}

// Stops the jobs on a node; of a pool, one that holds a GPU of those in service, and more until `gpus` are free.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::stop_jobs(std::uint32_t p, std::uint32_t node,
                                                                 std::uint32_t gpus, Cause cause) {
  if (fleet_.stands_by(p, node)) return;
  if (by_node())
    for (std::uint32_t slot = 0; (slot = job_on(p, node, slot)) < f_.capacity.slots; ++slot)
      interrupt(slot, cause.notice);
  else
    evict_from_pool(p, gpus, cause);
}

// A node goes down until a crew has mended it.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::drain(std::uint32_t p, std::uint32_t node, Tick length,
                                                             Cause cause) {
  const std::uint32_t entry = free_entry();
  if (entry == f_.capacity.repairs) return;
  stop_jobs(p, node, f_.parts[p].shape.gpus_per_node, cause);
  lose_node(p, node);
  f_.lanes.once([&] {
    Repair& repair = a_.repairs[entry];
    repair.node = f_.parts[p].first_node + node;
    repair.order = repair_order_;
    repair.length = length;
    repair.state = Repair::waiting;
  });
  ++repair_order_;
  if (f_.point.crews.crews == 0 || crews_busy_ < f_.point.crews.crews) begin_repair(entry);
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::free_entry() {
  const std::uint32_t entry = f_.lanes.find_first(entries_taken_, f_.capacity.repairs,
                                                  [&](std::uint32_t i) { return a_.repairs[i].state == Repair::free; });
  if (entry == f_.capacity.repairs) f_.status = Status::repairs_full;
  entries_taken_ = entry;
  return entry;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::leave_entry(std::uint32_t entry) {
  agenda_.cancel(f_, EventKind::repair, entry);
  f_.lanes.put(&a_.repairs[entry], Repair{});
  if (entry < entries_taken_) entries_taken_ = entry;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::begin_repair(std::uint32_t entry) {
  ++crews_busy_;
  f_.lanes.put(&a_.repairs[entry].state, std::uint32_t{Repair::working});
  const Tick day_offset = f_.world.week_offset % ticks_per_day;
  ring(entry, work_done(f_.point.crews, day_offset, f_.now, a_.repairs[entry].length));
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::ring(std::uint32_t entry, Tick when) {
  agenda_.set(f_, EventKind::repair, entry, when > f_.now ? when : f_.now + 1);
}

// A repair or an outage is over, or a degraded node is found out.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::repair(std::uint32_t entry) {
  const Repair ended = a_.repairs[entry];
  leave_entry(entry);
  const std::uint32_t p = partition_of(ended.node), node = ended.node - f_.parts[p].first_node;
  if (ended.state == Repair::uplinks) return change_uplinks(p, node, ended.order, ended.mode, -1);
  if (ended.state == Repair::degraded) {
    --degraded_;
    if (fleet_.well(f_, p, node))
      drain(p, node, sample_ticks(at(&f_.point, f_.point.modes)[ended.mode].repair, f_.tables(), ended.uniform),
            {1, ended.order});
    return;
  }
  regain_node(p, node);
  if (ended.state != Repair::working) return;
  --crews_busy_;
  const KeyAt next = f_.lanes.min_at(f_.capacity.repairs, [&](std::uint32_t i) {
    return a_.repairs[i].state == Repair::waiting ? std::uint64_t{a_.repairs[i].order} : std::uint64_t{UINT64_MAX};
  });
  if (next.key != UINT64_MAX) begin_repair(next.index);
}

// From now on the jobs on a node run at a part of their speed, until that is noticed.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::degrade(std::uint32_t p, std::uint32_t node,
                                                               std::uint32_t speed_q16, std::uint32_t mode,
                                                               Tick noticed, std::uint32_t uniform) {
  const std::uint32_t entry = free_entry();
  if (entry == f_.capacity.repairs) return;
  if (degraded_) forget_degraded(f_.parts[p].first_node + node);
  f_.lanes.once([&] {
    Repair& repair = a_.repairs[entry];
    repair.node = f_.parts[p].first_node + node;
    repair.order = candidate_number_;
    repair.state = Repair::degraded;
    repair.mode = mode;
    repair.speed_q16 = speed_q16;
    repair.uniform = uniform;
  });
  ++degraded_;
  ring(entry, f_.now + noticed);
  for (std::uint32_t slot = 0; (slot = job_on(p, node, slot)) < f_.capacity.slots; ++slot) {
    settle(slot);
    if (a_.jobs[slot].slow > speed_q16) f_.lanes.put(&a_.jobs[slot].slow, speed_q16);
    set_rate(slot, speed_now(a_.jobs[slot]));
  }
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::forget_degraded(std::uint32_t node) {
  const std::uint32_t entry = f_.lanes.find_first(0, f_.capacity.repairs, [&](std::uint32_t i) {
    return a_.repairs[i].state == Repair::degraded && a_.repairs[i].node == node;
  });
  if (entry == f_.capacity.repairs) return;
  leave_entry(entry);
  --degraded_;
}

// The speed that the slowest node of a placement allows.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::speed_of_nodes(std::uint32_t p,
                                                                               const Placement& where) const {
  std::uint32_t speed = full_rate;
  for (std::uint32_t i = 0; i < f_.capacity.repairs; ++i) {
    const Repair& repair = a_.repairs[i];
    if (repair.state != Repair::degraded || repair.speed_q16 >= speed) continue;
    if (holds(p, where, repair.node - f_.parts[p].first_node)) speed = repair.speed_q16;
  }
  return speed;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::next_outage(std::uint32_t o) {
  const Uniforms u = draw(f_.key, static_cast<std::uint32_t>(Stream::outage), o, a_.outage_number[o]);
  const Tick when = a_.outage_at[o] + sample_ticks(at(&f_.point, f_.point.outages)[o].gap, f_.tables(), u.word[0]);
  f_.lanes.put(&a_.outage[o], u);
  f_.lanes.put(&a_.outage_at[o], when);
  agenda_.set(f_, EventKind::outage, o, when);
}

// All nodes of one unit go down together and come back together, without a crew.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::outage(std::uint32_t o) {
  const OutageParams& params = at(&f_.point, f_.point.outages)[o];
  const Uniforms u = a_.outage[o];
  const std::uint32_t number = a_.outage_number[o];
  f_.lanes.put(&a_.outage_number[o], number + 1);
  next_outage(o);
  if (!params.active || (!params.planned && uniform_of(u.word[2]) >= params.share)) return;
  std::uint32_t units = 0;
  for (std::uint32_t p = 0; p < f_.shape.partitions; ++p) units += units_of(params, p);
  std::uint32_t unit = params.planned ? number % units : multiply_high(u.word[1], units), p = 0;
  for (; unit >= units_of(params, p); ++p) unit -= units_of(params, p);
  const std::uint32_t nodes = f_.parts[p].shape.nodes, begin = unit * (params.nodes ? params.nodes : nodes);
  const std::uint32_t end = params.nodes && begin + params.nodes < nodes ? begin + params.nodes : nodes;
  const Tick length = sample_ticks(params.length, f_.tables(), u.word[3]);
  if (params.uplinks_q16) return lose_uplinks(o, p, begin, end, length);
  bool any = false;
  for (std::uint32_t node = begin; node < end && f_.status == Status::done; ++node) {
    if (!fleet_.well(f_, p, node)) continue;
    const std::uint32_t entry = free_entry();
    if (entry == f_.capacity.repairs) return;
    stop_jobs(p, node, f_.parts[p].shape.gpus_per_node,
              {2 + o, number * nodes + node, params.planned ? Notice::given : Notice::none});
    lose_node(p, node);
    f_.lanes.once([&] {
      a_.repairs[entry].node = f_.parts[p].first_node + node;
      a_.repairs[entry].state = Repair::unattended;
    });
    ring(entry, f_.now + length);
    any = true;
  }
  if (any) f_.lanes.once([&] { ++ledger_.part(p, outages); });
}

// A unit loses a share of its uplinks for a while; jobs go on, slower.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::lose_uplinks(std::uint32_t o, std::uint32_t p,
                                                                    std::uint32_t begin, std::uint32_t end,
                                                                    Tick length) {
  const std::uint32_t entry = free_entry();
  if (entry == f_.capacity.repairs) return;
  f_.lanes.once([&] {
    a_.repairs[entry].node = f_.parts[p].first_node + begin;
    a_.repairs[entry].order = end;
    a_.repairs[entry].state = Repair::uplinks;
    a_.repairs[entry].mode = o;
    ++ledger_.part(p, outages);
  });
  ring(entry, f_.now + length);
  change_uplinks(p, begin, end, o, +1);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::change_uplinks(std::uint32_t p, std::uint32_t begin,
                                                                      std::uint32_t end, std::uint32_t o,
                                                                      int direction) {
  const std::uint32_t lost = at(&f_.point, f_.point.outages)[o].uplinks_q16;
  tiers_.change_uplinks(f_, p, end - begin, lost, direction);
  if constexpr (Flow::active) flow_->change_uplinks(p, begin, end, lost, direction > 0);
  span(p, 0);
}

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::units_of(const OutageParams& params,
                                                                         std::uint32_t p) const {
  const std::uint32_t nodes = f_.parts[p].shape.nodes;
  return params.nodes == 0 ? (nodes > 0) : (nodes + params.nodes - 1) / params.nodes;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::end_requeue(const WaitingJob& job) {
  f_.lanes.once([&] { ledger_.end_requeue(f_, job.cell, job.gpus); });
}

// Whether a placement holds a node of the partition.
template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::holds(std::uint32_t p, const Placement& where,
                                                             std::uint32_t node) const {
  if (where.partition != p || node >= f_.parts[p].shape.nodes) return false;
  if (where.nodes == 0) return where.first == node;
  return ((a_.sets[std::size_t{where.set} * fleet_.node_words() + node / 64] >> (node % 64)) & 1) != 0;
}

// The first slot from `from` on whose job runs on the node; slots if there is none.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::job_on(std::uint32_t p, std::uint32_t node,
                                                                       std::uint32_t from) const {
  return f_.lanes.find_first(from, f_.capacity.slots, [&](std::uint32_t i) {
    const RunningJob& run = a_.jobs[i];
    return run.rate != 0 && holds(p, run.where, node);
  });
}

// A pool has no nodes: the GPUs that fail are drawn uniformly from those in service, so the job that holds one of
// them stops; more stop, by slot, until `gpus` are free.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::evict_from_pool(std::uint32_t p, std::uint32_t gpus,
                                                                       Cause cause) {
  const Uniforms u = draw(f_.key, static_cast<std::uint32_t>(Stream::victim), cause.entity, cause.number);
  const std::uint32_t position = multiply_high(u.word[0], fleet_[p].in_service);
  const auto held_in = [&](std::uint32_t i) -> std::uint64_t {
    const RunningJob& run = a_.jobs[i];
    return run.rate && run.where.partition == p ? run.where.gpus : 0;
  };
  const std::uint32_t victim = f_.lanes.find_prefix(f_.capacity.slots, std::uint64_t{position} + 1, held_in).index;
  if (victim < f_.capacity.slots) interrupt(victim, cause.notice);
  while (fleet_[p].free < gpus)
    interrupt(f_.lanes.find_first(0, f_.capacity.slots, [&](std::uint32_t i) { return held_in(i) != 0; }),
              cause.notice);
}

}  // namespace nadc
