// Seam place: which GPUs of a partition a job gets. A job for at most one node shares it with others; a larger one
// owns whole nodes, its GPUs rounded up to whole nodes.
#pragma once
#include <cstdint>
#include <string_view>

#include "models/site/node_map.hpp"
#include "sim/platform.hpp"
#include "sim/seam.hpp"

namespace nadc {

// One partition as placement sees it.
template <int Width> struct PartitionGpus {
  NodeMap<Width> map;
  std::uint32_t free = 0;  // idle GPUs in service
};

// GPUs as one number: no nodes, no fragments. What trace replays and queueing theory assume.
struct Pool {
  static constexpr std::string_view name = "pool";
  static constexpr std::string_view help = "GPUs are one pool; nodes do not matter.";
  static constexpr bool by_node = false;

  NADC_HD std::uint32_t held(const NodeMapShape&, std::uint32_t gpus) const { return gpus; }
  template <int W> NADC_HD std::uint32_t largest(const PartitionGpus<W>& part) const { return part.free; }
  template <int W> NADC_HD bool fits(const PartitionGpus<W>& part, std::uint32_t gpus) const {
    return gpus <= part.free;
  }
  template <int W>
  NADC_HD Placement take(Lanes<W> lanes, PartitionGpus<W>& part, std::uint32_t gpus, std::uint64_t*) const {
    lanes.once([&] { part.free -= gpus; });
    Placement where;
    where.gpus = gpus;
    return where;
  }
};

namespace place_detail {

NADC_HD inline std::uint32_t rounded(const NodeMapShape& shape, std::uint32_t gpus) {
  if (gpus <= shape.gpus_per_node) return gpus;
  return (gpus + shape.gpus_per_node - 1) / shape.gpus_per_node * shape.gpus_per_node;
}

// The most free GPUs of a node that is not idle.
template <int W> NADC_HD std::uint32_t largest_part(const PartitionGpus<W>& part) {
  return part.map.level_below(part.map.shape().gpus_per_node);
}

template <int W> NADC_HD std::uint32_t largest(const PartitionGpus<W>& part) {
  const std::uint32_t full = part.map.shape().gpus_per_node;
  if (part.map.idle_nodes()) return part.map.idle_nodes() * full;
  return part.map.level_below(full);
}

template <int W> NADC_HD bool fits(const PartitionGpus<W>& part, std::uint32_t gpus) {
  const std::uint32_t full = part.map.shape().gpus_per_node;
  if (gpus > full) return part.map.idle_nodes() * full >= gpus;
  return gpus <= part.free && part.map.best_level(gpus) <= full;
}

// On the fullest node that still has room, the lowest of these.
template <int W> NADC_HD Placement take_part(Lanes<W> lanes, PartitionGpus<W>& part, std::uint32_t gpus) {
  Placement where;
  where.gpus = gpus;
  const NodeId node = part.map.lowest(lanes, part.map.best_level(gpus));
  where.first = node.value;
  part.map.take(lanes, node, gpus);
  lanes.once([&] { part.free -= gpus; });
  return where;
}

template <int W>
NADC_HD void take_range(Lanes<W> lanes, PartitionGpus<W>& part, Placement& where, NodeId begin, NodeId end,
                        std::uint32_t nodes, std::uint64_t* set) {
  const auto words = part.map.take_idle(lanes, begin, end, nodes, set);
  where.first = where.nodes && where.first < words.first ? where.first : words.first;
  where.last = where.nodes && where.last > words.last ? where.last : words.last;
  where.nodes += nodes;
}

// Pods with at least one node of the set.
template <int W>
NADC_HD std::uint32_t pods_spanned(Lanes<W> lanes, const NodeMapShape& shape, const Placement& where,
                                   const std::uint64_t* set) {
  const PodId first = shape.pod_of(NodeId(where.first * 64));
  const std::uint32_t end = where.last * 64 + 64 < shape.nodes ? where.last * 64 + 64 : shape.nodes;
  const PodId last{(end + shape.pod_nodes - 1) / shape.pod_nodes};
  return static_cast<std::uint32_t>(lanes.sum(Ids<PodId>{first, last}, [&](PodId pod) {
    const std::uint32_t begin = shape.begin_of(pod).value, stop = begin + shape.pod_nodes;
    for (std::uint32_t word = begin / 64; word * 64 < stop; ++word) {
      if (word < where.first || word > where.last) continue;
      std::uint64_t bits = set[word];
      if (word * 64 < begin) bits &= ~std::uint64_t{0} << (begin - word * 64);
      if (stop < word * 64 + 64) bits &= (std::uint64_t{1} << (stop - word * 64)) - 1;
      if (bits) return std::uint64_t{1};
    }
    return std::uint64_t{0};
  }));
}

}  // namespace place_detail

// What placements by node share.
struct ByNode {
  static constexpr bool by_node = true;

  NADC_HD std::uint32_t held(const NodeMapShape& shape, std::uint32_t gpus) const {
    return place_detail::rounded(shape, gpus);
  }
  template <int W> NADC_HD std::uint32_t largest(const PartitionGpus<W>& part) const {
    return place_detail::largest(part);
  }
  template <int W> NADC_HD bool fits(const PartitionGpus<W>& part, std::uint32_t gpus) const {
    return place_detail::fits(part, gpus);
  }
};

// Jobs below a node go to the node with the least room that suffices; whole nodes are the lowest idle ones.
struct BestFit : ByNode {
  static constexpr std::string_view name = "best_fit";
  static constexpr std::string_view help = "The node with the least room that suffices; whole nodes by lowest number.";

  template <int W>
  NADC_HD Placement take(Lanes<W> lanes, PartitionGpus<W>& part, std::uint32_t gpus, std::uint64_t* set) const {
    const NodeMapShape& shape = part.map.shape();
    if (gpus <= shape.gpus_per_node) return place_detail::take_part(lanes, part, gpus);
    Placement where;
    where.gpus = held(shape, gpus);
    place_detail::take_range(lanes, part, where, NodeId(0), shape.end(), where.gpus / shape.gpus_per_node, set);
    where.pods = place_detail::pods_spanned(lanes, shape, where, set);
    lanes.once([&] { part.free -= where.gpus; });
    return where;
  }
};

// As best_fit, and whole nodes come from one pod if one has room (the one with the least that suffices), else from as
// few pods as possible, the emptiest first.
struct Pack : ByNode {
  static constexpr std::string_view name = "pack";
  static constexpr std::string_view help = "As best_fit, with the nodes of a job in as few pods as possible.";

  template <int W>
  NADC_HD Placement take(Lanes<W> lanes, PartitionGpus<W>& part, std::uint32_t gpus, std::uint64_t* set) const {
    const NodeMapShape& shape = part.map.shape();
    if (gpus <= shape.gpus_per_node) return place_detail::take_part(lanes, part, gpus);
    Placement where;
    where.gpus = held(shape, gpus);
    where.pods = 0;
    std::uint32_t left = where.gpus / shape.gpus_per_node;
    while (left > 0) {
      // The pod with the least room that suffices; failing that, the one with the most.
      const auto best = lanes.min_at(range<PodId>(shape.pods()), [&](PodId pod) -> std::uint64_t {
        const std::uint32_t idle = part.map.idle_in_pod(pod);
        return idle >= left ? idle : (std::uint64_t{1} << 32) + (shape.nodes - idle);
      });
      const std::uint32_t idle = part.map.idle_in_pod(best.index), taken = idle < left ? idle : left;
      place_detail::take_range(lanes, part, where, shape.begin_of(best.index), shape.end_of(best.index), taken, set);
      ++where.pods;
      left -= taken;
    }
    lanes.once([&] { part.free -= where.gpus; });
    return where;
  }
};

using Places = Seam<BestFit, Pack, Pool>;

}  // namespace nadc
