#include "models/network/fabric.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

double nic_of(const Topology& topology, std::uint32_t gpu) {
  double sum = 0.0;
  for (const Arc& arc : topology.arcs(gpu))
    if (topology.is_switch(arc.to)) sum += topology.cables()[arc.link >> 1].bytes_per_s;
  return sum;
}

void mix(std::uint64_t& hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x100000001b3ull;
  hash ^= hash >> 29;
}

}  // namespace

Fabric::Fabric(FabricSpec spec, std::vector<FabricNodes> parts)
    : spec_(std::move(spec)), topology_(build_topology(spec_.topology)), parts_(std::move(parts)) {
  hash_ = topology_.hash();
  mix(hash_, static_cast<std::uint64_t>(spec_.routing));
  mix(hash_, std::bit_cast<std::uint64_t>(spec_.all_to_all));
  for (const FabricNodes& part : parts_) {
    const std::uint64_t end = part.first_gpu + std::uint64_t{part.nodes} * part.gpus_per_node;
    if (end > topology_.gpus())
      throw Error(ErrorKind::input,
                  "the topology joins " + grouped(topology_.gpus()) + " GPUs, and the cluster has " +
                      grouped(static_cast<std::int64_t>(end)),
                  "give a topology with more GPUs, or topology: auto");
    if (topology_.shape().rails && part.nodes > 0 &&
        static_cast<int>(part.gpus_per_node) != spec_.topology.gpus_per_node)
      throw Error(ErrorKind::input,
                  "the topology has " + std::to_string(spec_.topology.gpus_per_node) + " rails, and the nodes have " +
                      std::to_string(part.gpus_per_node) + " GPUs",
                  "set gpus_per_node of the topology, or take a fat-tree");
    first_node_.push_back(static_cast<std::uint32_t>(node_gpu_.size()));
    for (std::uint32_t n = 0; n < part.nodes; ++n) {
      node_gpu_.push_back(part.first_gpu + n * part.gpus_per_node);
      node_rails_.push_back(part.gpus_per_node);
    }
    mix(hash_, part.gpus_per_node);
    mix(hash_, part.pod_nodes);
  }
  nic_ = std::numeric_limits<double>::infinity();
  for (std::uint32_t gpu = 0; gpu < topology_.gpus(); ++gpu) {
    const double nic = nic_of(topology_, gpu);
    if (nic > 0.0) nic_ = std::min(nic_, nic);
  }
  if (!std::isfinite(nic_))
    throw Error(ErrorKind::input, "no GPU of the topology is joined to a switch", "give the links of their NICs");
  tiers_ = tiers_of({});
}

JobRouter::JobRouter(const Fabric& fabric, NetworkHealth health) : fabric_(fabric) {
  if (fabric.has_classes()) {
    tiers_ = fabric.tiers_of(health);
    for (const FabricTier& tier : tiers_) {
      first_link_.push_back(static_cast<std::uint32_t>(link_capacity_.size()));
      link_capacity_.insert(link_capacity_.end(), tier.capacity.begin(), tier.capacity.end());
    }
  } else {
    link_capacity_ = nadc::capacities(fabric.topology(), health);
    for (const Cable& cable : fabric.topology().cables()) inside_.push_back(cable.kind == CableKind::nvlink);
    router_ = std::make_unique<Router>(fabric.topology(), fabric.spec().routing, std::move(health));
  }
  whole_ = link_capacity_;
  amount_.assign(link_capacity_.size(), 0.0);
  leaving_ = ring_ = all_ = amount_;
}

std::vector<double> JobRouter::capacities() const { return link_capacity_; }

void JobRouter::lose(std::span<const UplinkLoss> losses) {
  link_capacity_ = whole_;
  const Topology& topology = fabric_.topology();
  for (const UplinkLoss& loss : losses) {
    if (router_) {
      std::set<std::uint32_t> cables;
      for (std::uint32_t node = loss.begin; node < loss.end; ++node)
        for (std::uint32_t r = 0; r < fabric_.rails(node); ++r)
          for (const Arc& in : topology.arcs(fabric_.first_gpu(node) + r)) {
            if (!topology.is_switch(in.to)) continue;
            for (const Arc& out : topology.arcs(in.to))
              if (topology.is_switch(out.to)) cables.insert(out.link >> 1);
          }
      for (const std::uint32_t cable : cables)
        for (const std::uint32_t link : {2 * cable, 2 * cable + 1}) link_capacity_[link] *= 1.0 - loss.share;
      continue;
    }
    for (std::size_t t = 0; t < tiers_.size(); ++t) {
      std::vector<double> all(tiers_[t].capacity.size()), among(all);
      for (const FabricTier::Lane& lane : tiers_[t].lanes)
        for (std::uint32_t node = 0; node < lane.of_node.size(); ++node) {
          all[lane.of_node[node]] += 1.0;
          among[lane.of_node[node]] += node >= loss.begin && node < loss.end;
        }
      bool whole = false;
      for (std::size_t c = 0; c < all.size(); ++c) whole = whole || among[c] == all[c];
      for (std::size_t c = 0; c < all.size(); ++c) {
        if (among[c] == all[c])
          link_capacity_[first_link_[t] + c] *= 1.0 - loss.share;
        else if (!whole && t == 0)
          link_capacity_[first_link_[t] + c] *= 1.0 - loss.share * among[c] / all[c];
      }
    }
  }
}

// By how much longer a transfer takes that puts `amount` of a NIC's rate on the link.
double JobRouter::alone(std::uint32_t link, double amount) const {
  const double capacity = link_capacity_[link], wanted = amount * fabric_.nic();
  return wanted < most_stretch * capacity ? std::max(1.0, wanted / capacity) : most_stretch;
}

void JobRouter::use(std::span<const std::uint32_t> nodes, JobUse& result) {
  result.shared.clear();
  result.own = result.ring_alone = result.spread_alone = 1.0;
  if (nodes.size() < 2) return;
  router_ ? use_cables(nodes, result) : use_classes(nodes, result);
}

void JobRouter::use_classes(std::span<const std::uint32_t> nodes, JobUse& result) {
  const double spread = fabric_.spec().all_to_all, n = static_cast<double>(nodes.size());
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    const std::uint32_t first = first_link_[t];
    met_.clear();
    for (const FabricTier::Lane& lane : tiers_[t].lanes) {
      touched_.clear();
      std::uint32_t last = first + lane.of_node[nodes.back()];
      for (const std::uint32_t node : nodes) {
        const std::uint32_t here = first + lane.of_node[node];
        if (amount_[here] == 0.0) touched_.push_back(here);
        amount_[here] += 1.0;                     // nodes of the job below it
        if (here != last) leaving_[last] += 1.0;  // whose next in the ring is elsewhere
        last = here;
      }
      for (const std::uint32_t link : touched_) {
        const double m = std::exchange(amount_[link], 0.0), ring = std::exchange(leaving_[link], 0.0);
        if (touched_.size() < 2) continue;
        if (ring_[link] == 0.0) met_.push_back(link);
        ring_[link] += lane.weight * ring;
        all_[link] += lane.weight * m * (n - m) / (n - 1.0);
      }
    }
    for (const std::uint32_t link : met_) {
      const double ring = std::exchange(ring_[link], 0.0), all = std::exchange(all_[link], 0.0);
      result.ring_alone = std::max(result.ring_alone, alone(link, ring));
      result.spread_alone = std::max(result.spread_alone, alone(link, all));
      result.shared.push_back({link, (1.0 - spread) * ring + spread * all});
    }
  }
}

void JobRouter::send(std::uint32_t from, std::uint32_t to, double amount) {
  if (!router_->route(from, to, 0, path_)) {
    throw Error(ErrorKind::failed,
                "no path leads from GPU " + std::to_string(from) + " to GPU " + std::to_string(to) + " of the fabric",
                "the failed links cut it off");
  }
  if (fabric_.spec().routing == RoutingMode::adaptive) router_->note(path_, amount);
  for (const LinkUse& use : path_) {
    if (inside_[use.link >> 1]) continue;
    if (amount_[use.link] == 0.0) touched_.push_back(use.link);
    amount_[use.link] += use.fraction * amount;
  }
}

// What was sent since the last call, `share` of the job's traffic; returns how it stretches alone.
double JobRouter::collect(double share, JobUse& result) {
  double stretch = 1.0;
  std::sort(touched_.begin(), touched_.end());
  for (const std::uint32_t link : touched_) {
    const double amount = std::exchange(amount_[link], 0.0);
    stretch = std::max(stretch, alone(link, amount));
    result.shared.push_back({link, share * amount});
  }
  touched_.clear();
  if (fabric_.spec().routing == RoutingMode::adaptive) router_->forget();
  return stretch;
}

void JobRouter::use_cables(std::span<const std::uint32_t> nodes, JobUse& result) {
  const double spread = fabric_.spec().all_to_all;
  const std::size_t n = nodes.size();
  const auto send_nodes = [&](std::size_t shift, double amount) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t here = nodes[i], there = nodes[(i + shift) % n];
      for (std::uint32_t r = 0; r < fabric_.rails(here); ++r)
        send(fabric_.first_gpu(here) + r, fabric_.first_gpu(there) + r, amount);
    }
  };
  touched_.clear();
  if (spread < 1.0) {
    send_nodes(1, 1.0);
    result.ring_alone = collect(1.0 - spread, result);
  }
  const auto rings = static_cast<std::ptrdiff_t>(result.shared.size());
  // All shifts up to 32 nodes, beyond that a part of them, evenly; 8 of a job of 150 nodes and more.
  if (spread > 0.0) {
    const std::size_t shifts = std::min<std::size_t>(n - 1, std::clamp<std::size_t>(1200 / n, 8, 31));
    for (std::size_t k = 0; k < shifts; ++k) send_nodes(1 + k * (n - 1) / shifts, 1.0 / static_cast<double>(shifts));
    result.spread_alone = collect(spread, result);
  }
  // One entry a link; host cables are the job's own.
  std::inplace_merge(result.shared.begin(), result.shared.begin() + rings, result.shared.end(),
                     [](const LinkUse& a, const LinkUse& b) { return a.link < b.link; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < result.shared.size(); ++i) {
    if (kept > 0 && result.shared[kept - 1].link == result.shared[i].link)
      result.shared[kept - 1].fraction += result.shared[i].fraction;
    else
      result.shared[kept++] = result.shared[i];
  }
  result.shared.resize(kept);
  std::erase_if(result.shared, [&](const LinkUse& use) {
    if (fabric_.topology().cables()[use.link >> 1].kind != CableKind::host) return false;
    result.own = std::max(result.own, alone(use.link, use.fraction));
    return true;
  });
}

}  // namespace nadc
