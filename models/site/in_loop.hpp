// What nodes are for, deliveries and connections. Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

template <int Width, class Observer, class Flow>
NADC_HD inline std::uint32_t& Datacenter<Width, Observer, Flow>::gpus_on(Partition<Width>& partition, Duty duty) {
  return duty == Duty::dark      ? partition.dark
         : duty == Duty::spare   ? partition.spare
         : duty == Duty::serving ? partition.in_service
                                 : partition.down;
}

// [mW] of one node without jobs.
template <int Width, class Observer, class Flow>
NADC_HD inline std::int64_t Datacenter<Width, Observer, Flow>::node_draw(std::uint32_t p, Duty duty) const {
  const NodeDraw& node = f_.part_params[p].draw;
  return duty == Duty::dark ? 0 : Draws::visit(f_.point.draw, [&](const auto& policy) {
    return duty == Duty::down ? policy.down(node) : policy.idle(node);
  });
}

// Nodes of a partition change their duty; the map and the stock are the caller's.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::change_duty(std::uint32_t p, Duty from, Duty to,
                                                                   std::uint32_t nodes) {
  const std::uint32_t gpus = nodes * f_.parts[p].shape.gpus_per_node;
  const std::int64_t draw_mw = (node_draw(p, to) - node_draw(p, from)) * nodes;
  const std::int64_t serving = to == Duty::serving     ? gpus
                               : from == Duty::serving ? -static_cast<std::int64_t>(gpus)
                                                       : 0;
  f_.lanes.once([&] {
    Partition<Width>& partition = a_.partitions[p];
    gpus_on(partition, from) -= gpus;
    gpus_on(partition, to) += gpus;
    count_duty(p, from, 0 - std::uint64_t{gpus});
    count_duty(p, to, gpus);
    partition.base_mw += draw_mw;
    ledger_.part_power_changes(f_, p, draw_mw);
    partition.free += static_cast<std::uint32_t>(serving);
    partition.reservation.good = false;
  });
  power_.change_draw(f_, p, draw_mw, 0, 0);
  if (f_.point.limited && draw_mw < 0) rescan_ = true;  // jobs may have the power
  if (serving == 0) return;
  in_service_ += static_cast<std::uint32_t>(serving);
  span(p, 0);
  base_plan(p, never, serving);
  plan_valid_ = false;
  rescan_ = true;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::count_duty(std::uint32_t p, Duty duty, std::uint64_t gpus) {
  if (duty == Duty::down) ledger_.part_changes(f_, p, down_ticks, gpus);
  if (duty == Duty::dark) ledger_.part_changes(f_, p, dark_ticks, gpus);
  if (duty == Duty::spare) ledger_.part_changes(f_, p, spare_ticks, gpus);
}

// Nodes that stand by.
template <int Width, class Observer, class Flow>
NADC_HD inline std::uint64_t* Datacenter<Width, Observer, Flow>::stock(std::uint32_t p) const {
  return a_.stock + std::size_t{p} * a_.set_words;
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::in_stock(std::uint32_t p, std::uint32_t node) const {
  return (stock(p)[node / 64] >> (node % 64)) & 1;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::flip_stock(std::uint32_t p, std::uint32_t node) {
  f_.lanes.once([&] { stock(p)[node / 64] ^= std::uint64_t{1} << (node % 64); });
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::well(std::uint32_t p, std::uint32_t node) const {
  return node < f_.parts[p].shape.nodes && (a_.partitions[p].map.present(node) || in_stock(p, node));
}

// A node goes down; one that stands by takes its place. Its jobs have been stopped.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::take_out(std::uint32_t p, std::uint32_t node) {
  if (degraded_) forget_degraded(f_.parts[p].first_node + node);
  if (in_stock(p, node)) {
    flip_stock(p, node);
    change_duty(p, Duty::spare, Duty::down, 1);
    return;
  }
  a_.partitions[p].map.leave(f_.lanes, node);
  change_duty(p, Duty::serving, Duty::down, 1);
  if (a_.partitions[p].spare == 0) return;
  const std::uint32_t words = f_.parts[p].shape.words();
  const std::uint32_t word = f_.lanes.find_first(0, words, [&](std::uint32_t w) { return stock(p)[w] != 0; });
  const std::uint32_t next = word * 64 + static_cast<std::uint32_t>(lowest_bit(stock(p)[word]));
  flip_stock(p, next);
  a_.partitions[p].map.enter(f_.lanes, next);
  change_duty(p, Duty::spare, Duty::serving, 1);
}

// A repaired node serves, or stands by when enough nodes serve.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::put_back(std::uint32_t p, std::uint32_t node) {
  const std::uint32_t enough = f_.part_params[p].nodes - f_.part_params[p].spares;
  if (a_.partitions[p].in_service >= enough * f_.parts[p].shape.gpus_per_node) {
    flip_stock(p, node);
    change_duty(p, Duty::down, Duty::spare, 1);
    return;
  }
  a_.partitions[p].map.enter(f_.lanes, node);
  change_duty(p, Duty::down, Duty::serving, 1);
}

// When a tranche comes, as drawn.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::delivery_of(std::uint32_t t) const {
  const Uniforms u = draw(f_.key, static_cast<std::uint32_t>(Stream::delivery), f_.tranches[t].entity, 0);
  const Tick date = f_.tranches[t].date + sample_ticks(f_.tranches[t].delay, f_.tables(), u.word[0]);
  return date > 0 ? date : 0;
}

// When the promised GPUs are there, by what is drawn for deliveries after the end too.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::target_from(Tick end) const {
  Tick first = never;
  for (std::uint32_t t = 0; t < f_.point.tranches.count; ++t) {
    const Tick date = delivery_of(t);
    if (date < end || date >= first) continue;
    std::uint64_t gpus = 0;
    for (std::uint32_t o = 0; o < f_.point.tranches.count; ++o)
      if (delivery_of(o) <= date)
        gpus += std::uint64_t{f_.tranches[o].count} * f_.parts[f_.tranches[o].partition].shape.gpus_per_node;
    if (gpus >= f_.point.goal_gpus) first = date;
  }
  return first;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::deliver(std::uint32_t t) {
  const TrancheParams& tranche = f_.tranches[t];
  const std::uint32_t p = tranche.partition, gpus = tranche.count * f_.parts[p].shape.gpus_per_node;
  agenda_.cancel(f_, EventKind::delivery, t);
  f_.lanes.put(&a_.delivered[t], f_.now);
  f_.lanes.once([&] {
    a_.partitions[p].dark += gpus;
    ledger_.part_changes(f_, p, installed_ticks, gpus);
    ledger_.part_changes(f_, p, dark_ticks, gpus);
  });
  installed_ += gpus;
  if (target_ >= never && installed_ >= f_.point.goal_gpus) target_ = f_.now;
  switch_on(f_.parts[p].site);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::connect(std::uint32_t g) {
  const GridParams& step = at(&f_.point, f_.point.grid)[g];
  agenda_.cancel(f_, EventKind::connection, g);
  power_.connect(f_, step);
  rescan_ = true;
  switch_on(step.site);
}

// Nodes of a site that were delivered are switched on, in order, while its connection carries what they reserve.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::switch_on(std::uint32_t site) {
  for (std::uint32_t t = 0; t < f_.point.tranches.count; ++t) {
    const TrancheParams& tranche = f_.tranches[t];
    const std::uint32_t p = tranche.partition, first_spare = tranche.first + tranche.count - tranche.spares;
    if (f_.parts[p].site != site || a_.delivered[t] > f_.now) continue;
    std::uint32_t serving = 0, spare = 0, on = a_.switched_on[t];
    for (; on < tranche.count && reserve_power(site, p); ++on) {
      const std::uint32_t node = tranche.first + on;
      if (node >= first_spare) {
        flip_stock(p, node);
        ++spare;
      } else {
        a_.partitions[p].map.enter(f_.lanes, node);
        ++serving;
      }
    }
    f_.lanes.put(&a_.switched_on[t], on);
    if (serving) change_duty(p, Duty::dark, Duty::serving, serving);
    if (spare) change_duty(p, Duty::dark, Duty::spare, spare);
  }
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::reserve_power(std::uint32_t site, std::uint32_t p) {
  const DomainParams& params = power_.params(f_, site);
  if (!params.has_grid) return true;
  const std::int64_t needed = params.reserves_full ? f_.part_params[p].draw.busy_mw : node_draw(p, Duty::serving);
  return power_.reserve(f_, site, needed);
}

}  // namespace nadc
