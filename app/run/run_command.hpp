// nadc run SCENARIO|STUDY [key=value…]: one replica, with everything observable.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds the subcommand. Parsing it sets command.action; `output` must live until then.
void register_run(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
