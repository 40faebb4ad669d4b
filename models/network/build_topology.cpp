// The graph of a shape: GPUs, NVLink, and what the topology wires.
#include "models/network/limits.hpp"
#include "models/network/text.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "models/network/topologies/wiring.hpp"
#include "models/network/topology.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

void add_gpus(Wiring& w) {
  const TopologySpec& spec = w.spec;
  for (std::int64_t g = 0; g < spec.gpus; ++g) w.node(NodeKind::gpu, -1, g % spec.gpus_per_node, g);
  if (spec.nvlink_domain < 2) return;
  const std::int64_t domains = (spec.gpus + spec.nvlink_domain - 1) / spec.nvlink_domain;
  for (std::int64_t d = 0; d < domains; ++d) w.node(NodeKind::nvswitch, -1, 0, d);
  for (std::int64_t g = 0; g < spec.gpus; ++g) {
    w.cable(static_cast<std::uint32_t>(g), static_cast<std::uint32_t>(spec.gpus + g / spec.nvlink_domain),
            CableKind::nvlink, spec.nvlink_gbps);
  }
}

}  // namespace

Topology build_topology(const TopologySpec& spec) {
  const TopologyType& type = type_of(spec.kind);
  if (!type.wire) return read_topology(spec);
  Shape shape = shape_of(spec);
  if (!shape.fits) throw Error(ErrorKind::input, shape.why);
  if (spec.gpus > most_graph_gpus)
    throw Error(ErrorKind::input, "a graph of " + grouped(spec.gpus) + " GPUs is not built",
                "at most " + grouped(most_graph_gpus) + "; nadc network size needs none");
  Wiring wiring{spec, shape, {}, {}};
  add_gpus(wiring);
  type.wire(wiring);
  return Topology(spec, shape, std::move(wiring.nodes), std::move(wiring.cables));
}

}  // namespace nadc
