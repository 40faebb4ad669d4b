// nadc report: results as one HTML file that people look at.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds the subcommand. Parsing it sets command.action; `output` must live until then.
void register_report(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
