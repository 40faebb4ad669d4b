// A condensed network as SVG.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "models/network/picture.hpp"
#include "models/network/text.hpp"

namespace nadc {
namespace {

constexpr double page_width = 1280.0, left_margin = 178.0, right_margin = 20.0, top_margin = 78.0, row_height = 132.0,
                 box_height = 26.0;
constexpr double pi = 3.14159265358979323846;

// Classes of load: a line grows wider and warmer, so that the order is seen without colours too.
struct LoadClass {
  double below;
  const char* label;
  double width;
};
constexpr std::array load_classes{LoadClass{0.25, "below 25 %", 1.1}, LoadClass{0.50, "25–50 %", 1.5},
                                  LoadClass{0.75, "50–75 %", 2.0}, LoadClass{0.95, "75–95 %", 2.7},
                                  LoadClass{1e300, "95 % and more", 3.5}};

constexpr const char* style_sheet = R"(<style>
svg { --paper:#ffffff; --ink:#1b1f24; --soft:#57606a; --box:#eef2f6; --edge:#8c959f; --many:#dfe7ef;
  --l0:#a3b1bf; --l1:#3d84bd; --l2:#b98500; --l3:#d9601a; --l4:#ab1038; --down:#ab1038;
  background:var(--paper); font-family:system-ui,"DejaVu Sans",sans-serif; }
@media (prefers-color-scheme: dark) { svg { --paper:#14171c; --ink:#e6e9ed; --soft:#a3adb8; --box:#232a33; --edge:#76818d;
  --many:#2f3945; --l0:#5c6a78; --l1:#5aa9e6; --l2:#e8bb3c; --l3:#ff9352; --l4:#ff5f7f; --down:#ff5f7f; } }
text { fill:var(--ink); font-size:13px; } .title { font-size:18px; font-weight:600; } .soft { fill:var(--soft); }
.in { font-size:12px; text-anchor:middle; } .mid { text-anchor:middle; } .tier { font-weight:600; }
.paper { fill:var(--paper); } .box { fill:var(--box); stroke:var(--edge); } .many { fill:var(--many); stroke:var(--edge); }
.frame { fill:none; stroke:var(--edge); stroke-dasharray:2 4; } .down { stroke:var(--down); stroke-width:2.5; }
.line { fill:none; stroke:var(--edge); } .line.down { stroke:var(--down); stroke-dasharray:6 4; }
.l0 { stroke:var(--l0); } .l1 { stroke:var(--l1); } .l2 { stroke:var(--l2); } .l3 { stroke:var(--l3); }
.l4 { stroke:var(--l4); }
</style>
)";

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::size_t load_class(double load) {
  std::size_t found = 0;
  while (load >= load_classes[found].below) ++found;
  return found;
}

std::string per_cent(double share) { return shortened(std::round(share * 100.0)) + " %"; }

std::string plural(NodeKind kind, std::int64_t count) {
  const std::string name = kind == NodeKind::gpu ? "GPU" : std::string(name_of(kind));
  if (count == 1) return name;
  return kind == NodeKind::leaf ? "leaves" : name + "s";
}

std::string cable_name(CableKind kind) {
  switch (kind) {
    case CableKind::host:
      return "hosts";
    case CableKind::leaf_spine:
      return "leaf–spine";
    case CableKind::spine_core:
      return "spine–core";
    default:
      return std::string(name_of(kind));
  }
}

// Rows of a tree, from below: GPUs, leaves or routers, spines, cores.
int row_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::gpu:
    case NodeKind::manager:
      return 0;
    case NodeKind::spine:
      return 2;
    case NodeKind::core:
      return 3;
    default:
      return 1;
  }
}

class Painter {
 public:
  Painter(const Picture& picture, const std::string& traffic) : picture_(picture), traffic_(traffic) {}

  std::string paint() {
    at_.resize(picture_.boxes.size());
    picture_.ring ? place_in_ring() : place_in_rows();
    draw_lines();
    draw_boxes();
    const double height = draw_legend();
    std::string head = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1280\" height=\"" + number(height) +
                       "\" viewBox=\"0 0 1280 " + number(height) +
                       "\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">" +
                       xml_text(picture_.title) + "</title>\n<desc id=\"desc\">" + xml_text(description()) +
                       "</desc>\n" + style_sheet + "<rect class=\"paper\" width=\"1280\" height=\"" + number(height) +
                       "\"/>\n";
    head += "<text class=\"title\" x=\"24\" y=\"34\">" + xml_text(picture_.title) + "</text>\n";
    std::string below = traffic_;
    if (!picture_.notes.empty()) below += (below.empty() ? "" : " · ") + picture_.notes[0];
    if (!below.empty()) head += "<text class=\"soft\" x=\"24\" y=\"56\">" + xml_text(below) + "</text>\n";
    return head + out_ + text_ + "</svg>\n";
  }

 private:
  struct Spot {
    double x = 0.0, y = 0.0, width = 0.0;  // middle of the box
  };

  void place_in_rows() {
    // Columns (plane, group) are as wide as their widest row; what has no group spans its plane.
    using Column = std::pair<std::int32_t, std::int32_t>;
    std::map<Column, std::map<int, std::vector<std::uint32_t>>> columns;
    std::map<std::int32_t, std::vector<std::uint32_t>> spanning;  // cores, by plane
    std::vector<std::uint32_t> shared;                            // GPUs of several planes
    for (std::uint32_t b = 0; b < picture_.boxes.size(); ++b) {
      const PictureBox& box = picture_.boxes[b];
      const int row = row_of(box.kind);
      highest_ = std::max(highest_, row);
      if (row == 3) {
        spanning[box.plane].push_back(b);
      } else if (row == 0 && picture_.planes > 1) {
        shared.push_back(b);
      } else {
        columns[{box.plane, box.group}][row].push_back(b);
      }
    }
    double slots = 0.0;
    for (const auto& [column, rows] : columns) slots += widest(rows) + 0.5;
    const double slot = (page_width - left_margin - right_margin) / slots;
    double x = left_margin;
    std::map<std::int32_t, std::pair<double, double>> spans;  // of planes
    for (const auto& [column, rows] : columns) {
      const double width = widest(rows) * slot;
      for (const auto& [row, boxes] : rows) spread(boxes, x, width, y_of(row));
      auto [span, fresh] = spans.try_emplace(column.first, x, x + width);
      span->second.second = x + width;
      if (picture_.groups > 1)
        frame(x, width,
              column.second == picture_.groups_alone && column.second > 0
                  ? grouped(picture_.groups - picture_.groups_alone) + " more"
                  : "pod " + std::to_string(column.second));
      x += width + slot / 2.0;
    }
    for (const auto& [plane, boxes] : spanning)
      spread(boxes, spans[plane].first, spans[plane].second - spans[plane].first, y_of(3));
    if (!shared.empty()) spread(shared, left_margin, page_width - left_margin - right_margin, y_of(0));
    if (picture_.planes > 1) {
      for (const auto& [plane, span] : spans) {
        const bool rest = plane == picture_.planes_alone;
        label((span.first + span.second) / 2.0, top_margin - 2.0, "mid soft",
              rest ? grouped(picture_.planes - picture_.planes_alone) +
                         (picture_.planes - picture_.planes_alone == 1 ? " more plane" : " more planes")
                   : "plane " + std::to_string(plane));
      }
    }
    std::map<int, std::map<NodeKind, std::int64_t>> counts;
    for (const PictureBox& box : picture_.boxes) counts[row_of(box.kind)][box.kind] += box.members;
    for (const auto& [row, kinds] : counts) {
      std::string text;
      for (const auto& [kind, count] : kinds)
        text += (text.empty() ? "" : ", ") + grouped(count) + " " + plural(kind, count);
      label(24.0, y_of(row) + 4.0, "tier", text);
    }
    for (const PictureTier& tier : picture_.tiers) {
      const double y = tier.kind == CableKind::host         ? (y_of(0) + y_of(1)) / 2.0
                       : tier.kind == CableKind::leaf_spine ? (y_of(1) + y_of(2)) / 2.0
                       : tier.kind == CableKind::spine_core ? (y_of(2) + y_of(3)) / 2.0
                                                            : y_of(1) - 40.0;
      tier_label(tier, 24.0, y - 14.0);
    }
    bottom_ = y_of(0) + box_height;
  }

  void tier_label(const PictureTier& tier, double x, double y) {
    label(x, y, "", cable_name(tier.kind));
    label(x, y + 17.0, "soft", grouped(tier.cables) + " × " + shortened(tier.gbps) + "G");
    if (picture_.loaded)
      label(x, y + 34.0, "soft", "load " + per_cent(tier.mean_load) + ", most " + per_cent(tier.most_load));
  }

  // Groups on an ellipse, each with its boxes one above the other.
  void place_in_ring() {
    std::map<std::int32_t, std::vector<std::uint32_t>> groups;
    for (std::uint32_t b = 0; b < picture_.boxes.size(); ++b) groups[picture_.boxes[b].group].push_back(b);
    const double middle_x = 690.0, middle_y = 452.0, radius_x = 440.0, radius_y = 296.0;
    std::size_t place = 0;
    for (auto& [group, boxes] : groups) {
      const double angle = 2.0 * pi * static_cast<double>(place++) / static_cast<double>(groups.size()) - pi / 2.0;
      const double x = middle_x + radius_x * std::cos(angle), y = middle_y + radius_y * std::sin(angle);
      std::stable_sort(boxes.begin(), boxes.end(), [&](std::uint32_t a, std::uint32_t b) {
        return row_of(picture_.boxes[a].kind) > row_of(picture_.boxes[b].kind);
      });
      const double tall = static_cast<double>(boxes.size()) * (box_height + 8.0);
      for (std::size_t i = 0; i < boxes.size(); ++i)
        at_[boxes[i]] = {x, y - tall / 2.0 + (box_height + 8.0) * (static_cast<double>(i) + 0.5), 108.0};
      const bool rest = group == picture_.groups_alone;
      label(
          x, y - tall / 2.0 - 6.0, "mid soft",
          rest ? grouped(picture_.groups - picture_.groups_alone) + " more groups" : "group " + std::to_string(group));
    }
    double y = 120.0;
    for (const PictureTier& tier : picture_.tiers) {
      tier_label(tier, 24.0, y);
      y += 62.0;
    }
    bottom_ = middle_y + radius_y + 64.0;
  }

  // Slots of a column; one box has room for what it says.
  static double widest(const std::map<int, std::vector<std::uint32_t>>& rows) {
    double most = 1.8;
    for (const auto& [row, boxes] : rows) most = std::max(most, static_cast<double>(boxes.size()));
    return most;
  }
  double y_of(int row) const { return top_margin + 22.0 + row_height * (highest_ - row); }
  void spread(const std::vector<std::uint32_t>& boxes, double x, double width, double y) {
    const double slot = width / static_cast<double>(boxes.size());
    for (std::size_t i = 0; i < boxes.size(); ++i)
      at_[boxes[i]] = {x + slot * (static_cast<double>(i) + 0.5), y, std::min(slot - 5.0, 104.0)};
  }
  void frame(double x, double width, const std::string& name) {
    const double top = y_of(2) - 26.0;
    out_ += "<rect class=\"frame\" x=\"" + number(x - 4.0) + "\" y=\"" + number(top) + "\" width=\"" +
            number(width + 8.0) + "\" height=\"" + number(y_of(0) + 26.0 - top) + "\" rx=\"6\"/>\n";
    label(x + width / 2.0, y_of(0) + 43.0, "mid soft", name);
    below_ = 24.0;
  }
  void label(double x, double y, const std::string& kind, const std::string& text) {
    text_ += "<text" + (kind.empty() ? "" : " class=\"" + kind + "\"") + " x=\"" + number(x) + "\" y=\"" + number(y) +
             "\">" + xml_text(text) + "</text>\n";
  }

  void draw_lines() {
    std::vector<std::uint32_t> order(picture_.lines.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const PictureLine &x = picture_.lines[a], &y = picture_.lines[b];
      return std::pair(x.down > 0, x.mean_load) < std::pair(y.down > 0, y.mean_load);
    });
    out_ += order.size() > 150 ? "<g stroke-opacity=\"0.5\">\n" : "<g stroke-opacity=\"0.75\">\n";
    for (std::uint32_t i : order) draw_line(picture_.lines[i]);
    out_ += "</g>\n";
  }
  void draw_line(const PictureLine& line) {
    const Spot &a = at_[line.a], &b = at_[line.b];
    double width = std::min(4.0, 0.9 + 0.25 * std::log2(static_cast<double>(line.cables)));
    std::string kind = "line";
    if (picture_.loaded) {
      const std::size_t c = load_class(line.mean_load);
      width = load_classes[c].width * (picture_.lines.size() > 150 ? 0.6 : 1.0);
      kind += " l" + std::to_string(c);
    }
    if (line.down > 0) kind += " down";
    std::string path;
    if (a.y == b.y && !picture_.ring) {  // of one row: an arc above it
      const double rise = std::min(70.0, 16.0 + std::fabs(b.x - a.x) / 8.0);
      path = "M" + number(a.x) + " " + number(a.y - box_height / 2.0) + " Q" + number((a.x + b.x) / 2.0) + " " +
             number(a.y - box_height / 2.0 - 2.0 * rise) + " " + number(b.x) + " " + number(b.y - box_height / 2.0);
    } else if (picture_.ring && line.kind == CableKind::global) {  // bent towards the middle
      path = "M" + number(a.x) + " " + number(a.y) + " Q" + number((a.x + b.x) / 4.0 + 345.0) + " " +
             number((a.y + b.y) / 4.0 + 226.0) + " " + number(b.x) + " " + number(b.y);
    } else {
      const double low = a.y > b.y ? -box_height / 2.0 : box_height / 2.0;
      path = "M" + number(a.x) + " " + number(a.y + low) + " L" + number(b.x) + " " + number(b.y - low);
    }
    out_ += "<path class=\"" + kind + "\" stroke-width=\"" + number(width) + "\" d=\"" + path + "\"><title>" +
            xml_text(said(line)) + "</title></path>\n";
  }
  std::string said(const PictureBox& box) const {
    std::string text = box.name.empty() ? grouped(box.members) + " " + plural(box.kind, box.members) : box.name;
    if (box.down > 0) text += box.members == 1 ? ", down" : ", " + grouped(box.down) + " down";
    return text;
  }
  std::string said(const PictureLine& line) const {
    std::string text = said(picture_.boxes[line.a]) + " to " + said(picture_.boxes[line.b]) + ": " +
                       grouped(line.cables) + (line.cables == 1 ? " cable" : " cables");
    if (line.down > 0) text += ", " + grouped(line.down) + " down";
    if (picture_.loaded) {
      text += ", load " + per_cent(line.mean_load);
      if (line.cables > 1) text += ", most " + per_cent(line.most_load);
    }
    return text;
  }

  void draw_boxes() {
    for (std::size_t i = 0; i < picture_.boxes.size(); ++i) {
      const PictureBox& box = picture_.boxes[i];
      const Spot& spot = at_[i];
      std::string kind = box.members == 1 ? "box" : "many";
      if (box.down > 0) kind += " down";
      out_ += "<g><rect class=\"" + kind + "\" x=\"" + number(spot.x - spot.width / 2.0) + "\" y=\"" +
              number(spot.y - box_height / 2.0) + "\" width=\"" + number(spot.width) + "\" height=\"" +
              number(box_height) + "\" rx=\"4\"/><title>" + xml_text(said(box)) + "</title>";
      const std::string text = inscription(box, spot.width);
      if (!text.empty())
        out_ += "<text class=\"in\" x=\"" + number(spot.x) + "\" y=\"" + number(spot.y + 4.0) + "\">" + xml_text(text) +
                "</text>";
      out_ += "</g>\n";
    }
  }
  // The longest that goes into the box, at 7 units a letter.
  std::string inscription(const PictureBox& box, double width) const {
    const std::string number_alone = grouped(box.members);
    std::vector<std::string> choices;
    if (!box.name.empty()) {
      const std::string name = box.name.substr(0, box.name.find('@'));
      choices = {name, name.substr(std::min(name.find_first_of("0123456789"), name.size()))};
    } else {
      choices = {number_alone + " " + plural(box.kind, box.members), (row_of(box.kind) > 0 ? "+" : "") + number_alone};
    }
    for (const std::string& text : choices)
      if (7.0 * static_cast<double>(text.size()) <= width - 2.0) return text;
    return "";
  }

  double draw_legend() {
    double x = 24.0;
    const double y = bottom_ + below_ + 34.0;
    if (picture_.loaded) {
      label(x, y, "", "load in the busier direction");
      x += 210.0;
      for (std::size_t c = 0; c < load_classes.size(); ++c) {
        out_ += "<path class=\"line l" + std::to_string(c) + "\" stroke-width=\"" +
                number(load_classes[c].width + 1.0) + "\" d=\"M" + number(x) + " " + number(y - 4.0) + " h34\"/>\n";
        label(x + 42.0, y, "", load_classes[c].label);
        x += 160.0;
      }
    } else {
      label(x, y, "soft", "a line stands for all cables between two boxes: the more, the wider");
    }
    std::string others;
    for (std::size_t i = 1; i < picture_.notes.size(); ++i) others += (i > 1 ? " · " : "") + picture_.notes[i];
    if (others.empty()) return y + 22.0;
    label(24.0, y + 24.0, "soft", others);
    return y + 46.0;
  }

  std::string description() const {
    std::string text;
    std::map<NodeKind, std::int64_t> counts;
    for (const PictureBox& box : picture_.boxes) counts[box.kind] += box.members;
    for (const auto& [kind, count] : counts)
      text += (text.empty() ? "" : ", ") + grouped(count) + " " + plural(kind, count);
    text += ".";
    for (const PictureTier& tier : picture_.tiers) {
      text +=
          " " + cable_name(tier.kind) + ": " + grouped(tier.cables) + " cables of " + shortened(tier.gbps) + " Gbit/s";
      if (picture_.loaded) text += ", mean load " + per_cent(tier.mean_load) + ", greatest " + per_cent(tier.most_load);
      text += ".";
    }
    if (!traffic_.empty()) text += " Traffic: " + traffic_ + ".";
    for (const std::string& note : picture_.notes) text += " " + note + ".";
    return text;
  }

  const Picture& picture_;
  const std::string& traffic_;
  std::string out_, text_;  // labels stand upon lines
  std::vector<Spot> at_;
  int highest_ = 0;
  double bottom_ = 0.0, below_ = 0.0;
};

}  // namespace

std::string svg_of(const Picture& picture, const std::string& traffic) { return Painter(picture, traffic).paint(); }

}  // namespace nadc
