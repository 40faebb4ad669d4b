// Time of a collective among n ranks, alone or beside other traffic.
//
// S is the buffer a rank ends with (all-reduce, all-gather, broadcast) or starts with (reduce-scatter, all-to-all) [B].
//   ring          all-reduce 2(n−1)α + 2(n−1)/n·S/B; all-gather and reduce-scatter half of that
//   tree          all-reduce (√(2S/B) + √(2·depth))², others (√(S/B) + √depth)²: a chain in each node and a double
//   binary
//                 tree between them, depth = (d − 1)α + ⌈log₂ nodes⌉α', in chunks of the best size as below
//   in_switch     NVLink switches reduce (NVLS), inside one NVLink domain of n: 2α + (√(S/B) + √(n·a))². The buffer
//                 goes in chunks of c bytes, S/c of them, each kept waiting n·a by the n ranks that share its parts,
//                 and the first one fills the pipe: S/B + c/B + n·a·S/c is least at c = √(n·a·B·S), which is the square
//                 above but for one n·a, the first chunk's own. Half of the bandwidth is reached at S = 5.8·n·a·B
//   in_switch_tree  the same in each node and a double binary tree between them (NCCL's NVLS tree): B is the slower of
//                 the switches and of the NICs, which carry k·S/d each way, k = min(2, nodes/2): two nodes send the
//                 buffer once, an inner node of a tree twice
//   hierarchical  reduce-scatter inside, all-reduce between nodes on S/d a rail, all-gather inside
//   all-to-all    a rank sends S/n to each; what leaves the NVLink domain shares the NIC
// Algorithm bandwidth S/T; bus bandwidth = that × 2(n−1)/n (all-reduce), (n−1)/n (reduce-scatter, all-gather,
// all-to-all), 1 (broadcast, send/receive), as nccl-tests define it.
// B is the slowest of: NVLink × its efficiency, the NICs of a node × theirs × the tree's share at the links that the
// ring crosses (FabricView). Efficiencies and a are fitted to the measurements of docs/network.md; α from memory.
// Rings and trees take the faster of two protocols: one that flags every word (NCCL's LL), α as given and half of the
// bandwidth, and one that waits for whole chunks, 2.5 α and all of it (NCCL's tuning tables, from memory).
// Neglected: LL128, channels, incast, PFC pauses; short messages are good to a factor of two.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/network/routing.hpp"
#include "models/network/topology.hpp"

namespace nadc {

enum class CollectiveKind : std::uint8_t {
  all_reduce,
  all_gather,
  reduce_scatter,
  all_to_all,
  broadcast,
  send_receive
};
enum class CollectiveAlgorithm : std::uint8_t { automatic, ring, tree, in_switch, hierarchical, in_switch_tree };

std::string_view name_of(CollectiveKind kind);
std::string_view name_of(CollectiveAlgorithm algorithm);
CollectiveKind collective_kind(std::string_view name);  // ErrorKind::usage with the nearest name
CollectiveAlgorithm collective_algorithm(std::string_view name);

// What a job sees of the network: rates of one GPU and how they shrink as traffic climbs.
struct FabricView {
  double nvlink = 450e9;                // per GPU, each way [B/s]; NVLink 4, NVIDIA H100 data sheet
  int domain = 8;                       // GPUs that NVLink joins
  double nic = 50e9;                    // per GPU, each way [B/s]
  double nvlink_efficiency = 0.822;     // ring: 370 of 450 GB/s on an H100 node
  double in_switch_efficiency = 0.636;  // NVLS: what bus bandwidth tends to is 501 GB/s, 286 of 450 GB/s a link
  double in_switch_wait_s = 1.1e-6;     // a: of a chunk in NVLS, for each rank; one fit to H100 and GB200
  double nic_efficiency = 0.94;         // 46–48 of 50 GB/s
  double multi_node_efficiency =
      0.885;                         // ring over NVLink and NICs together: 331 (all-reduce) and 324 (all-gather) of 370
  double launch_s = 0.0;             // before the first byte of any collective
  double nvlink_latency_s = 1.5e-6;  // a step (from memory)
  double network_latency_s = 5e-6;   // a step between nodes (from memory)
  std::int64_t leaf_gpus = 1 << 30;  // GPUs under one leaf, or one set of rail leaves
  double leaf_share = 1.0;           // bandwidth up over bandwidth down of a leaf
  std::int64_t pod_gpus = 1 << 30;   // GPUs of a pod or a dragonfly group
  double pod_share = 1.0;            // bandwidth out of a pod over its GPUs' injection
  double forwarded = 0.0;            // share of all-to-all traffic that NVLink carries to another rail first
  double scatter = 0.0;              // share of neighbours that the placement puts under another leaf

  // Bandwidth of one GPU's NIC when every GPU sends to the GPU `stride` numbers on.
  double network_rate(double stride) const;
  // The same when all send to all of `ranks` GPUs.
  double all_to_all_rate(std::int64_t ranks) const;
};

FabricView fabric_view(const TopologySpec& spec);
FabricView fabric_view(const Topology& topology);  // custom graphs too: shares from the graph's max-flow bisection

struct CollectiveTime {
  double bytes = 0.0;
  std::int64_t ranks = 0;
  double time_s = 0.0;
  double algorithm_bandwidth = 0.0;  // [B/s]
  double bus_bandwidth = 0.0;        // [B/s]
  CollectiveAlgorithm algorithm = CollectiveAlgorithm::ring;
  double slowdown = 1.0;  // beside other traffic, of the bandwidth term
};

// `share`: part of the alone bandwidth that the network leaves (1 alone). ErrorKind::input for fewer than 2 ranks.
CollectiveTime collective_time(CollectiveKind kind, CollectiveAlgorithm algorithm, double bytes, std::int64_t ranks,
                               const FabricView& fabric, double share = 1.0);

// A collective as one variable of the flow solver: each link with the part of one GPU's sending rate on it. Rings go in
// the order of `gpus`; all-to-all spreads evenly. Empty when all ranks share an NVLink domain and `kind` stays inside.
std::vector<LinkUse> collective_uses(Router& router, CollectiveKind kind, std::span<const std::uint32_t> gpus);

// Keeps the variables of collectives by placement; least recently used go first.
class CollectiveCache {
 public:
  explicit CollectiveCache(std::size_t most = 4096) : most_(most) {}
  const std::vector<LinkUse>& uses(Router& router, CollectiveKind kind, std::span<const std::uint32_t> gpus);
  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }

 private:
  struct Entry {
    std::vector<std::uint32_t> gpus;
    CollectiveKind kind;
    std::vector<LinkUse> uses;
    std::uint64_t used = 0;
  };
  std::size_t most_;
  std::unordered_map<std::uint64_t, std::vector<Entry>> entries_;
  std::size_t count_ = 0;
  std::uint64_t clock_ = 0, hits_ = 0, misses_ = 0;
};

// Share of its alone rate that a collective keeps beside the given background variables (max-min, one variable each).
double share_beside(const Topology& topology, std::span<const LinkUse> collective,
                    std::span<const std::vector<LinkUse>> background, double background_weight = 1.0);

}  // namespace nadc
