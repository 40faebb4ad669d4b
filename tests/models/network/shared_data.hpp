// Where reference data that is not in the repository may stand: $NADC_SHARED, else shared/ beside the checkout.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>

namespace nadc {

inline std::string shared_file(const std::string& name) {
  const char* folder = std::getenv("NADC_SHARED");
  const std::filesystem::path path =
      folder ? std::filesystem::path(folder) / name : std::filesystem::path(NADC_SOURCE_DIR) / ".." / "shared" / name;
  return std::filesystem::exists(path) ? path.string() : std::string();
}

}  // namespace nadc

#define NADC_SHARED_OR_SKIP(variable, name)             \
  const std::string variable = nadc::shared_file(name); \
  if (variable.empty()) GTEST_SKIP() << "no " << name << " in NADC_SHARED or ../shared"
