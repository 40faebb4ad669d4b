// What nodes are for, in the loop: delivered and dark, standing by, serving, down; deliveries, connections and spares.
// Of a pool, nodes are only counted in GPUs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#include "models/loop/agenda.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/loop/ledger.hpp"
#include "models/power/domains.hpp"
#include "models/power/draw.hpp"
#include "models/scheduler/place.hpp"
#include "models/site/delivery_draw.hpp"
#include "models/site/node_map.hpp"
#include "sim/law.hpp"
#include "sim/platform.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace nadc {

enum class Duty { dark, spare, serving, down };

template <int Width> struct Partition : PartitionGpus<Width> {
  std::uint32_t in_service = 0;  // GPUs of nodes that serve
  std::uint32_t down = 0;        // under repair
  std::uint32_t dark = 0;        // delivered but not switched on
  std::uint32_t spare = 0;       // of nodes that stand by
  std::uint32_t extra = 0;       // nodes that triggers ordered, switched on
  std::int64_t base_mw = 0;      // of its nodes, without jobs

  NADC_HD std::uint32_t& gpus_on(Duty duty) {
    return duty == Duty::dark ? dark : duty == Duty::spare ? spare : duty == Duty::serving ? in_service : down;
  }
  NADC_HD std::uint64_t installed() const { return std::uint64_t{in_service} + down + dark + spare; }
};

template <int Width> class FleetState {
 public:
  using F = Frame<Width>;

  NADC_HD void layout(Carver& carver, Heat heat, const World& world, const Point& point) {
    const Lanes<Width> lanes{};
    if (heat == Heat::cold) {
      switched_on_ = carver.take_by<TrancheId, std::uint32_t>(point.tranches.count);
      ordered_ = carver.take_by<TrancheId, Tick>(point.tranches.count);
      stock_ = carver.take<std::uint64_t>(std::size_t{world.partitions.count} * words_);
      return;
    }
    partitions_ = carver.take_by<PartitionId, Partition<Width>>(world.partitions.count);
    delivered_ = carver.take_by<TrancheId, Tick>(point.tranches.count);
    if (!carver.measures())
      lanes.for_each(world.partitions.ids(), [&](PartitionId p) { new (&partitions_[p]) Partition<Width>; });
    words_ = 0;
    for (const PartitionId p : world.partitions.ids()) {
      const NodeMapShape& shape = at(&world, world.partitions)[p].shape;
      if (shape.words() > words_) words_ = shape.words();
      void* map = carver.take_bytes(NodeMap<Width>::bytes(shape));
      if (!carver.measures()) partitions_[p].map.init(lanes, map, shape);
    }
  }

  NADC_HD void start(const F& f, Agenda<Width>& agenda) {
    f.lanes.for_each(f.shape.partitions * words_, [&](std::uint32_t i) { stock_[i] = 0; });
    for (const TrancheId t : f.point.tranches.ids()) {
      f.lanes.put(&delivered_[t], never);
      f.lanes.put(&switched_on_[t], 0u);
      f.lanes.put(&ordered_[t], f.tranches[t].trigger.valid() ? never : Tick{0});
      agenda.set(f, t, delivery_of(f, t));
    }
    for (const GridStepId g : f.point.grid.ids()) {
      const GridParams& step = at(&f.point, f.point.grid)[g];
      const Uniforms u = draw(f.key, static_cast<std::uint32_t>(Stream::grid), step.entity, 0);
      const Tick date = step.date + sample_ticks(step.delay, f.tables(), u.word[0]);
      agenda.set(f, g, date > 0 ? date : 0);
    }
  }

  NADC_HD Partition<Width>& operator[](PartitionId p) const { return partitions_[p]; }
  NADC_HD std::uint32_t node_words() const { return words_; }       // of a bit mask of a partition's nodes
  NADC_HD std::uint32_t in_service() const { return in_service_; }  // GPUs of all partitions
  NADC_HD std::uint64_t installed() const { return installed_; }
  NADC_HD std::uint64_t free_gpus(const F& f) const {
    std::uint64_t free = 0;
    for (const PartitionId p : f.partitions()) free += partitions_[p].free;
    return free;
  }

  // [mW] of one node without jobs.
  NADC_HD static std::int64_t node_draw(const F& f, PartitionId p, Duty duty) {
    const NodeDraw& node = f.part_params[p].draw;
    return duty == Duty::dark ? 0 : Draws::visit(f.point.draw, [&](const auto& policy) {
      return duty == Duty::down ? policy.down(node) : policy.idle(node);
    });
  }

  // The node serves or stands by.
  NADC_HD bool well(const F& f, PartitionId p, NodeId node) const {
    return node < f.parts[p].shape.end() && (partitions_[p].map.present(node) || stands_by(p, node));
  }
  NADC_HD bool stands_by(PartitionId p, NodeId node) const { return has_bit(stock(p), node); }

  // What a change of duties comes to.
  struct Change {
    std::int64_t serving = 0;  // GPUs more in service
    std::int64_t mw = 0;       // more drawn
  };

  // Nodes of a partition change their duty.
  NADC_HD Change change_duty(const F& f, Ledger<Width>& ledger, PowerDomains<Width>& power, PartitionId p, Duty from,
                             Duty to, std::uint32_t nodes) {
    const std::uint32_t gpus = nodes * f.parts[p].shape.gpus_per_node;
    Change change;
    change.mw = (node_draw(f, p, to) - node_draw(f, p, from)) * nodes;
    change.serving = to == Duty::serving ? gpus : from == Duty::serving ? -static_cast<std::int64_t>(gpus) : 0;
    f.lanes.once([&] {
      Partition<Width>& partition = partitions_[p];
      partition.gpus_on(from) -= gpus;
      partition.gpus_on(to) += gpus;
      count(f, ledger, p, from, 0 - std::uint64_t{gpus});
      count(f, ledger, p, to, gpus);
      partition.base_mw += change.mw;
      ledger.part_power_changes(f, p, change.mw);
      partition.free += static_cast<std::uint32_t>(change.serving);
    });
    power.change_draw(f, p, change.mw, 0, 0);
    in_service_ += static_cast<std::uint32_t>(change.serving);
    return change;
  }

  // A node that serves goes down, without a change of duty: its place in the map is free.
  NADC_HD void leave(const F& f, PartitionId p, NodeId node) { partitions_[p].map.leave(f.lanes, node); }
  NADC_HD void enter(const F& f, PartitionId p, NodeId node) { partitions_[p].map.enter(f.lanes, node); }
  // A node begins or ceases to stand by.
  NADC_HD void flip_stock(const F& f, PartitionId p, NodeId node) {
    f.lanes.once([&] { stock(p)[word_of(node)] ^= bit_of(node); });
  }
  // The lowest node that stands by; there is one.
  NADC_HD NodeId next_spare(const F& f, PartitionId p) const {
    const std::uint32_t words = f.parts[p].shape.words();
    const std::uint32_t word = f.lanes.find_first(0, words, [&](std::uint32_t w) { return stock(p)[w] != 0; });
    return NodeId(word * 64 + static_cast<std::uint32_t>(lowest_bit(stock(p)[word])));
  }

  // ---- deliveries and connections

  // When the tranche of a node came.
  NADC_HD Tick delivered_at(const F& f, PartitionId p, NodeId node) const {
    const TrancheId t = tranche_of(f.point, p, node);
    return t.valid() ? delivered_[t] : 0;
  }

  // The trigger orders what its act of this number orders.
  NADC_HD void order(const F& f, Agenda<Width>& agenda, TriggerId trigger, std::uint32_t act) {
    for (const TrancheId t : f.point.tranches.ids()) {
      const TrancheParams& tranche = f.tranches[t];
      if (!(tranche.trigger == trigger) || tranche.act != act) continue;
      f.lanes.put(&ordered_[t], f.now);
      agenda.set(f, t, delivery_of(f, t));
    }
  }
  // Nodes of the partition that serve when none is down.
  NADC_HD std::uint32_t nodes_to_serve(const F& f, PartitionId p) const {
    return f.part_params[p].nodes - f.part_params[p].spares + partitions_[p].extra;
  }

  // A tranche comes; its nodes are dark.
  NADC_HD void deliver(const F& f, Agenda<Width>& agenda, Ledger<Width>& ledger, TrancheId t) {
    const TrancheParams& tranche = f.tranches[t];
    const PartitionId p = tranche.partition;
    const std::uint32_t gpus = tranche.count * f.parts[p].shape.gpus_per_node;
    agenda.cancel(f, t);
    f.lanes.put(&delivered_[t], f.now);
    f.lanes.once([&] {
      partitions_[p].dark += gpus;
      ledger.part_changes(f, p, installed_ticks, gpus);
      ledger.part_changes(f, p, dark_ticks, gpus);
    });
    installed_ += gpus;
    if (target_ >= never && installed_ >= f.point.goal_gpus) target_ = f.now;
  }

  // Nodes of a site that were delivered are switched on, in order, while its connection carries what they reserve.
  // changed(p, from, to, nodes): they change their duty.
  template <class Changed>
  NADC_HD void switch_on(const F& f, PowerDomains<Width>& power, SiteId site, Changed&& changed) {
    for (const TrancheId t : f.point.tranches.ids()) {
      const TrancheParams& tranche = f.tranches[t];
      const PartitionId p = tranche.partition;
      const NodeId first_spare = tranche.first + (tranche.count - tranche.spares);
      if (f.parts[p].site != site || delivered_[t] > f.now) continue;
      std::uint32_t serving = 0, spare = 0, on = switched_on_[t];
      for (; on < tranche.count && reserve_power(f, power, site, p); ++on) {
        const NodeId node = tranche.first + on;
        if (node >= first_spare) {
          flip_stock(f, p, node);
          ++spare;
        } else {
          enter(f, p, node);
          ++serving;
        }
      }
      f.lanes.put(&switched_on_[t], on);
      if (tranche.trigger.valid()) f.lanes.once([&] { partitions_[p].extra += serving; });
      if (serving) changed(p, Duty::dark, Duty::serving, serving);
      if (spare) changed(p, Duty::dark, Duty::spare, spare);
    }
  }

  // When the promised GPUs were there; at the end, by what is drawn for deliveries after it too; never if they are not.
  NADC_HD Tick target(const F& f) const {
    if (target_ < never) return target_;
    Tick first = never;
    for (const TrancheId t : f.point.tranches.ids()) {
      const Tick date = delivery_of(f, t);
      if (date < f.now || date >= first) continue;
      std::uint64_t gpus = 0;
      for (const TrancheId o : f.point.tranches.ids())
        if (delivery_of(f, o) <= date)
          gpus += std::uint64_t{f.tranches[o].count} * f.parts[f.tranches[o].partition].shape.gpus_per_node;
      if (gpus >= f.point.goal_gpus) first = date;
    }
    return first;
  }

 private:
  NADC_HD static void count(const F& f, Ledger<Width>& ledger, PartitionId p, Duty duty, std::uint64_t gpus) {
    if (duty == Duty::down) ledger.part_changes(f, p, down_ticks, gpus);
    if (duty == Duty::dark) ledger.part_changes(f, p, dark_ticks, gpus);
    if (duty == Duty::spare) ledger.part_changes(f, p, spare_ticks, gpus);
  }
  NADC_HD std::uint64_t* stock(PartitionId p) const { return stock_ + std::size_t{p.value} * words_; }

  // never, while it is not ordered.
  NADC_HD Tick delivery_of(const F& f, TrancheId t) const {
    return ordered_[t] < never ? delivery_date(f.key, f.tables(), f.tranches[t], ordered_[t]) : never;
  }

  NADC_HD static bool reserve_power(const F& f, PowerDomains<Width>& power, SiteId site, PartitionId p) {
    const DomainParams& params = power.params(f, domain_of(site));
    if (!params.has_grid) return true;
    return power.reserve(f, site,
                         params.reserves_full ? f.part_params[p].draw.busy_mw : node_draw(f, p, Duty::serving));
  }

  By<PartitionId, Partition<Width>> partitions_;
  By<TrancheId, Tick> delivered_;             // never: not yet
  By<TrancheId, std::uint32_t> switched_on_;  // nodes
  By<TrancheId, Tick> ordered_;               // never: not yet; 0: it is planned
  std::uint64_t* stock_ = nullptr;            // (partition, word): nodes that stand by
  std::uint32_t words_ = 0;
  std::uint64_t installed_ = 0;   // GPUs delivered
  std::uint32_t in_service_ = 0;  // GPUs
  Tick target_ = never;
};

}  // namespace nadc
