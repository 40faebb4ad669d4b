// When each option of a command acts. A command lists all its options, positionals among them, in one table beside its
// registration; what stands on the command line and cannot act there is refused before anything is read.
//
// A term is an option as CLI11 finds it ("--jobs", "-o", a positional's name), or an option with one of its values
// ("--device=serial"); it holds when that was given. Lists of terms have spaces between them.
#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace nadc {

struct OptionRule {
  std::string option{};   // a term; several rows of one option must all be met
  std::string with{};     // acts only beside one of these terms; empty: beside any
  std::string without{};  // acts only when none of these terms holds
  std::string never{};    // why it does not act at all; empty: it may
};

struct CommandRules {
  const CLI::App* command = nullptr;
  std::vector<OptionRule> rows;
};

// ErrorKind::usage with what is missing or in the way, for the first option given that cannot act.
void refuse_idle(const CommandRules& rules);

// Whether a term holds on the parsed command line. False for an option that neither `command` nor those above it have.
bool holds(const CLI::App& command, const std::string& term);

}  // namespace nadc
