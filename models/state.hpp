// The state of one replica: arrays in one block of memory that the caller hands in (models/loop/carver.hpp).
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#include "models/access/admit.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/power/limits.hpp"
#include "models/raw.hpp"
#include "models/reliability/crews.hpp"
#include "models/scheduler/node_ends.hpp"
#include "models/scheduler/node_plan.hpp"
#include "models/scheduler/place.hpp"
#include "models/scheduler/profile.hpp"
#include "models/scheduler/release_wheel.hpp"
#include "models/scheduler/waiting.hpp"
#include "models/site/node_map.hpp"
#include "models/workload/demand.hpp"
#include "models/workload/job_source.hpp"
#include "models/world.hpp"
#include "sim/event_set.hpp"

namespace nadc {

// When units of a partition are released, as the running jobs' requests say: what reservations are computed from.
template <int Width> struct Releases {
  ReleaseWheel<Width> wheel;
  NodeEnds<Width> ends;  // by node
  NodePlan<Width> plan;  // conservative, by node
  Profile profile;       // conservative, of a pool

  // The reservation last computed here, and for which job; good until something starts, ends or fails in the partition.
  struct Reservation {
    bool good = false;
    bool lacks_power = false;  // it has room for the job: that waits for the next release
    std::uint32_t number = 0, cell = 0;
    Shadow shadow;
    std::uint64_t extra = 0;  // units that stay free when the job starts
  } reservation;
};

// Groups that the queue's blocks tell apart: where a window is counted over jobs whose verdict changes with use.
NADC_HD inline std::uint32_t wall_columns(const World& world, const Point& point) {
  const bool by_use = Admits::visit(point.admit, [](const auto& admit) { return admit.depends_on_use; });
  if (!by_use || point.window == 0) return 0;
  return world.groups < 16 ? world.groups : 16;
}

// Pointers into the block.
template <int Width> struct Arrays {
  void* waiting;
  Due* due;                   // (slot, then node)
  Releases<Width>* releases;  // (partition)
  std::uint32_t* group_busy;  // (group) GPUs
  std::uint32_t* group_room;  // (group) GPUs that one more job may hold within the quota, in a pass

  // Partitions' own arrays follow theirs.
  NADC_HD void layout(Carver& carver, Heat heat, const World& world, const Point& point, const Capacity& capacity,
                      const WheelShape& wheel) {
    const Lanes<Width> lanes{};
    const bool place = !carver.measures();
    const PartitionWorld* shapes = at(&world, world.partitions);
    const std::uint32_t shared_nodes = places_by_node(point) ? world.nodes : 0;
    if (heat == Heat::hot) {
      releases = carver.take<Releases<Width>>(world.partitions.count);
      if (place) lanes.for_each(world.partitions.count, [&](std::uint32_t p) { new (&releases[p]) Releases<Width>; });
      group_busy = carver.take<std::uint32_t>(world.groups);
      group_room = carver.take<std::uint32_t>(world.groups);
      waiting = carver.take_bytes(Waiting<Width>::bytes(capacity.waiting, wall_columns(world, point)));
      return;
    }
    due = carver.take<Due>(std::size_t{capacity.slots} + shared_nodes);
    for (std::uint32_t p = 0; p < world.partitions.count; ++p) {
      void* dues = carver.take_bytes(ReleaseWheel<Width>::bytes(wheel));
      const NodeMapShape& shape = shapes[p].shape;
      const bool by_node = plans_by_node(point);
      void* ends = carver.take_bytes(NodeEnds<Width>::bytes(shared_nodes ? shape.nodes : 0));
      void* steps = carver.take_bytes(by_node ? NodePlan<Width>::bytes(shape, capacity.profile)
                                              : Profile::bytes(capacity.profile));
      if (!place) continue;
      Releases<Width>& here = releases[p];
      here.wheel.init(lanes, dues, wheel, due);
      if (shared_nodes) here.ends.init(lanes, ends, shape.nodes, due, capacity.slots + shapes[p].first_node);
      if (by_node)
        here.plan.init(lanes, steps, shape, capacity.profile);
      else
        lanes.once([&] { here.profile.init(steps, capacity.profile); });
    }
  }
};

}  // namespace nadc
