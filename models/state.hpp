// The state of one replica: arrays in one block of memory that the caller hands in, and their capacities. A capacity is
// never part of a result: a replica that overflows one is run again with twice as much.
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>

#include "models/access/admit.hpp"
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

enum class Status : std::uint32_t { done, slots_full, waiting_full, sets_full, repairs_full, profile_full, stalled };

struct Capacity {
  std::uint32_t slots = 1024;    // running jobs
  std::uint32_t waiting = 1024;  // waiting jobs, gaps included
  std::uint32_t sets = 256;      // running jobs on several nodes
  std::uint32_t repairs = 128;   // nodes down at once
  std::uint32_t profile = 0;     // steps of a partition's plan (by node: more than one a node); only if conservative
};

struct RunningJob {
  WaitingJob job;  // as it was when it started
  Placement where;
  Tick segment_start = 0;         // when it started or restarted
  Tick since = 0;                 // when its rate last changed
  std::int64_t work_left = 0;     // at `since` [ticks at full rate / 65,536]
  std::int64_t request_left = 0;  // the same of its request
  std::int64_t draw_mw = 0;
  // Of this segment, at `since` [ticks at full rate / 65,536] and [ticks].
  std::int64_t useful_work = 0;    // kept if the job went on
  std::int64_t unmeasured = 0;     // of it, done in the warm-up
  Tick useful_time = 0;            // that it took
  Tick overhead = 0;               // of this segment, at full rate: restart
  std::uint32_t rate = 0;          // now, in 1/65,536; 0: the slot is free
  std::uint32_t base_rate = 0;     // without the network
  std::uint32_t network_rate = 0;  // with the network, all else undisturbed
  std::uint32_t slow = q16_one;    // by a degraded node among its own
  std::uint32_t pace = q16_one;    // by its flows, where they are solved
};

// Jobs of which something is still to come.
struct JobsOpen {
  std::uint64_t jobs = 0, submits = 0;  // submits: the sum of their submissions, modulo 2^64

  NADC_HD void add(Tick submit) {
    ++jobs;
    submits += static_cast<std::uint64_t>(submit);
  }
  NADC_HD void remove(Tick submit) {
    --jobs;
    submits -= static_cast<std::uint64_t>(submit);
  }
  NADC_HD std::uint64_t ticks(Tick now) const { return static_cast<std::uint64_t>(now) * jobs - submits; }
};

// A small block that is faster than the rest: shared memory of a device. Arrays go there while they fit, the hot ones
// first; with none (the host) all stand in the one block.
struct FastBlock {
  void* memory = nullptr;
  std::size_t bytes = 0;
};

// Hands out arrays of a block one after another; with no block it measures.
class Carver {
 public:
  NADC_HD explicit Carver(void* block, FastBlock fast) : block_(static_cast<std::byte*>(block)), fast_(fast) {}
  NADC_HD void* take_bytes(std::size_t bytes) {
    const std::size_t rounded = (bytes + 15) / 16 * 16;
    if (rounded <= fast_.bytes - fast_used_) {
      void* taken = static_cast<std::byte*>(fast_.memory) + fast_used_;
      fast_used_ += rounded;
      return taken;
    }
    void* taken = block_ ? block_ + used_ : nullptr;
    used_ += rounded;
    return taken;
  }
  template <class T> NADC_HD T* take(std::size_t count) { return static_cast<T*>(take_bytes(sizeof(T) * count)); }
  NADC_HD std::size_t used() const { return used_; }

 private:
  std::byte* block_;
  FastBlock fast_;
  std::size_t used_ = 0, fast_used_ = 0;
};

template <int Width> struct Partition : PartitionGpus<Width> {
  ReleaseWheel<Width> wheel;
  NodeEnds<Width> ends;            // by node
  NodePlan<Width> plan;            // conservative, by node
  Profile profile;                 // conservative, of a pool
  std::uint32_t in_service = 0;    // GPUs delivered and not down
  std::uint32_t down = 0;          // GPUs under repair
  std::uint32_t dark = 0;          // GPUs delivered but not switched on
  std::uint32_t spare = 0;         // GPUs of nodes that stand by
  std::uint32_t spanning = 0;      // what jobs put on the upper tiers, in sixteenths of a GPU's full rate
  std::uint32_t load_16ths = 0;    // of the upper tiers
  std::uint64_t uplinks_lost = 0;  // nodes × share of their uplinks, in 1/65,536
  std::int64_t base_mw = 0;        // of its nodes, without jobs

  // The reservation last computed here, and for which job; good until something starts, ends or fails in the partition.
  struct Reservation {
    bool good = false;
    bool lacks_power = false;  // it has room for the job: that waits for the next release
    std::uint32_t number = 0, cell = 0;
    Shadow shadow;
    std::uint64_t extra = 0;  // units that stay free when the job starts
  } reservation;
};

NADC_HD inline bool places_by_node(const Point& point) {
  return Places::visit(point.place, [](const auto& place) { return place.by_node; });
}
// Conservative backfill keeps a NodePlan, not a Profile.
NADC_HD inline bool plans_by_node(const Point& point) {
  return point.backfill == Backfill::conservative && places_by_node(point);
}

// Groups that the queue's blocks tell apart: where a window is counted over jobs whose verdict changes with use.
NADC_HD inline std::uint32_t wall_columns(const World& world, const Point& point) {
  const bool by_use = Admits::visit(point.admit, [](const auto& admit) { return admit.depends_on_use; });
  if (!by_use || point.window == 0) return 0;
  return world.groups < 16 ? world.groups : 16;
}

// Events besides completions and repairs: arrivals, deliveries, connections, outages; the next failure, period, hour
// of the meter, power window, and thought of the users.
NADC_HD inline std::uint32_t other_slots(const World& world, const Point& point) {
  return (world.trace.count ? 1 : world.cells()) + point.tranches.count + point.grid.count + point.outages.count + 5;
}

// Pointers into the block.
template <int Width> struct Arrays {
  void* events;
  void* waiting;
  RunningJob* jobs;              // (slot)
  Due* due;                      // (slot, then node)
  std::uint64_t* free_slots;     // bit mask
  std::uint64_t* free_sets;      // bit mask
  std::uint64_t* sets;           // (set, word)
  std::uint32_t* set_slot;       // (set) of the job that owns it
  Partition<Width>* partitions;  // (partition)
  Repair* repairs;               // (repair)
  PowerDomain* domains;          // (domain)
  std::uint32_t* switched_on;    // (tranche) nodes
  std::uint64_t* stock;          // (partition, word): nodes that stand by
  Uniforms* outage;              // (outage) the next candidate
  std::uint32_t* outage_number;  // (outage) of the next candidate
  Tick* outage_at;               // (outage) when it comes
  ArrivalCursor* arrivals;       // (source)
  Tick* delivered;               // (tranche)
  std::uint32_t* cell_busy;      // (cell) GPUs
  std::uint32_t* cell_requeued;  // (cell) GPUs of jobs that wait for their restart
  std::int64_t* cell_mw;         // (cell)
  JobsOpen* cell_unstarted;      // (cell)
  JobsOpen* cell_unended;        // (cell)
  std::uint32_t* group_busy;     // (group) GPUs
  std::uint32_t* group_waiting;  // (group) jobs
  std::uint32_t* group_room;     // (group) GPUs that one more job may hold within the quota, in a pass
  void* demand;                  // of Demand; null when it does not answer
  void* raw;

  std::uint32_t set_words;
  std::uint32_t event_slots;
  std::size_t bytes;  // of the block, what went to the fast one not counted

  // Lays out the block; the same call measures (block = null) and places. Partitions' own arrays follow.
  NADC_HD static Arrays carve(const World& world, const Point& point, const Capacity& capacity, const WheelShape& wheel,
                              void* block, FastBlock fast, bool place_partitions, Lanes<Width> lanes) {
    const std::uint32_t sources = world.trace.count ? 1 : world.cells();
    const PartitionWorld* partitions = at(&world, world.partitions);
    Carver carver(block, fast);
    Arrays arrays{};
    arrays.event_slots = capacity.slots + capacity.repairs + other_slots(world, point);
    arrays.events = carver.take_bytes(EventSet<Width>::bytes(arrays.event_slots));
    arrays.free_slots = carver.take<std::uint64_t>((capacity.slots + 63) / 64);
    arrays.free_sets = carver.take<std::uint64_t>((capacity.sets + 63) / 64);
    arrays.partitions = carver.take<Partition<Width>>(world.partitions.count);
    if (place_partitions)
      lanes.for_each(world.partitions.count, [&](std::uint32_t p) { new (&arrays.partitions[p]) Partition<Width>; });
    arrays.cell_busy = carver.take<std::uint32_t>(world.cells());
    arrays.cell_requeued = carver.take<std::uint32_t>(world.cells());
    arrays.cell_mw = carver.take<std::int64_t>(world.cells());
    arrays.cell_unstarted = carver.take<JobsOpen>(world.cells());
    arrays.cell_unended = carver.take<JobsOpen>(world.cells());
    arrays.group_busy = carver.take<std::uint32_t>(world.groups);
    arrays.group_waiting = carver.take<std::uint32_t>(world.groups);
    arrays.group_room = carver.take<std::uint32_t>(world.groups);
    arrays.delivered = carver.take<Tick>(point.tranches.count);
    arrays.arrivals = carver.take<ArrivalCursor>(sources);
    arrays.waiting = carver.take_bytes(Waiting<Width>::bytes(capacity.waiting, wall_columns(world, point)));
    for (std::uint32_t p = 0; p < world.partitions.count; ++p) {
      const NodeMapShape& shape = partitions[p].shape;
      if (shape.words() > arrays.set_words) arrays.set_words = shape.words();
      void* map = carver.take_bytes(NodeMap<Width>::bytes(shape));
      if (place_partitions) arrays.partitions[p].map.init(lanes, map, shape);
    }
    arrays.jobs = carver.take<RunningJob>(capacity.slots);
    const std::uint32_t shared_nodes = places_by_node(point) ? world.nodes : 0;
    arrays.due = carver.take<Due>(std::size_t{capacity.slots} + shared_nodes);
    arrays.sets = carver.take<std::uint64_t>(std::size_t{capacity.sets} * arrays.set_words);
    arrays.set_slot = carver.take<std::uint32_t>(capacity.sets);
    arrays.repairs = carver.take<Repair>(capacity.repairs);
    arrays.domains = carver.take<PowerDomain>(world.domains);
    arrays.switched_on = carver.take<std::uint32_t>(point.tranches.count);
    arrays.stock = carver.take<std::uint64_t>(std::size_t{world.partitions.count} * arrays.set_words);
    arrays.outage = carver.take<Uniforms>(point.outages.count);
    arrays.outage_number = carver.take<std::uint32_t>(point.outages.count);
    arrays.outage_at = carver.take<Tick>(point.outages.count);
    if (point.response.every > 0) arrays.demand = carver.take_bytes(Demand<Width>::bytes(world, point));
    for (std::uint32_t p = 0; p < world.partitions.count; ++p) {
      void* due = carver.take_bytes(ReleaseWheel<Width>::bytes(wheel));
      const NodeMapShape& shape = partitions[p].shape;
      const bool by_node = plans_by_node(point);
      void* ends = carver.take_bytes(NodeEnds<Width>::bytes(shared_nodes ? shape.nodes : 0));
      void* steps = carver.take_bytes(by_node ? NodePlan<Width>::bytes(shape, capacity.profile)
                                              : Profile::bytes(capacity.profile));
      if (place_partitions) {
        Partition<Width>& partition = arrays.partitions[p];
        partition.wheel.init(lanes, due, wheel, arrays.due);
        if (shared_nodes)
          partition.ends.init(lanes, ends, shape.nodes, arrays.due, capacity.slots + partitions[p].first_node);
        if (by_node)
          partition.plan.init(lanes, steps, shape, capacity.profile);
        else
          lanes.once([&] { partition.profile.init(steps, capacity.profile); });
      }
    }
    arrays.raw = carver.take_bytes(RawShape(world).bytes());
    arrays.bytes = carver.used();
    return arrays;
  }
};

}  // namespace nadc
