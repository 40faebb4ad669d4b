#include "models/network/build_pace.hpp"

#include <cmath>
#include <cstdint>

#include "models/fail.hpp"
#include "models/network/pace.hpp"
#include "models/scheduler/place.hpp"

namespace nadc {

void add_pace(Point& point, BlobWriter<Point>& writer, const Scenario& scenario,
              VectorBy<PartitionId, PartitionParams>& partitions) {
  const NetworkSpec& network = scenario.network;
  point.pace = network.pace;
  if (network.uses_table() || network.model == NetworkModel::flow)
    Paces::choose(point.pace, PaceTable{static_cast<std::uint32_t>(std::lround(network.all_to_all * 256.0))});
  if (network.model == NetworkModel::flow &&
      !Places::visit(scenario.scheduler.place, [](const auto& place) { return place.by_node; }))
    fail("scheduler.place", "is pool, and flows go from node to node", "place by node, for example pack");
  for (std::uint32_t p = 0; p < network.fabric_nodes.size(); ++p)
    if (partitions[PartitionId(p)].nodes > network.fabric_nodes[p])
      fail("fleet.gpus", "is more in this sample than the fabric joins",
           "give network.topology a file that is large enough");
  std::vector<std::uint16_t> surfaces;
  for (const std::vector<std::uint16_t>& surface : network.surfaces)
    surfaces.insert(surfaces.end(), surface.begin(), surface.end());
  for (std::uint32_t p = 0; p < network.surface_of.size(); ++p)
    partitions[PartitionId(p)].surface = SurfaceId(network.surface_of[p]);
  point.surfaces = writer.append(surfaces);
}

}  // namespace nadc
