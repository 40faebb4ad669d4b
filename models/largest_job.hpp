// Which jobs can never start: larger than the partitions that serve them, than their group's wall, or drawing more than
// a power limit ever lets in. Host; the loop then needs one comparison.
//
// The bounds are what holds at best: every tranche delivered, spares aside, nobody else running, every connection made.
// Of the draw without jobs, what is surely there counts: the job's own nodes idle, and the nodes of tranches that are
// there from the start and not behind a connection, idle, or down where nodes can fail.
#pragma once
#include <cstdint>
#include <vector>

#include "models/access/admit.hpp"
#include "models/power/build_power.hpp"
#include "models/scenario.hpp"
#include "models/world.hpp"

namespace nadc {

struct Fleet {
  const VectorBy<PartitionId, PartitionWorld>& partitions;
  const VectorBy<PartitionId, PartitionParams>& params;
  const VectorBy<TrancheId, TrancheParams>& tranches;
  const VectorBy<ClassId, ClassParams>& classes;
  const std::vector<std::uint32_t>& rates;  // (cell, partition)
  const VectorBy<GroupId, ExactShare>& quotas;
};

// point: with its seams set.
VectorBy<CellId, LargestJob> largest_jobs(const Scenario& scenario, const Point& point, const Fleet& fleet,
                                          const PowerLimits& limits);

}  // namespace nadc
