// How every subcommand prints: data to stdout in `format`, the rest to stderr.
#pragma once
#include <string>

namespace nadc {

struct OutputOptions {
  std::string format = "table";   // table, json, csv or markdown
  std::string color = "auto";     // auto, always or never
  std::string progress = "auto";  // for people; or json, for programs
  bool quiet = false;
  int verbose = 0;
};

}  // namespace nadc
