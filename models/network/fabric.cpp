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

constexpr double most_stretch = 1e6;  // of a job whose links are down

bool is_tree(TopologyKind kind) {
  return kind == TopologyKind::fat_tree || kind == TopologyKind::rail_fat_tree || kind == TopologyKind::rail_planes ||
         kind == TopologyKind::dual_tor || kind == TopologyKind::dual_plane;
}

double left_of(const NetworkHealth& health, std::uint32_t cable) {
  return health.cable_factor.empty() ? 1.0 : health.cable_factor[cable];
}

// Bandwidth from a switch to the switches above it, or of a GPU to its leaves.
double upward(const Topology& topology, std::uint32_t node, CableKind kind, const NetworkHealth& health) {
  double sum = 0.0;
  for (const Arc& arc : topology.arcs(node)) {
    const Cable& cable = topology.cables()[arc.link >> 1];
    if (cable.kind == kind && cable.a == node) sum += cable.bytes_per_s * left_of(health, arc.link >> 1);
  }
  return sum;
}

double nic_of(const Topology& topology, std::uint32_t gpu) {
  double sum = 0.0;
  for (const Arc& arc : topology.arcs(gpu))
    if (topology.is_switch(arc.to)) sum += topology.cables()[arc.link >> 1].bytes_per_s;
  return sum;
}

// What one rail (and plane) of all nodes sees of a tier: the switch set that each node hangs below, and what that set
// sends up.
struct Lane {
  std::vector<std::uint64_t> below;  // (node) key of the set
  double weight = 1.0;
};

// Lanes that share a set belong to one tier. Tiers that group the nodes in the same way carry the same, and the least
// capacity binds.
void add_tiers(std::vector<FabricTier>& tiers, const std::vector<Lane>& lanes,
               const std::map<std::uint64_t, double>& capacity) {
  std::map<std::vector<std::uint64_t>, double> same;
  for (const Lane& lane : lanes) same[lane.below] += lane.weight;
  std::vector<Lane> left;
  for (const auto& [below, weight] : same) left.push_back({below, weight});
  std::map<std::vector<FabricTier::Lane>, FabricTier> alike;
  while (!left.empty()) {
    std::vector<Lane> joined{left.front()};
    left.erase(left.begin());
    std::set<std::uint64_t> keys(joined[0].below.begin(), joined[0].below.end());
    for (std::size_t i = 0; i < left.size();) {
      if (std::none_of(left[i].below.begin(), left[i].below.end(), [&](std::uint64_t k) { return keys.contains(k); })) {
        ++i;
        continue;
      }
      keys.insert(left[i].below.begin(), left[i].below.end());
      joined.push_back(left[i]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(i));
      i = 0;
    }
    if (keys.size() < 2) continue;  // nothing is above that could be crossed
    FabricTier tier;
    std::map<std::uint64_t, std::uint32_t> number;
    for (const Lane& lane : joined) {
      FabricTier::Lane& mine = tier.lanes.emplace_back();
      mine.weight = lane.weight;
      for (const std::uint64_t key : lane.below) {
        const auto [it, fresh] = number.try_emplace(key, static_cast<std::uint32_t>(number.size()));
        if (fresh) tier.capacity.push_back(capacity.at(key));
        mine.of_node.push_back(it->second);
      }
    }
    const auto [it, fresh] = alike.try_emplace(tier.lanes, tier);
    if (fresh) continue;
    for (std::size_t c = 0; c < tier.capacity.size(); ++c)
      it->second.capacity[c] = std::min(it->second.capacity[c], tier.capacity[c]);
  }
  for (auto& [key, tier] : alike) tiers.push_back(std::move(tier));
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
    const bool rails =
        spec_.topology.kind == TopologyKind::rail_fat_tree || spec_.topology.kind == TopologyKind::rail_planes;
    if (rails && part.nodes > 0 && static_cast<int>(part.gpus_per_node) != spec_.topology.gpus_per_node)
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

std::vector<FabricTier> Fabric::tiers_of(const NetworkHealth& health) const {
  std::vector<FabricTier> tiers;
  const bool sprayed = spec_.routing == RoutingMode::spray || spec_.routing == RoutingMode::adaptive;
  if (!sprayed || !is_tree(spec_.topology.kind) || node_gpu_.empty()) return tiers;
  const std::uint32_t rails = node_rails_.front();
  if (std::any_of(node_rails_.begin(), node_rails_.end(), [&](std::uint32_t r) { return r != rails; })) return tiers;
  const bool dual_plane = spec_.topology.kind == TopologyKind::dual_plane;
  const bool planes = topology_.shape().planes > 1;

  // What a pod of a plane sends up.
  std::map<std::uint64_t, double> pod_capacity;
  const auto pod_of = [&](std::uint32_t node) {
    const NetNode& n = topology_.nodes()[node];
    return (planes ? static_cast<std::uint64_t>(n.plane) << 32 : 0) | static_cast<std::uint32_t>(n.group);
  };
  for (std::uint32_t v = topology_.gpus(); v < topology_.nodes().size(); ++v) {
    if (topology_.nodes()[v].kind == NodeKind::spine)
      pod_capacity[pod_of(v)] += upward(topology_, v, CableKind::spine_core, health);
  }

  std::vector<Lane> leaves, pods;
  std::map<std::uint64_t, double> leaf_capacity;
  for (std::uint32_t plane = 0; plane < (dual_plane ? 2u : 1u); ++plane) {
    for (std::uint32_t rail = 0; rail < rails; ++rail) {
      Lane leaf, pod;
      leaf.weight = pod.weight = dual_plane ? 0.5 : 1.0;
      for (const std::uint32_t first : node_gpu_) {
        std::vector<std::uint32_t> above;
        for (const Arc& arc : topology_.arcs(first + rail))
          if (topology_.is_switch(arc.to)) above.push_back(arc.to);
        std::sort(above.begin(), above.end());
        if (dual_plane) above = {above[plane]};
        const std::uint64_t key = above.front();
        leaf.below.push_back(key);
        if (!leaf_capacity.contains(key)) {
          double& sum = leaf_capacity[key];
          for (const std::uint32_t node : above) sum += upward(topology_, node, CableKind::leaf_spine, health);
        }
        pod.below.push_back(pod_of(above.front()));
      }
      leaves.push_back(std::move(leaf));
      pods.push_back(std::move(pod));
    }
  }
  add_tiers(tiers, leaves, leaf_capacity);
  if (topology_.shape().tiers == 3) add_tiers(tiers, pods, pod_capacity);
  if (tiers.empty()) tiers.push_back({{{std::vector<std::uint32_t>(node_gpu_.size(), 0), 1.0}}, {nic_}});  // one leaf
  return tiers;
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

namespace {

constexpr std::size_t most_cached = 4096;

// One fabric in one replica.
struct Traffic {
  explicit Traffic(const Fabric& f) : fabric(&f), router(f), rates(router.capacities()) {}
  const Fabric* fabric;
  JobRouter router;
  MaxMin rates;
  std::vector<std::uint32_t> slot_of;  // (flow)
  std::vector<MaxMin::Link> own;       // (slot) a link of the job's own, its NICs
  std::map<std::vector<std::uint32_t>, JobUse> cache;
  std::vector<UplinkLoss> losses;  // in force
  bool changed = false;            // they are others than at the last solve
};

struct State {
  explicit State(const FabricSet& s) : set(s) {
    for (const Fabric& fabric : set.fabrics) traffic.push_back(std::make_unique<Traffic>(fabric));
  }
  const FabricSet& set;
  std::vector<std::unique_ptr<Traffic>> traffic;
  struct Running {
    Traffic* traffic = nullptr;
    MaxMin::Flow flow = MaxMin::kNone;
    double ring_alone = 1, spread_alone = 1;
    std::vector<std::uint32_t> nodes;
  };
  std::vector<Running> running;  // (slot)
  std::vector<std::uint32_t> nodes;
  std::vector<FlowStretch> changes;
  JobUse use;
};

const JobUse& use_of(State& state, Traffic& traffic) {
  if (traffic.fabric->has_classes()) {
    traffic.router.use(state.nodes, state.use);
    return state.use;
  }
  if (traffic.cache.size() >= most_cached) traffic.cache.clear();
  const auto [it, fresh] = traffic.cache.try_emplace(state.nodes);
  if (fresh) traffic.router.use(state.nodes, it->second);
  return it->second;
}

void start(void* self, std::uint32_t slot, const Placement& where, const std::uint64_t* set) {
  State& state = *static_cast<State*>(self);
  const auto [fabric, part] = state.set.of_partition[where.partition.value];
  Traffic& traffic = *state.traffic[fabric];
  state.nodes.clear();
  for (std::uint32_t word = where.first; word <= where.last; ++word)
    for (std::uint64_t bits = set[word]; bits; bits &= bits - 1)
      state.nodes.push_back(traffic.fabric->first_node(part) + word * 64 +
                            static_cast<std::uint32_t>(std::countr_zero(bits)));
  const JobUse& use = use_of(state, traffic);
  while (traffic.own.size() <= slot) traffic.own.push_back(traffic.rates.add_link(traffic.fabric->nic()));
  std::vector<LinkUse> links = use.shared;
  links.push_back({traffic.own[slot], use.own});
  const MaxMin::Flow flow = traffic.rates.add(links);
  if (traffic.slot_of.size() <= flow) traffic.slot_of.resize(flow + 1);
  traffic.slot_of[flow] = slot;
  if (state.running.size() <= slot) state.running.resize(slot + 1);
  state.running[slot] = {&traffic, flow, use.ring_alone, use.spread_alone, state.nodes};
}

void end(void* self, std::uint32_t slot) {
  State& state = *static_cast<State*>(self);
  if (slot >= state.running.size() || !state.running[slot].traffic) return;
  state.running[slot].traffic->rates.remove(state.running[slot].flow);
  state.running[slot] = {};
}

void change_uplinks(void* self, std::uint32_t partition, std::uint32_t begin, std::uint32_t end, std::uint32_t lost_q16,
                    bool lost) {
  State& state = *static_cast<State*>(self);
  const auto [fabric, part] = state.set.of_partition[partition];
  Traffic& traffic = *state.traffic[fabric];
  const std::uint32_t first = traffic.fabric->first_node(part), nodes = traffic.fabric->parts()[part].nodes;
  const UplinkLoss loss{first + std::min(begin, nodes), first + std::min(end, nodes), lost_q16 / 65536.0};
  if (lost)
    traffic.losses.push_back(loss);
  else
    traffic.losses.erase(std::find(traffic.losses.begin(), traffic.losses.end(), loss));
  traffic.changed = true;
}

// New capacities, and with them what every running job would take alone.
void renew(State& state, Traffic& traffic) {
  traffic.changed = false;
  traffic.router.lose(traffic.losses);
  const std::vector<double> capacities = traffic.router.capacities();
  for (std::uint32_t link = 0; link < capacities.size(); ++link) traffic.rates.set_capacity(link, capacities[link]);
  traffic.cache.clear();
  for (State::Running& run : state.running) {
    if (run.traffic != &traffic) continue;
    state.nodes = run.nodes;
    const JobUse& use = use_of(state, traffic);
    run.ring_alone = use.ring_alone;
    run.spread_alone = use.spread_alone;
  }
}

FlowStretch stretch_of(const State::Running& run, std::uint32_t slot) {
  const Traffic& traffic = *run.traffic;
  const double rate = traffic.rates.rate(run.flow), nic = traffic.fabric->nic();
  const double shared = rate * most_stretch > nic ? std::max(1.0, nic / rate) : most_stretch;
  const double spread = traffic.fabric->spec().all_to_all;
  return {slot, (1.0 - spread) * std::max(shared, run.ring_alone) + spread * std::max(shared, run.spread_alone)};
}

std::span<const FlowStretch> solve(void* self) {
  State& state = *static_cast<State*>(self);
  state.changes.clear();
  for (const auto& traffic : state.traffic) {
    const bool all = traffic->changed;
    if (all) renew(state, *traffic);
    traffic->rates.solve();
    if (all) {
      for (std::uint32_t slot = 0; slot < state.running.size(); ++slot)
        if (state.running[slot].traffic == traffic.get())
          state.changes.push_back(stretch_of(state.running[slot], slot));
      continue;
    }
    for (const MaxMin::Flow flow : traffic->rates.changed())
      state.changes.push_back(stretch_of(state.running[traffic->slot_of[flow]], traffic->slot_of[flow]));
  }
  return state.changes;
}

const FlowCalls flow_calls{[](const void* set) -> void* { return new State(*static_cast<const FabricSet*>(set)); },
                           [](void* state) { delete static_cast<State*>(state); },
                           &start,
                           &end,
                           &change_uplinks,
                           &solve};

}  // namespace

FlowService flow_service(std::shared_ptr<const FabricSet> fabrics) { return {&flow_calls, std::move(fabrics)}; }

}  // namespace nadc
