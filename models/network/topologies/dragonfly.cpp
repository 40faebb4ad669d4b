// Dragonflies: groups of fully joined routers, or of leaves and spines (plus), every group joined to every other.
#include <algorithm>
#include <string>
#include <vector>

#include "models/network/text.hpp"
#include "models/network/topologies/sizing_floor.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "models/network/topologies/wiring.hpp"
#include "sim/error.hpp"

namespace nadc::topologies {
namespace {

std::int64_t router_ports(const Shape& s, int p, int a, int h) {
  return s.leaf.ports_for(p, s.host_gbps) + s.leaf.ports_for(a - 1, s.trunk_gbps) + s.leaf.ports_for(h, s.core_gbps);
}

// Cables between groups, all together.
std::int64_t global_cables(const Shape& s) {
  if (s.groups < 2) return 0;
  return s.group_links > 0 ? s.groups * (s.groups - 1) / 2 * s.group_links : s.groups * s.a * s.h / 2;
}

template <bool plus> Shape shape(const TopologySpec& spec) {
  Shape s;
  s.hosts = spec.gpus;
  s.host_gbps = spec.host_gbps;
  s.trunk_gbps = spec.trunk_gbps > 0.0 ? spec.trunk_gbps : spec.host_gbps;
  s.core_gbps = spec.core_gbps > 0.0 ? spec.core_gbps : s.trunk_gbps;
  if (!take_tiers(s, spec, plus, false)) return s;
  const bool given = spec.p > 0 || spec.a > 0 || spec.h > 0;
  if (given && (spec.p <= 0 || spec.a <= 0 || spec.h <= 0)) {
    throw Error(ErrorKind::input, "a dragonfly needs all of p, a and h, or none of them",
                "for example --p 16 --a 32 --h 16", Place{{}, 0, 0, "p", {}});
  }
  if (given) {
    s.p = spec.p, s.a = spec.a, s.h = spec.h;
  } else if (plus) {
    s.p = static_cast<int>(s.leaf.ports / 2 * s.leaf.cables_a_port(s.host_gbps));
    s.a = static_cast<int>(std::min(s.leaf.ports / 2 * s.leaf.cables_a_port(s.trunk_gbps),
                                    s.spine.ports / 2 * s.spine.cables_a_port(s.trunk_gbps)));
    s.h = static_cast<int>(s.spine.ports / 2 * s.spine.cables_a_port(s.core_gbps));
  } else {
    const std::int64_t cables = s.leaf.most_cables(std::max({s.host_gbps, s.trunk_gbps, s.core_gbps}));
    s.p = static_cast<int>(std::clamp<std::int64_t>((cables + 1) / 4, 1, 2048));  // a = 2p = 2h
    while (s.p > 1 && router_ports(s, s.p, 2 * s.p, s.p) > s.leaf.ports) --s.p;
    s.a = 2 * s.p, s.h = s.p;
  }
  const std::int64_t per_group = static_cast<std::int64_t>(s.p) * s.a;
  const std::int64_t links = std::max(1, spec.group_links);
  const std::int64_t most_groups = static_cast<std::int64_t>(s.a) * s.h / links + 1;
  s.group_links = spec.group_links;
  s.groups = ceil_div(spec.gpus, per_group);
  s.most_gpus = most_groups * per_group;
  s.leaf_down = s.p;
  const std::int64_t leaf_need =
      plus ? s.leaf.ports_for(s.p, s.host_gbps) + s.leaf.ports_for(s.a, s.trunk_gbps) : router_ports(s, s.p, s.a, s.h);
  const std::int64_t spine_need = plus ? s.spine.ports_for(s.a, s.trunk_gbps) + s.spine.ports_for(s.h, s.core_gbps) : 0;
  const SwitchTier& tight = leaf_need > s.leaf.ports ? s.leaf : s.spine;
  if (leaf_need > s.leaf.ports || (plus && spine_need > s.spine.ports)) {
    s.why = "p + a" + std::string(plus ? " or a + h" : " − 1 + h") + " needs " +
            std::to_string(std::max(leaf_need, spine_need)) + " ports and the switch has " +
            std::to_string(tight.ports);
    return s;
  }
  if (s.groups > most_groups) {
    s.why = std::string(links > 1 ? "a·h ÷ " + std::to_string(links) : "a·h") + " + 1 = " + grouped(most_groups) +
            " groups of " + grouped(per_group) + " end at " + grouped(s.most_gpus) + " GPUs";
    return s;
  }
  s.fits = true;
  s.leaves = s.groups * s.a;
  if (plus) s.spines = s.leaves;
  if (s.group_links == 0 && s.groups > 1 && (static_cast<std::int64_t>(s.a) * s.h) % (s.groups - 1) != 0) {
    s.note = "uneven: " + grouped(static_cast<std::int64_t>(s.a) * s.h) + " global ports a group over " +
             grouped(s.groups - 1) + " other groups";
  }
  return s;
}

template <bool plus> void wire(Wiring& w) {
  const Shape& shape = w.shape;
  std::vector<std::vector<std::uint32_t>> outward(static_cast<std::size_t>(shape.groups));  // with the global ports
  for (std::int64_t g = 0; g < shape.groups; ++g) {
    std::vector<std::uint32_t> inner;
    for (int i = 0; i < shape.a; ++i)
      inner.push_back(w.node(plus ? NodeKind::leaf : NodeKind::router, g, 0, g * shape.a + i));
    std::vector<std::uint32_t>& outer = outward[static_cast<std::size_t>(g)];
    if (plus) {
      for (int i = 0; i < shape.a; ++i) outer.push_back(w.node(NodeKind::spine, g, 0, g * shape.a + i));
    } else {
      outer = inner;
    }
    const std::int64_t first = g * shape.p * shape.a;
    for (std::int64_t i = first;
         i < std::min<std::int64_t>(w.spec.gpus, first + static_cast<std::int64_t>(shape.p) * shape.a); ++i) {
      w.host(i, inner[static_cast<std::size_t>((i - first) / shape.p)]);
    }
    for (std::size_t i = 0; i < inner.size(); ++i) {
      for (std::size_t j = plus ? 0 : i + 1; j < inner.size(); ++j)
        w.cable(inner[i], outer[j], CableKind::local, shape.trunk_gbps);
    }
  }
  // Every group spends its a·h global ports in turn on the others: offsets 1 … g−1 round the ring of groups, again
  // and again, each pair of groups joined as often as any other to within one cable.
  const std::int64_t groups = shape.groups, ports = static_cast<std::int64_t>(shape.a) * shape.h;
  if (groups < 2) return;
  std::vector<std::int64_t> used(static_cast<std::size_t>(groups), 0);
  const auto join = [&](std::int64_t x, std::int64_t y) {
    std::int64_t& i = used[static_cast<std::size_t>(x)];
    std::int64_t& j = used[static_cast<std::size_t>(y)];
    if (i == ports || j == ports) return;
    // Ports are dealt over the routers first, so that the cables to one group leave from different routers.
    w.cable(outward[static_cast<std::size_t>(x)][static_cast<std::size_t>(i++ % shape.a)],
            outward[static_cast<std::size_t>(y)][static_cast<std::size_t>(j++ % shape.a)], CableKind::global,
            shape.core_gbps);
  };
  const std::int64_t rounds = shape.group_links > 0 ? shape.group_links : ports / (groups - 1);
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (std::int64_t x = 0; x < groups; ++x) {
      for (std::int64_t y = x + 1; y < groups; ++y) join(x, y);
    }
  }
  if (shape.group_links > 0) return;
  const std::int64_t rest = ports % (groups - 1);
  for (std::int64_t offset = 1; offset <= rest / 2; ++offset) {
    for (std::int64_t x = 0; x < groups; ++x) join(x, (x + offset) % groups);
  }
  if (rest % 2 == 1) {
    if (groups % 2 == 0) {
      for (std::int64_t x = 0; x < groups / 2; ++x) join(x, x + groups / 2);
    } else {                                         // one port stays free in one group
      const std::int64_t offset = (groups - 1) / 2;  // shares no factor with groups: one cycle
      std::int64_t x = 0;
      for (std::int64_t n = 0; n < groups; ++n, x = (x + offset) % groups) join(x, (x + offset) % groups);
    }
  }
}

double bisection_share(const NetworkSize& size) {
  const Shape& s = size.shape;
  if (s.groups < 2) return 1.0;
  const double pairs = static_cast<double>(s.groups / 2) * static_cast<double>(s.groups - s.groups / 2);
  const double links = s.group_links > 0 ? static_cast<double>(s.group_links)
                                         : static_cast<double>(s.a) * s.h / static_cast<double>(s.groups - 1);
  const double crossing = pairs * links;
  return std::min(1.0, crossing * s.core_gbps / (static_cast<double>(size.spec.gpus) * size.spec.host_gbps / 2.0));
}

template <bool plus> void size(Sizing& sizing) {
  const Shape& s = sizing.shape;
  NetworkSize& size = sizing.size;
  size.groups = s.groups;
  std::int64_t &hosts = sizing.count(CableKind::host), &local = sizing.count(CableKind::local),
               &global = sizing.count(CableKind::global);
  hosts = size.spec.gpus;
  local = plus ? s.groups * s.a * s.a : s.groups * s.a * (s.a - 1) / 2;
  global = global_cables(s);
  if (plus) {
    size.leaves = s.leaves;
    size.spines = s.spines;
    size.switches = size.leaves + size.spines;
    sizing.ports("leaf", s.leaf, size.leaves, {{hosts, s.host_gbps}, {local, s.trunk_gbps}});
    sizing.ports("spine", s.spine, size.spines, {{local, s.trunk_gbps}, {2 * global, s.core_gbps}});
  } else {
    size.switches = s.leaves;
    sizing.ports("router", s.leaf, size.switches,
                 {{hosts, s.host_gbps}, {2 * local, s.trunk_gbps}, {2 * global, s.core_gbps}});
  }
  sizing.bisection_share = bisection_share(size);
}

template <bool plus> void lay(Sizing& sizing) {
  const Shape& s = sizing.shape;
  NetworkSize& size = sizing.size;
  const std::int64_t gpus = size.spec.gpus, per_group = static_cast<std::int64_t>(s.p) * s.a;
  std::vector<Sizing::Point> middles;
  for (std::int64_t g = 0; g < s.groups; ++g) {
    std::vector<Sizing::Point> routers;
    for (int r = 0; r < s.a; ++r) {
      const std::int64_t first = std::min(gpus, g * per_group + static_cast<std::int64_t>(r) * s.p);
      const std::int64_t last = std::min(gpus, first + s.p);
      routers.push_back(first < last ? sizing.leaf(first, last, 1, 1)
                                     : sizing.rack(static_cast<double>(gpus - 1) / size.spec.gpus_per_node));
    }
    const Sizing::Point middle = routers[routers.size() / 2];
    middles.push_back(middle);
    for (std::size_t i = 0; i < routers.size(); ++i) {
      if (plus) sizing.lay(CableKind::local, sizing.length(routers[i], middle), s.a);
      for (std::size_t j = i + 1; !plus && j < routers.size(); ++j)
        sizing.lay(CableKind::local, sizing.length(routers[i], routers[j]), 1);
    }
  }
  // Pairs of groups share the global cables equally; what the division leaves goes to the farthest.
  std::vector<double> lengths;
  for (std::size_t x = 0; x < middles.size(); ++x) {
    for (std::size_t y = x + 1; y < middles.size(); ++y) lengths.push_back(sizing.length(middles[x], middles[y]));
  }
  std::sort(lengths.rbegin(), lengths.rend());
  if (lengths.empty()) return;
  const std::int64_t total = sizing.count(CableKind::global), pairs = static_cast<std::int64_t>(lengths.size());
  for (std::int64_t i = 0; i < pairs; ++i)
    sizing.lay(CableKind::global, lengths[static_cast<std::size_t>(i)], total / pairs + (i < total % pairs));
}

void view(const TopologySpec&, const Shape& s, FabricView& view) {
  view.leaf_gpus = s.p;
  view.pod_gpus = static_cast<std::int64_t>(s.p) * s.a;
  // Minimal routing within a group; half of the global cables' worth when traffic must be spread over other groups.
  if (s.groups < 2) return;
  const double up = 2.0 * static_cast<double>(global_cables(s)) / static_cast<double>(s.groups * s.a);  // a router
  view.pod_share = (s.group_links > 0 ? up : s.h) * s.core_gbps / (s.p * s.host_gbps);
}

}  // namespace

extern constexpr TopologyType dragonfly{TopologyKind::dragonfly,
                                        "groups of fully joined routers, p a h",
                                        {.groups = true},
                                        shape<false>,
                                        wire<false>,
                                        size<false>,
                                        lay<false>,
                                        view};
extern constexpr TopologyType dragonfly_plus{TopologyKind::dragonfly_plus,
                                             "groups of leaves and spines, p a h",
                                             {.groups = true},
                                             shape<true>,
                                             wire<true>,
                                             size<true>,
                                             lay<true>,
                                             view};

}  // namespace nadc::topologies
