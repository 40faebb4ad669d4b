#include "models/network/nccl_log.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fstream>
#include <span>
#include <string_view>

#include "models/network/text.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using Words = std::vector<std::string>;

std::optional<double> number(std::string_view text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}
bool whole(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}
bool word(std::string_view text) { return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])); }

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\""), last = text.find_last_not_of(" \t\r\"");
  return first == std::string_view::npos ? "" : std::string(text.substr(first, last - first + 1));
}
Words split(std::string_view line, std::string_view marks) {
  Words cells;
  for (std::size_t from = 0; from <= line.size();) {
    const std::size_t to = std::min(line.find_first_of(marks, from), line.size());
    cells.push_back(trimmed(line.substr(from, to - from)));
    from = to + 1;
  }
  return cells;
}
Words words_of(std::string_view line) {
  Words words = split(line, " \t");
  std::erase_if(words, [](const std::string& w) { return w.empty(); });
  return words;
}

// size count type [redop root] time algbw busbw …, wherever it begins on the line.
std::optional<NcclLine> table_line(const Words& words) {
  for (std::size_t i = 0; i + 5 < words.size(); ++i) {
    // A prefix may touch the size: "[1,0]<stdout>:17179869184".
    const std::size_t mark = words[i].find_last_of(">:");
    const std::string_view size = std::string_view(words[i]).substr(mark == std::string::npos ? 0 : mark + 1);
    if (!whole(size) || !whole(words[i + 1]) || !word(words[i + 2])) continue;
    const bool reduces = word(words[i + 3]) && i + 7 < words.size();
    const std::size_t at = i + (reduces ? 5 : 3);
    const auto time = number(words[at]), algbw = number(words[at + 1]), busbw = number(words[at + 2]);
    if (!time || !algbw || !busbw) continue;
    return NcclLine{*number(size), *time, *algbw, busbw};
  }
  return std::nullopt;
}

struct Columns {
  std::size_t size = 0, time = 0;
  std::optional<std::size_t> algbw, busbw;
  double scale = 1.0;  // of a time, to µs
};
std::optional<Columns> header(const Words& cells) {
  Columns found;
  std::optional<std::size_t> size, time;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::string name = cells[i];
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (name.find_first_of("0123456789") != std::string::npos) return std::nullopt;  // names carry no figures
    const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
    if (!size && (has("size") || has("bytes"))) size = i;
    if (!time && has("time") && !has("stamp")) {
      time = i;
      found.scale = has("ms") ? 1e3 : has("(s)") || name.ends_with("_s") ? 1e6 : 1.0;
    }
    if (!found.algbw && has("algbw")) found.algbw = i;
    if (!found.busbw && has("busbw")) found.busbw = i;
  }
  if (!size || !time) return std::nullopt;
  found.size = *size, found.time = *time;
  return found;
}

std::optional<NcclLine> row(const Words& cells, const Columns& at) {
  const auto cell = [&](std::optional<std::size_t> i) {
    return i && *i < cells.size() ? number(cells[*i]) : std::nullopt;
  };
  const auto size = cell(at.size), time = cell(at.time);
  if (!size || !time) return std::nullopt;
  const double us = *time * at.scale;
  return NcclLine{*size, us, cell(at.algbw).value_or(*size / us / 1e3), cell(at.busbw)};
}

}  // namespace

std::vector<NcclLine> read_nccl_tests(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    throw Error(ErrorKind::input, "cannot open the nccl-tests output", "check its path", Place{path, 0, 0, {}, {}});
  std::vector<NcclLine> lines;
  std::optional<Columns> columns;
  std::string line;
  for (int at = 1; std::getline(file, line); ++at) {
    std::optional<NcclLine> found = table_line(words_of(line));
    const Words cells = split(line, ",;");
    if (!found && cells.size() > 1) {
      if (const std::optional<Columns> head = header(cells)) {
        columns = head;
        continue;
      }
      if (columns) found = row(cells, *columns);
    }
    if (!found && !columns) {  // nothing but numbers
      const Words plain = cells.size() > 1 ? cells : words_of(line);
      if (plain.size() == 4 && std::all_of(plain.begin(), plain.end(), [](const auto& w) { return number(w); }))
        found = row(plain, {0, 1, 2, 3, 1.0});
    }
    if (!found || found->bytes <= 0.0) continue;  // the programs' own lists may begin with a size of nothing
    if (found->time_us > 0.0 && !(found->time_us >= 1e-3 && found->time_us <= 1e12))
      throw Error(ErrorKind::input, "a time of " + shortened(found->time_us, 6) + " µs, outside 0.001 to 10¹²",
                  "the column is in µs", Place{path, at, 1, {}, {}});
    const double algbw = found->bytes / found->time_us / 1e3;
    if (!(found->time_us > 0.0) || std::fabs(algbw - found->algbw_gbps) > 0.02 * algbw + 0.02) {
      throw Error(ErrorKind::input,
                  "the line's bandwidth, " + shortened(found->algbw_gbps, 5) + ", is not its size over its time, " +
                      shortened(found->bytes, 11) + " bytes in " + shortened(found->time_us, 6) + " µs",
                  "the columns are size in bytes, time in µs, algbw and busbw in GB/s", Place{path, at, 1, {}, {}});
    }
    lines.push_back(*found);
  }
  if (lines.empty()) {
    throw Error(ErrorKind::input, "no line of nccl-tests output is in the file",
                "expected the programs' own table, or a CSV with columns size, time, algbw, busbw",
                Place{path, 0, 0, {}, {}});
  }
  return lines;
}

}  // namespace nadc
