// Which box each vertex stands in, and which line each cable.
#include "models/network/picture.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "models/network/text.hpp"
#include "models/network/topologies/topology_type.hpp"

namespace nadc {
namespace {

constexpr std::int64_t most_planes_alone = 2, most_groups_alone = 8, most_ring_alone = 16, most_slots = 24,
                       most_upper_slots = 12;

// How many of `count` stand alone when `room` boxes may be drawn and the last one is for the rest.
std::int64_t alone(std::int64_t count, std::int64_t room) { return count <= room ? count : room - 1; }

class Condenser {
 public:
  Condenser(const Topology& topology, std::span<const double> load, const NetworkHealth& health)
      : topology_(topology), load_(load), health_(health), shape_(topology.shape()) {}

  Picture condense() {
    const TopologySpec& spec = topology_.spec();
    picture_.ring = shape_.groups > 1;
    picture_.planes = std::max(1, shape_.planes);
    picture_.groups = std::max<std::int64_t>(1, picture_.ring ? shape_.groups : shape_.pods);
    picture_.planes_alone = std::min(picture_.planes, most_planes_alone);
    const std::int64_t columns = picture_.planes_alone + (picture_.planes > picture_.planes_alone);
    picture_.groups_alone = std::min(
        picture_.groups, picture_.ring ? most_ring_alone : std::max<std::int64_t>(2, most_groups_alone / columns));
    picture_.loaded = !load_.empty();
    picture_.title =
        (spec.name.empty() ? std::string(name_of(spec.kind)) : spec.name) + ", " + grouped(topology_.gpus()) + " GPUs";
    if (!is_read_from_file(spec.kind)) picture_.title += ", " + std::to_string(spec.radix) + "-port switches";
    box_.assign(topology_.nodes().size(), Topology::none);
    switches();
    hosts();
    lines();
    say_what_is_condensed();
    return std::move(picture_);
  }

 private:
  std::int64_t plane_of(const NetNode& node) const {
    return picture_.planes == 1 ? 0 : std::min<std::int64_t>(node.plane, picture_.planes_alone);
  }
  std::int64_t group_of(const NetNode& node) const {
    if (picture_.groups == 1 || node.group < 0) return 0;
    return std::min<std::int64_t>(node.group, picture_.groups_alone);
  }
  bool is_down(std::uint32_t vertex) const {
    if (health_.cable_factor.empty() || topology_.arcs(vertex).empty()) return false;
    const auto arcs = topology_.arcs(vertex);
    return std::all_of(arcs.begin(), arcs.end(),
                       [&](const Arc& arc) { return health_.cable_factor[arc.link >> 1] <= 0.0; });
  }

  void switches() {
    using Bin = std::tuple<std::int64_t, std::int64_t, NodeKind>;  // plane, group, kind
    std::map<Bin, std::vector<std::uint32_t>> bins;
    for (std::uint32_t v = topology_.gpus(); v < topology_.nodes().size(); ++v) {
      const NetNode& node = topology_.nodes()[v];
      if (topology_.is_switch(v) || node.kind == NodeKind::manager)
        bins[{plane_of(node), group_of(node), node.kind}].push_back(v);
    }
    const std::int64_t planes = picture_.planes_alone + (picture_.planes > picture_.planes_alone);
    const std::int64_t groups = picture_.groups_alone + (picture_.groups > picture_.groups_alone);
    for (const auto& [bin, members] : bins) {
      const auto [plane, group, kind] = bin;
      const bool lowest = kind == NodeKind::leaf || kind == NodeKind::router;
      std::int64_t room = kind == NodeKind::core
                              ? most_upper_slots / planes
                              : std::max<std::int64_t>(3, (lowest ? most_slots : most_upper_slots) / (planes * groups));
      const bool rest = plane == picture_.planes_alone || group == picture_.groups_alone;
      if (picture_.ring || rest) room = 1;
      std::int64_t single =
          room == 1 && members.size() > 1 ? 0 : alone(static_cast<std::int64_t>(members.size()), room);
      // Rails of a unit stay together.
      const int rails = topology_.spec().gpus_per_node;
      if (type_of(topology_.spec().kind).acts.rails && topology_.shape().planes == 1 && kind == NodeKind::leaf &&
          single < static_cast<std::int64_t>(members.size()) && single > rails)
        single -= single % rails;
      if (!rest) of_column_[kind] = std::max(of_column_[kind], static_cast<std::int64_t>(members.size()));
      for (std::size_t i = 0; i < members.size(); ++i) {
        const bool by_itself = static_cast<std::int64_t>(i) < single;
        if (by_itself || static_cast<std::int64_t>(i) == single) {
          PictureBox box;
          box.kind = kind;
          box.plane = static_cast<std::int32_t>(plane), box.group = static_cast<std::int32_t>(group);
          picture_.boxes.push_back(box);
        }
        PictureBox& box = picture_.boxes.back();
        box_[members[i]] = static_cast<std::uint32_t>(picture_.boxes.size() - 1);
        box.name = ++box.members == 1 ? topology_.name(members[i]) : "";
        box.down += is_down(members[i]);
      }
      if (!rest && single > 0) alone_[kind] = single;
    }
  }

  // GPUs below the same boxes share one; those of a node go together when its rails part them.
  void hosts() {
    const TopologySpec& spec = topology_.spec();
    const bool railed = type_of(spec.kind).acts.rails;
    const std::uint32_t stride = railed ? static_cast<std::uint32_t>(spec.gpus_per_node) : 1;
    std::map<std::set<std::uint32_t>, std::uint32_t> known;
    for (std::uint32_t first = 0; first < topology_.gpus(); first += stride) {
      const std::uint32_t last = std::min(first + stride, topology_.gpus());
      std::set<std::uint32_t> above;
      for (std::uint32_t gpu = first; gpu < last; ++gpu)
        for (const Arc& arc : topology_.arcs(gpu))
          if (box_[arc.to] != Topology::none) above.insert(box_[arc.to]);
      const auto [it, fresh] = known.try_emplace(above, picture_.boxes.size());
      if (fresh) {
        PictureBox box;
        if (!above.empty())
          box.plane = picture_.boxes[*above.begin()].plane, box.group = picture_.boxes[*above.begin()].group;
        picture_.boxes.push_back(box);
      }
      for (std::uint32_t gpu = first; gpu < last; ++gpu) {
        box_[gpu] = it->second;
        ++picture_.boxes[it->second].members;
      }
    }
  }

  void lines() {
    std::map<std::tuple<std::uint32_t, std::uint32_t, CableKind>, std::size_t> known;
    std::map<CableKind, PictureTier> tiers;
    for (std::uint32_t c = 0; c < topology_.cables().size(); ++c) {
      const Cable& cable = topology_.cables()[c];
      if (cable.kind == CableKind::nvlink) continue;
      double share = 0.0;
      if (!load_.empty()) share = std::max(load_[2 * c], load_[2 * c + 1]) / cable.bytes_per_s;
      PictureTier& tier = tiers[cable.kind];
      tier.kind = cable.kind;
      if (tier.cables++ == 0) tier.gbps = cable.bytes_per_s * 8e-9;
      tier.mean_load += share;
      tier.most_load = std::max(tier.most_load, share);
      std::uint32_t a = box_[cable.a], b = box_[cable.b];
      if (a == Topology::none || b == Topology::none || a == b) continue;
      if (cable.kind == CableKind::global && a > b) std::swap(a, b);
      const auto [it, fresh] = known.try_emplace({a, b, cable.kind}, picture_.lines.size());
      if (fresh) picture_.lines.push_back({a, b, cable.kind, 0, 0, 0.0, 0.0});
      PictureLine& line = picture_.lines[it->second];
      ++line.cables;
      line.down += !health_.cable_factor.empty() && health_.cable_factor[c] <= 0.0;
      line.mean_load += share;
      line.most_load = std::max(line.most_load, share);
    }
    for (PictureLine& line : picture_.lines) line.mean_load /= static_cast<double>(line.cables);
    for (auto& [kind, tier] : tiers) {
      tier.mean_load /= static_cast<double>(tier.cables);
      picture_.tiers.push_back(tier);
    }
  }

  void say_what_is_condensed() {
    const auto note = [&](std::int64_t drawn, std::int64_t all, const std::string& what) {
      if (drawn < all) picture_.notes.push_back(grouped(drawn) + " of " + grouped(all) + " " + what);
    };
    note(picture_.planes_alone, picture_.planes, "planes drawn, the others in one column");
    note(picture_.groups_alone, picture_.groups,
         picture_.ring ? "groups drawn, the others in one box" : "pods drawn, the others in one column");
    if (picture_.ring) return;
    for (const auto& [kind, single] : alone_) {
      const std::string kinds = kind == NodeKind::leaf ? "leaves" : std::string(name_of(kind)) + "s";
      const bool pods = picture_.groups > 1 && kind != NodeKind::core;
      note(single, of_column_[kind],
           kinds +
               (pods                  ? " of a pod"
                : picture_.planes > 1 ? " of a plane"
                                      : "") +
               " drawn one by one");
    }
  }

  const Topology& topology_;
  std::span<const double> load_;
  const NetworkHealth& health_;
  const Shape& shape_;
  Picture picture_;
  std::vector<std::uint32_t> box_;  // (vertex)
  std::map<NodeKind, std::int64_t> alone_, of_column_;
};

}  // namespace

Picture picture_of(const Topology& topology, std::span<const double> load, const NetworkHealth& health) {
  return Condenser(topology, load, health).condense();
}

}  // namespace nadc
