#include "app/io/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/error.hpp"

namespace nadc {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Wide and fullwidth blocks, and combining or zero-width marks (Unicode 15, UAX #11; whole blocks where all of it is
// so).
constexpr Range wide[] = {
    {0x1100, 0x115f}, {0x231a, 0x231b},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},  {0x4e00, 0x9fff},
    {0xa000, 0xa4cf}, {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},  {0xff00, 0xff60},
    {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
constexpr Range empty[] = {{0x0300, 0x036f}, {0x1160, 0x11ff}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f},
                           {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}};

template <std::size_t N> bool within(std::uint32_t point, const Range (&ranges)[N]) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const Range& r) { return point >= r.first && point <= r.last; });
}

// The code point at the front and its length in bytes; a stray byte is itself.
std::pair<std::uint32_t, std::size_t> front_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  const std::size_t length = lead >= 0xf0 && lead < 0xf8   ? 4
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                                                           : 1;
  if (length == 1 || text.size() < length) return {lead, 1};
  std::uint32_t point = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {lead, 1};
    point = point << 6 | (byte(i) & 0x3f);
  }
  return {point, length};
}

std::string group_thousands(std::string digits) {
  const std::size_t sign = !digits.empty() && digits[0] == '-' ? 1 : 0;
  const std::size_t whole = std::min(digits.find_first_of(".e"), digits.size());
  for (std::size_t at = whole; at > sign + 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string exact(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&cell)) return std::isnan(*real) ? "" : fmt::format("{}", *real);
  return {};
}

std::string human(const Cell& cell, const Column& column) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return human_number(*integer);
  if (const auto* real = std::get_if<double>(&cell)) return human_number(*real, column.digits);
  return exact(cell);
}

std::string quote_csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string escape_markdown(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '\\') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

std::string pad(const std::string& text, std::size_t width, Align align) {
  const std::size_t own = display_width(text), gap = width > own ? width - own : 0;
  return align == Align::left ? text + std::string(gap, ' ') : std::string(gap, ' ') + text;
}

std::string title(const Column& column) {
  const std::string& name = column.header.empty() ? column.name : column.header;
  return column.unit.empty() ? name : fmt::format("{} [{}]", name, column.unit);
}

}  // namespace

Format parse_format(std::string_view name) {
  if (name == "table") return Format::table;
  if (name == "json") return Format::json;
  if (name == "csv") return Format::csv;
  if (name == "markdown") return Format::markdown;
  throw Error(ErrorKind::usage, fmt::format("there is no format \"{}\"", name), "use table, json, csv or markdown");
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto [point, length] = front_point(text);
    if (length == 1 || !within(point, empty)) width += length > 1 && within(point, wide) ? 2 : 1;
    text.remove_prefix(length);
  }
  return width;
}

std::string human_number(double value, int digits) {
  if (std::isnan(value)) return {};
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 1e15 || size < 1e-4) return fmt::format("{:.{}g}", value, digits);
  // Round to the digits first: 999.96 with 4 digits is 1,000.
  const std::string rounded = fmt::format("{:.{}e}", value, std::max(digits - 1, 0));
  const int exponent = std::atoi(rounded.c_str() + rounded.find('e') + 1);
  return group_thousands(fmt::format("{:.{}f}", std::stod(rounded), std::max(digits - 1 - exponent, 0)));
}

std::string human_number(std::int64_t value) { return group_thousands(std::to_string(value)); }

void Table::add(std::vector<Cell> row) {
  if (row.size() != columns_.size())
    throw Error(ErrorKind::failed,
                fmt::format("a table of {} columns is given a row of {}", columns_.size(), row.size()));
  rows_.push_back(std::move(row));
}

std::string Table::render(Format format) const {
  std::string out;
  if (format == Format::json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const auto& row : rows_) {
      nlohmann::ordered_json object = nlohmann::ordered_json::object();
      for (std::size_t c = 0; c < columns_.size(); ++c)
        std::visit(
            [&](const auto& value) {
              using Value = std::decay_t<decltype(value)>;
              if constexpr (std::is_same_v<Value, std::monostate>)
                object[columns_[c].name] = nullptr;
              else
                object[columns_[c].name] = value;
            },
            row[c]);
      list.push_back(std::move(object));
    }
    return list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
  }
  if (format == Format::csv) {
    const auto line = [&](auto&& cell) {
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        if (c) out += ',';
        out += quote_csv(cell(c));
      }
      out += '\n';
    };
    line([&](std::size_t c) { return columns_[c].name; });
    for (const auto& row : rows_) line([&](std::size_t c) { return exact(row[c]); });
    return out;
  }

  const bool markdown = format == Format::markdown;
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) lines[0].push_back(title(column));
  for (const auto& row : rows_) {
    auto& line = lines.emplace_back();
    for (std::size_t c = 0; c < columns_.size(); ++c) line.push_back(human(row[c], columns_[c]));
  }
  std::vector<std::size_t> widths(columns_.size(), markdown ? 3 : 0);
  for (auto& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) {
      if (markdown) line[c] = escape_markdown(line[c]);
      widths[c] = std::max(widths[c], display_width(line[c]));
    }
  const auto print = [&](const std::vector<std::string>& line) {
    std::string text;
    for (std::size_t c = 0; c < line.size(); ++c) {
      if (markdown)
        text += "| ";
      else if (c)
        text += "  ";
      text += pad(line[c], widths[c], columns_[c].align);
      if (markdown) text += ' ';
    }
    if (markdown) text += '|';
    out += text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
  };
  print(lines[0]);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const bool right = columns_[c].align == Align::right;
    if (markdown) {
      out += (right ? "| " : "| :") + std::string(widths[c] - 1, '-') + (right ? ": " : " ");
    } else {
      if (c) out += "  ";
      for (std::size_t i = 0; i < widths[c]; ++i) out += "─";
    }
  }
  out += markdown ? "|\n" : "\n";
  for (std::size_t i = 1; i < lines.size(); ++i) print(lines[i]);
  return out;
}

}  // namespace nadc
