// `nadc power day`: one day of a scenario, hour by hour.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds `day` to the command `power`; when it is chosen, command.action prints to stdout. `out` must live until then.
void register_power_day(CLI::App& power, Command& command, OutputOptions& out);

}  // namespace nadc
