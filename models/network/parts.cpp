#include "models/network/parts.hpp"

#include <algorithm>
#include <array>

namespace nadc {
namespace {

constexpr std::array switch_kinds{
    SwitchPart{"SN2201", 48, 1.0, 98.0, 150.0, "NVIDIA SN2201 (from memory)"},
    SwitchPart{"QM8700", 40, 200.0, 404.0, 747.0, "NVIDIA QM8700 (from memory)"},
    SwitchPart{"QM9700", 64, 400.0, 747.0, 1720.0, "NVIDIA QM9700 (from memory)"},
    SwitchPart{"SN5600", 64, 800.0, 940.0, 2167.0, "NVIDIA SN5600 (from memory)"},
};

// NVIDIA's cable lists (from memory): DAC and splitters, MFP7E10 and MFP7E30 fibre.
constexpr std::array copper_lengths{0.5, 1.0, 1.5, 2.0, 2.5, 3.0};
constexpr std::array multimode_lengths{3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 50.0};
constexpr std::array single_mode_lengths{3.0,  5.0,  7.0,  10.0, 15.0, 20.0,  30.0, 40.0,
                                         50.0, 60.0, 70.0, 80.0, 90.0, 100.0, 150.0};

template <std::size_t N> double sold(const std::array<double, N>& lengths, double metres) {
  const auto found = std::lower_bound(lengths.begin(), lengths.end(), metres - 1e-9);
  return found == lengths.end() ? metres : *found;
}

}  // namespace

std::string_view name_of(Medium medium) {
  return medium == Medium::copper ? "copper" : medium == Medium::multimode ? "multimode" : "single-mode";
}

std::span<const SwitchPart> switch_parts() { return switch_kinds; }

SwitchPart switch_part(int ports, double gbps) {
  for (const SwitchPart& part : switch_kinds)
    if (part.ports == ports && part.gbps == gbps) return part;
  const double per_tbit = gbps <= 200.0 ? 41.0 : gbps <= 400.0 ? 26.25 : 17.0;
  const double typical = 75.0 + per_tbit * ports * gbps / 1000.0;
  return {"switch", ports, gbps, typical, 2.3 * typical, "assumption, ±30 %"};
}

double sold_length(Medium medium, double metres) {
  if (medium == Medium::copper) return sold(copper_lengths, metres);
  return medium == Medium::multimode ? sold(multimode_lengths, metres) : sold(single_mode_lengths, metres);
}

}  // namespace nadc
