// EASY backfill: the first job that does not fit has a reservation, the earliest moment at which it fits if the running
// jobs end by their requests and nobody else starts; what does not move that may overtake it. Exact where nodes are
// shared: on which nodes, with which parts of them (node_ends.hpp).
#pragma once
#include <cstdint>

#include "models/loop/frame.hpp"
#include "models/network/pace.hpp"
#include "models/scheduler/openings.hpp"
#include "models/scheduler/place.hpp"
#include "models/scheduler/queue.hpp"
#include "models/scheduler/releases.hpp"
#include "models/scheduler/waiting.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

template <int Width> class Easy {
 public:
  using O = Openings<Width>;
  using R = ReleaseTimes<Width>;

  static constexpr std::uint32_t unknown = 0xffffffffu;
  // What a scan looks for, made when it is first needed; good until something starts.
  struct Scan {
    std::uint32_t largest = unknown;  // GPUs of a job that fits anywhere
    bool ready = false;               // what follows is made
    WaitingFilter filter{};
  };

  NADC_HD bool reserved() const { return reserved_; }  // what it keeps is the head's reservation
  NADC_HD void forget() { reserved_ = false; }
  NADC_HD void first_round() { refused_part_ = refused_pace_ = look_again_ = false; }
  // A job was refused that what started since may let through.
  NADC_HD bool looks_again() const { return look_again_; }

  // The next place in [from, to) whose job may start without delaying the head's reservation.
  NADC_HD PlaceId next(const O& o, const R& releases, const Queue<Width>& queue, PlaceId from, PlaceId to, Scan& scan) {
    if (o.f.point.backfill == Backfill::none) return to;
    const Waiting<Width>& waiting = queue.waiting();
    if (!scan.ready) {
      if (scan.largest == unknown) scan.largest = o.largest();
      from = waiting.find(o.f.lanes, from, to, scan.largest);
      if (from == to) return to;
      if (!reserved_) reserve(o, releases, queue[queue.head()]);
      scan.filter = filter(o, releases);
      scan.ready = true;
    }
    return waiting.find(o.f.lanes, from, to, scan.filter);
  }

  // As Openings::fastest, but nothing that delays the reservation. end_if_started(p): when the job would be due.
  template <class EndIfStarted>
  NADC_HD PartitionId choose(const O& o, const R& releases, bool degraded, bool flows, const WaitingJob& job,
                             EndIfStarted&& end_if_started) {
    PartitionId best;
    std::uint32_t best_rate = 0;
    for (const PartitionId p : o.f.partitions()) {
      const std::uint32_t rate = rate_of(o.f, job, p);
      if (rate <= best_rate || !o.fits(job, p) || !leaves(o, releases, degraded, flows, job, p, end_if_started))
        continue;
      best = p;
      best_rate = rate;
    }
    return best;
  }

  // The units that the job would take of those that the head waits for, before it starts; and what its start comes to.
  NADC_HD std::uint64_t units_taken(const O& o, const R& releases, const WaitingJob& job, PartitionId p) const {
    return reserved_ && p == shadow_partition_ ? units(o, releases, job, p) : 0;
  }
  NADC_HD void note_start(const Placement& where, std::uint64_t units_taken, Tick due) {
    look_again_ = look_again_ || refused_pace_ || lacks_power_ || (refused_part_ && where.nodes == 0);
    if (tied_ || lacks_power_ || (units_taken > extra_ && due > shadow_.at))
      reserved_ = false;
    else if (units_taken && due > shadow_.at)
      extra_ -= units_taken;
  }

  // The blocked job's reservation in one partition. A job that fits and lacks power waits for the next release.
  NADC_HD static typename Releases<Width>::Reservation reservation_in(const O& o, const R& releases, PartitionId p,
                                                                      std::uint32_t gpus) {
    const Partition<Width>& partition = o.fleet[p];
    typename Releases<Width>::Reservation found;
    const std::uint32_t full = o.f.parts[p].shape.gpus_per_node;
    const bool by_node = o.f.by_node, part = by_node && gpus < full;
    const std::uint64_t free = by_node ? partition.map.idle_nodes() : partition.free;
    const std::uint64_t asked = part ? 1 : by_node ? gpus / full : gpus;
    found.lacks_power = asked <= free || (part && partition.map.best_level(gpus) <= full);
    found.shadow = releases[p].wheel.find(o.f.lanes, o.f.now, free, asked > free ? asked : free + 1);
    found.extra = found.shadow.units - asked;
    if (!part) return found;
    // A part of a node: on a node that still has jobs then it may find room earlier.
    const NodeEnds<Width>& ends = releases[p].ends;
    const auto first = o.f.lanes.min_at(o.f.nodes(p), [&](NodeId node) {
      return static_cast<std::uint64_t>(
          ends.shared(node) ? ends.room_at(node, partition.map.free_gpus(node), found.lacks_power ? 0 : gpus) : never);
    });
    if (static_cast<Tick>(first.key) < found.shadow.at) found.shadow = {static_cast<Tick>(first.key), free};
    const Tick at = found.shadow.at;
    const std::uint64_t others = o.f.lanes.sum(o.f.nodes(p), [&](NodeId node) {
      return std::uint64_t{ends.shared(node) && ends.latest(node) > at &&
                           partition.map.free_gpus(node) + ends.released(node, at) >= gpus};
    });
    found.extra = found.shadow.units + others - asked;
    return found;
  }

 private:
  // The earliest moment, over the partitions, at which the job fits.
  NADC_HD void reserve(const O& o, const R& releases, const WaitingJob& job) {
    reserved_ = true;
    shadow_ = Shadow{never, 0};
    shadow_partition_ = {};
    shadow_part_ = 0;
    tied_ = lacks_power_ = false;
    extra_ = ~std::uint64_t{0};
    for (const PartitionId p : o.f.partitions()) {
      const std::uint32_t gpus = held(o.f, job, p);
      if (rate_of(o.f, job, p) == 0 || gpus > o.fleet[p].in_service) continue;
      typename Releases<Width>::Reservation found = releases[p].reservation;
      if (!found.good || found.number != job.number || found.cell != job.cell) {
        found = reservation_in(o, releases, p, gpus);
        found.good = true;
        found.number = job.number;
        found.cell = job.cell;
        o.f.lanes.once([&] { releases[p].reservation = found; });
      }
      lacks_power_ = lacks_power_ || found.lacks_power;
      if (found.shadow.at < shadow_.at) {
        shadow_ = found.shadow;
        shadow_partition_ = p;
        shadow_part_ = o.f.by_node && gpus < o.f.parts[p].shape.gpus_per_node ? gpus : 0;
        extra_ = found.extra;
        tied_ = false;
      } else if (found.shadow.at < never && found.shadow.at == shadow_.at) {
        tied_ = true;
      }
    }
  }

  NADC_HD WaitingFilter filter(const O& o, const R& releases) {
    WaitingFilter filter;
    for (const PartitionId p : o.f.partitions()) {
      const std::uint32_t here = o.largest(p);
      if (p == shadow_partition_ && !tied_)
        filter.reserved = here;
      else if (here > filter.free)
        filter.free = here;
    }
    filter.longest = Waiting<Width>::brief(shadow_.at - o.f.now);
    if (shadow_partition_.valid()) filter.spare = spare_gpus(o, releases, shadow_partition_);
    return filter;
  }

  // No job of more GPUs than this starts in the partition without taking reserved units.
  NADC_HD std::uint32_t spare_gpus(const O& o, const R& releases, PartitionId p) {
    const std::uint64_t most = Waiting<Width>::any_size;
    if (!o.f.by_node) return static_cast<std::uint32_t>(extra_ < most ? extra_ : most);
    const std::uint32_t full = o.f.parts[p].shape.gpus_per_node;
    if (extra_ > 0) return static_cast<std::uint32_t>(extra_ < most / full ? extra_ * full : most);
    if (shadow_part_) return full;
    // A job gets the lowest node of its level: one that is not among those reserved.
    const NodeMap<Width>& map = o.fleet[p].map;
    std::uint32_t level = place_detail::largest_part(o.fleet[p]);
    while (level > 0 && releases[p].ends.latest(map.lowest(o.f.lanes, level)) <= shadow_.at) {
      refused_part_ = true;
      level = map.level_below(level);
    }
    return level;
  }

  // The blocked job's earliest fit does not move when this one starts here, on the nodes that it would get.
  template <class EndIfStarted>
  NADC_HD bool leaves(const O& o, const R& releases, bool degraded, bool flows, const WaitingJob& job, PartitionId p,
                      EndIfStarted&& end_if_started) {
    if (p != shadow_partition_ || tied_) return true;
    const bool in_time = o.f.now + request_on(o.f, job, p) <= shadow_.at;
    const bool paced = !flows && Paces::visit(o.f.point.pace, [](const auto& pace) { return pace.depends_on_load; });
    if (in_time && !degraded && !o.f.point.limited && !paced) return true;
    if (units(o, releases, job, p) <= extra_) return true;
    if (in_time && end_if_started(p) <= shadow_.at) return true;
    // A job on part of a node may get another one when a part has been taken, and any job another pace.
    refused_pace_ = refused_pace_ || in_time;
    refused_part_ =
        refused_part_ || (o.f.by_node && o.fleet[p].map.best_level(job.gpus) < o.f.parts[p].shape.gpus_per_node);
    return false;
  }

  // What the job would take of the units that the blocked one waits for: GPUs of a pool, or nodes that have the room
  // for it at its reservation.
  NADC_HD std::uint64_t units(const O& o, const R& releases, const WaitingJob& job, PartitionId p) const {
    if (!o.f.by_node) return held(o.f, job, p);
    const NodeMap<Width>& map = o.fleet[p].map;
    const std::uint32_t full = o.f.parts[p].shape.gpus_per_node;
    if (job.gpus >= full) return held(o.f, job, p) / full;
    const std::uint32_t level = map.best_level(job.gpus), asked = shadow_part_ ? shadow_part_ : full;
    if (level == full) return full - job.gpus < asked ? 1 : 0;
    const NodeId node = map.lowest(o.f.lanes, level);
    const std::uint32_t then = level + releases[p].ends.released(node, shadow_.at);
    return then >= asked && then - job.gpus < asked ? 1 : 0;
  }

  bool reserved_ = false;
  Shadow shadow_;
  PartitionId shadow_partition_;
  std::uint32_t shadow_part_ = 0;  // GPUs of a node for which the head waits there; 0: whole nodes, or a pool
  bool tied_ = false;              // another partition has room for the head as early
  bool lacks_power_ = false;       // a partition has room for the head now: what starts there moves the next release
  std::uint64_t extra_ = 0;        // units that stay free when the head starts
  bool refused_part_ = false;      // a job was refused for the part of a node that it would have got
  bool refused_pace_ = false;      // or for the pace at which it would have run
  bool look_again_ = false;        // something started since, and it may get another
};

}  // namespace nadc
