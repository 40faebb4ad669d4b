#include "app/scenario/units.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "app/scenario/unit_table.hpp"

namespace nadc {
namespace {

const DimensionInfo& info(Dimension dimension) { return dimensions()[static_cast<std::size_t>(dimension)]; }

std::string article(std::string_view name) {
  return (std::string_view("aeiou").find(name[0]) == std::string_view::npos ? "a " : "an ") + std::string(name);
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// The place where a number ends: [+-] digits [. digits] [e [+-] digits].
std::size_t number_length(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t first = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - first;
  };
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  const std::size_t whole = digits();
  std::size_t part = 0;
  if (i < text.size() && text[i] == '.') {
    ++i;
    part = digits();
  }
  if (whole + part == 0) return 0;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    const std::size_t before = i++;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) i = before;
  }
  return i;
}

// What the text of the unit measures, in words; "" if that has no name here.
std::string_view name_of(const Powers& powers) {
  for (const DimensionInfo& each : dimensions())
    if (each.dimension != Dimension::none && each.powers == powers) return each.name;
  return "";
}

}  // namespace

Parsed<double> parse_number(std::string_view text) {
  const std::string_view body = text.starts_with('+') ? text.substr(1) : text;
  if (text.empty() || number_length(text) != text.size()) {
    if (!text.empty() && text.find(',') != std::string_view::npos)
      return {{}, quoted(text) + " is not a number", "write it without commas"};
    if (text.find('_') != std::string_view::npos)
      return {{}, quoted(text) + " is not a number", "write it without '_'"};
    return {{}, quoted(text) + " is not a number", ""};
  }
  const std::string_view digits = body.starts_with('-') ? body.substr(1) : body;
  if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9')
    return {
        {}, "the number " + quoted(text) + " begins with a zero", "write it without leading zeros: octal is not meant"};
  double value = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value);
  if (error == std::errc::result_out_of_range)
    return {{}, "the number " + quoted(text) + " does not fit a double", "numbers up to 1.8e308 do"};
  if (error != std::errc() || end != body.data() + body.size()) return {{}, quoted(text) + " is not a number", ""};
  return {value, "", ""};
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  const Parsed<double> number = parse_number(text);
  if (!number) return {{}, number.message, number.hint};
  const std::string_view body = text.starts_with('+') ? text.substr(1) : text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value);
  if (error == std::errc() && end == body.data() + body.size()) return {value, "", ""};
  if (*number != std::floor(*number)) return {{}, quoted(text) + " is not a whole number", ""};
  if (std::fabs(*number) > 0x1p53) return {{}, "the number " + quoted(text) + " is too large", ""};
  return {static_cast<std::int64_t>(*number), "", ""};
}

Parsed<double> parse_quantity(std::string_view raw, Dimension dimension) {
  if (dimension == Dimension::none) return parse_number(raw);
  const DimensionInfo& wanted = info(dimension);
  const std::string expected = article(wanted.name) + " such as \"" + std::string(wanted.example) + "\"";
  const std::string_view text = trim_blanks(raw);
  const std::size_t length = number_length(text);
  if (length == 0) return {{}, quoted(text) + " is not a quantity; expected " + expected, ""};
  const Parsed<double> number = parse_number(text.substr(0, length));
  if (!number) return number;
  const std::string_view unit_text = trim_blanks(text.substr(length));
  if (unit_text.empty()) {
    if (dimension == Dimension::ratio) return number;
    return {{}, quoted(text) + " has no unit; expected " + expected, "units of " + article(wanted.name) + ": " + [&] {
              std::string all;
              for (const std::string_view unit : wanted.usual) all += (all.empty() ? "" : ", ") + std::string(unit);
              return all;
            }()};
  }
  const std::optional<Unit> unit = parse_unit(unit_text);
  if (!unit) {
    std::string near = nearest(unit_text, wanted.usual);
    if (near.empty()) {
      std::vector<std::string_view> all;
      for (const DimensionInfo& each : dimensions()) all.insert(all.end(), each.usual.begin(), each.usual.end());
      near = nearest(unit_text, all);
    }
    return {{},
            "unknown unit " + quoted(unit_text) + "; expected " + expected,
            near.empty() ? "" : "did you mean '" + near + "'?"};
  }
  if (unit->powers != wanted.powers) {
    const std::string_view found = name_of(unit->powers);
    return {
        {},
        quoted(text) + " is " + (found.empty() ? "of another dimension" : article(found)) + "; expected " + expected,
        ""};
  }
  double value = *number * unit->up / unit->down;
  if (dimension == Dimension::temperature && unit_text == "K") value = *number - 273.15;
  if (!std::isfinite(value)) return {{}, quoted(text) + " does not fit a double", ""};
  return {value, "", ""};
}

std::string format_number(double value) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, end);
  // 1e+06 and 1e-3 are fine for the parser; whole numbers that are not huge read better in full.
  if (value == std::floor(value) && std::fabs(value) < 1e15) {
    const auto [end_of_whole, ignored] =
        std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(value));
    text.assign(buffer, end_of_whole);
  }
  return text;
}

std::string format_quantity(double value, Dimension dimension) {
  if (dimension == Dimension::none) return format_number(value);
  const DimensionInfo& wanted = info(dimension);
  std::string best;
  std::size_t best_length = 0;
  const auto consider = [&](std::string_view unit_text) {
    const std::optional<Unit> unit = parse_unit(unit_text);
    if (!unit) return;
    const double scaled = value * unit->down / unit->up;
    for (const int figures : {6, 12, 17}) {
      char buffer[64];
      const auto [end, error] =
          std::to_chars(buffer, buffer + sizeof buffer, scaled, std::chars_format::general, figures);
      double rounded = 0;
      std::from_chars(buffer, end, rounded);
      const std::string text = format_number(rounded) + ' ' + std::string(unit_text);
      const Parsed<double> back = parse_quantity(text, dimension);
      if (!back || *back != value) continue;
      const double size = std::fabs(rounded);
      const bool handy = size == 0 || (size >= 1 && size < 1e4);
      const std::size_t length = text.size() + (handy ? 0 : 8);
      if (best.empty() || length < best_length) {
        best = text;
        best_length = length;
      }
      return;
    }
  };
  if (value == 0 && !wanted.unit.empty() && dimension != Dimension::money_per_power_time)
    return "0 " + std::string(wanted.unit);
  if (dimension == Dimension::temperature) return format_number(value) + " °C";
  if (dimension == Dimension::ratio && (value == 0 || std::fabs(value) >= 10)) return format_number(value);
  for (const std::string_view unit : wanted.usual) consider(unit);
  if (!best.empty()) return best;
  if (dimension == Dimension::money_per_power_time) {
    // KRW/kWh has the powers of KRW/(kW h) and is exact for every double that came from any unit
    consider("KRW/W-s");
    return best.empty() ? format_number(value) + " KRW/W-s" : best;
  }
  return wanted.unit.empty() ? format_number(value) : format_number(value) + ' ' + std::string(wanted.unit);
}

std::string format_range(const Range& range, Dimension dimension) {
  std::string text;
  if (std::isfinite(range.min))
    text += (range.at_min == Bound::closed ? "at least " : "more than ") + format_quantity(range.min, dimension);
  if (std::isfinite(range.max)) {
    if (!text.empty()) text += " and ";
    text += (range.at_max == Bound::closed ? "at most " : "less than ") + format_quantity(range.max, dimension);
  }
  return text;
}

std::string_view dimension_name(Dimension dimension) { return info(dimension).name; }
std::string a_dimension(Dimension dimension) { return article(info(dimension).name); }
std::string_view coherent_unit(Dimension dimension) { return info(dimension).unit; }
std::span<const std::string_view> usual_units(Dimension dimension) { return info(dimension).usual; }
std::string quantity_pattern(Dimension dimension) {
  const std::string number = R"([+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)";
  const std::string unit = "[ \\t]*(?:" + unit_pattern(dimension) + ")";
  return "^[ \\t]*" + number + (dimension == Dimension::ratio ? "(?:" + unit + ")?" : unit) + "[ \\t]*$";
}

std::string_view example_of(Dimension dimension) { return info(dimension).example; }

std::string nearest(std::string_view word, std::span<const std::string_view> candidates) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  // Optimal string alignment distance in half steps: a change of case costs one, anything else two.
  const auto distance = [&](std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = 2 * i;
    for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = 2 * j;
    for (std::size_t i = 1; i <= a.size(); ++i)
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const std::size_t change = a[i - 1] == b[j - 1] ? 0 : lower(a[i - 1]) == lower(b[j - 1]) ? 1 : 2;
        cost[i][j] = std::min({cost[i - 1][j] + 2, cost[i][j - 1] + 2, cost[i - 1][j - 1] + change});
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 2);
      }
    return cost[a.size()][b.size()];
  };
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, 2 * (word.size() / 3)) + 1;
  if (word.size() > 64) return best;
  for (const std::string_view candidate : candidates) {
    const std::size_t d = distance(word, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace nadc
