// How every subcommand prints: data to stdout in `format`, the rest to stderr.
#pragma once
#include <string>

namespace nadc {

struct OutputOptions {
  std::string format = "table";  // table, json, csv or markdown
  bool quiet = false;
};

}  // namespace nadc
