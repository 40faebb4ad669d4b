// A network as a picture: tiers from the GPUs up to the cores, pods and planes side by side, dragonfly groups in a
// ring.
//
// Large fabrics are condensed: the first pods, planes and switches stand alone, the others of their kind share one box,
// and every cable is in one of the lines drawn. `notes` says what was condensed. A line's load is the mean over its
// cables of the busier direction; its greatest cable is in its title.
// The SVG is one file of text in UTF-8 with a title and a description, 1,280 wide, in the reader's light or dark
// colours. Cost: O(vertices + cables). Errors: none of its own.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/network/routing.hpp"
#include "models/network/topology.hpp"

namespace nadc {

struct PictureBox {
  NodeKind kind = NodeKind::gpu;
  std::int32_t plane = 0, group = 0;  // columns; the last one may be the rest
  std::int64_t members = 0, down = 0;
  std::string name;  // of a single switch; empty: several
};

struct PictureLine {
  std::uint32_t a = 0, b = 0;  // boxes
  CableKind kind = CableKind::host;
  std::int64_t cables = 0, down = 0;
  double mean_load = 0.0, most_load = 0.0;  // of the capacity
};

struct PictureTier {  // all cables of a kind, drawn or condensed
  CableKind kind = CableKind::host;
  std::int64_t cables = 0;
  double gbps = 0.0;                        // of the first
  double mean_load = 0.0, most_load = 0.0;  // of the capacity
};

struct Picture {
  std::vector<PictureBox> boxes;
  std::vector<PictureLine> lines;
  std::vector<PictureTier> tiers;
  std::int64_t planes = 1, planes_alone = 1;
  std::int64_t groups = 1, groups_alone = 1;  // pods, or dragonfly groups
  bool ring = false;                          // dragonflies
  std::string title;
  std::vector<std::string> notes;  // what was condensed
  bool loaded = false;
};

// `load` of each directed link [B/s], empty: none known. NVLink is left out.
Picture picture_of(const Topology& topology, std::span<const double> load = {}, const NetworkHealth& health = {});
std::string svg_of(const Picture& picture, const std::string& traffic = "");

}  // namespace nadc
