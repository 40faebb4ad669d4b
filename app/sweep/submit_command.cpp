#include "app/sweep/submit_command.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>

#include "app/command.hpp"
#include "app/io/atomic_file.hpp"
#include "app/io/sweep_file.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/study/study.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

namespace fs = std::filesystem;

struct SubmitArguments {
  std::string file, output, status, device;
  std::vector<std::string> overrides, slurm;
  int tasks = 0, threads = 0;
  std::int64_t samples = 0, replicas = 0;
  std::string levers;
  bool dry_run = false;
};

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string program_path() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? "nadc" : path.string();
}

std::string folder_of(const std::string& output) {
  const fs::path path = fs::absolute(output);
  return (path.parent_path() / path.stem()).string() + ".shards";
}

std::string shard_name(const std::string& folder, const std::string& index, int tasks) {
  return fmt::format("{}/shard-{}-of-{}.h5", folder, index, tasks);
}

// Options of sweep that go to every task.
std::string sweep_options(const SubmitArguments& arguments) {
  std::string text;
  for (const std::string& change : arguments.overrides) text += " " + quoted(change);
  if (arguments.samples > 0) text += fmt::format(" --samples {}", arguments.samples);
  if (arguments.replicas > 0) text += fmt::format(" --replicas {}", arguments.replicas);
  if (!arguments.levers.empty()) text += " --levers " + quoted(arguments.levers);
  if (!arguments.device.empty()) text += " --device " + quoted(arguments.device);
  text += arguments.threads > 0 ? fmt::format(" --threads {}", arguments.threads)
                                : std::string(" ${SLURM_CPUS_PER_TASK:+--threads \"$SLURM_CPUS_PER_TASK\"}");
  return text;
}

std::string directives(const SubmitArguments& arguments, const std::string& name, const std::string& log) {
  std::string text = fmt::format(
      "#!/bin/bash\n#SBATCH --job-name={}\n#SBATCH --output={}\n#SBATCH --open-mode=append\n", name, quoted(log));
  for (const std::string& argument : arguments.slurm) text += "#SBATCH " + argument + "\n";
  return text;
}

std::string array_script(const SubmitArguments& arguments, const std::string& folder) {
  // exec: signals of the scheduler reach nadc itself, which then keeps what is finished.
  return directives(arguments, "nadc-sweep", folder + "/sweep-%a.log") +
         fmt::format("#SBATCH --array=1-{}\n#SBATCH --requeue\n", arguments.tasks) +
         fmt::format("cd {} || exit 1\nexec {} sweep {}{} --shard \"$SLURM_ARRAY_TASK_ID/{}\" --resume -o {}\n",
                     quoted(fs::current_path().string()), quoted(program_path()), quoted(arguments.file),
                     sweep_options(arguments), arguments.tasks,
                     quoted(folder + "/shard-") + "\"$SLURM_ARRAY_TASK_ID\"" +
                         quoted(fmt::format("-of-{}.h5", arguments.tasks)));
}

std::string merge_script(const SubmitArguments& arguments, const std::string& folder) {
  std::string parts;
  for (int i = 1; i <= arguments.tasks; ++i)
    parts += " \\\n  " + quoted(shard_name(folder, std::to_string(i), arguments.tasks));
  // One small job: it takes over where jobs may run, not what each task needs.
  SubmitArguments plain = arguments;
  plain.slurm.clear();
  for (const std::string& argument : arguments.slurm)
    if (argument.starts_with("--partition") || argument.starts_with("--account") || argument.starts_with("--qos"))
      plain.slurm.push_back(argument);
  return directives(plain, "nadc-merge", folder + "/merge.log") +
         fmt::format("exec {} merge -o {}{}\n", quoted(program_path()), quoted(fs::absolute(arguments.output).string()),
                     parts);
}

// The first line that a command prints, up to a ';'. Words of users in it are quoted.
std::string run_program(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) throw Error(ErrorKind::failed, "cannot start " + command);
  std::string text;
  std::array<char, 256> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe)) text += buffer.data();
  const int status = pclose(pipe);
  if (status != 0)
    throw Error(ErrorKind::failed, fmt::format("'{}' failed with exit code {}", command, WEXITSTATUS(status)),
                WEXITSTATUS(status) == 127 ? "is Slurm installed here? --dry-run prints the scripts" : "");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(0, text.find(';'));  // "id;cluster" on federated sites
}

struct ShardStatus {
  std::uint64_t index = 0, count = 0;
  std::string file, state;
  std::uint64_t done = 0, rows = 0, failed = 0;
};

ShardStatus read_shard(const std::string& file) {
  ShardStatus status;
  status.file = file;
  for (const bool finished : {true, false}) {
    const std::string name = finished ? file : file + ".part";
    std::error_code error;
    if (!fs::exists(name, error)) continue;
    try {
      const SweepReader reader(name, h5::Access::watch);
      const std::vector<RowState> states = reader.states(0, reader.rows());
      status.rows = states.size();
      status.done = static_cast<std::uint64_t>(std::count(states.begin(), states.end(), RowState::done));
      status.failed = static_cast<std::uint64_t>(std::count(states.begin(), states.end(), RowState::failed));
      status.state = finished ? "finished" : "unfinished";
    } catch (const Error&) {
      status.state = "damaged";
    }
    return status;
  }
  status.state = "not begun";
  return status;
}

int show_status(const std::string& folder, Format format) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw Error(ErrorKind::usage, "no such folder: " + folder, "name the folder that nadc submit made, STUDY.shards");
  const std::regex pattern(R"(shard-(\d+)-of-(\d+)\.h5(\.part)?)");
  std::uint64_t tasks = 0;
  if (const fs::path script = fs::path(folder) / "sweep.sh"; fs::exists(script)) {
    std::FILE* stream = std::fopen(script.c_str(), "r");
    std::array<char, 4096> line;
    while (stream && std::fgets(line.data(), line.size(), stream))
      if (unsigned long n = 0; std::sscanf(line.data(), "#SBATCH --array=1-%lu", &n) == 1) tasks = n;
    if (stream) std::fclose(stream);
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::smatch match;
    const std::string name = entry.path().filename().string();
    if (tasks == 0 && std::regex_match(name, match, pattern)) tasks = std::stoull(match[2]);
  }
  if (tasks == 0) throw Error(ErrorKind::input, "no shard of a sweep in " + folder);
  Table table({{"shard", "", Align::left}, {"state", "", Align::left}, {"done"}, {"rows"}, {"failed"}});
  std::uint64_t finished = 0;
  for (std::uint64_t i = 1; i <= tasks; ++i) {
    const ShardStatus status = read_shard(shard_name(folder, std::to_string(i), static_cast<int>(tasks)));
    finished += status.state == "finished" ? 1 : 0;
    table.add({fmt::format("{}/{}", i, tasks), status.state, static_cast<std::int64_t>(status.done),
               static_cast<std::int64_t>(status.rows), static_cast<std::int64_t>(status.failed)});
  }
  print(table.render(format));
  return finished == tasks ? 0 : static_cast<int>(ErrorKind::partial);
}

int submit(const SubmitArguments& arguments, const OutputOptions& output) {
  const Format format = parse_format(output.format);
  if (!arguments.status.empty()) return show_status(arguments.status, format);
  if (arguments.file.empty()) throw Error(ErrorKind::usage, "no study", "nadc submit STUDY --tasks N");
  if (arguments.tasks < 1) throw Error(ErrorKind::usage, "no number of tasks", "add --tasks N");
  std::vector<std::string> overrides = arguments.overrides;
  if (arguments.samples > 0) overrides.push_back("design.samples=" + std::to_string(arguments.samples));
  if (arguments.replicas > 0) overrides.push_back("design.replicas=" + std::to_string(arguments.replicas));
  const Study study(arguments.file, overrides);  // errors show here, not in a thousand logs
  if (study.spec().design.stopping)
    throw Error(ErrorKind::usage, "a study with a stopping rule cannot run in shards",
                "leave out design.stopping (~design.stopping)");
  SubmitArguments named = arguments;
  if (named.output.empty()) named.output = fs::path(arguments.file).stem().string() + ".h5";
  const std::string folder = folder_of(named.output);
  const std::string sweep_text = array_script(named, folder), merge_text = merge_script(named, folder);
  if (arguments.dry_run) {
    print(fmt::format("# {0}/sweep.sh\n{1}\n# {0}/merge.sh, after all tasks of sweep.sh\n{2}", folder, sweep_text,
                      merge_text));
    return 0;
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw file_error(ErrorKind::failed, "make the folder", error.value(), folder);
  write_file(folder + "/sweep.sh", sweep_text);
  write_file(folder + "/merge.sh", merge_text);
  const std::string array = run_program("sbatch --parsable " + quoted(folder + "/sweep.sh"));
  const std::string merge =
      run_program(fmt::format("sbatch --parsable --dependency=afterany:{} {}", array, quoted(folder + "/merge.sh")));
  Log log(console_of(output));
  if (format == Format::json)
    print(nlohmann::ordered_json({{"folder", folder}, {"array", array}, {"merge", merge}}).dump(2) + "\n");
  else
    print(fmt::format("array {}, merge {}, folder {}\n", array, merge, folder));
  log.info(fmt::format("nadc submit --status {} shows how far it is", quoted(folder)));
  return 0;
}

}  // namespace

void register_submit(CLI::App& app, Command& command, OutputOptions& output) {
  auto arguments = std::make_shared<SubmitArguments>();
  CLI::App* sub = app.add_subcommand("submit", "Run a sweep as a Slurm job array.");
  sub->add_option("study", arguments->file, "Study or scenario");
  sub->add_option("overrides", arguments->overrides, "key=value, +key=value, ~key");
  sub->add_option("--tasks", arguments->tasks, "Tasks of the array, one shard each")->check(CLI::Range(1, 1000000));
  sub->add_option("-o,--output", arguments->output, "Results file (default: the study's name, .h5)");
  sub->add_option("--device", arguments->device, "auto, cuda, cuda:0,2 (these cards), tbb, omp or serial");
  sub->add_option("--threads", arguments->threads, "Threads a task (default: those that Slurm gives)")
      ->check(CLI::Range(1, 65536));
  sub->add_option("--samples", arguments->samples, "Samples (default: the study's)")->check(CLI::PositiveNumber);
  sub->add_option("--replicas", arguments->replicas, "Replicas a sample (default: the study's)")
      ->check(CLI::PositiveNumber);
  sub->add_option("--levers", arguments->levers, "Only these levers, such as A,B");
  sub->add_option("--slurm-args", arguments->slurm,
                  "Options of sbatch, such as --slurm-args=--time=2:00:00; repeat it");
  sub->add_flag("--dry-run", arguments->dry_run, "Print the scripts and submit nothing");
  sub->add_option("--status", arguments->status, "Folder of a submission: print how far each shard is");
  std::vector<OptionRule> rows{{"--status"},
                               {"--threads", "", "--device=serial"},
                               {"--format", "", "--dry-run"},
                               {"--format=csv", "--status"},
                               {"--format=markdown", "--status"}};
  for (const char* option : {"study", "overrides", "--tasks", "-o", "--device", "--threads", "--samples", "--replicas",
                             "--levers", "--slurm-args", "--dry-run"})
    rows.push_back({option, "", "--status"});
  command.rules.push_back({sub, std::move(rows)});
  sub->callback(
      [arguments, &command, &output] { command.action = [arguments, &output] { return submit(*arguments, output); }; });
}

}  // namespace nadc
