// The floor plan of a hall as SVG.
#include <array>
#include <cstdio>

#include "models/network/hall.hpp"
#include "models/network/text.hpp"

namespace nadc {
namespace {

constexpr const char* style_sheet = R"(<style>
svg { --paper:#ffffff; --ink:#1b1f24; --soft:#57606a; --edge:#8c959f;
  --k0:#d5dee8; --k1:#5fa3d6; --k2:#e0a83a; --k3:#c8504f; --k4:#5fa3d6;
  background:var(--paper); font-family:system-ui,"DejaVu Sans",sans-serif; }
@media (prefers-color-scheme: dark) { svg { --paper:#14171c; --ink:#e6e9ed; --soft:#a3adb8; --edge:#76818d; --k0:#39434f;
  --k1:#3f86bd; --k2:#b8862a; --k3:#c8504f; --k4:#3f86bd; } }
text { fill:var(--ink); font-size:13px; } .title { font-size:18px; font-weight:600; } .soft { fill:var(--soft); }
.end { text-anchor:end; } .paper { fill:var(--paper); } rect.k { stroke:var(--edge); stroke-width:0.6; }
.k0 { fill:var(--k0); } .k1 { fill:var(--k1); } .k2 { fill:var(--k2); } .k3 { fill:var(--k3); } .k4 { fill:var(--k4); }
</style>
)";

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}
}  // namespace

std::string floor_svg_of(const HallPlan& plan, const std::string& title) {
  const double left = 70.0, top = 108.0;
  const double slot = std::min(34.0, (1280.0 - left - 20.0) / plan.places);
  const double tall = std::max(6.0, std::min(slot * 1.5, 26.0)), step = tall + std::max(4.0, tall * 0.6);
  const double height = top + step * plan.rows + 24.0;
  std::string counts;
  for (int k = 0; k < 5; ++k) {
    const auto kind = static_cast<RackKind>(k);
    if (plan.count(kind) > 0)
      counts += (counts.empty() ? "" : ", ") + grouped(plan.count(kind)) + " of " + std::string(name_of(kind));
  }
  const std::string said = grouped(static_cast<std::int64_t>(plan.racks.size())) + " racks (" + counts + ") in " +
                           grouped(plan.rows) + (plan.rows == 1 ? " row" : " rows") + ", " +
                           shortened(plan.width_m, 4) + " × " + shortened(plan.depth_m, 4) + " m, at most " +
                           shortened(plan.kw / 1000.0, 4) + " MW";
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1280\" height=\"" + number(height) +
                    "\" viewBox=\"0 0 1280 " + number(height) +
                    "\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">" + xml_text(title) +
                    ", floor plan</title>\n<desc id=\"desc\">" + xml_text(said) + "</desc>\n" + style_sheet +
                    "<rect class=\"paper\" width=\"1280\" height=\"" + number(height) +
                    "\"/>\n<text class=\"title\" x=\"24\" y=\"34\">" + xml_text(title) +
                    ", floor plan</text>\n<text class=\"soft\" x=\"24\" y=\"56\">" + xml_text(said) + "</text>\n";
  double x = 24.0;
  for (int k = 0; k < 5; ++k) {
    const auto kind = static_cast<RackKind>(k);
    if (plan.count(kind) == 0) continue;
    out += "<rect class=\"k k" + std::to_string(k) + "\" x=\"" + number(x) +
           "\" y=\"70\" width=\"18\" height=\"14\"/><text x=\"" + number(x + 26.0) + "\" y=\"82\">" +
           std::string(name_of(kind)) + "</text>\n";
    x += 120.0;
  }
  for (int row = 0; row < plan.rows; ++row)
    if (row == 0 || (row + 1) % 5 == 0 || step >= 14.0)
      out += "<text class=\"soft end\" x=\"" + number(left - 10.0) + "\" y=\"" +
             number(top + step * row + tall / 2.0 + 4.0) + "\">" + std::to_string(row + 1) + "</text>\n";
  for (const HallRack& rack : plan.racks) {
    const auto kind = static_cast<int>(rack.kind);
    out += "<rect class=\"k k" + std::to_string(kind) + "\" x=\"" + number(left + slot * rack.place) + "\" y=\"" +
           number(top + step * rack.row) + "\" width=\"" + number(slot - 1.0) + "\" height=\"" + number(tall) +
           "\"><title>row " + std::to_string(rack.row + 1) + ", rack " + std::to_string(rack.place + 1) + ": " +
           grouped(rack.count) + " " + std::string(name_of(rack.kind)) + " from " + xml_text(rack.first) +
           ", at most " + shortened(rack.kw, 4) + " kW</title></rect>\n";
  }
  return out + "</svg>\n";
}

}  // namespace nadc
