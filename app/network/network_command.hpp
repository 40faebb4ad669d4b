// nadc network size|flows|collective|steptime: sizes networks, runs flows over them, and times collectives and steps.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds the subcommand. Parsing it sets command.action; `output` must live until then.
void register_network(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
