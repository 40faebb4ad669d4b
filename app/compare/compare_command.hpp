// nadc compare A.h5 [B.h5…]: levers side by side, with paired intervals and sentences to quote.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds the subcommand. Parsing it sets command.action; `output` must live until then.
void register_compare(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
