#include <nlohmann/json.hpp>

#include "app/network/network_json.hpp"
#include "models/network/damage.hpp"

namespace nadc {
namespace {

using nlohmann::ordered_json;

ordered_json row(const std::string& what, std::int64_t down, const Damage& d, const std::string& example) {
  return {{"what", what},
          {"down", down},
          {"gpus_cut", d.gpus_cut},
          {"gpus_slowed", d.gpus_slowed},
          {"rate_left", d.rate_left},
          {"bisection_left", d.bisection_left},
          {"which", example}};
}

}  // namespace

ordered_json damage_json(const Topology& topology, const SizeRequest& request) {
  ordered_json rows = ordered_json::array();
  if (!request.failed_switches.empty() || !request.failed_cables.empty()) {
    NetworkHealth health;
    std::string names;
    for (const std::string& name : request.failed_switches)
      fail_named_switch(health, topology, name), names += (names.empty() ? "" : ",") + name;
    for (const std::string& name : request.failed_cables)
      fail_named_cable(health, topology, name), names += (names.empty() ? "" : ",") + name;
    const auto count = static_cast<std::int64_t>(request.failed_switches.size() + request.failed_cables.size());
    rows.push_back(row("as given", count, DamageMeter(topology).assess(health), names));
  }
  if (request.down > 0)
    for (const WorstDamage& worst : worst_damage(topology, request.down))
      rows.push_back(row(worst.what, worst.down, worst.damage, worst.example));
  return rows;
}

}  // namespace nadc
