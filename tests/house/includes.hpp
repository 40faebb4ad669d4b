// The rules of the tree, as a function of one include line. Layers run one way: app > gpu > models > sim.
#pragma once
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nadc::house {

inline constexpr std::array<std::string_view, 4> rooms{"sim", "models", "gpu", "app"};  // lowest first

inline bool begins(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
inline bool ends(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

// Position in `rooms` of the first folder of a path, or -1.
inline int rank_of(std::string_view path) {
  for (std::size_t i = 0; i < rooms.size(); ++i)
    if (begins(path, std::string(rooms[i]) + "/")) return static_cast<int>(i);
  return -1;
}

// What an external header belongs to, or "" for the standard library and what nobody restricts.
inline std::string_view library_of(std::string_view header) {
  struct Row {
    std::string_view prefix, owner;
  };
  static constexpr Row table[] = {
      {"yaml-cpp/", "yaml-cpp"},
      {"hdf5", "HDF5"},
      {"H5", "HDF5"},
      {"highfive/", "HDF5"},
      {"thrust/", "Thrust"},
      {"cub/", "Thrust"},
      {"cuda/", "Thrust"},
      {"boost/graph/", "Boost.Graph"},
      {"boost/", "Boost"},
      {"CLI/", "CLI11"},
      {"nlohmann/json_fwd", ""},
      {"nlohmann/", "nlohmann-json"},
  };
  for (const Row& row : table)
    if (begins(header, row.prefix)) return row.owner;
  return "";
}

struct Include {
  std::string header;
  bool quoted = false;
  int line = 0;  // from 1
};

// The include lines of a source text; those in comments do not count.
inline std::vector<Include> includes_of(std::string_view text) {
  std::vector<Include> found;
  int line_number = 0;
  bool in_comment = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (in_comment) {
      if (line.find("*/") != std::string_view::npos) in_comment = false;
      continue;
    }
    const auto skip_blanks = [&] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
    skip_blanks();
    if (begins(line, "/*") && line.find("*/") == std::string_view::npos) in_comment = true;
    if (!begins(line, "#")) continue;
    line.remove_prefix(1);
    skip_blanks();
    if (!begins(line, "include")) continue;
    line.remove_prefix(7);
    skip_blanks();
    if (line.empty() || (line[0] != '"' && line[0] != '<')) continue;
    const char close = line[0] == '"' ? '"' : '>';
    const std::size_t stop = line.find(close, 1);
    if (stop == std::string_view::npos) continue;
    found.push_back({std::string(line.substr(1, stop - 1)), close == '"', line_number});
  }
  return found;
}

// Why `file` (path from the root) may not include `header`; nothing when it may.
inline std::optional<std::string> objection(std::string_view file, const Include& include) {
  const std::string_view header = include.header;
  const int from = rank_of(file), to = rank_of(header);
  if (include.quoted && to < 0 && !begins(header, "tests/"))
    return "is not written from the root of the tree (\"room/…/name.hpp\")";
  if (from >= 0 && begins(header, "tests/")) return "makes the product depend on its tests";
  if (from >= 0 && to > from)
    return "turns an arrow round: " + std::string(rooms[from]) + " must not know " + std::string(rooms[to]);
  const bool part = begins(file, "models/") && file.find('/', 7) != std::string_view::npos;
  if (part && (header == "models/datacenter.hpp" || begins(header, "models/transactions_")))
    return "makes a part of a datacenter know the whole";

  const std::string_view library = library_of(header);
  if (library.empty() || from < 0) return std::nullopt;
  const std::string_view room = rooms[from];
  const bool low = room == "sim" || room == "models";
  const bool boost = library == "Boost" || library == "Boost.Graph";
  if ((library == "yaml-cpp" || library == "HDF5") && room != "app") return std::string(library) + " belongs to app";
  if (library == "Thrust" && low) return "Thrust belongs to gpu";
  if (boost && room == "gpu") return "gpu is built without Boost";
  if (library == "Boost.Graph" && !begins(file, "models/network/")) return "Boost.Graph belongs to models/network";
  if ((library == "CLI11" || library == "nlohmann-json") && !ends(file, ".cpp"))
    return std::string(library) + " is heavy: include it in a .cpp file";
  return std::nullopt;
}

}  // namespace nadc::house
