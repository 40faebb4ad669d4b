// nadc break-even STUDY KEY=LOW..HIGH: where two levers change places, by new runs (app/decide/break_even.hpp).
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds the subcommand. Parsing it sets command.action; `output` must live until then.
void register_break_even(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
