// Racks, rows and the lengths of cables in a hall that a few numbers describe.
//
// Nodes fill racks in order, as many as its power and height carry. Switches stand in racks of their own, sixteen to a
// rack or what its power carries, each beside the middle of the nodes, leaves or spines that it joins; racks follow one
// another along rows of equal length. A cable goes up to the tray, along the rows and across them (Manhattan), and
// down: length = 2 risers + |dx| + |dy|; within a rack `in_rack_m`. Every cable of the graph is laid so. Assumptions
// (ranges): rack pitch 0.7 m (0.6–0.8); by cooling, most kW a rack and pitch of rows: air 45 (30–50), 3.0 m; rear door
// 75 (50–80), 2.7 m; liquid 140 (100–200), 2.4 m; riser 2 m (1.5–3); 16 switches a rack (8–32); racks of 48 units; 1.2
// m round the rows. Node: 10.2 kW, 8 units (NVIDIA DGX H100 data sheet). Neglected: pillars, doors, cooling and power
// units in the rows, storage and service racks, room for growth. Cost: O(vertices + cables). Errors: ErrorKind::usage
// for a rack that its cooling cannot carry, or that no node fits.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nadc {

class Topology;
struct NetworkSize;
struct FloorPlan;

enum class HallCooling : std::uint8_t { air, rear_door, liquid };
struct HallCoolingKind {
  std::string_view name;
  double most_kw = 0.0;
  double row_pitch_m = 0.0;
};
std::span<const HallCoolingKind> hall_cooling_kinds();
HallCooling hall_cooling(std::string_view name);  // ErrorKind::usage with the nearest name

struct Hall {
  double rack_kw = 40.8;  // power and cooling of a rack; four DGX H100
  HallCooling cooling = HallCooling::air;
  int rows = 0;  // 0: as wide as it is deep
  double node_kw = 10.2;
  int node_units = 8;
  int switches_per_rack = 16;
  double rack_pitch_m = 0.7, riser_m = 2.0, in_rack_m = 2.0;
};

enum class RackKind : std::uint8_t { nodes, leaves, spines, cores, routers };
std::string_view name_of(RackKind kind);

struct HallRack {
  RackKind kind = RackKind::nodes;
  int row = 0, place = 0;
  std::int64_t count = 0;  // nodes or switches
  std::string first;       // its first node or switch
  double kw = 0.0;         // at most
};

struct HallPlan {
  Hall hall;
  int nodes_per_rack = 0, rows = 0, places = 0;  // places: racks of a full row
  std::vector<HallRack> racks;                   // along the rows
  std::vector<std::uint32_t> rack_of;            // (vertex)
  double width_m = 0.0, depth_m = 0.0;
  double kw = 0.0;  // of all racks, at most
  std::int64_t count(RackKind kind) const;
  double metres(std::uint32_t rack_a, std::uint32_t rack_b) const;
};

HallPlan plan_hall(const Topology& topology, const Hall& hall, double switch_w);
// The lengths of a size's cables, sorted by medium and as sold, in place of the assumed floor's.
void lay_in_hall(NetworkSize& size, const Topology& topology, const HallPlan& plan, const FloorPlan& reach);
std::string floor_svg_of(const HallPlan& plan, const std::string& title);

}  // namespace nadc
