// nadc watch: the state of a sweep while it runs.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

void register_watch(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
