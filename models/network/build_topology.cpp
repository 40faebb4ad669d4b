// Wiring: which switch each cable of a shape goes to.
#include <algorithm>

#include "models/network/limits.hpp"
#include "models/network/text.hpp"
#include "models/network/topology.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr double kBytesPerGbit = 1e9 / 8.0;

struct Builder {
  const TopologySpec& spec;
  const Shape& shape;
  std::vector<NetNode> nodes;
  std::vector<Cable> cables;

  std::uint32_t node(NodeKind kind, std::int64_t group, std::int64_t plane, std::int64_t index) {
    nodes.push_back(
        {kind, static_cast<std::int32_t>(group), static_cast<std::int32_t>(plane), static_cast<std::int32_t>(index)});
    return static_cast<std::uint32_t>(nodes.size() - 1);
  }
  void cable(std::uint32_t a, std::uint32_t b, CableKind kind, double gbps) {
    cables.push_back({a, b, kind, gbps * kBytesPerGbit});
  }

  void gpus() {
    for (std::int64_t g = 0; g < spec.gpus; ++g) node(NodeKind::gpu, -1, g % spec.gpus_per_node, g);
    if (spec.nvlink_domain < 2) return;
    const std::int64_t domains = (spec.gpus + spec.nvlink_domain - 1) / spec.nvlink_domain;
    for (std::int64_t d = 0; d < domains; ++d) node(NodeKind::nvswitch, -1, 0, d);
    for (std::int64_t g = 0; g < spec.gpus; ++g) {
      cable(static_cast<std::uint32_t>(g), static_cast<std::uint32_t>(spec.gpus + g / spec.nvlink_domain),
            CableKind::nvlink, spec.nvlink_gbps);
    }
  }

  // Uplinks laid over the upper switches in turn, `ports` to each, so that every lower switch meets as many as it can.
  template <class Upper>
  void spread(const std::vector<std::uint32_t>& lower, int up, int ports, Upper upper, std::int64_t& position,
              CableKind kind, double gbps) {
    for (int m = 0; m < up; ++m) {
      for (std::uint32_t low : lower) cable(low, upper(position++ / ports), kind, gbps);
    }
  }

  // Host h of the plane and the leaves that it is cabled to.
  std::vector<std::uint32_t> tree(std::int64_t plane) {
    std::vector<std::uint32_t> leaves, cores;
    for (std::int64_t l = 0; l < shape.leaves; ++l) {
      leaves.push_back(node(NodeKind::leaf, l / shape.pod_leaves, plane, l));
    }
    std::vector<std::vector<std::uint32_t>> spines(static_cast<std::size_t>(shape.pods));
    std::int64_t index = 0;
    for (std::int64_t pod = 0; pod < shape.pods; ++pod) {
      for (std::int64_t s = 0; s < pod_spine_count(shape, pod); ++s) {
        spines[static_cast<std::size_t>(pod)].push_back(node(NodeKind::spine, pod, plane, index++));
      }
    }
    for (std::int64_t c = 0; c < shape.cores; ++c) cores.push_back(node(NodeKind::core, -1, plane, c));
    for (std::int64_t pod = 0; pod < shape.pods; ++pod) {
      const auto first = leaves.begin() + pod * shape.pod_leaves;
      const std::vector<std::uint32_t> mine(first, first + pod_leaf_count(shape, pod));
      const std::vector<std::uint32_t>& above = spines[static_cast<std::size_t>(pod)];
      // As many ports of each spine as the uplinks need, spread evenly.
      const std::int64_t uplinks = static_cast<std::int64_t>(mine.size()) * shape.leaf_up;
      const std::int64_t count = static_cast<std::int64_t>(above.size());
      if (count == 0) continue;  // one leaf joins them all
      if (uplinks % count == 0) {
        std::int64_t position = 0;
        spread(
            mine, shape.leaf_up, static_cast<int>(uplinks / count),
            [&](std::int64_t i) { return above[static_cast<std::size_t>(i)]; }, position, CableKind::leaf_spine,
            shape.trunk_gbps);
      } else {
        std::int64_t position = 0;
        spread(
            mine, shape.leaf_up, shape.spine_down, [&](std::int64_t i) { return above[static_cast<std::size_t>(i)]; },
            position, CableKind::leaf_spine, shape.trunk_gbps);
      }
    }
    if (shape.tiers == 3) {
      std::int64_t position = 0;
      std::size_t widest = 0;
      for (const auto& pod : spines) widest = std::max(widest, pod.size());
      for (std::size_t j = 0; j < widest; ++j) {  // spine j of every pod shares a set of cores
        std::vector<std::uint32_t> same;
        for (const auto& pod : spines) {
          if (j < pod.size()) same.push_back(pod[j]);
        }
        spread(
            same, shape.spine_up, spec.radix, [&](std::int64_t i) { return cores[static_cast<std::size_t>(i)]; },
            position, CableKind::spine_core, shape.core_gbps);
      }
    }
    return leaves;
  }

  void trees() {
    const int rails = spec.gpus_per_node;
    for (std::int64_t plane = 0; plane < shape.planes; ++plane) {
      const std::vector<std::uint32_t> leaves = tree(plane);
      const auto leaf = [&](std::int64_t l) { return leaves[static_cast<std::size_t>(l)]; };
      if (spec.kind == TopologyKind::rail_planes) {
        for (std::int64_t g = plane; g < spec.gpus; g += rails) host(g, leaf(g / rails / shape.leaf_down));
      } else if (spec.kind == TopologyKind::rail_fat_tree) {
        for (std::int64_t l = 0; l < shape.leaves; ++l) nodes[leaf(l)].plane = static_cast<std::int32_t>(l % rails);
        for (std::int64_t g = 0; g < spec.gpus; ++g) host(g, leaf(g / rails / shape.unit_nodes * rails + g % rails));
        if (shape.manager_cables > 0) {
          const std::uint32_t manager = node(NodeKind::manager, -1, 0, 0);
          for (int m = 0; m < shape.manager_cables; ++m) {
            cable(manager, leaf((shape.units - 1) * rails + m % rails), CableKind::host, shape.host_gbps);
          }
        }
      } else if (shape.cables_per_host == 2) {
        for (std::int64_t g = 0; g < spec.gpus; ++g) {
          const std::int64_t pair = g / shape.leaf_down;
          host(g, leaf(2 * pair));
          host(g, leaf(2 * pair + 1));
        }
      } else {
        for (std::int64_t g = 0; g < spec.gpus; ++g) host(g, leaf(g / shape.leaf_down));
      }
    }
  }

  void host(std::int64_t gpu, std::uint32_t leaf) {
    cable(static_cast<std::uint32_t>(gpu), leaf, CableKind::host, shape.host_gbps);
  }

  void dragonfly() {
    const bool plus = spec.kind == TopologyKind::dragonfly_plus;
    std::vector<std::vector<std::uint32_t>> outward(static_cast<std::size_t>(shape.groups));  // with the global ports
    for (std::int64_t g = 0; g < shape.groups; ++g) {
      std::vector<std::uint32_t> inner;
      for (int i = 0; i < shape.a; ++i)
        inner.push_back(node(plus ? NodeKind::leaf : NodeKind::router, g, 0, g * shape.a + i));
      std::vector<std::uint32_t>& outer = outward[static_cast<std::size_t>(g)];
      if (plus) {
        for (int i = 0; i < shape.a; ++i) outer.push_back(node(NodeKind::spine, g, 0, g * shape.a + i));
      } else {
        outer = inner;
      }
      const std::int64_t first = g * shape.p * shape.a;
      for (std::int64_t i = first;
           i < std::min<std::int64_t>(spec.gpus, first + static_cast<std::int64_t>(shape.p) * shape.a); ++i) {
        host(i, inner[static_cast<std::size_t>((i - first) / shape.p)]);
      }
      for (std::size_t i = 0; i < inner.size(); ++i) {
        for (std::size_t j = plus ? 0 : i + 1; j < inner.size(); ++j)
          cable(inner[i], outer[j], CableKind::local, shape.trunk_gbps);
      }
    }
    // Every group spends its a·h global ports in turn on the others: offsets 1 … g−1 round the ring of groups, again
    // and again, each pair of groups joined as often as any other to within one cable.
    const std::int64_t groups = shape.groups, ports = static_cast<std::int64_t>(shape.a) * shape.h;
    if (groups < 2) return;
    std::vector<std::int64_t> used(static_cast<std::size_t>(groups), 0);
    const auto join = [&](std::int64_t x, std::int64_t y) {
      std::int64_t& i = used[static_cast<std::size_t>(x)];
      std::int64_t& j = used[static_cast<std::size_t>(y)];
      if (i == ports || j == ports) return;
      // Ports are dealt over the routers first, so that the cables to one group leave from different routers.
      cable(outward[static_cast<std::size_t>(x)][static_cast<std::size_t>(i++ % shape.a)],
            outward[static_cast<std::size_t>(y)][static_cast<std::size_t>(j++ % shape.a)], CableKind::global,
            shape.core_gbps);
    };
    for (std::int64_t round = 0; round < ports / (groups - 1); ++round) {
      for (std::int64_t x = 0; x < groups; ++x) {
        for (std::int64_t y = x + 1; y < groups; ++y) join(x, y);
      }
    }
    const std::int64_t rest = ports % (groups - 1);
    for (std::int64_t offset = 1; offset <= rest / 2; ++offset) {
      for (std::int64_t x = 0; x < groups; ++x) join(x, (x + offset) % groups);
    }
    if (rest % 2 == 1) {
      if (groups % 2 == 0) {
        for (std::int64_t x = 0; x < groups / 2; ++x) join(x, x + groups / 2);
      } else {                                         // one port stays free in one group
        const std::int64_t offset = (groups - 1) / 2;  // shares no factor with groups: one cycle
        std::int64_t x = 0;
        for (std::int64_t n = 0; n < groups; ++n, x = (x + offset) % groups) join(x, (x + offset) % groups);
      }
    }
  }
};

}  // namespace

Topology build_topology(const TopologySpec& spec) {
  if (spec.kind == TopologyKind::custom) return read_topology(spec);
  Shape shape = shape_of(spec);
  if (!shape.fits) throw Error(ErrorKind::input, shape.why);
  if (spec.gpus > most_graph_gpus)
    throw Error(ErrorKind::input, "a graph of " + grouped(spec.gpus) + " GPUs is not built",
                "at most " + grouped(most_graph_gpus) + "; nadc network size needs none");
  Builder builder{spec, shape, {}, {}};
  builder.gpus();
  if (shape.tiers != 0) {
    builder.trees();
  } else {
    builder.dragonfly();
  }
  return Topology(spec, shape, std::move(builder.nodes), std::move(builder.cables));
}

}  // namespace nadc
