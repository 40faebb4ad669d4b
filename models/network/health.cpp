// Names of routings, and what is down of a network.
#include <algorithm>
#include <array>
#include <string>

#include "models/network/routing.hpp"
#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::array<std::string_view, 5> modes{"d-mod-k", "ecmp", "spray", "adaptive", "valiant"};

}  // namespace

std::string_view name_of(RoutingMode mode) { return modes[static_cast<std::size_t>(mode)]; }

RoutingMode routing_mode(std::string_view name) {
  for (std::size_t i = 0; i < modes.size(); ++i) {
    if (modes[i] == name) return static_cast<RoutingMode>(i);
  }
  throw Error(ErrorKind::usage, "no routing is called '" + std::string(name) + "'",
              "did you mean " + std::string(nearest_word(name, {modes.begin(), modes.end()})) +
                  "? known: d-mod-k, ecmp, spray, adaptive, valiant");
}

void NetworkHealth::fail_cable(const Topology& topology, std::uint32_t cable, double factor) {
  if (cable >= topology.cables().size())
    throw Error(ErrorKind::input, "cable " + std::to_string(cable) + " does not exist");
  if (!(factor >= 0.0 && factor <= 1.0))
    throw Error(ErrorKind::input, "a cable keeps a share of its capacity between 0 and 1");
  if (cable_factor.empty()) cable_factor.assign(topology.cables().size(), 1.0);
  cable_factor[cable] = std::min(cable_factor[cable], factor);
}

void NetworkHealth::fail_switch(const Topology& topology, std::uint32_t node) {
  if (node >= topology.nodes().size() || topology.is_gpu(node)) {
    throw Error(ErrorKind::input, "vertex " + std::to_string(node) + " is no switch");
  }
  for (const Arc& arc : topology.arcs(node)) fail_cable(topology, arc.link >> 1);
}

std::vector<double> capacities(const Topology& topology, const NetworkHealth& health) {
  std::vector<double> result = topology.capacities();
  for (std::size_t c = 0; c < health.cable_factor.size(); ++c) {
    result[2 * c] *= health.cable_factor[c];
    result[2 * c + 1] *= health.cable_factor[c];
  }
  return result;
}

std::vector<std::uint32_t> cut_off(const Topology& topology, const NetworkHealth& health) {
  const std::vector<std::uint32_t> piece = topology.pieces(health.cable_factor);
  std::vector<std::uint32_t> size(piece.size(), 0);
  for (std::uint32_t gpu = 0; gpu < topology.gpus(); ++gpu) ++size[piece[gpu]];
  const auto largest = static_cast<std::uint32_t>(std::max_element(size.begin(), size.end()) - size.begin());
  std::vector<std::uint32_t> cut;
  for (std::uint32_t gpu = 0; gpu < topology.gpus(); ++gpu) {
    if (piece[gpu] != largest) cut.push_back(gpu);
  }
  return cut;
}

}  // namespace nadc
