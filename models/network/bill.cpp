#include "models/network/bill.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <tuple>

namespace nadc {
namespace {

std::string speed(double gbps) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10gG", gbps);
  return text;
}

// Tiers at the lower and upper end of a cable.
std::pair<std::string, std::string> ends_of(const NetworkSize& size, CableKind kind) {
  const bool routers = size.shape.tiers == 0 && size.leaves == 0;
  switch (kind) {
    case CableKind::host:
      return {"node", routers ? "router" : "leaf"};
    case CableKind::leaf_spine:
      return {"leaf", "spine"};
    case CableKind::spine_core:
      return {"spine", "core"};
    case CableKind::local:
      return routers ? std::pair{"router", "router"} : std::pair{"leaf", "spine"};
    default:
      return routers ? std::pair{"router", "router"} : std::pair{"spine", "spine"};
  }
}

class Bill {
 public:
  Bill(const NetworkSize& size, const BillInputs& inputs) : size_(size), inputs_(inputs) {}

  std::vector<BillLine> lines() {
    switches();
    modules();
    cables();
    racks();
    return std::move(lines_);
  }

 private:
  double speed_of(CableKind kind) const {
    const Shape& s = size_.shape;
    if (kind == CableKind::host) return s.host_gbps;
    return kind == CableKind::spine_core || kind == CableKind::global ? s.core_gbps : s.trunk_gbps;
  }
  BillLine& add(BillLine line, double price) {
    line.spares = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::ceil(inputs_.spare_share * static_cast<double>(line.count) - 1e-9)));
    if (inputs_.sizing.prices) line.cost_krw = price * static_cast<double>(line.count + line.spares);
    return lines_.emplace_back(std::move(line));
  }
  NetworkPrices prices() const { return inputs_.sizing.prices.value_or(NetworkPrices{}); }

  // Products of two kinds, InfiniBand and Ethernet, do not make one network: then only ports and speeds are said.
  bool one_family() const {
    std::string family;
    for (const TierPorts& tier : size_.ports) {
      const std::string name(switch_part(tier.of.ports, tier.gbps).name.substr(0, 2));
      if (!family.empty() && name != family) return false;
      family = name;
    }
    return true;
  }

  void switches() {
    const bool named = one_family();
    for (const TierPorts& tier : size_.ports) {
      SwitchPart part = switch_part(tier.of.ports, tier.gbps);
      if (!named) part.name = "switch";
      if (inputs_.sizing.power.switch_w > 0.0)
        part.typical_w = inputs_.sizing.power.switch_w, part.most_w = 2.3 * part.typical_w;
      add({tier.tier,
           "switch",
           std::string(part.name) + ", " + std::to_string(tier.of.ports) + " × " + speed(tier.gbps),
           tier.switches,
           0,
           0.0,
           part.typical_w,
           part.most_w,
           {}},
          prices().network_switch);
    }
  }

  // Optical ends by tier, medium and speed; a switch's own share of them, two to a module.
  void modules() {
    std::map<std::tuple<std::string, Medium, double>, std::int64_t> ends;
    for (const CableGroup& group : size_.media) {
      if (group.medium == Medium::copper) continue;
      const auto [lower, upper] = ends_of(size_, group.kind);
      ends[{lower, group.medium, speed_of(group.kind)}] += group.count;
      ends[{upper, group.medium, speed_of(group.kind)}] += group.count;
    }
    for (const auto& [key, count] : ends) {
      const auto& [tier, medium, gbps] = key;
      const bool node = tier == "node";
      std::int64_t per_module = node ? std::max(1, inputs_.node_ports) : 2;
      std::int64_t holders = 1;  // nodes or switches that share the ends evenly
      if (node) holders = std::max<std::int64_t>(1, size_.spec.gpus / std::max(1, size_.spec.gpus_per_node));
      for (const TierPorts& row : size_.ports) {
        if (row.tier != tier) continue;
        holders = std::max<std::int64_t>(1, row.switches);
        if (row.of.port_gbps > 0.0) per_module = row.of.cables_a_port(gbps);
      }
      const std::int64_t each = count / holders, rest = count % holders;
      const std::int64_t modules =
          (holders - rest) * ((each + per_module - 1) / per_module) + rest * ((each + 1 + per_module - 1) / per_module);
      const bool multimode = medium == Medium::multimode;
      const NetworkPower& power = inputs_.sizing.power;
      const double watts = (multimode ? power.multimode_w_per_400g : power.single_mode_w_per_400g) * gbps / 400.0 *
                           static_cast<double>(per_module);
      const std::string form = per_module == 1   ? speed(gbps)
                               : per_module == 2 ? "twin-port 2 × " + speed(gbps)
                                                 : std::to_string(per_module) + " × " + speed(gbps);
      add({tier, "transceiver", form + " " + std::string(name_of(medium)), modules, 0, 0.0, watts, watts, {}},
          static_cast<double>(per_module) * (multimode ? prices().multimode_optic : prices().single_mode_optic));
    }
  }

  // Copper into a port that is broken out at one end splits there.
  int copper_split(CableKind kind) const {
    int most = 1;
    const auto [lower, upper] = ends_of(size_, kind);
    for (const TierPorts& row : size_.ports)
      if (row.tier == lower || row.tier == upper) most = std::max(most, row.of.cables_a_port(speed_of(kind)));
    return most;
  }

  void cables() {
    std::vector<CableLength> lengths = size_.lengths;
    std::sort(lengths.begin(), lengths.end(), [](const CableLength& a, const CableLength& b) {
      return std::tuple(a.kind, a.medium, a.metres) < std::tuple(b.kind, b.medium, b.metres);
    });
    for (const CableLength& run : lengths) {
      char metres[32];
      std::snprintf(metres, sizeof metres, "%.10g m", run.metres);
      const double per_m =
          run.medium == Medium::multimode ? prices().multimode_fibre_per_m : prices().single_mode_fibre_per_m;
      const int split = run.medium == Medium::copper ? copper_split(run.kind) : 1;
      std::string item = speed(speed_of(run.kind)) + " " + std::string(name_of(run.medium));
      if (split > 1) item = "1 to " + std::to_string(split) + " × " + item + " splitter";
      add({std::string(name_of(run.kind)),
           "cable",
           item + ", " + metres,
           (run.count + split - 1) / split,
           0,
           run.metres,
           0.0,
           0.0,
           {}},
          run.medium == Medium::copper ? prices().copper_cable : per_m * run.metres);
    }
  }

  // No spares and no price; those of nodes stand in the compute fabric's bill alone.
  void racks() {
    if (!size_.hall) return;
    const Hall& hall = size_.hall->hall;
    char item[64];
    std::snprintf(item, sizeof item, "rack, %.10g kW, %s", hall.rack_kw,
                  std::string(hall_cooling_kinds()[static_cast<std::size_t>(hall.cooling)].name).c_str());
    for (RackKind kind : {RackKind::nodes, RackKind::leaves, RackKind::routers, RackKind::spines, RackKind::cores}) {
      const std::int64_t count = size_.hall->count(kind);
      if (count == 0 || (kind == RackKind::nodes && size_.fabric != "compute")) continue;
      lines_.push_back({std::string(name_of(kind)), "rack", item, count, 0, 0.0, 0.0, 0.0, {}});
    }
  }

  const NetworkSize& size_;
  const BillInputs& inputs_;
  std::vector<BillLine> lines_;
};

}  // namespace

std::vector<BillLine> bill_of(const NetworkSize& size, const BillInputs& inputs) { return Bill(size, inputs).lines(); }

}  // namespace nadc
