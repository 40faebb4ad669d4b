// nadc trace describe|convert FILE: what a trace holds, and other formats of it.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds the subcommand. Parsing it sets command.action; `output` must live until then.
void register_trace(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
