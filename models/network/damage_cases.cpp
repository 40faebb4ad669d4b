// Which k things are tried together, and failures by name.
#include <algorithm>
#include <tuple>

#include "models/network/damage.hpp"
#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

// Numbers of vertices, or of cables, in the order in which they fail.
using Order = std::vector<std::uint32_t>;

struct Trial {
  std::string what;
  bool cables = false;
  std::vector<Order> orders;
};

class Trials {
 public:
  explicit Trials(const Topology& topology) : t_(topology) {}

  std::vector<Trial> all() {
    switches(t_.shape().groups > 0 && t_.count(NodeKind::router) > 0 ? "routers" : "leaf switches",
             {NodeKind::leaf, NodeKind::router});
    switches("spine switches", {NodeKind::spine});
    switches("core switches", {NodeKind::core});
    if (t_.shape().planes > 1) planes();
    cables("leaf–spine cables", CableKind::leaf_spine);
    cables("spine–core cables", CableKind::spine_core);
    cables("local cables", CableKind::local);
    cables("global cables", CableKind::global);
    cables("host cables", CableKind::host);
    return std::move(trials_);
  }

 private:
  // In the order in which they stand, and side by side in the planes.
  void switches(const std::string& what, std::initializer_list<NodeKind> kinds) {
    Order found;
    for (std::uint32_t v = 0; v < t_.nodes().size(); ++v)
      if (std::find(kinds.begin(), kinds.end(), t_.nodes()[v].kind) != kinds.end()) found.push_back(v);
    if (found.empty()) return;
    Order across = found;
    std::stable_sort(across.begin(), across.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::tuple(t_.nodes()[a].group, t_.nodes()[a].index, t_.nodes()[a].plane) <
             std::tuple(t_.nodes()[b].group, t_.nodes()[b].index, t_.nodes()[b].plane);
    });
    Order by_pod = found;
    std::stable_sort(by_pod.begin(), by_pod.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return t_.nodes()[a].group < t_.nodes()[b].group; });
    std::vector<Order> orders{found};
    for (Order& other : {std::ref(across), std::ref(by_pod)})
      if (std::find(orders.begin(), orders.end(), other) == orders.end()) orders.push_back(other);
    trials_.push_back({what, false, std::move(orders)});
  }

  // All switches of a plane fail together.
  void planes() {
    Order one;
    for (int plane = 0; plane < t_.shape().planes; ++plane) one.push_back(static_cast<std::uint32_t>(plane));
    trials_.push_back({"planes", false, {one}});
  }

  void cables(const std::string& what, CableKind kind) {
    Order found;
    for (std::uint32_t c = 0; c < t_.cables().size(); ++c)
      if (t_.cables()[c].kind == kind) found.push_back(c);
    if (found.empty()) return;
    // Those of one lower switch, one after the other; hosts node by node.
    Order by_end = found;
    std::stable_sort(by_end.begin(), by_end.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return t_.cables()[a].a < t_.cables()[b].a; });
    // And of one pod.
    Order by_pod = by_end;
    std::stable_sort(by_pod.begin(), by_pod.end(), [&](std::uint32_t a, std::uint32_t b) {
      return t_.nodes()[t_.cables()[a].a].group < t_.nodes()[t_.cables()[b].a].group;
    });
    std::vector<Order> orders{by_end};
    if (by_pod != by_end) orders.push_back(by_pod);
    trials_.push_back({what, true, std::move(orders)});
  }

  const Topology& t_;
  std::vector<Trial> trials_;
};

bool worse(const Damage& a, const Damage& b) {
  return std::tuple(a.gpus_cut, a.rate_lost, -a.bisection_left) >
         std::tuple(b.gpus_cut, b.rate_lost, -b.bisection_left);
}

std::string cable_name(const Topology& t, std::uint32_t cable) {
  return t.name(t.cables()[cable].a) + "-" + t.name(t.cables()[cable].b);
}

}  // namespace

std::vector<WorstDamage> worst_damage(const Topology& topology, std::int64_t down) {
  if (down < 0) throw Error(ErrorKind::usage, "a negative number of failures", "give 0 or more");
  const DamageMeter meter(topology);
  std::vector<WorstDamage> rows;
  for (const Trial& trial : Trials(topology).all()) {
    WorstDamage row;
    row.what = trial.what;
    for (const Order& order : trial.orders) {
      const auto count =
          static_cast<std::size_t>(std::min<std::int64_t>(down, static_cast<std::int64_t>(order.size())));
      NetworkHealth health;
      std::string example;
      for (std::size_t i = 0; i < count; ++i) {
        std::string name;
        if (trial.cables) {
          health.fail_cable(topology, order[i]);
          name = cable_name(topology, order[i]);
        } else if (trial.what == "planes") {
          for (std::uint32_t v = 0; v < topology.nodes().size(); ++v)
            if (topology.is_switch(v) && topology.nodes()[v].plane == static_cast<std::int32_t>(order[i]))
              health.fail_switch(topology, v);
          name = "plane" + std::to_string(order[i]);
        } else {
          health.fail_switch(topology, order[i]);
          name = topology.name(order[i]);
        }
        if (i < 4) example += (i > 0 ? "," : "") + name;
        if (i == 4) example += ",…";
      }
      const Damage damage = meter.assess(health);
      if (!row.example.empty() && !worse(damage, row.damage)) continue;
      row.down = static_cast<std::int64_t>(count);
      row.damage = damage;
      row.example = std::move(example);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void fail_named_switch(NetworkHealth& health, const Topology& topology, const std::string& name) {
  std::vector<std::uint32_t> switches;
  for (std::uint32_t v = 0; v < topology.nodes().size(); ++v)
    if (topology.is_switch(v)) switches.push_back(v);
  const bool number = !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
  if (number && std::stoul(name) < switches.size()) return health.fail_switch(topology, switches[std::stoul(name)]);
  for (const std::uint32_t v : switches)
    if (topology.name(v) == name) return health.fail_switch(topology, v);
  throw Error(ErrorKind::usage, "switch " + name + " does not exist",
              switches.empty() ? "the network has no switch"
                               : "0 to " + std::to_string(switches.size() - 1) + ", or names such as " +
                                     topology.name(switches.front()));
}

void fail_named_cable(NetworkHealth& health, const Topology& topology, const std::string& name) {
  const auto up = [&](std::uint32_t c) { return health.cable_factor.empty() || health.cable_factor[c] > 0.0; };
  const auto& cables = topology.cables();
  const bool number = !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
  if (number && std::stoul(name) < cables.size())
    return health.fail_cable(topology, static_cast<std::uint32_t>(std::stoul(name)));
  for (std::uint32_t c = 0; !number && c < cables.size(); ++c) {
    const std::string there = cable_name(topology, c),
                      back = topology.name(cables[c].b) + "-" + topology.name(cables[c].a);
    if ((there == name || back == name) && up(c)) return health.fail_cable(topology, c);
  }
  throw Error(ErrorKind::usage, "cable " + name + " does not exist, or is down already",
              "0 to " + std::to_string(cables.size() - 1) + ", or names such as " +
                  cable_name(topology, static_cast<std::uint32_t>(cables.size() - 1)));
}

}  // namespace nadc
