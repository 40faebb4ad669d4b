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
  const NodeDraw& node = part_params_[p].draw;
  return duty == Duty::dark ? 0 : Draws::visit(point_.draw, [&](const auto& policy) {
    return duty == Duty::down ? policy.down(node) : policy.idle(node);
  });
}

// Nodes of a partition change their duty; the map and the stock are the caller's.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::change_duty(std::uint32_t p, Duty from, Duty to,
                                                                   std::uint32_t nodes) {
  const std::uint32_t gpus = nodes * parts_[p].shape.gpus_per_node;
  const std::int64_t draw_mw = (node_draw(p, to) - node_draw(p, from)) * nodes;
  const std::int64_t serving = to == Duty::serving     ? gpus
                               : from == Duty::serving ? -static_cast<std::int64_t>(gpus)
                                                       : 0;
  lanes_.once([&] {
    Partition<Width>& partition = a_.partitions[p];
    gpus_on(partition, from) -= gpus;
    gpus_on(partition, to) += gpus;
    count_duty(p, from, now_times(gpus));
    count_duty(p, to, 0 - now_times(gpus));
    base_power(p, draw_mw);
    partition.free += static_cast<std::uint32_t>(serving);
    partition.reservation.good = false;
  });
  change_draw(p, draw_mw, 0, 0);
  if (point_.limited && draw_mw < 0) rescan_ = true;  // jobs may have the power
  if (serving == 0) return;
  in_service_ += static_cast<std::uint32_t>(serving);
  span(p, 0);
  base_plan(p, never, serving);
  plan_valid_ = false;
  rescan_ = true;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::count_duty(std::uint32_t p, Duty duty,
                                                                  std::uint64_t gpu_ticks) const {
  if (duty == Duty::down) *part(p, down_ticks) += gpu_ticks;
  if (duty == Duty::dark) *part(p, dark_ticks) += gpu_ticks;
  if (duty == Duty::spare) *part(p, spare_ticks) += gpu_ticks;
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
  lanes_.once([&] { stock(p)[node / 64] ^= std::uint64_t{1} << (node % 64); });
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::well(std::uint32_t p, std::uint32_t node) const {
  return node < parts_[p].shape.nodes && (a_.partitions[p].map.present(node) || in_stock(p, node));
}

// A node goes down; one that stands by takes its place. Its jobs have been stopped.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::take_out(std::uint32_t p, std::uint32_t node) {
  if (degraded_) forget_degraded(parts_[p].first_node + node);
  if (in_stock(p, node)) {
    flip_stock(p, node);
    change_duty(p, Duty::spare, Duty::down, 1);
    return;
  }
  a_.partitions[p].map.leave(lanes_, node);
  change_duty(p, Duty::serving, Duty::down, 1);
  if (a_.partitions[p].spare == 0) return;
  const std::uint32_t words = parts_[p].shape.words();
  const std::uint32_t word = lanes_.find_first(0, words, [&](std::uint32_t w) { return stock(p)[w] != 0; });
  const std::uint32_t next = word * 64 + static_cast<std::uint32_t>(lowest_bit(stock(p)[word]));
  flip_stock(p, next);
  a_.partitions[p].map.enter(lanes_, next);
  change_duty(p, Duty::spare, Duty::serving, 1);
}

// A repaired node serves, or stands by when enough nodes serve.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::put_back(std::uint32_t p, std::uint32_t node) {
  const std::uint32_t enough = part_params_[p].nodes - part_params_[p].spares;
  if (a_.partitions[p].in_service >= enough * parts_[p].shape.gpus_per_node) {
    flip_stock(p, node);
    change_duty(p, Duty::down, Duty::spare, 1);
    return;
  }
  a_.partitions[p].map.enter(lanes_, node);
  change_duty(p, Duty::down, Duty::serving, 1);
}

// When a tranche comes, as drawn.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::delivery_of(std::uint32_t t) const {
  const Uniforms u = draw(key_, static_cast<std::uint32_t>(Stream::delivery), tranches_[t].entity, 0);
  const Tick date = tranches_[t].date + sample_ticks(tranches_[t].delay, tables(), u.word[0]);
  return date > 0 ? date : 0;
}

// When the promised GPUs are there, by what is drawn for deliveries after the end too.
template <int Width, class Observer, class Flow>
NADC_HD inline Tick Datacenter<Width, Observer, Flow>::target_from(Tick end) const {
  Tick first = never;
  for (std::uint32_t t = 0; t < point_.tranches.count; ++t) {
    const Tick date = delivery_of(t);
    if (date < end || date >= first) continue;
    std::uint64_t gpus = 0;
    for (std::uint32_t o = 0; o < point_.tranches.count; ++o)
      if (delivery_of(o) <= date)
        gpus += std::uint64_t{tranches_[o].count} * parts_[tranches_[o].partition].shape.gpus_per_node;
    if (gpus >= point_.goal_gpus) first = date;
  }
  return first;
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::deliver(std::uint32_t t) {
  const TrancheParams& tranche = tranches_[t];
  const std::uint32_t p = tranche.partition, gpus = tranche.count * parts_[p].shape.gpus_per_node;
  events_.cancel(lanes_, tranche_slots_ + t);
  lanes_.put(&a_.delivered[t], now_);
  lanes_.once([&] {
    a_.partitions[p].dark += gpus;
    *part(p, installed_ticks) -= now_times(gpus);
    *part(p, dark_ticks) -= now_times(gpus);
  });
  installed_ += gpus;
  if (target_ >= never && installed_ >= point_.goal_gpus) target_ = now_;
  switch_on(parts_[p].site);
}

template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::connect(std::uint32_t g) {
  const GridParams& step = at(&point_, point_.grid)[g];
  events_.cancel(lanes_, grid_slots_ + g);
  lanes_.once([&] {
    a_.domains[step.site].grid_mw += step.adds_mw;
    a_.domains[step.site].dirty = 1;
  });
  rescan_ = true;
  switch_on(step.site);
}

// Nodes of a site that were delivered are switched on, in order, while its connection carries what they reserve.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::switch_on(std::uint32_t site) {
  for (std::uint32_t t = 0; t < point_.tranches.count; ++t) {
    const TrancheParams& tranche = tranches_[t];
    const std::uint32_t p = tranche.partition, first_spare = tranche.first + tranche.count - tranche.spares;
    if (parts_[p].site != site || a_.delivered[t] > now_) continue;
    std::uint32_t serving = 0, spare = 0, on = a_.switched_on[t];
    for (; on < tranche.count && reserve_power(site, p); ++on) {
      const std::uint32_t node = tranche.first + on;
      if (node >= first_spare) {
        flip_stock(p, node);
        ++spare;
      } else {
        a_.partitions[p].map.enter(lanes_, node);
        ++serving;
      }
    }
    lanes_.put(&a_.switched_on[t], on);
    if (serving) change_duty(p, Duty::dark, Duty::serving, serving);
    if (spare) change_duty(p, Duty::dark, Duty::spare, spare);
  }
}

template <int Width, class Observer, class Flow>
NADC_HD inline bool Datacenter<Width, Observer, Flow>::reserve_power(std::uint32_t site, std::uint32_t p) {
  const DomainParams& params = domain_params(site);
  if (!params.has_grid) return true;
  const std::int64_t needed = params.reserves_full ? part_params_[p].draw.busy_mw : node_draw(p, Duty::serving);
  if (a_.domains[site].committed_mw + needed > a_.domains[site].grid_mw) return false;
  lanes_.once([&] { a_.domains[site].committed_mw += needed; });
  return true;
}

}  // namespace nadc
