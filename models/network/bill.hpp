// A bill of materials that can be ordered: switches by tier, transceivers by end, cables by length, each with spares.
//
// Ends: a switch takes twin-port modules, one for two cables of its own (2 × 400 from 800 Gbit/s; NVIDIA's OSFP ports),
// an odd one over; where a
// tier's port speed is given a port takes one module for the cables that it is broken out to, and copper splits there
// (1 to n). A node takes as many ports in one module as `node_ports` says (DGX H100: 2), other hosts one a cable.
// Copper has its ends on. Cables: one a link, in the lengths that are sold (parts.hpp), from the floor plan's
// distances. Spares: 2 % of each item, at least one (assumption, 1–5 %). Power: typical and maximum of what is
// installed, without spares; transceivers by medium and speed. Price only from prices that are given; fibre by its sold
// length. Neglected: patch panels, trunks of many fibres, rails and shelves, power cords.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/network/sizing.hpp"

namespace nadc {

struct BillLine {
  std::string tier;  // leaf, spine, core, router; host, leaf_spine, … of cables
  std::string kind;  // switch, transceiver, cable
  std::string item;
  std::int64_t count = 0, spares = 0;
  double metres = 0.0;                   // of one cable
  double typical_w = 0.0, most_w = 0.0;  // of one
  std::optional<double> cost_krw;        // of count and spares
};

struct BillInputs {
  SizingInputs sizing;
  double spare_share = 0.02;
  int node_ports = 2;  // cables of a node in one module
};
std::vector<BillLine> bill_of(const NetworkSize& size, const BillInputs& inputs = {});

}  // namespace nadc
