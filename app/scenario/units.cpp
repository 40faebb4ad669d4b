#include "app/scenario/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <vector>

#include "sim/time.hpp"

namespace nadc {
namespace {

// Exponents of the bases s, J, B, FLOP, KRW, kg, K, m.
using Powers = std::array<std::int8_t, 8>;

struct DimensionInfo {
  Dimension dimension;
  std::string_view name;
  std::string_view unit;
  std::string_view example;
  Powers powers;
  std::vector<std::string_view> usual;
};

const std::vector<DimensionInfo>& dimensions() {
  static const std::vector<DimensionInfo> all{
      {Dimension::none, "number", "", "3.5", {}, {}},
      {Dimension::ratio, "ratio", "", "85 %", {}, {"%"}},
      {Dimension::duration, "duration", "s", "90 min", {1}, {"us", "ms", "s", "min", "h", "d"}},
      {Dimension::frequency, "rate per time", "1/s", "12 1/h", {-1}, {"1/y", "1/d", "1/h", "1/min", "1/s", "Hz"}},
      {Dimension::power, "power", "W", "40 MW", {-1, 1}, {"mW", "W", "kW", "MW", "GW"}},
      {Dimension::energy, "energy", "J", "5 MWh", {0, 1}, {"J", "Wh", "kWh", "MWh", "GWh"}},
      {Dimension::data,
       "amount of data",
       "B",
       "80 GB",
       {0, 0, 1},
       {"bit", "B", "kB", "MB", "GB", "TB", "PB", "KiB", "MiB", "GiB", "TiB"}},
      {Dimension::data_rate,
       "data rate",
       "B/s",
       "400 Gbit/s",
       {-1, 0, 1},
       {"B/s", "kB/s", "MB/s", "GB/s", "TB/s", "Mbit/s", "Gbit/s", "Tbit/s"}},
      {Dimension::compute,
       "amount of computation",
       "FLOP",
       "3e24 FLOP",
       {0, 0, 0, 1},
       {"FLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"}},
      {Dimension::compute_rate,
       "compute rate",
       "FLOP/s",
       "989 TFLOP/s",
       {-1, 0, 0, 1},
       {"FLOP/s", "GFLOP/s", "TFLOP/s", "PFLOP/s", "EFLOP/s"}},
      {Dimension::money,
       "amount of money",
       "KRW",
       "1.459 trillion KRW",
       {0, 0, 0, 0, 1},
       {"KRW", "million KRW", "billion KRW", "trillion KRW"}},
      {Dimension::money_rate,
       "money per time",
       "KRW/s",
       "3 billion KRW/y",
       {-1, 0, 0, 0, 1},
       {"KRW/s", "KRW/h", "KRW/y", "million KRW/y", "billion KRW/y", "trillion KRW/y"}},
      {Dimension::money_per_energy,
       "price of energy",
       "KRW/J",
       "182.6 KRW/kWh",
       {0, -1, 0, 0, 1},
       {"KRW/J", "KRW/MWh", "KRW/kWh"}},
      {Dimension::money_per_power,
       "price of power",
       "KRW/W",
       "2 million KRW/kW",
       {1, -1, 0, 0, 1},
       {"KRW/W", "KRW/kW", "million KRW/kW", "billion KRW/MW"}},
      {Dimension::money_per_power_time,
       "demand charge",
       "KRW/(W s)",
       "8320 KRW/kW-month",
       {0, -1, 0, 0, 1},
       {"KRW/kW-month"}},
      {Dimension::money_per_volume,
       "price of a volume",
       "KRW/m3",
       "1200 KRW/m3",
       {0, 0, 0, 0, 1, 0, 0, -3},
       {"KRW/m3"}},
      {Dimension::carbon,
       "mass of carbon dioxide",
       "kgCO2e",
       "12 tCO2e",
       {0, 0, 0, 0, 0, 1},
       {"gCO2e", "kgCO2e", "tCO2e", "ktCO2e"}},
      {Dimension::carbon_per_energy,
       "carbon intensity",
       "kgCO2e/J",
       "0.4173 tCO2e/MWh",
       {0, -1, 0, 0, 0, 1},
       {"kgCO2e/J", "gCO2e/kWh", "kgCO2e/kWh", "tCO2e/MWh"}},
      {Dimension::temperature, "temperature", "°C", "25 °C", {0, 0, 0, 0, 0, 0, 1}, {"°C", "K"}},
      {Dimension::temperature_difference, "temperature difference", "K", "8 K", {0, 0, 0, 0, 0, 0, 1}, {"K", "°C"}},
      {Dimension::length, "length", "m", "30 m", {0, 0, 0, 0, 0, 0, 0, 1}, {"mm", "cm", "m", "km"}},
      {Dimension::volume, "volume", "m3", "20 m3", {0, 0, 0, 0, 0, 0, 0, 3}, {"L", "m3"}},
      {Dimension::volume_per_energy,
       "volume per energy",
       "m3/J",
       "1.8 L/kWh",
       {0, -1, 0, 0, 0, 0, 0, 3},
       {"m3/J", "m3/MWh", "L/kWh"}},
      {Dimension::energy_per_data, "energy per data", "J/B", "5 pJ/bit", {0, 1, -1}, {"pJ/bit", "J/B"}},
      {Dimension::efficiency,
       "efficiency of computation",
       "FLOP/J",
       "60 GFLOP/J",
       {0, -1, 0, 1},
       {"FLOP/J", "GFLOP/J", "TFLOP/J"}},
  };
  return all;
}

const DimensionInfo& info(Dimension dimension) { return dimensions()[static_cast<std::size_t>(dimension)]; }

enum class Prefixes : std::uint8_t { none, small, large, si, si_iec };

struct Symbol {
  std::string_view text;
  double scale;
  Powers powers;
  Prefixes prefixes = Prefixes::none;
};

constexpr double day = 86400.0;
constexpr double year = 365.0 * day;
constexpr Powers time_power{1};
constexpr Powers energy_power{0, 1};
constexpr Powers mass_power{0, 0, 0, 0, 0, 1};
constexpr Powers volume_power{0, 0, 0, 0, 0, 0, 0, 3};
constexpr Powers money_power{0, 0, 0, 0, 1};

const std::vector<Symbol>& symbols() {
  static const std::vector<Symbol> all{
      {"1", 1, {}},
      {"%", 0.01, {}},
      {"ppm", 1e-6, {}},
      {"s", 1, time_power, Prefixes::small},
      {"sec", 1, time_power},
      {"second", 1, time_power},
      {"seconds", 1, time_power},
      {"min", 60, time_power},
      {"minute", 60, time_power},
      {"minutes", 60, time_power},
      {"h", 3600, time_power},
      {"hour", 3600, time_power},
      {"hours", 3600, time_power},
      {"d", day, time_power},
      {"day", day, time_power},
      {"days", day, time_power},
      {"w", 7 * day, time_power},
      {"week", 7 * day, time_power},
      {"weeks", 7 * day, time_power},
      {"month", year / 12, time_power},
      {"months", year / 12, time_power},
      {"y", year, time_power},
      {"year", year, time_power},
      {"years", year, time_power},
      {"Hz", 1, {-1}, Prefixes::large},
      {"W", 1, {-1, 1}, Prefixes::si},
      {"J", 1, energy_power, Prefixes::si},
      {"Wh", 3600, energy_power, Prefixes::si},
      {"B", 1, {0, 0, 1}, Prefixes::si_iec},
      {"bit", 0.125, {0, 0, 1}, Prefixes::si_iec},
      {"bps", 0.125, {-1, 0, 1}, Prefixes::large},
      {"FLOP", 1, {0, 0, 0, 1}, Prefixes::large},
      {"FLOPS", 1, {-1, 0, 0, 1}, Prefixes::large},
      {"KRW", 1, money_power},
      {"won", 1, money_power},
      {"g", 1e-3, mass_power, Prefixes::si},
      {"t", 1e3, mass_power, Prefixes::large},
      {"gCO2e", 1e-3, mass_power, Prefixes::si},
      {"tCO2e", 1e3, mass_power, Prefixes::large},
      {"gCO2", 1e-3, mass_power, Prefixes::si},
      {"tCO2", 1e3, mass_power, Prefixes::large},
      {"gCO2eq", 1e-3, mass_power, Prefixes::si},
      {"tCO2eq", 1e3, mass_power, Prefixes::large},
      {"K", 1, {0, 0, 0, 0, 0, 0, 1}},
      {"°C", 1, {0, 0, 0, 0, 0, 0, 1}},
      {"m", 1, {0, 0, 0, 0, 0, 0, 0, 1}, Prefixes::si},
      {"cm", 0.01, {0, 0, 0, 0, 0, 0, 0, 1}},
      {"m3", 1, volume_power},
      {"m³", 1, volume_power},
      {"L", 1e-3, volume_power, Prefixes::si},
  };
  return all;
}

struct Prefix {
  std::string_view text;
  double scale;
};
constexpr Prefix small_prefixes[] = {{"m", 1e-3}, {"u", 1e-6}, {"µ", 1e-6}, {"n", 1e-9}, {"p", 1e-12}};
constexpr Prefix large_prefixes[] = {{"k", 1e3},  {"M", 1e6},  {"G", 1e9},  {"T", 1e12},
                                     {"P", 1e15}, {"E", 1e18}, {"Z", 1e21}, {"Y", 1e24}};
constexpr Prefix iec_prefixes[] = {{"Ki", 0x1p10}, {"Mi", 0x1p20}, {"Gi", 0x1p30},
                                   {"Ti", 0x1p40}, {"Pi", 0x1p50}, {"Ei", 0x1p60}};
constexpr Prefix money_words[] = {{"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}, {"trillion", 1e12}};

struct Unit {
  double up = 1;  // the factor is up / down: kept apart, so that "KRW/kWh" loses nothing
  double down = 1;
  Powers powers{};
};

// One symbol with or without prefix. The whole symbol wins: "min" is a minute, not a milli-inch.
std::optional<Unit> find_symbol(std::string_view text) {
  for (const Symbol& symbol : symbols())
    if (symbol.text == text) {
      Unit unit;
      // A scale below one divides by its inverse, which is exact where the scale is not.
      if (symbol.scale < 1) {
        unit.down = std::round(1 / symbol.scale);
      } else {
        unit.up = symbol.scale;
      }
      unit.powers = symbol.powers;
      return unit;
    }
  for (const Symbol& symbol : symbols()) {
    if (symbol.prefixes == Prefixes::none || !text.ends_with(symbol.text)) continue;
    const std::string_view head = text.substr(0, text.size() - symbol.text.size());
    const auto match = [&](std::span<const Prefix> prefixes) -> std::optional<Unit> {
      for (const Prefix& prefix : prefixes)
        if (prefix.text == head) {
          Unit unit = *find_symbol(symbol.text);
          if (prefix.scale < 1) {
            unit.down *= std::round(1 / prefix.scale);
          } else {
            unit.up *= prefix.scale;
          }
          return unit;
        }
      return std::nullopt;
    };
    std::optional<Unit> found;
    if (symbol.prefixes != Prefixes::small) found = match(large_prefixes);
    if (!found && symbol.prefixes != Prefixes::large) found = match(small_prefixes);
    if (!found && symbol.prefixes == Prefixes::si_iec) found = match(iec_prefixes);
    if (found) return found;
  }
  return std::nullopt;
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<Unit> parse_unit(std::string_view text) {
  Unit unit;
  for (const Prefix& word : money_words)
    if (text.starts_with(word.text) && text.substr(word.text.size()).starts_with(' ')) {
      text = trim(text.substr(word.text.size()));
      if (!text.starts_with("KRW") && !text.starts_with("won")) return std::nullopt;
      unit.up = word.scale;
      break;
    }
  bool divides = false;
  std::string symbol;
  if (text.starts_with('/')) symbol = "1";  // "12 /h"
  const auto finish = [&]() -> bool {
    const std::optional<Unit> factor = find_symbol(symbol);
    if (!factor) return false;
    unit.up *= divides ? factor->down : factor->up;
    unit.down *= divides ? factor->up : factor->down;
    for (std::size_t i = 0; i < unit.powers.size(); ++i)
      unit.powers[i] = static_cast<std::int8_t>(unit.powers[i] + (divides ? -factor->powers[i] : factor->powers[i]));
    symbol.clear();
    return true;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dot = text.substr(i).starts_with("·");
    if (c == '/' || c == '*' || c == '-' || dot) {
      if (!finish()) return std::nullopt;
      if (c == '/') divides = true;
      if (dot) i += std::string_view("·").size() - 1;
    } else if (c == '(' || c == ')' || c == ' ') {
      // "KRW/(kW month)" is not offered: one way to write a unit is enough
      return std::nullopt;
    } else {
      symbol += c;
    }
  }
  if (!finish()) return std::nullopt;
  return unit;
}

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

std::int64_t days_from_civil(int y, unsigned m, unsigned d) {
  using namespace std::chrono;
  return sys_days(std::chrono::year(y) / static_cast<int>(m) / static_cast<int>(d)).time_since_epoch().count();
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
  const std::string_view text = trim(raw);
  const std::size_t length = number_length(text);
  if (length == 0) return {{}, quoted(text) + " is not a quantity; expected " + expected, ""};
  const Parsed<double> number = parse_number(text.substr(0, length));
  if (!number) return number;
  const std::string_view unit_text = trim(text.substr(length));
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

Parsed<std::int64_t> parse_date(std::string_view raw, std::optional<std::int64_t> start) {
  const std::string_view text = trim(raw);
  const std::string expected = "expected a date such as 2026-03-31" + std::string(start ? ", or \"start + 90 d\"" : "");
  const Parsed<std::int64_t> wrong{{}, quoted(text) + " is not a date; " + expected, ""};
  if (text.starts_with("start")) {
    if (!start) return {{}, "a date relative to the start cannot stand here", expected};
    const std::string_view rest = trim(text.substr(5));
    if (rest.empty()) return {*start, "", ""};
    if (rest[0] != '+' && rest[0] != '-') return wrong;
    const Parsed<double> shift = parse_quantity(trim(rest.substr(1)), Dimension::duration);
    if (!shift) return {{}, shift.message, shift.hint};
    if (std::fabs(*shift) > 1e12) return {{}, quoted(text) + " is too far away", ""};
    return {*start + static_cast<std::int64_t>(std::llround(rest[0] == '-' ? -*shift : *shift)), "", ""};
  }
  const auto digits = [&](std::size_t at, std::size_t count) -> int {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const int y = digits(0, 4), m = digits(5, 2), d = digits(8, 2);
  if (y < 0 || m < 0 || d < 0 || text[4] != '-' || text[7] != '-') return wrong;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(y), std::chrono::month(static_cast<unsigned>(m)),
                            std::chrono::day(static_cast<unsigned>(d))};
  if (!date.ok()) return {{}, quoted(text) + " is not in the calendar", ""};
  std::int64_t seconds = days_from_civil(y, static_cast<unsigned>(m), static_cast<unsigned>(d)) * 86400;
  if (text.size() == 10) return {seconds, "", ""};
  if (text[10] != 'T' && text[10] != ' ') return wrong;
  const int hour = digits(11, 2), minute = digits(14, 2);
  if (hour < 0 || minute < 0 || hour > 24 || minute > 59 || text[13] != ':') return wrong;
  seconds += hour * 3600 + minute * 60;
  std::size_t at = 16;
  if (at < text.size() && text[at] == ':') {
    const int second = digits(17, 2);
    if (second < 0 || second > 59) return wrong;
    seconds += second;
    at = 19;
  }
  const std::string_view zone = text.substr(at);
  if (zone.empty() || zone == "Z") return {seconds, "", ""};
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return wrong;
  const int zone_hour = digits(at + 1, 2), zone_minute = digits(at + 4, 2);
  if (zone_hour < 0 || zone_hour > 14 || zone_minute < 0 || zone_minute > 59) return wrong;
  const std::int64_t shift = zone_hour * 3600 + zone_minute * 60;
  return {seconds + (zone[0] == '+' ? -shift : shift), "", ""};
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

std::string format_date(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds when{std::chrono::seconds(seconds)};
  const sys_days whole = floor<days>(when);
  const year_month_day date{whole};
  const std::int64_t rest = (when - whole).count();
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  std::string text = buffer;
  if (rest != 0) {
    std::snprintf(buffer, sizeof buffer, "T%02d:%02d:%02dZ", static_cast<int>(rest / 3600),
                  static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
    text += buffer;
  }
  return text;
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
