#include "app/scenario/unit_table.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

namespace nadc {
namespace {

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

}  // namespace

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

std::optional<Unit> parse_unit(std::string_view text) {
  Unit unit;
  for (const Prefix& word : money_words)
    if (text.starts_with(word.text) && text.substr(word.text.size()).starts_with(' ')) {
      text = trim_blanks(text.substr(word.text.size()));
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

namespace {

// The symbols of equal powers, with their prefixes, as one pattern.
struct SymbolClass {
  Powers powers;
  std::string pattern;
};

std::vector<SymbolClass> symbol_classes() {
  const auto letters = [](Prefixes prefixes) -> std::string {
    switch (prefixes) {
      case Prefixes::none:
        return "";
      case Prefixes::small:
        return "[muµnp]?";
      case Prefixes::large:
        return "[kMGTPEZY]?";
      case Prefixes::si:
        return "[muµnpkMGTPEZY]?";
      case Prefixes::si_iec:
        return "(?:[muµnpkMGTPEZY]|[KMGTPE]i)?";
    }
    return "";
  };
  std::vector<SymbolClass> classes;
  for (const Symbol& symbol : symbols()) {
    if (symbol.powers == Powers{}) continue;
    const std::string pattern = letters(symbol.prefixes) + std::string(symbol.text);
    const auto at = std::find_if(classes.begin(), classes.end(),
                                 [&](const SymbolClass& each) { return each.powers == symbol.powers; });
    if (at == classes.end())
      classes.push_back({symbol.powers, pattern});
    else
      at->pattern += "|" + pattern;
  }
  for (SymbolClass& each : classes)
    each.pattern =
        (each.powers == money_power ? "(?:(?:thousand|million|billion|trillion) +)?(?:" : "(?:") + each.pattern + ")";
  return classes;
}

Powers sum(const Powers& a, const Powers& b, int sign) {
  Powers out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::int8_t>(a[i] + sign * b[i]);
  return out;
}

}  // namespace

std::string unit_pattern(Dimension dimension) {
  const Powers wanted = dimensions()[static_cast<std::size_t>(dimension)].powers;
  if (wanted == Powers{}) return "1|%|ppm";
  static const std::vector<SymbolClass> classes = symbol_classes();
  // What a '/' divides by, and what else joins.
  constexpr std::string_view joins = "(?:[-*]|·)", divides = "(?:[-*/]|·)";
  std::string all;
  const auto add = [&](const std::string& pattern) { all += (all.empty() ? "" : "|") + pattern; };
  const auto cancel = [](const SymbolClass& a, const SymbolClass& b, int sign) {
    return sum(a.powers, b.powers, sign) == Powers{};
  };
  for (const SymbolClass& a : classes) {
    if (a.powers == wanted) add(a.pattern);
    if (sum({}, a.powers, -1) == wanted) add("1?/" + a.pattern);
    for (const SymbolClass& b : classes) {
      const Powers product = sum(a.powers, b.powers, 1), quotient = sum(a.powers, b.powers, -1);
      if (product == wanted) add(a.pattern + std::string(joins) + b.pattern);
      if (quotient == wanted) add(a.pattern + "/" + b.pattern);
      for (const SymbolClass& c : classes) {
        const bool idle = cancel(a, c, -1) || cancel(b, c, -1) || cancel(a, b, 1);
        if (!idle && sum(product, c.powers, -1) == wanted)
          add(a.pattern + std::string(joins) + b.pattern + "/" + c.pattern);
        if (!cancel(a, b, -1) && !cancel(a, c, -1) && !cancel(b, c, 1) && sum(quotient, c.powers, -1) == wanted)
          add(a.pattern + "/" + b.pattern + std::string(divides) + c.pattern);
      }
    }
  }
  return all;
}

}  // namespace nadc
