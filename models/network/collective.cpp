#include "models/network/collective.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "models/network/limits.hpp"
#include "models/network/text.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::array<std::string_view, 6> kinds{"all-reduce", "all-gather", "reduce-scatter",
                                                "all-to-all", "broadcast",  "send-receive"};
constexpr std::array<std::string_view, 6> algorithms{"auto",      "ring",         "tree",
                                                     "in-switch", "hierarchical", "in-switch-tree"};

template <class T, std::size_t N>
T find(std::string_view what, std::string_view name, const std::array<std::string_view, N>& names) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<T>(i);
  }
  throw Error(ErrorKind::usage, "no " + std::string(what) + " is called '" + std::string(name) + "'",
              "did you mean " + std::string(nearest_word(name, {names.begin(), names.end()})) + "?");
}

double bus_factor(CollectiveKind kind, double n) {
  switch (kind) {
    case CollectiveKind::all_reduce:
      return 2.0 * (n - 1.0) / n;
    case CollectiveKind::all_gather:
    case CollectiveKind::reduce_scatter:
    case CollectiveKind::all_to_all:
      return (n - 1.0) / n;
    case CollectiveKind::broadcast:
    case CollectiveKind::send_receive:
      return 1.0;
  }
  return 1.0;
}

// Bandwidth of a ring (or tree edge) that runs over all GPUs of each node and every rail.
double ring_rate(const FabricView& f, std::int64_t ranks, double share) {
  const double inside = f.nvlink * f.nvlink_efficiency;
  if (ranks <= f.domain) return f.domain > 1 ? inside : f.network_rate(1.0) * f.nic_efficiency * share;
  const double local = static_cast<double>(std::max(f.domain, 1));
  const double outside = local * f.network_rate(local) * f.nic_efficiency * share;
  if (f.domain < 2) return outside;
  return std::min(inside, outside) * f.multi_node_efficiency;
}

double step_latency(const FabricView& f, std::int64_t ranks, double steps) {
  if (f.domain > 1 && ranks <= f.domain) return steps * f.nvlink_latency_s;
  const double nodes = std::ceil(static_cast<double>(ranks) / std::max(f.domain, 1));
  const double outside = steps * nodes / static_cast<double>(ranks);
  return outside * f.network_latency_s + (steps - outside) * f.nvlink_latency_s;
}

// Hops of a tree: between nodes, then a chain inside them.
double tree_latency(const FabricView& f, std::int64_t ranks) {
  const std::int64_t domain = std::max(f.domain, 1), nodes = (ranks + domain - 1) / domain;
  return std::ceil(std::log2(static_cast<double>(nodes))) * f.network_latency_s +
         static_cast<double>(std::min(domain, ranks) - 1) * f.nvlink_latency_s;
}

// A flag with every word, or a wait for every chunk.
struct Protocol {
  double latency, bandwidth;
};
constexpr Protocol protocols[] = {{1.0, 0.5}, {2.5, 1.0}};

double ring_time(double latency_s, double transfer_s) {
  double time = std::numeric_limits<double>::infinity();
  for (const Protocol& p : protocols) time = std::min(time, latency_s * p.latency + transfer_s / p.bandwidth);
  return time;
}
double tree_time(double latency_s, double transfer_s) {
  double root = std::numeric_limits<double>::infinity();
  for (const Protocol& p : protocols)
    root = std::min(root, std::sqrt(latency_s * p.latency) + std::sqrt(transfer_s / p.bandwidth));
  return root * root;
}

// A buffer in chunks of the best size through switches that reduce, at `rate` [B/s] once the pipe is full.
double in_switch_time(const FabricView& f, double bytes, std::int64_t ranks, double rate) {
  const double root = std::sqrt(bytes / rate) + std::sqrt(static_cast<double>(ranks) * f.in_switch_wait_s);
  return root * root;
}

double algorithm_time(CollectiveKind kind, CollectiveAlgorithm algorithm, double bytes, std::int64_t ranks,
                      const FabricView& f, double share) {
  const double n = static_cast<double>(ranks), d = static_cast<double>(std::max(f.domain, 1));
  const bool one_domain = f.domain > 1 && ranks <= f.domain;
  if (kind == CollectiveKind::send_receive) {
    return one_domain ? f.nvlink_latency_s + bytes / (f.nvlink * f.nvlink_efficiency)
                      : f.network_latency_s + bytes / (f.network_rate(d) * f.nic_efficiency * share);
  }
  if (kind == CollectiveKind::all_to_all) {
    const double inside = bytes * (std::min(d, n) - 1.0) / n / (f.nvlink * f.nvlink_efficiency);
    if (one_domain) return inside + (n - 1.0) * f.nvlink_latency_s;
    const double leaving = bytes * (n - std::min(d, n)) / n;
    const double outside = leaving / (f.all_to_all_rate(ranks) * f.nic_efficiency * share);
    const double steps = std::ceil(n / d) - 1.0;
    const double forwarding = f.domain > 1 ? leaving * f.forwarded / (f.nvlink * f.nvlink_efficiency) : 0.0;
    return std::max(f.domain > 1 ? inside : 0.0, outside) + forwarding + steps * f.network_latency_s +
           (d - 1.0) * f.nvlink_latency_s;
  }
  switch (algorithm) {
    case CollectiveAlgorithm::tree: {
      const double times = kind == CollectiveKind::all_reduce ? 2.0 : 1.0;
      return tree_time(times * tree_latency(f, ranks), times * bytes / ring_rate(f, ranks, share));
    }
    case CollectiveAlgorithm::in_switch: {
      const double sent = kind == CollectiveKind::all_reduce ? bytes : bytes * (n - 1.0) / n;
      return 2.0 * f.nvlink_latency_s + in_switch_time(f, sent, ranks, f.nvlink * f.in_switch_efficiency);
    }
    case CollectiveAlgorithm::in_switch_tree: {
      const double nodes = std::ceil(n / d), load = std::min(2.0, nodes / 2.0);
      const double outside = d * f.network_rate(d) * f.nic_efficiency * share / load;
      const double rate = std::min(f.nvlink * f.in_switch_efficiency, outside) * f.multi_node_efficiency;
      return 2.0 * (f.nvlink_latency_s + std::ceil(std::log2(nodes)) * f.network_latency_s) +
             in_switch_time(f, bytes, f.domain, rate);
    }
    case CollectiveAlgorithm::hierarchical: {
      const double nodes = std::ceil(n / d);
      const double inside = (d - 1.0) / d * bytes / (f.nvlink * f.nvlink_efficiency) + (d - 1.0) * f.nvlink_latency_s;
      const double times = kind == CollectiveKind::all_reduce ? 2.0 : 1.0;
      const double outside =
          times * ((nodes - 1.0) / nodes * bytes / d / (f.network_rate(d) * f.nic_efficiency * share) +
                   (nodes - 1.0) * f.network_latency_s);
      return times * inside + outside;
    }
    default: {
      const double times = kind == CollectiveKind::all_reduce ? 2.0 : 1.0;
      if (kind == CollectiveKind::broadcast)
        return ring_time(step_latency(f, ranks, n - 1.0), bytes / ring_rate(f, ranks, share));
      return ring_time(step_latency(f, ranks, times * (n - 1.0)),
                       times * (n - 1.0) / n * bytes / ring_rate(f, ranks, share));
    }
  }
}

}  // namespace

std::string_view name_of(CollectiveKind kind) { return kinds[static_cast<std::size_t>(kind)]; }
std::string_view name_of(CollectiveAlgorithm algorithm) { return algorithms[static_cast<std::size_t>(algorithm)]; }
CollectiveKind collective_kind(std::string_view name) { return find<CollectiveKind>("collective", name, kinds); }
CollectiveAlgorithm collective_algorithm(std::string_view name) {
  return find<CollectiveAlgorithm>("algorithm", name, algorithms);
}

double FabricView::network_rate(double stride) const {
  const double leaf_crossing = std::min(1.0, stride / static_cast<double>(leaf_gpus) + scatter);
  const double pod_crossing = std::min(1.0, stride / static_cast<double>(pod_gpus) + scatter);
  double rate = nic;
  if (leaf_crossing > 0.0) rate = std::min(rate, nic * leaf_share / leaf_crossing);
  if (pod_crossing > 0.0) rate = std::min(rate, nic * pod_share / pod_crossing);
  return rate;
}

double FabricView::all_to_all_rate(std::int64_t ranks) const {
  const double n = static_cast<double>(ranks);
  const double out_of_leaf = 1.0 - std::min(1.0, static_cast<double>(leaf_gpus) / n);
  const double out_of_pod = 1.0 - std::min(1.0, static_cast<double>(pod_gpus) / n);
  double rate = nic;
  if (out_of_leaf > 0.0) rate = std::min(rate, nic * leaf_share / out_of_leaf);
  if (out_of_pod > 0.0) rate = std::min(rate, nic * pod_share / out_of_pod);
  return rate;
}

FabricView fabric_view(const TopologySpec& spec) {
  const Shape shape = shape_of(spec);
  if (!shape.fits) throw Error(ErrorKind::input, shape.why);
  FabricView view;
  view.nic = spec.host_gbps * 1e9 / 8.0;
  view.nvlink = spec.nvlink_gbps * 1e9 / 8.0;
  view.domain = std::max(1, spec.nvlink_domain);
  type_of(spec.kind).view(spec, shape, view);
  return view;
}

FabricView fabric_view(const Topology& topology) {
  if (!is_read_from_file(topology.spec().kind)) return fabric_view(topology.spec());
  FabricView view;
  double nic = 0.0, nvlink = 0.0;
  for (const Cable& cable : topology.cables()) {
    if (cable.kind == CableKind::host) nic += cable.bytes_per_s;
    if (cable.kind == CableKind::nvlink) nvlink = std::max(nvlink, cable.bytes_per_s);
  }
  view.nic = nic / topology.gpus();
  view.domain = nvlink > 0.0 ? static_cast<int>(topology.domain_gpus(topology.domain(0)).size()) : 1;
  if (nvlink > 0.0) view.nvlink = nvlink;
  view.leaf_gpus = view.pod_gpus = std::max<std::int64_t>(1, topology.gpus() / 2);
  view.leaf_share = view.pod_share = std::min(1.0, topology.max_flow_bisection() / (view.nic * topology.gpus() / 2.0));
  return view;
}

CollectiveTime collective_time(CollectiveKind kind, CollectiveAlgorithm algorithm, double bytes, std::int64_t ranks,
                               const FabricView& fabric, double share) {
  if (ranks < 2)
    throw Error(ErrorKind::input, "a collective among " + std::to_string(ranks) + " ranks", "give 2 or more");
  if (ranks > most_ranks)
    throw Error(ErrorKind::input, "a collective among " + grouped(ranks) + " ranks", "at most " + grouped(most_ranks));
  if (!(bytes > 0.0 && bytes <= most_message_bytes))
    throw Error(ErrorKind::input, "a collective of no bytes, or of more than 1e18", "give a size from 1 to 1e18 bytes");
  if (!(share > 0.0 && share <= 1.0))
    throw Error(ErrorKind::input, "the network leaves no bandwidth", "check the links that are down");
  const bool one_domain = fabric.domain > 1 && ranks <= fabric.domain;
  const bool reduces = kind == CollectiveKind::all_reduce || kind == CollectiveKind::all_gather ||
                       kind == CollectiveKind::reduce_scatter;
  CollectiveTime result;
  result.bytes = bytes;
  result.ranks = ranks;
  result.slowdown = 1.0 / share;
  if (algorithm == CollectiveAlgorithm::automatic) {
    result.time_s = algorithm_time(kind, result.algorithm, bytes, ranks, fabric, share);
    const auto offer = [&](CollectiveAlgorithm other) {
      const double time = algorithm_time(kind, other, bytes, ranks, fabric, share);
      if (time < result.time_s) result.time_s = time, result.algorithm = other;
    };
    if (kind == CollectiveKind::all_reduce) offer(CollectiveAlgorithm::tree);
    if (kind == CollectiveKind::all_reduce && fabric.domain > 1 && fabric.in_switch_efficiency > 0.0)
      offer(one_domain ? CollectiveAlgorithm::in_switch : CollectiveAlgorithm::in_switch_tree);
  } else {
    if (algorithm == CollectiveAlgorithm::in_switch_tree &&
        (one_domain || fabric.domain < 2 || kind != CollectiveKind::all_reduce)) {
      throw Error(ErrorKind::usage, "in-switch reduction with a tree is an all-reduce over several NVLink domains",
                  one_domain ? "use in-switch for " + std::to_string(ranks) + " ranks" : "use ring or hierarchical");
    }
    if (algorithm == CollectiveAlgorithm::in_switch && (!one_domain || !reduces)) {
      throw Error(ErrorKind::usage,
                  "in-switch reduction works inside one NVLink domain of " + std::to_string(fabric.domain) + " GPUs",
                  "use ring, tree or hierarchical for " + std::to_string(ranks) + " ranks");
    }
    if (algorithm == CollectiveAlgorithm::hierarchical && (one_domain || !reduces)) {
      throw Error(ErrorKind::usage, "a hierarchical collective needs ranks on several nodes and a reduction or gather",
                  "use ring for " + std::to_string(ranks) + " ranks");
    }
    result.algorithm = algorithm;
    result.time_s = algorithm_time(kind, algorithm, bytes, ranks, fabric, share);
  }
  result.time_s += fabric.launch_s;
  result.algorithm_bandwidth = bytes / result.time_s;
  result.bus_bandwidth = result.algorithm_bandwidth * bus_factor(kind, static_cast<double>(ranks));
  return result;
}

std::vector<LinkUse> collective_uses(Router& router, CollectiveKind kind, std::span<const std::uint32_t> gpus) {
  std::vector<LinkUse> all, one;
  const auto send = [&](std::uint32_t from, std::uint32_t to, std::uint64_t key, double part) {
    if (!router.route(from, to, key, one)) {
      throw Error(ErrorKind::failed, "no path leads from GPU " + std::to_string(from) + " to GPU " + std::to_string(to),
                  "the failed links cut it off");
    }
    for (const LinkUse& use : one) all.push_back({use.link, use.fraction * part});
  };
  const std::size_t n = gpus.size();
  if (n < 2) return {};
  if (kind == CollectiveKind::all_to_all) {
    // Exact for up to 128 ranks; beyond, each rank's shifts are sampled evenly, which keeps every rank's sums.
    const std::size_t shifts = std::min<std::size_t>(n - 1, 127);
    for (std::size_t k = 0; k < shifts; ++k) {
      const std::size_t shift = 1 + k * (n - 1) / shifts;
      for (std::size_t i = 0; i < n; ++i) send(gpus[i], gpus[(i + shift) % n], k, 1.0 / static_cast<double>(shifts));
    }
  } else {
    // Rails: rank r of a node sends to rank r of the next node; inside the node NVLink carries the ring.
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> by_domain;
    std::vector<std::uint32_t> order;
    for (std::uint32_t gpu : gpus) {
      const std::uint32_t domain = router.topology().domain(gpu);
      const std::uint32_t key = domain == Topology::none ? gpu : domain;
      auto [it, fresh] = by_domain.try_emplace(key);
      if (fresh) order.push_back(key);
      it->second.push_back(gpu);
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::vector<std::uint32_t>& here = by_domain[order[i]];
      for (std::size_t r = 0; here.size() > 1 && r < here.size(); ++r)
        send(here[r], here[(r + 1) % here.size()], 0, 1.0);
      if (order.size() < 2) continue;
      const std::vector<std::uint32_t>& there = by_domain[order[(i + 1) % order.size()]];
      for (std::size_t r = 0; r < here.size(); ++r) send(here[r], there[r % there.size()], r, 1.0);
    }
  }
  std::sort(all.begin(), all.end(), [](const LinkUse& x, const LinkUse& y) { return x.link < y.link; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (kept > 0 && all[kept - 1].link == all[i].link) {
      all[kept - 1].fraction += all[i].fraction;
    } else {
      all[kept++] = all[i];
    }
  }
  all.resize(kept);
  return all;
}

const std::vector<LinkUse>& CollectiveCache::uses(Router& router, CollectiveKind kind,
                                                  std::span<const std::uint32_t> gpus) {
  std::uint64_t hash = router.topology().hash() + static_cast<std::uint64_t>(kind);
  for (std::uint32_t gpu : gpus) hash = (hash ^ gpu) * 0x100000001b3ull;
  ++clock_;
  std::vector<Entry>& bucket = entries_[hash];
  for (Entry& entry : bucket) {
    if (entry.kind == kind && std::equal(entry.gpus.begin(), entry.gpus.end(), gpus.begin(), gpus.end())) {
      entry.used = clock_;
      ++hits_;
      return entry.uses;
    }
  }
  ++misses_;
  if (count_ >= most_) {  // drop the older half at once, so that the scan is paid rarely
    std::vector<std::uint64_t> ages;
    for (const auto& [h, list] : entries_) {
      for (const Entry& entry : list) ages.push_back(entry.used);
    }
    std::nth_element(ages.begin(), ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2), ages.end());
    const std::uint64_t limit = ages[ages.size() / 2];
    for (auto it = entries_.begin(); it != entries_.end();) {
      count_ -= std::erase_if(it->second, [&](const Entry& entry) { return entry.used < limit; });
      it = it->second.empty() && it->first != hash ? entries_.erase(it) : std::next(it);
    }
  }
  std::vector<Entry>& list = entries_[hash];
  list.push_back({{gpus.begin(), gpus.end()}, kind, collective_uses(router, kind, gpus), clock_});
  ++count_;
  return list.back().uses;
}

double share_beside(const Topology& topology, std::span<const LinkUse> collective,
                    std::span<const std::vector<LinkUse>> background, double background_weight) {
  if (collective.empty()) return 1.0;
  MaxMin alone(topology.capacities()), beside(topology.capacities());
  const MaxMin::Flow a = alone.add(collective);
  alone.solve();
  const MaxMin::Flow b = beside.add(collective);
  for (const std::vector<LinkUse>& uses : background) {
    if (!uses.empty()) beside.add(uses, background_weight);
  }
  beside.solve();
  return std::min(1.0, beside.rate(b) / alone.rate(a));
}

}  // namespace nadc
