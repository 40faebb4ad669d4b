// What a subcommand leaves behind when the command line asked for it.
#pragma once
#include <functional>
#include <vector>

#include "app/option_rules.hpp"

namespace nadc {

struct Command {
  std::function<int()> action;      // empty until a subcommand is chosen; returns the exit code
  std::vector<CommandRules> rules;  // of every subcommand that does something
  void check(const CLI::App& chosen) const {
    for (const CommandRules& each : rules)
      if (each.command == &chosen) refuse_idle(each);
  }
};

}  // namespace nadc
