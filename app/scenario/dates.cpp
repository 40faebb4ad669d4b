#include <chrono>
#include <cmath>
#include <cstdio>

#include "app/scenario/unit_table.hpp"
#include "app/scenario/units.hpp"

namespace nadc {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::int64_t days_from_civil(int y, unsigned m, unsigned d) {
  using namespace std::chrono;
  return sys_days(std::chrono::year(y) / static_cast<int>(m) / static_cast<int>(d)).time_since_epoch().count();
}

}  // namespace

Parsed<std::int64_t> parse_date(std::string_view raw, std::optional<std::int64_t> start) {
  const std::string_view text = trim_blanks(raw);
  const std::string expected = "expected a date such as 2026-03-31" + std::string(start ? ", or \"start + 90 d\"" : "");
  const Parsed<std::int64_t> wrong{{}, quoted(text) + " is not a date; " + expected, ""};
  if (text.starts_with("start")) {
    if (!start) return {{}, "a date relative to the start cannot stand here", expected};
    const std::string_view rest = trim_blanks(text.substr(5));
    if (rest.empty()) return {*start, "", ""};
    if (rest[0] != '+' && rest[0] != '-') return wrong;
    const Parsed<double> shift = parse_quantity(trim_blanks(rest.substr(1)), Dimension::duration);
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

}  // namespace nadc
