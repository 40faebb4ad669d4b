// nadc submit STUDY --tasks N: a sweep as a Slurm job array of shards and a job that merges them.
//
// A folder beside the results holds what belongs to a submission: sweep.sh (one array task a shard, `nadc sweep --shard
// I/N --resume`), merge.sh (after all tasks, whatever became of them), the shards, and the tasks' logs. Submitting
// again goes on with what is unfinished.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
struct OutputOptions;

// Adds the subcommand. Parsing it sets command.action; `output` must live until then.
void register_submit(CLI::App& app, Command& command, OutputOptions& output);

}  // namespace nadc
