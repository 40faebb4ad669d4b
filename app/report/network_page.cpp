#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/network/network_json.hpp"
#include "app/network/pattern_loads.hpp"
#include "app/report/report_json.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

// Loads of every topology that can be laid out; why not, for the others.
Json loads_json(const TopologyOptions& topology, const NetworkTraffic& traffic) {
  FlowsRequest request;
  request.topology = topology;
  request.pattern = traffic.pattern;
  request.routing = traffic.routing;
  Json maps = Json::array();
  for (const NamedTopology& each : resolve_topologies(topology)) {
    Json& map = maps.emplace_back(Json{{"pattern", traffic.pattern}, {"routing", traffic.routing}});
    try {
      const Topology net = build_topology(each.spec);
      map["map"] = load_map(net, pattern_loads(request, net, {}));
    } catch (const Error& error) {
      map["why"] = error.problems().front().message;
    }
  }
  return maps;
}

}  // namespace

Json network_page(const std::vector<std::string>& topologies, std::optional<std::int64_t> gpus,
                  const NetworkTraffic& traffic) {
  SizeRequest request;
  request.topology.topologies = topologies;
  if (gpus) request.topology.gpus = {*gpus};
  // A graph of cables has a size, and no formula for what is left when something is down.
  bool graph = false;
  for (const std::string& name : topologies) graph = graph || name.ends_with(".graphml") || name.ends_with(".txt");
  request.down = graph ? 0 : 1;
  Json rows = size_json(request);
  std::string names;
  for (const auto& row : rows) names += (names.empty() ? "" : " · ") + row["topology"].get<std::string>();
  Json loads = traffic.pattern == "none" ? Json::array() : loads_json(request.topology, traffic);
  for (std::size_t i = 0; i < std::min(rows.size(), loads.size()); ++i) rows[i]["load"] = std::move(loads[i]);
  return {{"kind", "network"}, {"name", names}, {"rows", std::move(rows)}};
}

}  // namespace nadc
