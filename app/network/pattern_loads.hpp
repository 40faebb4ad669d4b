// What a traffic pattern puts on the links of a topology.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "app/network/network_json.hpp"
#include "models/network/routing.hpp"
#include "models/network/topology.hpp"

namespace nadc {

// Load of each directed link [B/s] while all flows of the request's pattern run at their fair rates.
std::vector<double> pattern_loads(const FlowsRequest& request, const Topology& net, const NetworkHealth& health);

// The same as a map: a row for every kind of cable and direction, a column for every pod or group of switches, else for
// the leaves, neighbours together where there are more than `most`. A cable stands in the column of its lower end; one
// between equals counts once each way, where it begins. Cells: mean and greatest load of the capacity, and links.
nlohmann::ordered_json load_map(const Topology& net, const std::vector<double>& load, std::size_t most = 48);

}  // namespace nadc
