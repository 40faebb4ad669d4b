#include "models/network/damage.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <cmath>
#include <map>
#include <set>

#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr double tiny = 1e-9;

bool is_edge_switch(const Topology& t, std::uint32_t v) {
  const NodeKind kind = t.nodes()[v].kind;
  return kind == NodeKind::leaf || kind == NodeKind::router;
}

}  // namespace

DamageMeter::DamageMeter(const Topology& topology) : topology_(topology), number_(topology.nodes().size(), 0) {
  for (std::uint32_t v = 0; v < topology.nodes().size(); ++v) {
    if (!topology.is_switch(v)) continue;
    number_[v] = static_cast<std::uint32_t>(switches_.size());
    switches_.push_back(v);
  }
  for (std::uint32_t c = 0; c < topology.cables().size(); ++c) {
    const Cable& cable = topology.cables()[c];
    if (topology.is_gpu(cable.a) && topology.is_switch(cable.b)) hosts_.push_back({cable.a, cable.b, c});
    if (topology.is_gpu(cable.b) && topology.is_switch(cable.a)) hosts_.push_back({cable.b, cable.a, c});
  }
  whole_bisection_ = bisection({});
}

double DamageMeter::max_flow(std::span<const double> sources, std::span<const double> sinks,
                             const std::vector<double>& factor) const {
  using namespace boost;
  using Traits = adjacency_list_traits<vecS, vecS, directedS>;
  using FlowGraph = adjacency_list<
      vecS, vecS, directedS,
      property<vertex_index_t, long,
               property<vertex_color_t, default_color_type,
                        property<vertex_distance_t, long, property<vertex_predecessor_t, Traits::edge_descriptor>>>>,
      property<edge_capacity_t, double,
               property<edge_residual_capacity_t, double, property<edge_reverse_t, Traits::edge_descriptor>>>>;
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> merged;
  double largest = 0.0;
  for (std::uint32_t c = 0; c < topology_.cables().size(); ++c) {
    const Cable& cable = topology_.cables()[c];
    if (!topology_.is_switch(cable.a) || !topology_.is_switch(cable.b)) continue;
    const double rate = cable.bytes_per_s * (factor.empty() ? 1.0 : factor[c]);
    if (rate > 0.0) merged[{number_[cable.a], number_[cable.b]}] += rate;
    largest = std::max(largest, cable.bytes_per_s);
  }
  for (const double s : sources) largest = std::max(largest, s);
  if (largest <= 0.0) return 0.0;
  FlowGraph g(switches_.size() + 2);
  // In units of the largest capacity, so that rounding is relative.
  const auto add = [&](std::size_t a, std::size_t b, double there, double back) {
    const auto e = add_edge(a, b, g).first, r = add_edge(b, a, g).first;
    put(edge_capacity, g, e, there / largest);
    put(edge_capacity, g, r, back / largest);
    put(edge_reverse, g, e, r);
    put(edge_reverse, g, r, e);
  };
  for (const auto& [ends, rate] : merged) add(ends.first, ends.second, rate, rate);
  const std::size_t source = switches_.size(), sink = source + 1;
  for (std::size_t s = 0; s < switches_.size(); ++s) {
    if (sources[s] > 0.0) add(source, s, sources[s], 0.0);
    if (sinks[s] > 0.0) add(s, sink, sinks[s], 0.0);
  }
  return boykov_kolmogorov_max_flow(g, source, sink) * largest;
}

double DamageMeter::flow_out(std::span<const std::uint32_t> leaves, const std::vector<double>& factor,
                             const std::vector<double>& host_factor) const {
  std::vector<double> sources(switches_.size(), 0.0), sinks(switches_.size(), 0.0);
  std::vector<char> mine(topology_.nodes().size(), 0);
  for (const std::uint32_t leaf : leaves) mine[leaf] = 1;
  for (const Host& host : hosts_) {
    const double rate =
        topology_.cables()[host.cable].bytes_per_s * (host_factor.empty() ? 1.0 : host_factor[host.cable]);
    (mine[host.leaf] ? sources : sinks)[number_[host.leaf]] += rate;
  }
  return max_flow(sources, sinks, factor);
}

double DamageMeter::bisection(const std::vector<double>& factor) const {
  std::vector<double> sources(switches_.size(), 0.0), sinks(switches_.size(), 0.0);
  for (const Host& host : hosts_) {
    const double rate = topology_.cables()[host.cable].bytes_per_s * (factor.empty() ? 1.0 : factor[host.cable]);
    (host.gpu < topology_.gpus() / 2 ? sources : sinks)[number_[host.leaf]] += rate;
  }
  return max_flow(sources, sinks, factor);
}

std::uint64_t DamageMeter::pod_of(std::uint32_t leaf) const {
  const NetNode& node = topology_.nodes()[leaf];
  // A rail-fat-tree's leaves carry their rail's number in one plane.
  const std::uint32_t plane = topology_.shape().planes > 1 ? static_cast<std::uint32_t>(node.plane) : 0;
  return (static_cast<std::uint64_t>(plane) << 32) | static_cast<std::uint32_t>(node.group);
}

Damage DamageMeter::assess(const NetworkHealth& health) const {
  const std::vector<double>& factor = health.cable_factor;
  Damage damage;
  if (factor.empty()) return damage;
  // Leaves that a failure touches, and pods of which any switch has lost something.
  std::set<std::uint32_t> leaves;
  std::set<std::uint64_t> pods;
  const bool podded = topology_.shape().tiers == 3 || topology_.shape().groups > 1;
  for (std::uint32_t c = 0; c < factor.size(); ++c) {
    if (factor[c] >= 1.0) continue;
    const Cable& cable = topology_.cables()[c];
    if (!topology_.is_switch(cable.a) || !topology_.is_switch(cable.b)) continue;
    for (const std::uint32_t end : {cable.a, cable.b}) {
      if (is_edge_switch(topology_, end)) leaves.insert(end);
      if (podded && topology_.nodes()[end].group >= 0) pods.insert(pod_of(end));
    }
  }
  std::vector<double> left(topology_.nodes().size(), 1.0);  // (leaf)
  const auto keep = [&](std::span<const std::uint32_t> group, const std::vector<double>& host_factor) {
    // What hosts and leaves have lost themselves counts with them, and not against their neighbours.
    const double whole = flow_out(group, {}, host_factor);
    const double share = whole > 0.0 ? std::min(1.0, flow_out(group, factor, host_factor) / whole) : 1.0;
    for (const std::uint32_t leaf : group) left[leaf] *= share;
  };
  for (const std::uint32_t leaf : leaves) keep(std::span(&leaf, 1), factor);
  std::vector<double> sending = factor;
  for (const Host& host : hosts_) sending[host.cable] *= left[host.leaf];
  for (const std::uint64_t pod : pods) {
    std::vector<std::uint32_t> group;
    for (const std::uint32_t v : switches_)
      if (is_edge_switch(topology_, v) && pod_of(v) == pod) group.push_back(v);
    keep(group, sending);
  }
  std::vector<double> rate(topology_.gpus(), 0.0), whole(topology_.gpus(), 0.0);
  for (const Host& host : hosts_) {
    const double own = topology_.cables()[host.cable].bytes_per_s;
    whole[host.gpu] += own;
    rate[host.gpu] += own * factor[host.cable] * left[host.leaf];
  }
  std::vector<char> cut(topology_.gpus(), 0);
  for (const std::uint32_t gpu : cut_off(topology_, health)) cut[gpu] = 1, ++damage.gpus_cut;
  for (std::uint32_t gpu = 0; gpu < topology_.gpus(); ++gpu) {
    if (cut[gpu]) {
      damage.rate_lost += 1.0;
      continue;
    }
    double share = whole[gpu] > 0.0 ? rate[gpu] / whole[gpu] : 1.0;
    damage.rate_lost += 1.0 - share;
    if (share >= 1.0 - tiny) continue;
    if (share <= tiny && topology_.domain(gpu) != Topology::none) {  // through its neighbours' cables
      double all = 0.0, kept = 0.0;
      for (const std::uint32_t other : topology_.domain_gpus(topology_.domain(gpu)))
        all += whole[other], kept += rate[other];
      share = all > 0.0 ? kept / all : 0.0;
    }
    ++damage.gpus_slowed;
    damage.rate_left = std::min(damage.rate_left, share);
  }
  damage.bisection_left = whole_bisection_ > 0.0 ? std::min(1.0, bisection(factor) / whole_bisection_) : 1.0;
  return damage;
}

}  // namespace nadc
