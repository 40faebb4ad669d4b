// What a topology lays its graph with; the GPUs and their NVLink are there before.
#pragma once
#include <cstdint>
#include <vector>

#include "models/network/topology.hpp"

namespace nadc {

inline constexpr double bytes_per_gbit = 1e9 / 8.0;

class Wiring {
 public:
  const TopologySpec& spec;
  const Shape& shape;
  std::vector<NetNode> nodes;
  std::vector<Cable> cables;

  std::uint32_t node(NodeKind kind, std::int64_t group, std::int64_t plane, std::int64_t index) {
    nodes.push_back(
        {kind, static_cast<std::int32_t>(group), static_cast<std::int32_t>(plane), static_cast<std::int32_t>(index)});
    return static_cast<std::uint32_t>(nodes.size() - 1);
  }
  void cable(std::uint32_t a, std::uint32_t b, CableKind kind, double gbps) {
    cables.push_back({a, b, kind, gbps * bytes_per_gbit});
  }

  // Uplinks laid over the upper switches in turn, `ports` to each, so that every lower switch meets as many as it can.
  template <class Upper>
  void spread(const std::vector<std::uint32_t>& lower, int up, int ports, Upper upper, std::int64_t& position,
              CableKind kind, double gbps) {
    for (int m = 0; m < up; ++m) {
      for (std::uint32_t low : lower) cable(low, upper(position++ / ports), kind, gbps);
    }
  }
  // A GPU to a leaf or router.
  void host(std::int64_t gpu, std::uint32_t leaf) {
    cable(static_cast<std::uint32_t>(gpu), leaf, CableKind::host, shape.host_gbps);
  }
};

}  // namespace nadc
