// nadc schema and nadc explain: what the field tables say.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

void register_reference(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
