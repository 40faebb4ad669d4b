// What all parts of a replica see and none keeps: its world, point and key, the tables that are looked up most, the
// lanes, the clock and the status. It is passed to calls; parts that stored references to a world would cost a device
// its stack.
#pragma once
#include <cstdint>

#include "models/access/admit.hpp"
#include "models/raw.hpp"
#include "models/scheduler/place.hpp"
#include "models/world.hpp"
#include "sim/lanes.hpp"
#include "sim/platform.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace nadc {

enum class Status : std::uint32_t { done, slots_full, waiting_full, sets_full, repairs_full, profile_full, stalled };

// A capacity is never part of a result: a replica that overflows one is run again with twice as much.
struct Capacity {
  std::uint32_t slots = 1024;    // running jobs
  std::uint32_t waiting = 1024;  // waiting jobs, gaps included
  std::uint32_t sets = 256;      // running jobs on several nodes
  std::uint32_t repairs = 128;   // nodes down at once
  std::uint32_t profile = 0;     // steps of a partition's plan (by node: more than one a node); only if conservative
};

NADC_HD inline bool places_by_node(const Point& point) {
  return Places::visit(point.place, [](const auto& place) { return place.by_node; });
}
// Conservative backfill keeps a NodePlan, not a Profile.
NADC_HD inline bool plans_by_node(const Point& point) {
  return point.backfill == Backfill::conservative && places_by_node(point);
}

template <int Width> struct Frame {
  NADC_HD Frame(const World& its_world, const Point& its_point, const RandomKey& its_key, const Capacity& its_capacity)
      : world(its_world),
        point(its_point),
        key(its_key),
        capacity(its_capacity),
        shape(its_world),
        classes(at(&its_point, its_point.classes)),
        parts(at(&its_world, its_world.partitions)),
        part_params(at(&its_point, its_point.partitions)),
        rates(at(&its_point, its_point.rates)),
        largest(at(&its_point, its_point.largest)),
        tranches(at(&its_point, its_point.tranches)),
        window(its_point.window ? its_point.window : 0xffffffffu),
        by_use(Admits::visit(its_point.admit, [](const auto& admit) { return admit.depends_on_use; })),
        may_borrow(Admits::visit(its_point.admit, [](const auto& admit) { return admit.may_borrow; })),
        by_node(places_by_node(its_point)),
        plans_by_node(nadc::plans_by_node(its_point)),
        metered(its_world.stretches.count > 0),
        powered(metered || its_point.limited) {}

  NADC_HD const double* tables() const { return at(&world, world.tables); }
  NADC_HD Ids<CellId> cells() const { return range<CellId>(shape.cells); }
  NADC_HD Ids<GroupId> groups() const { return range<GroupId>(shape.groups); }
  NADC_HD Ids<PartitionId> partitions() const { return range<PartitionId>(shape.partitions); }
  NADC_HD Ids<SiteId> sites() const { return range<SiteId>(shape.sites); }
  NADC_HD Ids<DomainId> domains() const { return range<DomainId>(shape.domains); }
  NADC_HD Ids<NodeId> nodes(PartitionId p) const { return range<NodeId>(parts[p].shape.nodes); }
  NADC_HD Ids<SlotId> slots() const { return range<SlotId>(capacity.slots); }

  NADC_HD PartitionId partition_of(StudyNodeId node) const {
    PartitionId p{0};
    while (p + 1 < partitions().last && node >= parts[p + 1].first_node) ++p;
    return p;
  }
  NADC_HD NodeId node_in(PartitionId p, StudyNodeId node) const { return NodeId(node - parts[p].first_node); }
  NADC_HD StudyNodeId study_node(PartitionId p, NodeId node) const { return parts[p].first_node + node.value; }
  NADC_HD std::uint32_t rate(CellId c, PartitionId p) const { return rates[c.value * shape.partitions + p.value]; }

  const World& world;
  const Point& point;
  const RandomKey key;
  const Capacity capacity;
  const RawShape shape;
  const Lanes<Width> lanes{};
  const By<ClassId, const ClassParams> classes;
  const By<PartitionId, const PartitionWorld> parts;
  const By<PartitionId, const PartitionParams> part_params;
  const std::uint32_t* rates;  // (cell, partition)
  const By<CellId, const LargestJob> largest;
  const By<TrancheId, const TrancheParams> tranches;
  const std::uint32_t window;
  const bool by_use, may_borrow;  // verdicts of access change as groups use GPUs; some are to borrow
  const bool by_node, plans_by_node;
  const bool metered, powered;  // powered: power domains are kept

  Tick now = 0;
  Status status = Status::done;
};

}  // namespace nadc
