// What a subcommand leaves behind when the command line asked for it.
#pragma once
#include <functional>

namespace nadc {

struct Command {
  std::function<int()> action;  // empty until a subcommand is chosen; returns the exit code
};

}  // namespace nadc
