// What to build, and whether it can be built: the counts of a topology before any graph exists.
//
// N endpoint ports, radix k, oversubscription o (bandwidth down over bandwidth up; below 1 is undersubscribed).
// Leaf: d ports down and u = ⌈d·B_host/(o·B_trunk)⌉ up, the largest d with d + u ≤ k (o = 1: k/2 and k/2).
// Two tiers: at most k leaves. Three tiers: pods of at most d_s leaves, at most k pods; k³/4 hosts at o = 1.
// Rail planes: one tree a rail, NVLink forwards between rails. Dual-plane: two trees, each at half of the host's rate;
// dual-ToR: one tree, two half-rate cables a host to a pair of leaves.
// Tiers may differ: each has its ports and, where a port speed is given, breakouts: a port of S carries n cables of B,
// n the greatest of 1, 2, 4, 8 with n·B ≤ S, and every port carries one kind of cable. Without one a port is a cable.
// Dragonfly (p, a, h): radix p + a − 1 + h, at most a·h + 1 groups (Kim et al., ISCA 2008). Dragonfly+: groups of `a`
// leaves and `a` spines, every leaf to every spine, h global ports a spine (Shpiner et al., HiPINEB 2017). All a·h
// global ports of a group are used, or `group_links` cables for each other group (Frontier: 4; the rest stays free).
// Counts round up; what is left over is uneven wiring, which `note` says.
// Errors: ErrorKind::input for numbers that mean nothing; a shape that does not fit is an answer, not an error.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nadc {

enum class TopologyKind : std::uint8_t {
  fat_tree,
  rail_fat_tree,
  rail_planes,
  dual_tor,
  dual_plane,
  dragonfly,
  dragonfly_plus,
  custom,
};
inline constexpr std::string_view topology_names[] = {"fat-tree",   "rail-fat-tree", "rail-planes",    "dual-tor",
                                                      "dual-plane", "dragonfly",     "dragonfly-plus", "custom"};

inline std::string_view name_of(TopologyKind kind) { return topology_names[static_cast<std::size_t>(kind)]; }
TopologyKind topology_kind(std::string_view name);  // ErrorKind::usage with the nearest name
bool is_read_from_file(TopologyKind kind);          // and has no shape

// The switches of one tier.
struct SwitchTier {
  int ports = 0;
  double port_gbps = 0.0;                // 0: as the cable in it
  int cables_a_port(double gbps) const;  // 0: the cable is too fast
  std::int64_t most_cables(double gbps) const { return static_cast<std::int64_t>(ports) * cables_a_port(gbps); }
  std::int64_t ports_for(std::int64_t cables, double gbps) const;  // rounded up; cables_a_port must not be 0
};

struct TopologySpec {
  std::string name;  // how reports call it; empty: the kind
  TopologyKind kind = TopologyKind::fat_tree;
  std::int64_t gpus = 0;
  int tiers = 0;                                        // fat trees: 0 is the fewest that fit (rail planes: 2)
  int radix = 64;                                       // ports a switch
  int leaf_radix = 0, spine_radix = 0, core_radix = 0;  // of one tier; 0: radix
  double leaf_port_gbps = 0.0, spine_port_gbps = 0.0, core_port_gbps = 0.0;  // 0: as its cables, without breakouts
  double host_gbps = 400.0;                                                  // NIC of one GPU, each way [Gbit/s]
  double trunk_gbps = 0.0;  // leaf to spine, local and global; 0: as host_gbps
  double core_gbps = 0.0;   // spine to core; 0: as trunk_gbps
  double leaf_oversubscription = 1.0;
  double spine_oversubscription = 1.0;
  int gpus_per_node = 8;        // also the number of rails
  int nvlink_domain = 8;        // GPUs that NVLink joins; 0 or 1: none
  double nvlink_gbps = 3600.0;  // per GPU, each way [Gbit/s]; H100: 450 GB/s
  int p = 0, a = 0, h = 0;      // dragonflies; all 0: balanced for the radix
  int group_links = 0;          // cables between two groups of a dragonfly; 0: all global ports
  int manager_cables = -1;  // rail-fat-tree: −1 is 4 when one node's place is left, as in DGX SuperPOD; else as given
  std::string file;         // custom: GraphML or edge list
};

// One tree of leaves, spines and cores; `planes` of them stand side by side.
struct Shape {
  bool fits = false;
  std::string why;   // the reason, and the nearest that works; empty when it fits
  std::string note;  // what is uneven or assumed
  int tiers = 0;
  int planes = 1;
  int planes_per_gpu = 1;                                                       // to which a GPU is cabled
  int cables_per_host = 1;                                                      // in each plane
  bool rails = false;                                                           // a leaf serves one rail of its nodes
  std::int64_t hosts = 0;                                                       // in each plane
  double host_gbps = 0.0, trunk_gbps = 0.0, core_gbps = 0.0;                    // of one cable
  SwitchTier leaf, spine, core;                                                 // a dragonfly's routers are leaves
  int leaf_down = 0, leaf_up = 0, spine_down = 0, spine_up = 0, core_down = 0;  // cables
  std::int64_t leaves = 0, spines = 0, cores = 0;                               // in each plane
  std::int64_t pods = 0, pod_leaves = 0;                                        // three tiers
  int unit_nodes = 0;                                                           // rail-fat-tree: nodes a scalable unit
  std::int64_t units = 0;
  int manager_cables = 0;
  int p = 0, a = 0, h = 0;                   // dragonflies
  std::int64_t groups = 0, group_links = 0;  // links of each pair of groups; 0: all global ports, spread
  std::int64_t most_gpus = 0;                // that this kind, radix and oversubscription can reach
};

Shape shape_of(const TopologySpec& spec);

// Spines of a pod with this many leaves (three tiers), the last one maybe smaller.
std::int64_t pod_leaf_count(const Shape& shape, std::int64_t pod);
std::int64_t pod_spine_count(const Shape& shape, std::int64_t pod);

}  // namespace nadc
