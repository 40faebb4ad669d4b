// The network as a graph: GPUs, NVLink switches, network switches, and the cables between them.
//
// Held in a Boost.Graph adjacency list; what routing and the flow solver need at speed stands beside it in flat arrays.
// A cable is one physical cable (parallel cables are parallel edges); it has one directed link each way:
// link 2c from end a to end b, link 2c + 1 back. Vertices 0 … gpus−1 are the GPUs.
// Neglected: ports, buffers, switch forwarding limits; a GPU and its NIC are one vertex.
// Building is O(vertices + cables). Errors: ErrorKind::input for a shape that does not fit, a graph in two pieces,
// a link of zero capacity, a graph without GPUs; each with the nearest thing that works.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/network/shape.hpp"

namespace nadc {

enum class NodeKind : std::uint8_t { gpu, nvswitch, leaf, spine, core, router, manager };
enum class CableKind : std::uint8_t { nvlink, host, leaf_spine, spine_core, local, global };
inline constexpr int cable_kinds = 6;

std::string_view name_of(NodeKind kind);
std::string_view name_of(CableKind kind);

struct NetNode {
  NodeKind kind = NodeKind::gpu;
  std::int32_t group = -1;  // pod, or dragonfly group
  std::int32_t plane = 0;   // plane, or rail of a rail-fat-tree's leaf
  std::int32_t index = 0;   // among its kind, and among its plane
};

struct Cable {
  std::uint32_t a = 0, b = 0;  // vertices; a is the lower tier
  CableKind kind = CableKind::host;
  double bytes_per_s = 0.0;  // each way [B/s]
};

struct Arc {  // a way out of a vertex
  std::uint32_t to = 0;
  std::uint32_t link = 0;  // directed
};

class Topology {
 public:
  static constexpr std::uint32_t none = 0xffffffffu;

  Topology(TopologySpec spec, Shape shape, std::vector<NetNode> nodes, std::vector<Cable> cables,
           std::vector<std::string> names = {});
  Topology(Topology&&) noexcept;
  Topology& operator=(Topology&&) noexcept;
  ~Topology();

  const TopologySpec& spec() const { return spec_; }
  const Shape& shape() const { return shape_; }
  std::span<const NetNode> nodes() const { return nodes_; }
  std::span<const Cable> cables() const { return cables_; }
  std::span<const Arc> arcs(std::uint32_t node) const {
    return {arcs_.data() + first_arc_[node], arcs_.data() + first_arc_[node + 1]};
  }
  std::uint32_t gpus() const { return gpus_; }
  bool is_gpu(std::uint32_t node) const { return node < gpus_; }
  bool is_switch(std::uint32_t node) const {
    return nodes_[node].kind != NodeKind::gpu && nodes_[node].kind != NodeKind::nvswitch &&
           nodes_[node].kind != NodeKind::manager;
  }
  std::uint32_t link_from(std::uint32_t link) const { return link & 1 ? cables_[link >> 1].b : cables_[link >> 1].a; }
  std::uint32_t link_to(std::uint32_t link) const { return link & 1 ? cables_[link >> 1].a : cables_[link >> 1].b; }
  std::vector<double> capacities() const;                                  // (directed link) [B/s]
  std::uint32_t domain(std::uint32_t gpu) const { return domain_[gpu]; }   // its NVLink switch, or `none`
  std::uint32_t nvlink(std::uint32_t gpu) const { return nvlink_[gpu]; }   // link up to it, or `none`
  std::span<const std::uint32_t> domain_gpus(std::uint32_t domain) const;  // GPUs of an NVLink switch
  std::string name(std::uint32_t node) const;
  std::uint64_t hash() const { return hash_; }  // of vertices and cables: the key of caches

  // Questions to the graph, answered by Boost.Graph.
  // Pieces of what is left when cables with factor 0 are gone; empty means that all are up. (vertex) → piece
  std::vector<std::uint32_t> pieces(std::span<const double> cable_factor = {}) const;
  // Largest flow from the first half of the GPUs to the second (by GPU number), NVLink left out [B/s].
  double max_flow_bisection() const;
  // Hops of the longest shortest path between leaves or routers.
  int switch_diameter() const;
  std::int64_t count(NodeKind kind) const;
  std::int64_t count(CableKind kind) const;
  int ports_used(NodeKind kind) const;  // most on one switch of this kind

 private:
  struct Graph;
  TopologySpec spec_;
  Shape shape_;
  std::vector<NetNode> nodes_;
  std::vector<Cable> cables_;
  std::vector<std::string> names_;  // custom graphs only
  std::unique_ptr<Graph> graph_;
  std::vector<std::uint32_t> first_arc_;
  std::vector<Arc> arcs_;
  std::uint32_t gpus_ = 0;
  std::vector<std::uint32_t> domain_, nvlink_;
  std::vector<std::uint32_t> first_domain_gpu_, domain_gpus_;
  std::uint32_t first_domain_ = 0;
  std::uint64_t hash_ = 0;
};

Topology build_topology(const TopologySpec& spec);

// A graph from a file. GraphML: node attribute `kind` (gpu, nvswitch, leaf, spine, core, router), edge attribute
// `gbps`, optional `count`. Edge list: `node NAME KIND` lines and `NAME NAME GBPS [COUNT]` lines, # comments; a node
// that no line declares is a gpu when its name begins with "gpu" or "host", else a router.
Topology read_topology(const TopologySpec& spec);

}  // namespace nadc
