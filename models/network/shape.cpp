#include "models/network/shape.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "models/network/limits.hpp"
#include "models/network/text.hpp"
#include "models/network/topologies/topology_type.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

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
  for (const auto& [key, radix] :
       {std::pair{"leaf_radix", spec.leaf_radix}, {"spine_radix", spec.spine_radix}, {"core_radix", spec.core_radix}})
    require(radix == 0 || (radix >= 2 && radix <= 4096), key, "no switch has " + std::to_string(radix) + " ports",
            "2 to 4,096, or leave it out to take radix");
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
  for (const auto& [key, gbps] : {std::pair{"leaf_port_gbps", spec.leaf_port_gbps},
                                  {"spine_port_gbps", spec.spine_port_gbps},
                                  {"core_port_gbps", spec.core_port_gbps}})
    require(gbps == 0.0 || positive(gbps), key, "a port outside 0.001 to 1,000,000 Gbit/s",
            "leave it out for ports as fast as their cables");
  require(spec.group_links >= 0 && spec.group_links <= 4096, "group_links", "links between groups outside 0..4096",
          "Frontier: 4; leave it out to use every global port");
  require(positive(spec.nvlink_gbps), "nvlink_gbps", "an NVLink outside 0.001 to 1,000,000 Gbit/s",
          "H100: 3600 Gbit/s each way, or nvlink_domain 0 for none");
  require(ratio(spec.leaf_oversubscription), "leaf_oversubscription", "an oversubscription outside 0.001 to 1,000",
          "1 is full bisection");
  require(ratio(spec.spine_oversubscription), "spine_oversubscription", "an oversubscription outside 0.001 to 1,000",
          "1 is full bisection");
  require(std::min({spec.p, spec.a, spec.h}) >= 0 && std::max({spec.p, spec.a, spec.h}) <= 4096, "p",
          "p, a and h outside 0..4096", "leave all out for a balanced one");
}

// What is nearest and works: a larger radix, another tier, fewer GPUs.
std::string nearest(const TopologySpec& spec, const Shape& shape, Shape (*attempt)(const TopologySpec&)) {
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
  if (text.empty() && shape.tiers == 2) {
    for (int radix = std::max(spec.radix, spec.spine_radix) + 1; radix <= 1024; ++radix) {
      other.spine_radix = radix;
      if (!attempt(other).fits) continue;
      append("spines of radix " + std::to_string(radix));
      break;
    }
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

int SwitchTier::cables_a_port(double gbps) const {
  if (port_gbps <= 0.0) return 1;
  int cables = 8;
  while (cables > 0 && gbps * cables > port_gbps * (1.0 + 1e-12)) cables /= 2;
  return cables;
}

std::int64_t SwitchTier::ports_for(std::int64_t cables, double gbps) const {
  return ceil_div(cables, cables_a_port(gbps));
}

bool is_read_from_file(TopologyKind kind) { return !type_of(kind).shape; }

TopologyKind topology_kind(std::string_view name) {
  std::string known;
  std::vector<std::string_view> names;
  for (const TopologyType* type : topology_types()) {
    names.push_back(name_of(type->kind));
    if (names.back() == name) return type->kind;
    known += (known.empty() ? "" : ", ") + std::string(names.back());
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
  const TopologyType& type = type_of(spec.kind);
  if (!type.shape)
    throw Error(ErrorKind::input, "a custom graph has no shape to compute", "read it with read_topology");
  Shape shape = type.shape(spec);
  if (!shape.fits) shape.why += nearest(spec, shape, type.shape);
  return shape;
}

}  // namespace nadc
