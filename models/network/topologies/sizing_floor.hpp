// What a topology is sized with.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "models/network/sizing.hpp"

namespace nadc {

// What a topology counts its switches and cables with, and lays them on the floor, sorted by medium.
class Sizing {
 public:
  struct Point {
    double x = 0.0, y = 0.0;
  };
  Sizing(NetworkSize& its_size, const FloorPlan& floor) : size(its_size), shape(its_size.shape), floor_(floor) {}

  NetworkSize& size;
  const Shape& shape;
  double bisection_share = 1.0;  // of N·B/2

  std::int64_t& count(CableKind kind) { return size.cables[static_cast<std::size_t>(kind)]; }
  struct Ends {  // of cables in the switches of a tier
    std::int64_t count;
    double gbps;
  };
  void ports(const char* name, const SwitchTier& tier, std::int64_t switches, std::initializer_list<Ends> ends) {
    if (switches == 0) return;
    TierPorts row{name, switches, 0, 0, tier, tier.port_gbps};
    for (const Ends& one : ends) {
      if (one.count == 0) continue;
      row.used += tier.ports_for(one.count, one.gbps);
      row.gbps = std::max(row.gbps, one.gbps);
    }
    row.left = switches * tier.ports - row.used;
    size.ports.push_back(row);
  }
  double slack_m() const { return floor_.slack_m; }

  Point rack(double node) const {
    const std::int64_t r = static_cast<std::int64_t>(node) / floor_.nodes_per_rack;
    return {static_cast<double>(r % floor_.racks_per_row) * floor_.rack_pitch_m,
            static_cast<double>(r / floor_.racks_per_row) * floor_.row_pitch_m};
  }
  double length(Point a, Point b) const {
    const double apart = std::fabs(a.x - b.x) + std::fabs(a.y - b.y);
    return apart == 0.0 ? floor_.in_rack_m : apart + floor_.slack_m;
  }
  void lay(CableKind kind, double metres, std::int64_t count) {
    if (count == 0) return;
    const Medium medium = medium_of(floor_, metres);
    note_length(kind, medium, sold_length(medium, metres), count);
    for (CableGroup& group : size.media) {
      if (group.kind != kind || group.medium != medium) continue;
      group.count += count;
      group.metres += metres * static_cast<double>(count);
      return;
    }
    size.media.push_back({kind, medium, count, metres * static_cast<double>(count)});
  }

  // Hosts first … last−1 (by GPU) and their leaf in the middle. Returns where the leaf stands.
  Point leaf(std::int64_t first, std::int64_t last, std::int64_t stride, int cables) {
    const double per_node = size.spec.gpus_per_node;
    const Point middle = rack(static_cast<double>(first + last - 1) / 2.0 / per_node);
    for (std::int64_t g = first; g < last; g += stride) {
      lay(CableKind::host, length(rack(static_cast<double>(g) / per_node), middle), cables);
    }
    return middle;
  }

 private:
  void note_length(CableKind kind, Medium medium, double metres, std::int64_t count) {
    for (CableLength& run : size.lengths) {
      if (run.kind != kind || run.medium != medium || run.metres != metres) continue;
      run.count += count;
      return;
    }
    size.lengths.push_back({kind, medium, metres, count});
  }

  const FloorPlan& floor_;
};

}  // namespace nadc
