// nadc validate [GROUP…]: the simulator's models against figures from outside it.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

void register_validate(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
