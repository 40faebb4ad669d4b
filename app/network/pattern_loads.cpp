#include "app/network/pattern_loads.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "models/network/maxmin.hpp"

namespace nadc {
namespace {

struct Cell {
  double sum = 0, most = 0;
  std::int64_t links = 0;
};

// Columns of the vertices: pods or groups by their number, else leaves by theirs.
std::vector<std::int64_t> columns_of(const Topology& net, std::int64_t& count, bool& groups) {
  std::vector<std::int64_t> column(net.nodes().size(), -1);
  std::int64_t most_group = -1, leaves = 0;
  for (std::uint32_t v = net.gpus(); v < net.nodes().size(); ++v)
    if (net.is_switch(v)) most_group = std::max<std::int64_t>(most_group, net.nodes()[v].group);
  groups = most_group > 0;
  for (std::uint32_t v = net.gpus(); v < net.nodes().size(); ++v) {
    if (!net.is_switch(v)) continue;
    const NetNode& node = net.nodes()[v];
    const bool lowest = node.kind == NodeKind::leaf || node.kind == NodeKind::router;
    column[v] = groups ? node.group : lowest ? leaves++ : -1;
  }
  count = groups ? most_group + 1 : leaves;
  return column;
}

}  // namespace

std::vector<double> pattern_loads(const FlowsRequest& request, const Topology& net, const NetworkHealth& health) {
  Router router(net, routing_mode(request.routing), health);
  MaxMin rates(capacities(net, health));
  std::vector<LinkUse> uses;
  const auto pairs = pairs_of(request, net.gpus());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!router.route(pairs[i].first, pairs[i].second, i, uses)) continue;
    router.note(uses);
    rates.add(uses);
  }
  rates.solve();
  std::vector<double> load(rates.link_count());
  for (std::uint32_t link = 0; link < load.size(); ++link) load[link] = rates.load(link);
  return load;
}

nlohmann::ordered_json load_map(const Topology& net, const std::vector<double>& load, std::size_t most) {
  using Json = nlohmann::ordered_json;
  std::int64_t count = 0;
  bool groups = false;
  const std::vector<std::int64_t> column = columns_of(net, count, groups);
  const auto wide = static_cast<std::int64_t>(most), shown = std::min(count, wide);
  if (shown == 0) return nullptr;
  std::map<std::pair<CableKind, int>, std::vector<Cell>> rows;  // direction: 0 up, 1 down, 2 between equals
  for (std::uint32_t c = 0; c < net.cables().size(); ++c) {
    const Cable& cable = net.cables()[c];
    if (cable.kind == CableKind::nvlink || !(cable.bytes_per_s > 0)) continue;
    const bool equals = cable.kind == CableKind::local || cable.kind == CableKind::global;
    const std::uint32_t lower = net.is_gpu(cable.a) ? cable.b : cable.a;
    for (std::uint32_t way = 0; way < 2; ++way) {
      const std::int64_t at = column[equals ? net.link_from(2 * c + way) : lower];
      if (at < 0) continue;
      std::vector<Cell>& row = rows[{cable.kind, equals ? 2 : static_cast<int>(way)}];
      row.resize(static_cast<std::size_t>(shown));
      Cell& cell = row[static_cast<std::size_t>(at * shown / count)];
      const double share = load[2 * c + way] / cable.bytes_per_s;
      cell.sum += share;
      cell.most = std::max(cell.most, share);
      ++cell.links;
    }
  }
  static constexpr const char* directions[] = {"up", "down", "out"};
  Json json = {{"of", groups ? "group" : "leaf"}, {"columns", Json::array()}, {"rows", Json::array()}};
  for (std::int64_t i = 0; i < shown; ++i) {
    const std::int64_t first = (i * count + shown - 1) / shown, last = ((i + 1) * count + shown - 1) / shown - 1;
    json["columns"].push_back(first == last ? std::to_string(first)
                                            : std::to_string(first) + "–" + std::to_string(last));
  }
  for (const auto& [key, cells] : rows) {
    Json& row = json["rows"].emplace_back(
        Json{{"kind", name_of(key.first)}, {"direction", directions[key.second]}, {"cells", Json::array()}});
    for (const Cell& cell : cells)
      row["cells"].push_back(
          cell.links == 0
              ? Json(nullptr)
              : Json{{"mean", cell.sum / static_cast<double>(cell.links)}, {"most", cell.most}, {"links", cell.links}});
  }
  return json;
}

}  // namespace nadc
