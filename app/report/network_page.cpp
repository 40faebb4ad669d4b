#include <nlohmann/json.hpp>

#include "app/network/network_json.hpp"
#include "app/report/report_json.hpp"

namespace nadc {

nlohmann::ordered_json network_page(const std::vector<std::string>& topologies, std::optional<std::int64_t> gpus) {
  SizeRequest request;
  request.topology.topologies = topologies;
  if (gpus) request.topology.gpus = {*gpus};
  // A graph of cables has a size, and no formula for what is left when something is down.
  bool graph = false;
  for (const std::string& name : topologies) graph = graph || name.ends_with(".graphml") || name.ends_with(".txt");
  request.down = graph ? 0 : 1;
  nlohmann::ordered_json rows = size_json(request);
  std::string names;
  for (const auto& row : rows) names += (names.empty() ? "" : " · ") + row["topology"].get<std::string>();
  return {{"kind", "network"}, {"name", names}, {"rows", std::move(rows)}};
}

}  // namespace nadc
