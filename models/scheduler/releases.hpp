// When units of a partition are released, as the running jobs' requests say: what reservations are computed from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/scheduler/node_ends.hpp"
#include "models/scheduler/node_plan.hpp"
#include "models/scheduler/profile.hpp"
#include "models/scheduler/release_wheel.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

// Of a partition.
template <int Width> struct Releases {
  ReleaseWheel<Width> wheel;
  NodeEnds<Width> ends;  // by node
  NodePlan<Width> plan;  // conservative, by node
  Profile profile;       // conservative, of a pool

  // The reservation last computed here, and for which job; good until something starts, ends or fails in the partition.
  struct Reservation {
    bool good = false;
    bool lacks_power = false;  // it has room for the job: that waits for the next release
    std::uint32_t number = 0;
    CellId cell;
    Shadow shadow;
    std::uint64_t extra = 0;  // units that stay free when the job starts
  } reservation;
};

template <int Width> class ReleaseTimes {
 public:
  using F = Frame<Width>;

  NADC_HD void layout(Carver& carver, Heat heat, const World& world, const Point& point, const Capacity& capacity) {
    const Lanes<Width> lanes{};
    if (heat == Heat::hot) {
      releases_ = carver.take_by<PartitionId, Releases<Width>>(world.partitions.count);
      if (!carver.measures())
        lanes.for_each(world.partitions.ids(), [&](PartitionId p) { new (&releases_[p]) Releases<Width>; });
      return;
    }
    const WheelShape wheel = wheel_shape(world);
    const std::uint32_t shared_nodes = places_by_node(point) ? world.nodes : 0;
    const bool by_node = plans_by_node(point);
    due_ = carver.take_by<DueId, Due>(std::size_t{capacity.slots} + shared_nodes);
    for (const PartitionId p : world.partitions.ids()) {
      const PartitionWorld& partition = at(&world, world.partitions)[p];
      void* dues = carver.take_bytes(ReleaseWheel<Width>::bytes(wheel));
      void* ends = carver.take_bytes(NodeEnds<Width>::bytes(shared_nodes ? partition.shape.nodes : 0));
      void* steps = carver.take_bytes(by_node ? NodePlan<Width>::bytes(partition.shape, capacity.profile)
                                              : Profile::bytes(capacity.profile));
      if (carver.measures()) continue;
      Releases<Width>& here = releases_[p];
      here.wheel.init(lanes, dues, wheel, due_);
      if (shared_nodes)
        here.ends.init(lanes, ends, partition.shape.nodes, due_, DueId(capacity.slots + partition.first_node.value));
      if (by_node)
        here.plan.init(lanes, steps, partition.shape, capacity.profile);
      else
        lanes.once([&] { here.profile.init(steps, capacity.profile); });
    }
  }

  NADC_HD Releases<Width>& operator[](PartitionId p) const { return releases_[p]; }
  NADC_HD Tick due(SlotId slot) const { return due_[job_entry(slot)].end; }

  // The job in the slot is expected to end then.
  NADC_HD void foresee(const F& f, SlotId slot, const Placement& where, Tick end) {
    Releases<Width>& here = releases_[where.partition];
    if (f.by_node && where.nodes == 0)
      here.ends.start(f.lanes, here.wheel, where.node(), slot, end, where.gpus);
    else
      here.wheel.insert(f.lanes, job_entry(slot), end, f.by_node ? where.nodes : where.gpus);
  }
  NADC_HD void forget(const F& f, SlotId slot, const Placement& where) {
    Releases<Width>& here = releases_[where.partition];
    if (f.by_node && where.nodes == 0)
      here.ends.end(f.lanes, here.wheel, where.node(), slot);
    else
      here.wheel.remove(f.lanes, job_entry(slot));
  }
  // Something started, ended or failed in the partition, so that a reservation may be another.
  NADC_HD void forget_reservation(const F& f, PartitionId p) { f.lanes.put(&releases_[p].reservation.good, false); }

 private:
  NADC_HD static WheelShape wheel_shape(const World& world) {
    WheelShape shape;
    // Most requests are due within a turn of 12 days; buckets of 4 minutes keep their lists short.
    shape.shift = world.largest_request_log2 > 30   ? 18
                  : world.largest_request_log2 > 12 ? world.largest_request_log2 - 12
                                                    : 0;
    return shape;
  }

  By<PartitionId, Releases<Width>> releases_;
  By<DueId, Due> due_;  // (slot, then node)
};

}  // namespace nadc
