// The fabrics of a scenario's clusters, and what the collectives of jobs put on their links.
//
// Modelled: a job on n whole nodes keeps a collective on the wire, its rate x the same on all its NICs. `all_to_all` of
// the bytes go from every node to every other, rail by rail; the rest goes round a ring of its nodes in the order of
// their numbers, rail by rail. Rates x are max-min fair over all jobs, each with the mean of its two kinds of
// traffic. As a job does one after the other, each kind also takes as long as it would alone:
//   stretch = (1 − a)·max(NIC/x, ring alone) + a·max(NIC/x, all-to-all alone)
// against an empty network of full bisection. Every job with a communication share is on the wire all the time: the
// bound from above when jobs communicate at different moments. NVLink never binds (its rate is 9 NICs') and is left
// out.
//
// Flow classes: with spraying on a tree all uplinks of a leaf carry the same share, and so do those of a pod, so a tier
// is one link a leaf or pod, its capacity the sum over the graph's cables; rails that see the same nodes carry the same
// and the slowest binds; what a collective sends up it also sends down. A job is then one variable on the leaves and
// pods that it touches, and its rate is that of a solve cable by cable (tests) where the wiring is even. Where it is
// not (Shape::note), classes stand for a routing that levels what equal shares would leave uneven: adaptive routing on
// a tree, in the long run, and it takes the same classes. Other routings and other shapes put every flow on its cables,
// kept by placement; adaptive routing then levels the job's own flows, and does not see its neighbours.
//
// Errors: ErrorKind::input for a fabric with fewer GPUs than the cluster, or rails that do not match its nodes.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/network/flow_pace.hpp"
#include "models/network/maxmin.hpp"
#include "models/network/routing.hpp"
#include "models/network/topology.hpp"

namespace nadc {

struct FabricSpec {
  TopologySpec topology;
  RoutingMode routing = RoutingMode::spray;
  double all_to_all = 0.0;  // share of the bytes
};

// Nodes of a partition: node n holds GPUs first_gpu + n·gpus_per_node and on.
struct FabricNodes {
  std::uint32_t partition = 0, first_gpu = 0, nodes = 0, gpus_per_node = 1, pod_nodes = 1;
};

// One tier of flow classes: a link a leaf or pod, crossed by what leaves it. A lane is the rails (and planes) that see
// the nodes below the same leaves or pods.
struct FabricTier {
  struct Lane {
    std::vector<std::uint32_t> of_node;  // (node of the fabric) → class
    double weight = 1.0;                 // NICs of a node
    auto operator<=>(const Lane&) const = default;
  };
  std::vector<Lane> lanes;
  std::vector<double> capacity;  // (class) [B/s]
};

class Fabric {
 public:
  Fabric(FabricSpec spec, std::vector<FabricNodes> parts);

  const FabricSpec& spec() const { return spec_; }
  const Topology& topology() const { return topology_; }
  std::span<const FabricNodes> parts() const { return parts_; }
  // Of the graph, the routing, the traffic and how nodes stand on it, not of their number: the key of a surface.
  std::uint64_t hash() const { return hash_; }
  double nic() const { return nic_; }                           // of one GPU [B/s]
  bool has_classes() const { return !tiers_.empty(); }          // a tree, sprayed or adaptive
  std::span<const FabricTier> tiers() const { return tiers_; }  // with classes
  std::uint32_t first_node(std::uint32_t part) const { return first_node_[part]; }
  // GPUs of a node of the fabric, one a rail.
  std::uint32_t first_gpu(std::uint32_t node) const { return node_gpu_[node]; }
  std::uint32_t rails(std::uint32_t node) const { return node_rails_[node]; }

  // The same in another health.
  std::vector<FabricTier> tiers_of(const NetworkHealth& health) const;

 private:
  FabricSpec spec_;
  Topology topology_;
  std::vector<FabricNodes> parts_;
  std::vector<std::uint32_t> first_node_, node_gpu_, node_rails_;
  std::vector<FabricTier> tiers_;
  double nic_ = 0.0;
  std::uint64_t hash_ = 0;
};

inline constexpr double most_stretch = 1e6;  // of a job whose links are down

// What the nodes of one job put on shared links when every NIC of theirs sends 1, and on its own NICs at the worst.
struct JobUse {
  std::vector<LinkUse> shared;
  double own = 1.0;                         // of a NIC
  double ring_alone = 1, spread_alone = 1;  // stretch of each kind of traffic on an empty network
};

// Nodes [begin, end) of the fabric have lost a share of their uplinks: those of every leaf or pod that lies among them
// whole; of a part of a leaf, the same part of the share.
struct UplinkLoss {
  std::uint32_t begin, end;
  double share;
  bool operator==(const UplinkLoss&) const = default;
};

// Computes JobUses on a fabric: on flow classes, or flow by flow through a router. Scratch memory is kept between
// calls.
class JobRouter {
 public:
  explicit JobRouter(const Fabric& fabric, NetworkHealth health = {});

  // nodes: of the fabric, ascending. ErrorKind::failed when some of them are cut off from one another.
  void use(std::span<const std::uint32_t> nodes, JobUse& result);
  std::vector<double> capacities() const;         // (link) of the shared links [B/s]
  void lose(std::span<const UplinkLoss> losses);  // all that are in force

 private:
  void use_classes(std::span<const std::uint32_t> nodes, JobUse& result);
  void use_cables(std::span<const std::uint32_t> nodes, JobUse& result);
  void send(std::uint32_t from, std::uint32_t to, double amount);
  double collect(double share, JobUse& result);
  double alone(std::uint32_t link, double amount) const;

  const Fabric& fabric_;
  std::vector<FabricTier> tiers_;
  std::vector<std::uint32_t> first_link_;  // (tier) with classes
  std::vector<double> link_capacity_, whole_;
  std::unique_ptr<Router> router_;
  std::vector<std::uint8_t> inside_;                   // (cable) NVLink
  std::vector<double> amount_, leaving_, ring_, all_;  // (link)
  std::vector<std::uint32_t> touched_, met_;
  std::vector<LinkUse> path_;
};

// The fabrics of a lever.
struct FabricSet {
  std::vector<Fabric> fabrics;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> of_partition;  // → fabric, and part of it
};

FlowService flow_service(std::shared_ptr<const FabricSet> fabrics);

}  // namespace nadc
