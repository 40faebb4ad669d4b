// Parts that networks are ordered from: what a switch draws, and the lengths that cables are sold in.
//
// Switch: the catalogue's own figure where one has these ports and this speed (parts.cpp has sources), else 75 W and
// what a generation takes for a Tbit/s of ports: 41 W up to 200 Gbit/s a port, 26 at 400, 17 at 800 and beyond, through
// the catalogue's points (assumption, ±30 %). Maximum: the catalogue's, else 2.3 times the typical (QM9700's). Typical
// is with traffic and passive cables; optics come on top.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nadc {

enum class Medium : std::uint8_t { copper, multimode, single_mode };
std::string_view name_of(Medium medium);

struct SwitchPart {
  std::string_view name;
  int ports = 0;
  double gbps = 0.0;
  double typical_w = 0.0, most_w = 0.0;
  std::string_view source;
};
std::span<const SwitchPart> switch_parts();
// That of the catalogue, or one named after its ports and drawing what the header says.
SwitchPart switch_part(int ports, double gbps);

// The shortest length sold that reaches [m]; the cable's own beyond the longest.
double sold_length(Medium medium, double metres);

}  // namespace nadc
