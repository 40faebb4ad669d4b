// What failures, outages and repairs do to jobs and nodes (failure_source.hpp, faults.hpp). Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

template <int Width, class Observer, class Flow> NADC_HD inline void Datacenter<Width, Observer, Flow>::failure() {
  const NodeFailure failed = failures_.failure(f_, agenda_, fleet_);
  if (failed.kind == NodeFailure::none) return;
  const std::uint32_t p = failed.partition;
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
NADC_HD inline void Datacenter<Width, Observer, Flow>::stop_jobs(std::uint32_t p, std::uint32_t node,
                                                                 std::uint32_t gpus, Cause cause) {
  if (fleet_.stands_by(p, node)) return;
  if (f_.by_node)
    for (std::uint32_t slot = 0; (slot = jobs_.job_on(f_, p, node, slot)) < f_.capacity.slots; ++slot)
      interrupt(slot, cause.notice);
  else
    evict_from_pool(p, gpus, cause);
}

// A node goes down until a crew has mended it.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::drain(std::uint32_t p, std::uint32_t node, Tick length,
                                                             Cause cause) {
  const std::uint32_t entry = faults_.free_entry(f_);
  if (entry == f_.capacity.repairs) return;
  stop_jobs(p, node, f_.parts[p].shape.gpus_per_node, cause);
  lose_node(p, node);
  faults_.await_crew(f_, agenda_, entry, f_.parts[p].first_node + node, length);
}

// A repair or an outage is over, or a degraded node is found out.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::repair(std::uint32_t entry) {
  const Repair ended = faults_.take(f_, agenda_, entry);
  const std::uint32_t p = f_.partition_of(ended.node), node = ended.node - f_.parts[p].first_node;
  if (ended.state == Repair::uplinks) return change_uplinks(p, node, ended.order, ended.mode, -1);
  if (ended.state == Repair::degraded) {
    if (fleet_.well(f_, p, node))
      drain(p, node, sample_ticks(at(&f_.point, f_.point.modes)[ended.mode].repair, f_.tables(), ended.uniform),
            {1, ended.order});
    return;
  }
  regain_node(p, node);
  if (ended.state == Repair::working) faults_.free_crew(f_, agenda_);
}

// From now on the jobs on a node run at a part of their speed, until that is noticed.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::degrade(const NodeFailure& failed) {
  const std::uint32_t entry = faults_.free_entry(f_), p = failed.partition;
  if (entry == f_.capacity.repairs) return;
  Repair what;
  what.node = f_.parts[p].first_node + failed.node;
  what.order = failed.number + 1;
  what.state = Repair::degraded;
  what.mode = failed.mode;
  what.speed_q16 = failed.speed_q16;
  what.uniform = failed.uniform;
  faults_.forget_degraded(f_, agenda_, what.node);
  faults_.await_notice(f_, agenda_, entry, what, failed.length);
  for (std::uint32_t slot = 0; (slot = jobs_.job_on(f_, p, failed.node, slot)) < f_.capacity.slots; ++slot) {
    jobs_.settle(f_, ledger_, slot);
    if (jobs_[slot].slow > what.speed_q16) f_.lanes.put(&jobs_[slot].slow, what.speed_q16);
    set_rate(slot, speed_now(jobs_[slot]));
  }
}

// The speed that the slowest node of a placement allows.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t Datacenter<Width, Observer, Flow>::speed_of_nodes(std::uint32_t p,
                                                                               const Placement& where) const {
  return faults_.speed_of(f_,
                          [&](std::uint32_t node) { return jobs_.holds(f_, p, where, node - f_.parts[p].first_node); });
}

// All nodes of one unit go down together and come back together, without a crew; or it loses a share of its uplinks
// for a while, and jobs go on, slower.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::outage(std::uint32_t o) {
  const OutageParams& params = at(&f_.point, f_.point.outages)[o];
  const UnitOutage unit = failures_.outage(f_, agenda_, o);
  if (!unit.happens) return;
  const std::uint32_t p = unit.partition, nodes = f_.parts[p].shape.nodes;
  Repair what;
  if (params.uplinks_q16) {
    const std::uint32_t entry = faults_.free_entry(f_);
    if (entry == f_.capacity.repairs) return;
    what.node = f_.parts[p].first_node + unit.begin;
    what.order = unit.end;
    what.state = Repair::uplinks;
    what.mode = o;
    f_.lanes.once([&] { ++ledger_.part(p, outages); });
    faults_.await_end(f_, agenda_, entry, what, unit.length);
    change_uplinks(p, unit.begin, unit.end, o, +1);
    return;
  }
  bool any = false;
  for (std::uint32_t node = unit.begin; node < unit.end && f_.status == Status::done; ++node) {
    if (!fleet_.well(f_, p, node)) continue;
    const std::uint32_t entry = faults_.free_entry(f_);
    if (entry == f_.capacity.repairs) return;
    stop_jobs(p, node, f_.parts[p].shape.gpus_per_node,
              {2 + o, unit.number * nodes + node, params.planned ? Notice::given : Notice::none});
    lose_node(p, node);
    what.node = f_.parts[p].first_node + node;
    what.state = Repair::unattended;
    faults_.await_end(f_, agenda_, entry, what, unit.length);
    any = true;
  }
  if (any) f_.lanes.once([&] { ++ledger_.part(p, outages); });
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

// A pool has no nodes: the GPUs that fail are drawn uniformly from those in service, so the job that holds one of
// them stops; more stop, by slot, until `gpus` are free.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::evict_from_pool(std::uint32_t p, std::uint32_t gpus,
                                                                       Cause cause) {
  const Uniforms u = draw(f_.key, static_cast<std::uint32_t>(Stream::victim), cause.entity, cause.number);
  const std::uint32_t position = multiply_high(u.word[0], fleet_[p].in_service);
  const auto held_in = [&](std::uint32_t i) -> std::uint64_t {
    const RunningJob& run = jobs_[i];
    return run.rate && run.where.partition == p ? run.where.gpus : 0;
  };
  const std::uint32_t victim = f_.lanes.find_prefix(f_.capacity.slots, std::uint64_t{position} + 1, held_in).index;
  if (victim < f_.capacity.slots) interrupt(victim, cause.notice);
  while (fleet_[p].free < gpus)
    interrupt(f_.lanes.find_first(0, f_.capacity.slots, [&](std::uint32_t i) { return held_in(i) != 0; }),
              cause.notice);
}

}  // namespace nadc
