// nadc decide STUDY.h5: what a sweep says to whoever has to choose (app/decide/decide.hpp).
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds the subcommand. Parsing it sets command.action; `output` must live until then.
void register_decide(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
