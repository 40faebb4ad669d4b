// Which links a flow takes.
//
// Among shortest paths (fat trees: up, then down; dragonflies: at most one global hop when one exists):
//   d_mod_k   the destination's number, counted leaf by leaf, picks the uplink, level by level; one path a destination
//   ecmp      a hash of the queue pair picks at every switch; `queue_pairs` of them split the flow equally
//   spray     equal fractions over all equal-cost links, as one variable of the flow solver
//   adaptive  fractions that level the load of the links met so far (local knowledge only); on dragonflies a choice
//             between the minimal and a Valiant path by load × hops (UGAL-like; Singh 2005)
//   valiant   through a random group of a dragonfly (elsewhere: ecmp)
// GPUs of one NVLink domain talk over NVLink. When no path leads from a GPU's own NIC to the other's (rail planes, a
// dead NIC cable), NVLink forwards through a neighbour whose NIC reaches. Failed cables (factor 0) are routed round;
// degraded ones keep their routes at a part of their capacity. Neglected: packet reordering, deadlock freedom after
// failures, convergence time. Cost: a breadth-first search a destination switch, kept, and the ways nearer to it, kept;
// then O(path) a flow, O(links met) when sprayed.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/network/maxmin.hpp"
#include "models/network/topology.hpp"

namespace nadc {

enum class RoutingMode : std::uint8_t { d_mod_k, ecmp, spray, adaptive, valiant };
std::string_view name_of(RoutingMode mode);
RoutingMode routing_mode(std::string_view name);  // ErrorKind::usage with the nearest name

// What is broken. An empty vector means that all is well.
struct NetworkHealth {
  std::vector<double> cable_factor;  // (cable) of its capacity that is left: 0 down, 1 whole
  void fail_cable(const Topology& topology, std::uint32_t cable, double factor = 0.0);
  void fail_switch(const Topology& topology, std::uint32_t node);
};
std::vector<double> capacities(const Topology& topology, const NetworkHealth& health);  // (directed link) [B/s]

// GPUs that have no path to the largest piece, NVLink included.
std::vector<std::uint32_t> cut_off(const Topology& topology, const NetworkHealth& health);

class Router {
 public:
  Router(const Topology& topology, RoutingMode mode, NetworkHealth health = {}, int queue_pairs = 1);
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // The links of a flow and the fraction on each; false when the two are cut off from one another. `key` tells flows
  // between the same GPUs apart.
  bool route(std::uint32_t from, std::uint32_t to, std::uint64_t key, std::vector<LinkUse>& uses);
  // Adaptive routing levels what was noted.
  void note(std::span<const LinkUse> uses, double weight = 1.0);
  void forget() { std::fill(load_.begin(), load_.end(), 0.0); }
  // Switch hops from leaf to leaf, −1 when there is no path.
  int hops(std::uint32_t from_switch, std::uint32_t to_switch);
  const Topology& topology() const { return topology_; }

 private:
  struct Exit {
    std::uint32_t gpu = 0, link = 0, node = 0;  // the NIC link towards the switch, and the switch
  };
  bool alive(std::uint32_t link) const { return health_.cable_factor.empty() || health_.cable_factor[link >> 1] > 0.0; }
  void exits(std::uint32_t gpu, std::vector<Exit>& found) const;
  bool nvlink_path(std::uint32_t from, std::uint32_t to, double fraction, std::vector<LinkUse>& uses) const;
  bool choose_ends(std::uint32_t from, std::uint32_t to);
  // Switch hops that are left to one switch, and the links that lead nearer to it: lists in lists_, by where they
  // begin.
  struct Field {
    std::vector<std::uint8_t> hops;    // (switch)
    std::vector<std::uint32_t> lists;  // (switch) 0: not looked for yet
  };
  std::span<const std::uint32_t> nearer(std::uint32_t node, Field& field);
  Field& distances(std::uint32_t to, std::int32_t group_a, std::int32_t group_b);
  Field& field(std::uint32_t from, std::uint32_t to);
  void walk(std::uint32_t from, std::uint32_t to, std::uint32_t destination, std::uint64_t key, double fraction,
            std::vector<LinkUse>& uses);
  void fan_out(std::uint32_t from, std::uint32_t to, double fraction, std::vector<LinkUse>& uses);
  void split(std::span<const std::uint32_t> links, double amount, std::vector<double>& parts) const;
  void one_path(const Exit& out, const Exit& in, std::uint32_t destination, std::uint64_t key, double fraction,
                bool valiant, std::vector<LinkUse>& uses);

  const Topology& topology_;
  RoutingMode mode_;
  NetworkHealth health_;
  int queue_pairs_;
  std::uint32_t first_switch_ = 0;
  std::int32_t groups_ = 0;  // of a dragonfly
  std::vector<std::vector<std::uint32_t>> group_switches_;
  std::unordered_map<std::uint64_t, Field> fields_;
  std::vector<Field*> whole_;                                    // (switch) the field of all switches, once it is there
  std::vector<std::uint32_t> lists_{0};                          // each list: its length, then its links
  std::map<std::vector<std::uint32_t>, std::uint32_t> list_of_;  // where a list begins; equal lists are one
  std::vector<double> load_;                                     // (directed link) flows
  std::vector<std::uint32_t> queue_, links_;
  std::vector<double> amount_, parts_;
  std::vector<Exit> out_, in_;        // NIC links that choose_ends() settled on
  std::vector<Exit> reach_;           // of in_, those that a way out leads to
  std::vector<std::uint32_t> place_;  // (GPU) leaf by leaf
};

}  // namespace nadc
