#include "app/trace/text.hpp"

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <utility>

namespace nadc::trace {

Place in_file(const std::string& path, int line, int column, std::string_view source_line) {
  Place place;
  place.file = path;
  place.line = line;
  place.column = column;
  place.source_line = source_line.substr(0, 200);
  return place;
}

std::string read_text(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status))
    throw Error(ErrorKind::input, "no such file: " + path, "give the path of a trace", in_file(path));
  if (fs::is_directory(status))
    throw Error(ErrorKind::input, path + " is a directory", "give one trace file of it", in_file(path));

  // zlib hands plain files through unchanged.
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw Error(ErrorKind::input, "cannot open " + path, "is it readable for you?", in_file(path));
  gzbuffer(file.get(), 1 << 18);
  std::string text;
  std::vector<char> block(1 << 20);
  for (;;) {
    const int got = gzread(file.get(), block.data(), static_cast<unsigned>(block.size()));
    if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
    if (got == static_cast<int>(block.size())) continue;
    int error = Z_OK;
    const char* why = gzerror(file.get(), &error);
    if (got < 0 || (error != Z_OK && error != Z_STREAM_END))
      throw Error(ErrorKind::input,
                  "cannot read " + path + " (" + (error == Z_BUF_ERROR ? "the gzip data are cut short" : why) + ")",
                  "fetch the file again", in_file(path));
    break;
  }
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);
  if (trim(text).empty())
    throw Error(ErrorKind::input, path + " is empty", "a trace has at least one job", in_file(path));
  return text;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::optional<double> to_number(std::string_view text) {
  text = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> to_count(std::string_view text) {
  const auto value = to_number(text);
  if (!value || *value != std::floor(*value) || std::abs(*value) > 1e9) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

namespace {

// Takes `digits` digits off the front, then `after` if it is not 0.
bool take(std::string_view& text, int digits, char after, int& value) {
  if (text.size() < static_cast<std::size_t>(digits) + (after ? 1 : 0)) return false;
  value = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  if (after && text[static_cast<std::size_t>(digits)] != after) return false;
  text.remove_prefix(static_cast<std::size_t>(digits) + (after ? 1 : 0));
  return true;
}

}  // namespace

std::optional<CalendarTime> to_time(std::string_view text) {
  text = trim(text);
  int year, month, day, hour, minute, second;
  if (!take(text, 4, '-', year) || !take(text, 2, '-', month) || !take(text, 2, 0, day)) return std::nullopt;
  if (text.empty() || (text[0] != ' ' && text[0] != 'T')) return std::nullopt;
  text.remove_prefix(1);
  if (!take(text, 2, ':', hour) || !take(text, 2, ':', minute) || !take(text, 2, 0, second)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;

  CalendarTime time;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  time.unix_s = static_cast<double>(days) * 86400.0 + hour * 3600 + minute * 60 + second;
  if (!text.empty() && text[0] == '.') {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    const auto fraction = to_number(std::string("0").append(text.substr(0, end)));
    if (!fraction || end < 2) return std::nullopt;
    time.unix_s += *fraction;
    text.remove_prefix(end);
  }
  if (text.empty()) return time;
  time.has_offset = true;
  if (text == "Z" || text == "z") return time;
  const double sign = text[0] == '+' ? 1 : -1;
  if (text[0] != '+' && text[0] != '-') return std::nullopt;
  text.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (!take(text, 2, 0, hours)) return std::nullopt;
  if (!text.empty() && text[0] == ':') text.remove_prefix(1);
  if (!text.empty() && (!take(text, 2, 0, minutes) || !text.empty())) return std::nullopt;
  if (hours > 14 || minutes > 59) return std::nullopt;
  time.offset_s = sign * (hours * 3600 + minutes * 60);
  return time;
}

std::optional<double> to_span(std::string_view text) {
  text = trim(text);
  double days = 0;
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos) {
    const auto count = to_count(text.substr(0, dash));
    if (!count || *count < 0) return std::nullopt;
    days = static_cast<double>(*count);
    text.remove_prefix(dash + 1);
  }
  double total = 0;
  int parts = 0;
  for (;; ++parts) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const std::string_view part = text.substr(0, colon);
    const bool last = colon == text.size();
    const auto value = to_number(part);
    if (!value || part.find_first_not_of(last ? "0123456789." : "0123456789") != std::string_view::npos)
      return std::nullopt;
    total = total * 60 + *value;
    if (last) break;
    text.remove_prefix(colon + 1);
  }
  if (parts < 1 || parts > 2 || (dash != std::string_view::npos && parts != 2)) return std::nullopt;
  return days * 86400 + total;
}

std::optional<double> utc_offset(const std::string& zone, double unix_s) {
  constexpr const char* folder = "/usr/share/zoneinfo/";
  std::error_code code;
  if (zone.empty() || zone[0] == '/' || zone.find("..") != std::string::npos || !(std::abs(unix_s) < 1e11) ||
      !std::filesystem::is_regular_file(folder + zone, code))
    return std::nullopt;
  const char* const before = std::getenv("TZ");
  const std::optional<std::string> kept = before ? std::optional<std::string>(before) : std::nullopt;
  setenv("TZ", zone.c_str(), 1);
  tzset();
  const auto instant = static_cast<std::time_t>(std::floor(unix_s));
  std::tm wall{};
  const bool known = localtime_r(&instant, &wall) != nullptr;
  kept ? setenv("TZ", kept->c_str(), 1) : unsetenv("TZ");
  tzset();
  return known ? std::optional<double>(static_cast<double>(wall.tm_gmtoff)) : std::nullopt;
}

bool Records::next() {
  for (;;) {
    if (at_ >= text_.size()) return false;
    const std::size_t line_end = std::min(text_.find('\n', at_), text_.size());
    line_ = next_line_;
    source_line_ = text_.substr(at_, line_end - at_);
    if (!source_line_.empty() && source_line_.back() == '\r') source_line_.remove_suffix(1);
    if (!trim(source_line_).empty()) break;
    at_ = line_end + 1;
    ++next_line_;
  }
  fields_.clear();
  starts_.clear();
  const std::size_t begin = at_;
  for (;;) {
    starts_.push_back(static_cast<int>(at_ - begin));
    std::string& field = fields_.emplace_back();
    if (quotes_ == Quotes::rfc4180 && at_ < text_.size() && text_[at_] == '"') {
      for (++at_;; ++at_) {
        if (at_ >= text_.size())
          throw Malformed{"a quote is opened and never closed", "close it, or double a quote that is part of the text",
                          starts_.back() + 1, ""};
        if (text_[at_] == '"') {
          if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
            field += '"';
            ++at_;
            continue;
          }
          ++at_;
          break;
        }
        if (text_[at_] == '\n') ++next_line_;
        field += text_[at_];
      }
    }
    const char stops[] = {separator_, '\n'};
    const std::size_t end = std::min(text_.find_first_of(std::string_view(stops, 2), at_), text_.size());
    std::string_view rest = text_.substr(at_, end - at_);
    const bool last = end == text_.size() || text_[end] == '\n';
    if (last && !rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
    field += rest;
    at_ = end + 1;
    if (last) {
      ++next_line_;
      return true;
    }
  }
}

void Faults::add(const Malformed& fault, int line, std::string_view source_line) {
  if (strictness_ == Strictness::lenient) {
    ++trace_.dropped[Drop::unparsable];
    return;
  }
  Place place = in_file(file_, line, fault.column, source_line);
  place.path = fault.path;
  if (place.column > static_cast<int>(place.source_line.size()) + 1) place.source_line.clear();
  problems_.push_back({fault.message, fault.hint, std::move(place)});
  if (problems_.size() < limit) return;
  problems_.push_back({"too many faults; the rest of the file was not read",
                       "is the format right? lenient reading counts such lines and goes on", in_file(file_)});
  finish();
}

void Faults::finish() {
  if (!problems_.empty()) throw Error(ErrorKind::input, std::exchange(problems_, {}));
}

}  // namespace nadc::trace
