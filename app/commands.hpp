// All subcommands of nadc, and the options above them.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

void register_commands(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
