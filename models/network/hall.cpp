#include "models/network/hall.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include "models/network/sizing.hpp"
#include "models/network/text.hpp"
#include "models/network/topology.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::array cooling_kinds{HallCoolingKind{"air", 45.0, 3.0}, HallCoolingKind{"rear-door", 75.0, 2.7},
                                   HallCoolingKind{"liquid", 140.0, 2.4}};
constexpr std::array<std::string_view, 5> rack_names{"nodes", "leaves", "spines", "cores", "routers"};
constexpr int rack_units = 48;
constexpr double aisle = 1.2;

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw Error(ErrorKind::usage, what, hint);
}

int nodes_of_a_rack(const Hall& h) {
  const HallCoolingKind& cooling = cooling_kinds[static_cast<std::size_t>(h.cooling)];
  if (!(h.rack_kw > 0.0 && h.node_kw > 0.0 && h.rack_kw <= 1e4))
    refuse("a rack or a node without power, or of more than 10 MW", "--rack-kw 40 and --node-kw 10.2 are common");
  if (h.rack_kw > cooling.most_kw)
    refuse(std::string(cooling.name) + " cooling carries at most " + shortened(cooling.most_kw) + " kW a rack, not " +
               shortened(h.rack_kw),
           "another --cooling, or a smaller --rack-kw");
  if (h.rows < 0 || h.rows > 10000) refuse("rows outside 0 to 10,000", "leave --rows out for a square hall");
  if (h.node_units < 1 || h.node_units > rack_units) refuse("a node outside 1 to 48 units", "DGX H100: 8");
  if (h.switches_per_rack < 1 || h.switches_per_rack > rack_units)
    refuse("switches of a rack outside 1 to 48", "16 leave room for their cables");
  const int nodes = static_cast<int>(std::min<double>(h.rack_kw / h.node_kw + 1e-9, rack_units / h.node_units));
  if (nodes < 1)
    refuse("no node of " + shortened(h.node_kw) + " kW goes into a rack of " + shortened(h.rack_kw) + " kW",
           "raise --rack-kw to " + shortened(h.node_kw) + " or more");
  return nodes;
}

RackKind rack_kind(NodeKind kind) {
  switch (kind) {
    case NodeKind::leaf:
      return RackKind::leaves;
    case NodeKind::spine:
      return RackKind::spines;
    case NodeKind::core:
      return RackKind::cores;
    default:
      return RackKind::routers;
  }
}

// Where along the nodes each switch stands: the mean of what it joins below.
std::vector<double> centres(const Topology& net, std::int64_t per_node) {
  const double middle = static_cast<double>((net.gpus() - 1) / per_node) / 2.0;
  std::vector<double> centre(net.nodes().size(), -1.0);
  for (std::uint32_t g = 0; g < net.gpus(); ++g) centre[g] = static_cast<double>(g / per_node);
  for (const NodeKind kind : {NodeKind::leaf, NodeKind::router, NodeKind::spine, NodeKind::core}) {
    std::vector<std::pair<std::uint32_t, double>> found;
    for (std::uint32_t v = net.gpus(); v < net.nodes().size(); ++v) {
      if (net.nodes()[v].kind != kind) continue;
      double sum = 0.0, count = 0.0;
      for (const Arc& arc : net.arcs(v)) {
        const bool host = net.is_gpu(arc.to);
        if (kind == NodeKind::router && !host) continue;
        if (centre[arc.to] < 0.0) continue;
        sum += centre[arc.to], count += 1.0;
      }
      found.emplace_back(v, count > 0.0 ? sum / count : middle);
    }
    for (const auto& [v, where] : found) centre[v] = where;  // of one tier at once
  }
  return centre;
}

}  // namespace

std::span<const HallCoolingKind> hall_cooling_kinds() { return cooling_kinds; }

HallCooling hall_cooling(std::string_view name) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < cooling_kinds.size(); ++i) {
    if (cooling_kinds[i].name == name) return static_cast<HallCooling>(i);
    names.push_back(cooling_kinds[i].name);
  }
  refuse("no cooling of a hall is called '" + std::string(name) + "'",
         "did you mean " + std::string(nearest_word(name, names)) + "? known: air, rear-door, liquid");
}

std::string_view name_of(RackKind kind) { return rack_names[static_cast<std::size_t>(kind)]; }

std::int64_t HallPlan::count(RackKind kind) const {
  return std::count_if(racks.begin(), racks.end(), [&](const HallRack& rack) { return rack.kind == kind; });
}

double HallPlan::metres(std::uint32_t a, std::uint32_t b) const {
  if (a == b) return hall.in_rack_m;
  const double along = std::abs(racks[a].place - racks[b].place) * hall.rack_pitch_m;
  const double across =
      std::abs(racks[a].row - racks[b].row) * cooling_kinds[static_cast<std::size_t>(hall.cooling)].row_pitch_m;
  return 2.0 * hall.riser_m + along + across;
}

HallPlan plan_hall(const Topology& net, const Hall& hall, double switch_w) {
  HallPlan plan;
  plan.hall = hall;
  plan.nodes_per_rack = nodes_of_a_rack(hall);
  const std::int64_t per_node = std::max(1, net.spec().gpus_per_node);
  const int most =
      std::max(1, static_cast<int>(std::min<double>(hall.rack_kw * 1000.0 / switch_w, hall.switches_per_rack)));

  // Racks before they have places: sorted by the node that they stand beside, nodes before switches.
  struct Draft {
    double at;
    int order;
    HallRack rack;
    std::vector<std::uint32_t> members;
  };
  std::vector<Draft> drafts;
  const std::int64_t in_rack = plan.nodes_per_rack * per_node;
  for (std::int64_t first = 0; first < net.gpus(); first += in_rack) {
    const std::int64_t last = std::min<std::int64_t>(first + in_rack, net.gpus());
    Draft draft{static_cast<double>(first / per_node), 0, {}, {}};
    draft.rack.count = (last - first + per_node - 1) / per_node;
    draft.rack.first = "node" + std::to_string(first / per_node);
    draft.rack.kw = static_cast<double>(draft.rack.count) * hall.node_kw;
    for (std::int64_t g = first; g < last; ++g) draft.members.push_back(static_cast<std::uint32_t>(g));
    drafts.push_back(std::move(draft));
  }
  const std::vector<double> centre = centres(net, per_node);
  for (const NodeKind kind : {NodeKind::leaf, NodeKind::router, NodeKind::spine, NodeKind::core}) {
    std::vector<std::uint32_t> switches;
    for (std::uint32_t v = net.gpus(); v < net.nodes().size(); ++v)
      if (net.nodes()[v].kind == kind) switches.push_back(v);
    std::stable_sort(switches.begin(), switches.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return centre[a] < centre[b]; });
    for (std::size_t i = 0; i < switches.size(); i += static_cast<std::size_t>(most)) {
      const std::size_t last = std::min(i + static_cast<std::size_t>(most), switches.size());
      Draft draft{0.0, 1 + static_cast<int>(rack_kind(kind)), {}, {}};
      for (std::size_t j = i; j < last; ++j) draft.at += centre[switches[j]] / static_cast<double>(last - i);
      draft.rack.kind = rack_kind(kind);
      draft.rack.count = static_cast<std::int64_t>(last - i);
      draft.rack.first = net.name(switches[i]);
      draft.rack.kw = static_cast<double>(draft.rack.count) * switch_w / 1000.0;
      draft.members.assign(switches.begin() + static_cast<std::ptrdiff_t>(i),
                           switches.begin() + static_cast<std::ptrdiff_t>(last));
      drafts.push_back(std::move(draft));
    }
  }
  std::stable_sort(drafts.begin(), drafts.end(),
                   [](const Draft& a, const Draft& b) { return std::tie(a.at, a.order) < std::tie(b.at, b.order); });

  const double pitch = cooling_kinds[static_cast<std::size_t>(hall.cooling)].row_pitch_m;
  const auto total = static_cast<double>(drafts.size());
  plan.rows = hall.rows > 0 ? hall.rows
                            : std::max(1, static_cast<int>(std::lround(std::sqrt(total * hall.rack_pitch_m / pitch))));
  plan.rows = std::min(plan.rows, static_cast<int>(drafts.size()));
  plan.places =
      static_cast<int>((drafts.size() + static_cast<std::size_t>(plan.rows) - 1) / static_cast<std::size_t>(plan.rows));
  plan.rows = static_cast<int>((drafts.size() + static_cast<std::size_t>(plan.places) - 1) /
                               static_cast<std::size_t>(plan.places));
  plan.width_m = plan.places * hall.rack_pitch_m + 2.0 * aisle;
  plan.depth_m = plan.rows * pitch + 2.0 * aisle;
  plan.rack_of.assign(net.nodes().size(), 0);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    HallRack rack = drafts[i].rack;
    rack.row = static_cast<int>(i) / plan.places, rack.place = static_cast<int>(i) % plan.places;
    plan.kw += rack.kw;
    for (std::uint32_t v : drafts[i].members) plan.rack_of[v] = static_cast<std::uint32_t>(i);
    plan.racks.push_back(std::move(rack));
  }
  for (std::uint32_t v = net.gpus(); v < net.nodes().size(); ++v)  // a manager stands beside its first leaf
    if (net.nodes()[v].kind == NodeKind::manager && !net.arcs(v).empty())
      plan.rack_of[v] = plan.rack_of[net.arcs(v)[0].to];
  return plan;
}

void lay_in_hall(NetworkSize& size, const Topology& net, const HallPlan& plan, const FloorPlan& reach) {
  std::map<std::tuple<CableKind, Medium>, CableGroup> groups;
  std::map<std::tuple<CableKind, Medium, double>, std::int64_t> lengths;
  for (const Cable& cable : net.cables()) {
    if (cable.kind == CableKind::nvlink) continue;
    const double metres = plan.metres(plan.rack_of[cable.a], plan.rack_of[cable.b]);
    const Medium medium = medium_of(reach, metres);
    CableGroup& group = groups[{cable.kind, medium}];
    group.kind = cable.kind, group.medium = medium;
    ++group.count;
    group.metres += metres;
    ++lengths[{cable.kind, medium, sold_length(medium, metres)}];
  }
  size.media.clear();
  size.lengths.clear();
  for (const auto& [key, group] : groups) size.media.push_back(group);
  for (const auto& [key, count] : lengths)
    size.lengths.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
}

}  // namespace nadc
