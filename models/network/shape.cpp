#include "models/network/shape.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/network/limits.hpp"
#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::array kNames{
    TopologyName{TopologyKind::fat_tree, "fat-tree", "folded Clos of 2 or 3 tiers"},
    TopologyName{TopologyKind::rail_fat_tree, "rail-fat-tree",
                 "scalable units, a leaf a rail, one tree over all rails"},
    TopologyName{TopologyKind::rail_planes, "rail-planes", "a tree of its own for each rail, NVLink between rails"},
    TopologyName{TopologyKind::dual_tor, "dual-tor", "two half-rate cables a GPU to a pair of leaves of one tree"},
    TopologyName{TopologyKind::dual_plane, "dual-plane", "two trees, each at half of the NIC's rate"},
    TopologyName{TopologyKind::dragonfly, "dragonfly", "groups of fully joined routers, p a h"},
    TopologyName{TopologyKind::dragonfly_plus, "dragonfly-plus", "groups of leaves and spines, p a h"},
    TopologyName{TopologyKind::custom, "custom", "a graph from a GraphML file or an edge list"},
};

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

struct Split {
  int down = 0, up = 0;
};

// The largest down with down + up <= radix and down × in <= o × up × out.
Split split_ports(int radix, double oversubscription, double in_gbps, double out_gbps) {
  for (int down = radix - 1; down > 0; --down) {
    const double need = down * in_gbps / (oversubscription * out_gbps);
    const int up = std::max(1, static_cast<int>(std::ceil(need * (1.0 - 1e-12))));
    if (down + up <= radix) return {down, up};
  }
  return {};
}

void require(bool good, const char* key, const std::string& problem, const std::string& hint) {
  if (!good) throw Error(ErrorKind::input, problem, hint, Place{{}, 0, 0, key, {}});
}

void check(const TopologySpec& spec) {
  require(spec.gpus > 0, "gpus", "a network needs at least one GPU, not " + std::to_string(spec.gpus), "give --gpus");
  require(spec.gpus <= 10'000'000, "gpus", "more than ten million GPUs", "give a smaller number");
  require(spec.radix >= 2, "radix", "a switch with " + std::to_string(spec.radix) + " ports joins nothing",
          "64 and 144 are common");
  require(spec.radix <= 4096, "radix", "no switch has " + std::to_string(spec.radix) + " ports",
          "64 and 144 are common");
  require(spec.tiers == 0 || spec.tiers == 2 || spec.tiers == 3, "tiers",
          "a fat tree of " + std::to_string(spec.tiers) + " tiers is not modelled", "give 2 or 3, or leave it out");
  require(spec.gpus_per_node >= 1 && spec.gpus_per_node <= 1024, "gpus_per_node", "GPUs a node outside 1..1024",
          "8 is common");
  require(spec.nvlink_domain >= 0 && spec.nvlink_domain <= 4096, "nvlink_domain", "NVLink domain outside 0..4096",
          "8 for a DGX node, 72 for an NVL72 rack");
  const auto positive = [](double x) { return x >= least_gbps && x <= most_gbps; };
  const auto ratio = [](double x) { return x >= 1.0 / most_oversubscription && x <= most_oversubscription; };
  require(positive(spec.host_gbps), "host_gbps", "a host link outside 0.001 to 1,000,000 Gbit/s", "400 is common");
  require(spec.trunk_gbps == 0.0 || positive(spec.trunk_gbps), "trunk_gbps", "a link outside 0.001 to 1,000,000 Gbit/s",
          "leave it out to take the host's speed");
  require(spec.core_gbps == 0.0 || positive(spec.core_gbps), "core_gbps", "a link outside 0.001 to 1,000,000 Gbit/s",
          "leave it out to take the trunk's speed");
  require(positive(spec.nvlink_gbps), "nvlink_gbps", "an NVLink outside 0.001 to 1,000,000 Gbit/s",
          "H100: 3600 Gbit/s each way, or nvlink_domain 0 for none");
  require(ratio(spec.leaf_oversubscription), "leaf_oversubscription", "an oversubscription outside 0.001 to 1,000",
          "1 is full bisection");
  require(ratio(spec.spine_oversubscription), "spine_oversubscription", "an oversubscription outside 0.001 to 1,000",
          "1 is full bisection");
  require(std::min({spec.p, spec.a, spec.h}) >= 0 && std::max({spec.p, spec.a, spec.h}) <= 4096, "p",
          "p, a and h outside 0..4096", "leave all out for a balanced one");
}

Shape tree(const TopologySpec& spec, int tiers) {
  Shape s;
  s.tiers = tiers;
  s.trunk_gbps = spec.trunk_gbps > 0.0 ? spec.trunk_gbps : spec.host_gbps;
  s.core_gbps = spec.core_gbps > 0.0 ? spec.core_gbps : s.trunk_gbps;
  s.host_gbps = spec.host_gbps;
  s.hosts = spec.gpus;
  const int rails = spec.gpus_per_node;
  if (spec.kind == TopologyKind::rail_planes) {
    s.planes = rails;
    s.hosts = ceil_div(spec.gpus, rails);
  } else if (spec.kind == TopologyKind::dual_plane) {
    s.planes = 2;
    s.host_gbps /= 2.0;
  } else if (spec.kind == TopologyKind::dual_tor) {
    s.cables_per_host = 2;
    s.host_gbps /= 2.0;
  }
  const Split leaf = split_ports(spec.radix, spec.leaf_oversubscription, s.host_gbps, s.trunk_gbps);
  const Split spine = split_ports(spec.radix, spec.spine_oversubscription, s.trunk_gbps, s.core_gbps);
  s.leaf_down = leaf.down;
  s.leaf_up = leaf.up;
  if (leaf.down == 0 || (tiers == 3 && spine.down == 0)) {
    s.why = "a switch with " + grouped(spec.radix) + " ports cannot keep this oversubscription";
    return s;
  }
  if (tiers == 3) {
    s.spine_down = spine.down;
    s.spine_up = spine.up;
  } else {
    s.spine_down = spec.radix;
  }
  // How many leaves there are, and how many one tree can take.
  const bool rail_units = spec.kind == TopologyKind::rail_fat_tree;
  std::int64_t most_leaves = tiers == 2 ? spec.radix : static_cast<std::int64_t>(spec.radix) * s.spine_down;
  if (rail_units) {
    s.unit_nodes = s.leaf_down;
    s.units = ceil_div(ceil_div(spec.gpus, rails), s.unit_nodes);
    s.leaves = s.units * rails;
    most_leaves = tiers == 2 ? spec.radix / rails * rails
                             : static_cast<std::int64_t>(spec.radix) * (s.spine_down / rails * rails);
  } else {
    s.leaves = ceil_div(s.hosts, s.leaf_down) * s.cables_per_host;
    if (s.cables_per_host == 2) most_leaves -= most_leaves % 2;
  }
  s.most_gpus = most_leaves / s.cables_per_host * s.leaf_down * (spec.kind == TopologyKind::rail_planes ? rails : 1);
  s.pod_leaves = tiers == 2 ? s.leaves : s.spine_down;
  if (tiers == 3 && rail_units) s.pod_leaves = s.spine_down / rails * rails;
  if (tiers == 3 && s.cables_per_host == 2) s.pod_leaves -= s.pod_leaves % 2;
  if (s.leaves > most_leaves || s.pod_leaves == 0) {
    s.why = std::string(name_of(spec.kind)) + " of " + std::to_string(tiers) + " tiers with " + grouped(spec.radix) +
            "-port switches ends at " + grouped(s.most_gpus) + " GPUs (" + grouped(most_leaves) + " leaves of " +
            grouped(s.leaf_down) + " hosts" + (s.planes > 1 ? ", " + std::to_string(s.planes) + " planes" : "") + ")";
    return s;
  }
  s.fits = true;
  if (s.leaves == 1 && tiers == 2) {  // one switch joins them all
    s.pods = 1;
    s.leaf_up = 0;
  } else if (tiers == 2) {
    s.pods = 1;
    s.spines = ceil_div(s.leaves * s.leaf_up, spec.radix);
    if (rail_units) {  // the reference architecture wires every leaf to every spine evenly
      while (s.leaf_up % s.spines != 0) ++s.spines;
    } else if (s.leaf_up % s.spines != 0) {
      s.note = "uneven: " + std::to_string(s.leaf_up) + " uplinks a leaf over " + grouped(s.spines) + " spines";
    }
  } else {
    s.pods = ceil_div(s.leaves, s.pod_leaves);
    std::int64_t uplinks = 0;
    for (std::int64_t pod = 0; pod < s.pods; ++pod) {
      s.spines += pod_spine_count(s, pod);
      uplinks += pod_spine_count(s, pod) * s.spine_up;
    }
    s.cores = ceil_div(uplinks, spec.radix);
    if (s.leaves % s.pod_leaves != 0) {
      s.note = "uneven: the last pod has " + grouped(pod_leaf_count(s, s.pods - 1)) + " of " + grouped(s.pod_leaves) +
               " leaves";
    } else if (s.pods * s.spine_up % spec.radix != 0) {
      s.note = "uneven: cores are shared between spine positions";
    }
  }
  if (rail_units) {
    const std::int64_t nodes = ceil_div(spec.gpus, rails);
    const bool one_left = s.units * s.unit_nodes - nodes == 1 && spec.gpus % rails == 0;
    s.manager_cables = spec.manager_cables >= 0 ? spec.manager_cables : (one_left ? std::min(4, rails) : 0);
    if (s.manager_cables > (s.units * s.unit_nodes - nodes) * rails) {
      s.fits = false;
      s.why = "no leaf port is left for the fabric manager's " + std::to_string(s.manager_cables) +
              " cables; give up one node: " + grouped(spec.gpus - rails) + " GPUs";
    } else if (s.manager_cables > 0 && spec.manager_cables < 0) {
      s.note = "the fabric manager takes " + std::to_string(s.manager_cables) + " ports of the node given up for it";
    }
  }
  return s;
}

Shape dragonfly(const TopologySpec& spec) {
  Shape s;
  s.hosts = spec.gpus;
  s.host_gbps = spec.host_gbps;
  s.trunk_gbps = spec.trunk_gbps > 0.0 ? spec.trunk_gbps : spec.host_gbps;
  s.core_gbps = spec.core_gbps > 0.0 ? spec.core_gbps : s.trunk_gbps;
  const bool plus = spec.kind == TopologyKind::dragonfly_plus;
  const bool given = spec.p > 0 || spec.a > 0 || spec.h > 0;
  if (given && (spec.p <= 0 || spec.a <= 0 || spec.h <= 0)) {
    throw Error(ErrorKind::input, "a dragonfly needs all of p, a and h, or none of them",
                "for example --p 16 --a 32 --h 16", Place{{}, 0, 0, "p", {}});
  }
  if (given) {
    s.p = spec.p, s.a = spec.a, s.h = spec.h;
  } else if (plus) {
    s.p = s.a = s.h = spec.radix / 2;
  } else {
    s.p = std::max(1, (spec.radix + 1) / 4);  // a = 2p = 2h
    s.a = 2 * s.p, s.h = s.p;
  }
  const std::int64_t per_group = static_cast<std::int64_t>(s.p) * s.a;
  const std::int64_t most_groups = static_cast<std::int64_t>(s.a) * s.h + 1;
  s.groups = ceil_div(spec.gpus, per_group);
  s.most_gpus = most_groups * per_group;
  s.leaf_down = s.p;
  const int need = plus ? std::max(s.p + s.a, s.a + s.h) : s.p + s.a - 1 + s.h;
  if (need > spec.radix) {
    s.why = "p + a" + std::string(plus ? " or a + h" : " − 1 + h") + " needs " + std::to_string(need) +
            " ports and the switch has " + std::to_string(spec.radix);
    return s;
  }
  if (s.groups > most_groups) {
    s.why = "a·h + 1 = " + grouped(most_groups) + " groups of " + grouped(per_group) + " end at " +
            grouped(s.most_gpus) + " GPUs";
    return s;
  }
  s.fits = true;
  s.leaves = s.groups * s.a;
  if (plus) s.spines = s.leaves;
  if (s.groups > 1 && (static_cast<std::int64_t>(s.a) * s.h) % (s.groups - 1) != 0) {
    s.note = "uneven: " + grouped(static_cast<std::int64_t>(s.a) * s.h) + " global ports a group over " +
             grouped(s.groups - 1) + " other groups";
  }
  return s;
}

Shape attempt(const TopologySpec& spec) {
  if (spec.kind == TopologyKind::dragonfly || spec.kind == TopologyKind::dragonfly_plus) return dragonfly(spec);
  int tiers = spec.tiers;
  if (tiers == 0 && spec.kind == TopologyKind::rail_planes) tiers = 2;
  if (tiers != 0) return tree(spec, tiers);
  Shape s = tree(spec, 2);
  return s.fits ? s : tree(spec, 3);
}

// What is nearest and works: a larger radix, another tier, fewer GPUs.
std::string nearest(const TopologySpec& spec, const Shape& shape) {
  std::string text;
  const auto append = [&](const std::string& option) { text += (text.empty() ? "; works: " : ", or ") + option; };
  TopologySpec other = spec;
  for (int radix = spec.radix + 1; radix <= 1024; ++radix) {
    other.radix = radix;
    if (!attempt(other).fits) continue;
    append("radix " + std::to_string(radix));
    break;
  }
  other = spec;
  if (shape.tiers == 2) {
    other.tiers = 3;
    if (attempt(other).fits) append("3 tiers");
  }
  if (shape.tiers != 0) {
    for (double o : {2.0, 3.0, 7.0}) {
      other = spec;
      other.leaf_oversubscription = o;
      if (o <= spec.leaf_oversubscription || !attempt(other).fits) continue;
      append(std::to_string(static_cast<int>(o)) + ":1 at the leaf");
      break;
    }
  } else if (spec.p > 0) {
    other.p = other.a = other.h = 0;
    const Shape balanced = attempt(other);
    if (balanced.fits) {
      append("p " + std::to_string(balanced.p) + " a " + std::to_string(balanced.a) + " h " +
             std::to_string(balanced.h));
    }
  }
  if (shape.most_gpus > 0 && shape.most_gpus < spec.gpus) append(grouped(shape.most_gpus) + " GPUs");
  return text;
}

}  // namespace

std::span<const TopologyName> topology_names() { return kNames; }

std::string_view name_of(TopologyKind kind) {
  for (const TopologyName& row : kNames) {
    if (row.kind == kind) return row.name;
  }
  return "unknown";
}

TopologyKind topology_kind(std::string_view name) {
  std::string known;
  std::vector<std::string_view> names;
  for (const TopologyName& row : kNames) {
    if (row.name == name) return row.kind;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
    names.push_back(row.name);
  }
  throw Error(ErrorKind::usage, "no topology is called '" + std::string(name) + "'",
              "did you mean " + std::string(nearest_word(name, names)) + "? known: " + known);
}

std::int64_t pod_leaf_count(const Shape& s, std::int64_t pod) {
  return std::min(s.pod_leaves, s.leaves - pod * s.pod_leaves);
}

std::int64_t pod_spine_count(const Shape& s, std::int64_t pod) {
  return s.tiers == 2 ? s.spines : ceil_div(pod_leaf_count(s, pod) * s.leaf_up, s.spine_down);
}

Shape shape_of(const TopologySpec& spec) {
  check(spec);
  if (spec.kind == TopologyKind::custom) {
    throw Error(ErrorKind::input, "a custom graph has no shape to compute", "read it with read_topology");
  }
  Shape shape = attempt(spec);
  if (!shape.fits) shape.why += nearest(spec, shape);
  return shape;
}

}  // namespace nadc
