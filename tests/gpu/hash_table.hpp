// tests/gpu/hashes.txt: what the rows of the built-in studies hash to. Lines of study, point, replica and hash; '#'
// begins a comment.
#pragma once
#include <fstream>
#include <iomanip>
#include <map>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "gpu/study_blob.hpp"

namespace nadc::test {

using HashTable = std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, std::uint64_t>;

inline HashTable read_hashes(const std::string& path) {
  HashTable table;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string study;
    std::uint32_t point = 0, replica = 0;
    std::uint64_t hash = 0;
    if (words >> study >> point >> replica >> std::hex >> hash) table[{study, point, replica}] = hash;
  }
  return table;
}

inline void write_hashes(const std::string& path, const std::vector<BlobStudy>& studies) {
  std::ofstream file(path);
  file << "# Rows of the built-in studies of tests/gpu/worlds.cpp. After a change that is meant to change results:\n"
          "# nadc_export_blob --hashes tests/gpu/hashes.txt\n"
          "# study point replica hash\n";
  for (const BlobStudy& study : studies)
    for (const ExpectedRow& row : study.rows)
      file << study.name << ' ' << row.task.point << ' ' << row.task.replica << ' ' << std::hex << std::setw(16)
           << std::setfill('0') << row.hash << std::dec << '\n';
}

}  // namespace nadc::test
