// Manual pages and bash completion, made of what the commands register: their options (CLI11) and the tables of when an
// option acts (app/option_rules.hpp). Pages are in man(7) macros, in UTF-8. The completion is one function for bash 4
// on, with no other file: subcommands, options, values where a list is known, else files.
#pragma once
#include <string>
#include <vector>

#include "app/option_rules.hpp"

namespace nadc {

struct ManualPage {
  std::string name;  // "nadc-network-size"
  std::string text;
};

// One page a command, the top one and those below included. version: "0.1.0".
std::vector<ManualPage> manual_pages(const CLI::App& app, const std::vector<CommandRules>& rules,
                                     const std::string& version);
std::string bash_completion(const CLI::App& app);

}  // namespace nadc
