// What a scenario says about its network.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sim/choice.hpp"
#include "sim/field.hpp"

namespace nadc {

enum class NetworkModel : int { none, table, flow };
enum class RoutingMode : std::uint8_t;  // models/network/routing.hpp

struct NetworkSpec {
  ChoiceValue pace;
  NetworkModel model = NetworkModel::none;
  std::string topology;      // "auto", a kind of topology, or a file; of every cluster that names none itself
  RoutingMode routing{2};    // spray
  double all_to_all = 0.25;  // of the traffic
  std::string table;         // file of response surfaces
  static const FieldTable& fields();

  // What the keys above come to, once files are read (app/network/scenario_network.hpp).
  std::vector<std::vector<std::uint16_t>> surfaces;  // (surface) cells of PaceSurface
  std::vector<std::uint32_t> surface_of;             // (partition)
  std::vector<std::uint32_t> fabric_nodes;           // (partition) of its fabric; empty: not looked at

  bool uses_table() const;
};

}  // namespace nadc
