// The seam of topologies. A topology is a file of this folder, which defines one TopologyType, and its row in
// types.cpp. What it does is between its own functions; everything else reads the Shape, the graph and the settings
// that act.
#pragma once
#include <span>
#include <string_view>

#include "models/network/collective.hpp"
#include "models/network/shape.hpp"

namespace nadc {

class Wiring;
class Sizing;

// Settings of a TopologySpec that act on some topologies only.
struct TopologySettings {
  bool tiers = false;    // tiers, and oversubscription of leaves and spines
  bool groups = false;   // p, a and h
  bool rails = false;    // a leaf serves one rail of its nodes
  bool manager = false;  // cables of the fabric manager
};

struct TopologyType {
  TopologyKind kind;
  std::string_view help;
  TopologySettings acts;
  // The others are null where this one is: the graph is read from a file.
  Shape (*shape)(const TopologySpec& spec);                           // that fits, or says why none does
  void (*wire)(Wiring& wiring);                                       // switches, and the cables of GPUs and switches
  void (*size)(Sizing& sizing);                                       // counts, ports, bisection
  void (*lay)(Sizing& sizing);                                        // lengths on the floor
  void (*view)(const TopologySpec&, const Shape&, FabricView& view);  // leaves and pods, as collectives see them
};

std::span<const TopologyType* const> topology_types();
const TopologyType& type_of(TopologyKind kind);

inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Takes the tiers' switches from the spec. False, and the reason in `why`, where a cable is faster than its port.
bool take_tiers(Shape& shape, const TopologySpec& spec, bool spines, bool cores);

}  // namespace nadc
