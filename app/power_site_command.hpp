// `nadc power site`: plant and yard of a scenario's sites.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds `site` to the command `power`; when it is chosen, command.action prints to stdout. `out` must live until then.
void register_power_site(CLI::App& power, Command& command, OutputOptions& out);

}  // namespace nadc
