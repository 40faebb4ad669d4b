// The files of the report's page, as they are built into the command.
#pragma once
#include <string_view>
#include <vector>

namespace nadc {

struct ChartLibrary {
  std::string_view name, script, licence;
};

std::string_view page_style();
// ECMAScript modules in the order of their imports, the one that starts the page last. Each imports from those before
// it.
std::vector<std::string_view> page_modules();
// In the order in which they load; empty when the build could not have them.
std::vector<ChartLibrary> chart_libraries();
// Why they are missing, in words; empty when they are there.
std::string_view charts_missing();

}  // namespace nadc
