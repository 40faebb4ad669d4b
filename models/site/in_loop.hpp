// What a change of nodes' duties does to the schedule (fleet_state.hpp). Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::change_duty(std::uint32_t p, Duty from, Duty to,
                                                                   std::uint32_t nodes) {
  const auto change = fleet_.change_duty(f_, ledger_, power_, p, from, to, nodes);
  f_.lanes.put(&a_.releases[p].reservation.good, false);
  if (f_.point.limited && change.mw < 0) rescan_ = true;  // jobs may have the power
  if (change.serving == 0) return;
  span(p, 0);
  base_plan(p, never, change.serving);
  plan_valid_ = false;
  rescan_ = true;
}

// A node goes down; one that stands by takes its place. Its jobs have been stopped.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::lose_node(std::uint32_t p, std::uint32_t node) {
  faults_.forget_degraded(f_, agenda_, f_.parts[p].first_node + node);
  if (fleet_.stands_by(p, node)) {
    fleet_.flip_stock(f_, p, node);
    change_duty(p, Duty::spare, Duty::down, 1);
    return;
  }
  fleet_.leave(f_, p, node);
  change_duty(p, Duty::serving, Duty::down, 1);
  if (fleet_[p].spare == 0) return;
  const std::uint32_t next = fleet_.next_spare(f_, p);
  fleet_.flip_stock(f_, p, next);
  fleet_.enter(f_, p, next);
  change_duty(p, Duty::spare, Duty::serving, 1);
}

// A repaired node serves, or stands by when enough nodes serve.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::regain_node(std::uint32_t p, std::uint32_t node) {
  const std::uint32_t enough = f_.part_params[p].nodes - f_.part_params[p].spares;
  if (fleet_[p].in_service >= enough * f_.parts[p].shape.gpus_per_node) {
    fleet_.flip_stock(f_, p, node);
    change_duty(p, Duty::down, Duty::spare, 1);
    return;
  }
  fleet_.enter(f_, p, node);
  change_duty(p, Duty::down, Duty::serving, 1);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::deliver(std::uint32_t t) {
  fleet_.deliver(f_, agenda_, ledger_, t);
  switch_on(f_.parts[f_.tranches[t].partition].site);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::connect(std::uint32_t g) {
  const GridParams& step = at(&f_.point, f_.point.grid)[g];
  agenda_.cancel(f_, EventKind::connection, g);
  power_.connect(f_, step);
  rescan_ = true;
  switch_on(step.site);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::switch_on(std::uint32_t site) {
  fleet_.switch_on(f_, power_, site, [this](std::uint32_t p, Duty from, Duty to, std::uint32_t nodes) {
    change_duty(p, from, to, nodes);
  });
}

}  // namespace nadc
