// What failures leave of a network, by max-flow on the damaged graph (Boost.Graph, Boykov–Kolmogorov).
//
// Hosts of a leaf or router are merged, NVLink is left out. For a leaf, and for all leaves of a pod, plane or dragonfly
// group, the largest flow from its GPUs to all others on the damaged graph over that on the whole one is what its GPUs
// keep when they all send out; a pod is asked for what its leaves still send, so that one leaf's loss is not its
// neighbours'. A GPU keeps the sum over its cables. A GPU
// whose own cables are all gone shares those of its NVLink domain. Bisection: from the first half of the GPUs to the
// second. Routing that cannot use every path (ECMP with uneven weights) keeps less.
// Worst of k: the sets that are tried stand close together (one leaf's uplinks, one pod's spines, one plane, one node's
// cables), and the one is kept that cuts off most GPUs, then takes most from them, then from the bisection. On trees
// and planes of equal switches no other k take more; tests try all sets on small ones. Cost: one max-flow for each leaf
// and pod that a failure touches, on the switches alone.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/network/routing.hpp"
#include "models/network/topology.hpp"

namespace nadc {

struct Damage {
  std::int64_t gpus_cut = 0;     // that no path reaches
  std::int64_t gpus_slowed = 0;  // that keep a part of their rate
  double rate_left = 1.0;        // of the one that keeps least, those that are cut off left out
  double rate_lost = 0.0;        // of all GPUs together, in GPUs
  double bisection_left = 1.0;   // of the whole one
};

class DamageMeter {
 public:
  explicit DamageMeter(const Topology& topology);
  DamageMeter(const DamageMeter&) = delete;
  DamageMeter& operator=(const DamageMeter&) = delete;

  Damage assess(const NetworkHealth& health) const;
  // Largest flow from the GPUs of these leaves to all others [B/s]; what is left of the cables between switches, and of
  // those of hosts; empty: all.
  double flow_out(std::span<const std::uint32_t> leaves, const std::vector<double>& factor,
                  const std::vector<double>& host_factor) const;
  double bisection(const std::vector<double>& factor) const;

 private:
  struct Host {  // a cable of a GPU
    std::uint32_t gpu, leaf, cable;
  };
  double max_flow(std::span<const double> sources, std::span<const double> sinks,
                  const std::vector<double>& factor) const;
  std::uint64_t pod_of(std::uint32_t leaf) const;

  const Topology& topology_;
  std::vector<Host> hosts_;
  std::vector<std::uint32_t> switches_;  // vertices
  std::vector<std::uint32_t> number_;    // (vertex) among switches_
  double whole_bisection_ = 0.0;
};

struct WorstDamage {
  std::string what;
  std::int64_t down = 0;
  Damage damage;
  std::string example;  // names of the first that are down
};
// Each kind of thing, k of it down. ErrorKind::usage for a negative k.
std::vector<WorstDamage> worst_damage(const Topology& topology, std::int64_t down);

// Failures by name or number: switches ("spine3", "leaf7@plane1", "12"), cables ("leaf0-spine3", the first such that is
// up, or a number). ErrorKind::usage with an example when there is none.
void fail_named_switch(NetworkHealth& health, const Topology& topology, const std::string& name);
void fail_named_cable(NetworkHealth& health, const Topology& topology, const std::string& name);

}  // namespace nadc
