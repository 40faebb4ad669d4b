#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/house/includes.hpp"

namespace nadc::house {
namespace {

namespace fs = std::filesystem;

bool is_source(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".hpp" || extension == ".h" || extension == ".cpp" || extension == ".cu" || extension == ".cuh" ||
         extension == ".inl";
}

struct Scan {
  int files = 0, includes = 0;
  std::vector<std::string> objections;
};

Scan scan(const fs::path& root) {
  Scan result;
  for (const char* top : {"sim", "models", "gpu", "app", "tests"}) {
    if (!fs::exists(root / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      const std::string file = fs::relative(entry.path(), root).generic_string();
      std::ifstream stream(entry.path());
      const std::string text{std::istreambuf_iterator<char>(stream), {}};
      ++result.files;
      for (const Include& include : includes_of(text)) {
        ++result.includes;
        if (const auto why = objection(file, include))
          result.objections.push_back(file + ":" + std::to_string(include.line) + ": " + include.header + " " + *why);
      }
    }
  }
  return result;
}

TEST(Arrows, RunOneWayInTheWholeTree) {
  const Scan result = scan(NADC_SOURCE_DIR);
  EXPECT_GT(result.files, 5);
  EXPECT_GT(result.includes, result.files);
  for (const std::string& line : result.objections) ADD_FAILURE() << line;
}

// Files of models/ with more than 400 lines, with their lengths.
std::vector<std::string> long_files(const fs::path& root) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(root / "models")) {
    if (!entry.is_regular_file() || !is_source(entry.path())) continue;
    std::ifstream stream(entry.path());
    const auto lines = std::count(std::istreambuf_iterator<char>(stream), {}, '\n');
    if (lines > 400)
      found.push_back(fs::relative(entry.path(), root).generic_string() + ": " + std::to_string(lines) + " lines");
  }
  return found;
}

TEST(Length, NoFileOfModelsHasMoreThan400Lines) {
  for (const std::string& line : long_files(NADC_SOURCE_DIR)) ADD_FAILURE() << line;
}

TEST(Length, ALongFileIsFound) {
  const fs::path root = fs::path(::testing::TempDir()) / "nadc_length_test";
  fs::remove_all(root);
  fs::create_directories(root / "models/power");
  std::ofstream(root / "models/power/long.hpp") << std::string(401, '\n');
  std::ofstream(root / "models/power/fits.hpp") << std::string(400, '\n');
  std::ofstream(root / "models/power/long.txt") << std::string(401, '\n');
  const std::vector<std::string> found = long_files(root);
  fs::remove_all(root);
  EXPECT_EQ(found, std::vector<std::string>{"models/power/long.hpp: 401 lines"});
}

TEST(Topologies, AreNotToldApartOutsideTheirFiles) {
  for (const char* top : {"models", "app"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(NADC_SOURCE_DIR) / top)) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      std::ifstream stream(entry.path());
      const std::string text{std::istreambuf_iterator<char>(stream), {}};
      for (const char* test : {"== TopologyKind::", "!= TopologyKind::", "case TopologyKind::"})
        EXPECT_EQ(text.find(test), std::string::npos)
            << entry.path() << " asks for a topology by name: let its row say what it is (topology_type.hpp)";
    }
}

TEST(Arrows, APlantedIncludeIsFound) {
  const fs::path root = fs::path(::testing::TempDir()) / "nadc_arrows_test";
  fs::remove_all(root);
  fs::create_directories(root / "sim");
  fs::create_directories(root / "models/power");
  std::ofstream(root / "sim/good.hpp") << "#include <vector>\n#include \"sim/time.hpp\"\n// #include \"app/x.hpp\"\n";
  std::ofstream(root / "models/power/bad.hpp") << "#include \"sim/time.hpp\"\n  #  include \"app/scenario.hpp\"\n";
  const Scan result = scan(root);
  fs::remove_all(root);
  ASSERT_EQ(result.objections.size(), 1u);
  EXPECT_EQ(result.objections[0],
            "models/power/bad.hpp:2: app/scenario.hpp turns an arrow round: models must not know app");
}

struct Case {
  const char *file, *header;
  bool quoted, allowed;
};

class IncludeRule : public ::testing::TestWithParam<Case> {};

TEST_P(IncludeRule, IsKept) {
  const Case& c = GetParam();
  const auto why = objection(c.file, {c.header, c.quoted, 1});
  EXPECT_EQ(!why, c.allowed) << c.file << " includes " << c.header << ": " << why.value_or("allowed");
}

INSTANTIATE_TEST_SUITE_P(
    Table, IncludeRule,
    ::testing::Values(
        Case{"sim/law.cpp", "boost/math/distributions.hpp", false, true},
        Case{"sim/law.hpp", "models/seams.hpp", true, false},
        Case{"models/datacenter.hpp", "gpu/ensemble.hpp", true, false},
        Case{"gpu/ensemble.cu", "models/datacenter.hpp", true, true},
        Case{"models/scheduler/queue.hpp", "models/datacenter.hpp", true, false},
        Case{"models/replica.hpp", "models/datacenter.hpp", true, true},
        Case{"gpu/ensemble.cu", "app/results.hpp", true, false}, Case{"app/run.cpp", "sim/time.hpp", true, true},
        Case{"app/run.cpp", "tests/oracle/reference_scheduler.hpp", true, false},
        Case{"sim/time.hpp", "error.hpp", true, false}, Case{"sim/time.hpp", "../models/seams.hpp", true, false},
        Case{"sim/table.cpp", "hdf5.h", false, false}, Case{"models/site/fleet.cpp", "H5Cpp.h", false, false},
        Case{"models/site/fleet.cpp", "yaml-cpp/yaml.h", false, false},
        Case{"models/site/fleet.hpp", "thrust/sort.h", false, false},
        Case{"gpu/screening.cu", "thrust/sort.h", false, true},
        Case{"gpu/screening.cu", "boost/math/tools.hpp", false, false},
        Case{"gpu/screening.cu", "yaml-cpp/yaml.h", false, false}, Case{"gpu/screening.cu", "hdf5.h", false, false},
        Case{"models/network/topology.cpp", "boost/graph/adjacency_list.hpp", false, true},
        Case{"models/power/draw.cpp", "boost/graph/adjacency_list.hpp", false, false},
        Case{"app/report.cpp", "boost/graph/graphml.hpp", false, false},
        Case{"app/scenario.cpp", "yaml-cpp/yaml.h", false, true}, Case{"app/results.cpp", "hdf5.h", false, true},
        Case{"app/main.cpp", "CLI/CLI.hpp", false, true}, Case{"app/command.hpp", "CLI/CLI.hpp", false, false},
        Case{"app/report.hpp", "nlohmann/json.hpp", false, false},
        Case{"app/report.hpp", "nlohmann/json_fwd.hpp", false, true},
        Case{"tests/app/x_test.cpp", "nlohmann/json.hpp", false, true}));

TEST(Includes, AreReadWithTheirLinesAndNotFromComments) {
  const auto found =
      includes_of("/* one\n#include \"a.hpp\"\n*/\n#include <vector> // why\n#define X\n#include \"sim/a.hpp\"");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].header, "vector");
  EXPECT_EQ(found[0].line, 4);
  EXPECT_TRUE(found[1].quoted);
  EXPECT_EQ(found[1].line, 6);
}

}  // namespace
}  // namespace nadc::house
