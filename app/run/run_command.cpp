#include "app/run/run_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/command.hpp"
#include "app/io/atomic_file.hpp"
#include "app/io/results_file.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/run/run.hpp"
#include "app/scenario/notes.hpp"
#include "app/scenario/units.hpp"
#include "app/stop_signal.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

struct RunArguments {
  std::string file, lever, series, metrics_file;
  std::optional<std::string> output;
  std::vector<std::string> overrides;
  std::int64_t sample = -1;
  std::uint32_t replica = 0;
  std::int64_t seed = -1;
  bool jobs = false;
};

nlohmann::ordered_json json_of(const Study& study, const RunResult& result) {
  using Json = nlohmann::ordered_json;
  const auto object = [](std::span<const MetricInfo> infos, const std::vector<double>& values) {
    Json json = Json::object();
    for (std::size_t i = 0; i < values.size(); ++i)
      json[std::string(infos[i].name)] = std::isfinite(values[i]) ? Json(values[i]) : Json(nullptr);
    return json;
  };
  const auto axis = [&](const std::vector<std::string>& names, const std::vector<std::vector<double>>& rows) {
    Json json = Json::object();
    for (std::size_t i = 0; i < names.size(); ++i) json[names[i]] = object(group_metrics(), rows[i]);
    return json;
  };
  const Lever& lever = study.levers()[result.lever];
  Json json;
  json["scenario"] = study.spec().name;
  json["lever"] = lever.name;
  json["sample"] = result.sample;
  json["replica"] = result.replica;
  json["seed"] = study.seed();
  json["horizon_s"] = result.horizon_s;
  json["metrics"] = object(site_metrics(), result.metrics.site);
  json["groups"] = axis(study.builder().groups(), result.metrics.groups);
  json["classes"] = axis(study.builder().classes(), result.metrics.classes);
  if (!result.metrics.domains.empty()) json["domains"] = axis(study.builder().domains(), result.metrics.domains);
  if (result.metrics.periods.size() > 1) {
    json["periods"] = Json::array();
    for (const std::vector<double>& values : result.metrics.periods)
      json["periods"].push_back(object(period_metrics(), values));
  }
  if (!result.triggers.empty()) {
    json["triggers"] = Json::array();
    for (const TriggerActs& acts : result.triggers)
      json["triggers"].push_back({{"name", acts.name}, {"acts", acts.days.size()}, {"days", acts.days}});
  }
  json["assumptions"] = assumption_lines(lever);
  json["not_modelled"] = not_modelled(lever.loaded.scenario);
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(result.hash));
  json["hash"] = hash;
  const EngineReport& engine = result.engine;
  json["engine"] = {{"events", engine.events},
                    {"wall_s", engine.wall_s},
                    {"cpu_s", engine.cpu_s},
                    {"events_per_s", static_cast<double>(engine.events) / std::max(engine.wall_s, 1e-9)},
                    {"peak_rss_bytes", engine.peak_rss_bytes},
                    {"backend", "serial"}};
  return json;
}

Table metrics_table(const RunResult& result) {
  Table table({{"metric", "", Align::left}, {"value", ""}, {"unit", "", Align::left}, {"meaning", "", Align::left}});
  for (std::size_t i = 0; i < result.metrics.site.size(); ++i) {
    const MetricInfo& info = site_metrics()[i];
    table.add({std::string(info.name), result.metrics.site[i], std::string(info.unit == "1" ? "" : info.unit),
               std::string(info.help)});
  }
  return table;
}

Table axis_table(const std::string& what, const std::vector<std::string>& names,
                 const std::vector<std::vector<double>>& rows) {
  constexpr std::string_view shown[] = {"jobs_submitted",      "wait_mean_s",    "waits_censored",
                                        "wait_p50_s",          "wait_p90_s",     "bounded_slowdown_mean",
                                        "gpu_hours_delivered", "gpu_hours_lost", "ettr"};
  std::vector<Column> columns{{what, "", Align::left}};
  std::vector<std::size_t> at;
  for (const std::string_view name : shown)
    for (std::size_t i = 0; i < group_metrics().size(); ++i)
      if (group_metrics()[i].name == name) {
        columns.push_back({std::string(name), ""});
        at.push_back(i);
      }
  Table table(columns);
  for (std::size_t r = 0; r < names.size(); ++r) {
    std::vector<Cell> row{names[r]};
    for (const std::size_t i : at) row.emplace_back(rows[r][i]);
    table.add(row);
  }
  return table;
}

Table triggers_table(const RunResult& result, std::int64_t start) {
  Table table({{"trigger", "", Align::left}, {"acted", ""}, {"on", "", Align::left}});
  for (const TriggerActs& acts : result.triggers) {
    std::string dates;
    for (const double days : acts.days)
      dates += (dates.empty() ? "" : ", ") + format_date(start + std::llround(days * 86400)).substr(0, 10);
    table.add({acts.name, static_cast<std::int64_t>(acts.days.size()), dates.empty() ? "never" : dates});
  }
  return table;
}

Tick series_interval(const std::string& text) {
  if (text.empty()) return 0;
  const auto seconds = parse_quantity(text, Dimension::duration);
  if (!seconds) throw Error(ErrorKind::usage, "--series: " + seconds.message, seconds.hint);
  if (!(*seconds >= 0.001 && *seconds <= 1e10))
    throw Error(ErrorKind::usage, "--series: the interval must be between 1 ms and 300 years",
                "for example --series \"15 min\"");
  return std::llround(*seconds * ticks_per_second);
}

// A run is made again in a minute, a sweep is not.
void say_what_is_replaced(const std::string& path, const std::string& title, Log& log) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) == 0) return;
  Header there;
  try {
    there = ResultsReader(path).header();
  } catch (const Error&) {
    return;  // damaged, or of another version
  }
  if (there.kind.starts_with("sweep"))
    throw Error(ErrorKind::usage, fmt::format("will not overwrite a sweep, of \"{}\", with one replica", there.title),
                "give another name, or remove the file", in_file(path));
  if (there.title != title)
    log.info(fmt::format("{}: replaces results of \"{}\", made {}", path, there.title, there.provenance.finished));
}

int run(const RunArguments& arguments, const OutputOptions& output) {
  RunRequest request;
  request.lever = arguments.lever;
  if (arguments.sample >= 0) request.sample = static_cast<std::uint32_t>(arguments.sample);
  request.replica = arguments.replica;
  if (arguments.output) check_writable(*arguments.output);
  request.output = arguments.output.value_or("");
  request.jobs = arguments.jobs;
  request.series = series_interval(arguments.series);
  request.command_line = command_line();
  const Format format = parse_format(output.format);

  Log log(console_of(output));
  Study study(arguments.file, arguments.overrides);
  if (!request.lever.empty()) study.lever(request.lever);
  if (!request.output.empty()) {
    check_replaceable(request.output);
    const std::string lever = request.lever.empty() ? study.levers().front().name : request.lever;
    say_what_is_replaced(request.output, study.spec().name + (study.levers().size() > 1 ? ", lever " + lever : ""),
                         log);
  }
  if (!arguments.metrics_file.empty())
    log.keep_metrics(
        arguments.metrics_file,
        {{"command", "run"}, {"study", study.spec().name}, {"output", request.output}, {"lever", arguments.lever}});
  study.build(arguments.seed >= 0 ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(arguments.seed))
                                  : std::nullopt);
  const std::uint32_t shown = request.lever.empty() ? 0 : study.lever(request.lever);
  warn_of_idle_keys(study, {&shown, 1}, log);
  for (const std::string& warning : study.warnings()) log.warn(warning);
  for (const std::string& note : study.notes()) log.info("note: " + note);
  const StopSignal stop;
  request.stop = &stop.flag();
  RunResult result;
  try {
    result = run_replica(study, request, log);
  } catch (const Interrupted&) {
    log.warn("interrupted; nothing was written");
    return interrupted_exit;
  }
  if (format == Format::json) {
    print(json_of(study, result).dump(2) + "\n");
  } else {
    print(metrics_table(result).render(format));
    if (format != Format::csv) {
      print("\n" + axis_table("group", study.builder().groups(), result.metrics.groups).render(format));
      print("\n" + axis_table("class", study.builder().classes(), result.metrics.classes).render(format));
      if (!result.metrics.domains.empty())
        print("\n" + axis_table("domain", study.builder().domains(), result.metrics.domains).render(format));
      if (!result.triggers.empty()) print("\n" + triggers_table(result, study.builder().start()).render(format));
      print("\nnot modelled in this run:\n");
      for (const std::string& line : not_modelled(study.levers()[result.lever].loaded.scenario))
        print("  " + line + "\n");
    }
  }
  if (!request.output.empty()) log.info("wrote " + request.output);
  log.detail(human_number(static_cast<std::int64_t>(result.engine.events)) + " events in " +
             human_duration(result.engine.wall_s));
  return 0;
}

}  // namespace

void register_run(CLI::App& app, Command& command, OutputOptions& output) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* sub = app.add_subcommand("run", "Run one replica of a scenario or study.");
  sub->add_option("file", arguments->file, "Scenario or study")->required();
  sub->add_option("overrides", arguments->overrides, "key=value, +key=value, ~key");
  sub->add_option("--lever", arguments->lever, "Lever of a study (default: the first)");
  sub->add_option("--sample", arguments->sample, "Sample of the uncertain scalars (default: their medians)")
      ->check(CLI::Range(0, 2147483647));
  sub->add_option("--replica", arguments->replica, "Replica: which random history (default: 0)");
  sub->add_option("--seed", arguments->seed, "Seed (default: the study's)")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
  sub->add_option("-o,--output", arguments->output, "Results file (HDF5)");
  sub->add_flag("--jobs", arguments->jobs,
                "Keep one record a job in the results file, of waiting and running ones too");
  sub->add_option("--series", arguments->series,
                  "Keep a time series at this interval, such as \"1 h\", in the results file");
  add_progress_options(*sub, arguments->metrics_file, output);
  command.rules.push_back({sub,
                           {{"file"},
                            {"overrides"},
                            {"--lever"},
                            {"--sample"},
                            {"--replica"},
                            {"--seed"},
                            {"-o"},
                            {"--jobs", "-o"},
                            {"--series", "-o"},
                            {"--progress"},
                            {"--metrics-file"},
                            {"--format"}}});
  sub->callback(
      [arguments, &command, &output] { command.action = [arguments, &output] { return run(*arguments, output); }; });
}

}  // namespace nadc
