// A struct with every kind of field, for the tests of the scenario loader.
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "app/scenario/document.hpp"
#include "app/scenario/merge.hpp"
#include "app/scenario/read.hpp"
#include "sim/field.hpp"
#include "sim/law.hpp"

namespace nadc::scenario_test {

enum class Cooling : std::uint8_t { air, liquid };

struct Grid {
  double connection = 0;
  double price = 0;
  double share = 0;
  static const FieldTable& fields();
};

struct Site {
  std::string name;
  std::int64_t gpus = 0;
  int crews = 0;
  Grid grid;
  std::optional<Grid> backup;
  static const FieldTable& fields();
};

struct Job {
  std::string label;
  LawSpec runtime;
  double weight = 0;
  static const FieldTable& fields();
};

struct World {
  std::string title;
  std::int64_t start = 0;
  std::int64_t end = 0;
  Tick outage = 0;
  bool strict = false;
  Cooling cooling = Cooling::air;
  double ratio = 0;
  Watts peak;
  double ambient = 0;
  std::vector<double> hours;
  std::vector<double> bandwidths;
  std::vector<std::int64_t> counts;
  std::vector<std::string> tags;
  std::vector<NamedAmount> shares;
  std::string trace;
  std::vector<Site> sites;
  std::vector<Job> jobs;
  ChoiceValue order;
  static const FieldTable& fields();
};

struct Spread {
  double penalty = 0;
  std::int64_t depth = 0;
  static const FieldTable& fields();
};

// A folder that goes away with the test.
class Folder {
 public:
  Folder();
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Reads YAML text as a World.
struct Loaded {
  World world;
  Reading reading;
};
Loaded load(const std::string& yaml, const std::vector<std::string>& overrides = {});
Loaded load_file(const std::string& file, const std::vector<std::string>& overrides = {});
// The rendered errors of a document that must not load; "" if it does.
std::string errors_of(const std::string& yaml, const std::vector<std::string>& overrides = {});

inline constexpr const char* minimal = "title: test\nsites:\n  - name: north\n    gpus: 8\n";

}  // namespace nadc::scenario_test
