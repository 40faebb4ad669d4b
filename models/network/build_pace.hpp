// What a scenario says of the network's part in the speed of jobs. Host.
#pragma once
#include <vector>

#include "models/scenario.hpp"
#include "models/world.hpp"
#include "sim/blob.hpp"

namespace nadc {

// Names in each partition the surface of its fabric. Throws Error (input).
void add_pace(Point& point, BlobWriter<Point>& writer, const Scenario& scenario,
              VectorBy<PartitionId, PartitionParams>& partitions);

}  // namespace nadc
