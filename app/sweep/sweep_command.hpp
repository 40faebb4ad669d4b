// nadc sweep STUDY: many replicas; nadc merge: one file from shards.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Each adds its subcommand. Parsing it sets command.action; `output` must live until then.
void register_sweep(CLI::App& app, Command& command, OutputOptions& output);
void register_merge(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
