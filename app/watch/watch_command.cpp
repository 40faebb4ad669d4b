#include "app/watch/watch_command.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/command.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/scenario/units.hpp"
#include "app/stop_signal.hpp"
#include "app/sweep/summary.hpp"
#include "app/watch/look.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

constexpr double usual_interval = 5;  // [s]
constexpr std::size_t most_levers_across = 4, most_levers_shown = 10, most_files_shown = 12;
constexpr std::chrono::milliseconds nap{100};  // between looks at the stop signal

struct WatchArguments {
  std::vector<std::string> files;
  std::string interval;
  bool once = false, all = false;
};

struct Pace {
  std::optional<double> per_second;
  double over_s = 0;
  bool average = true;  // since the start, pauses counted
  std::optional<double> left_s;
};

Pace pace_of(const SweepLook& look, const RateOfRows& rate) {
  Pace pace{rate.per_second(), rate.seconds(), false, std::nullopt};
  if (!pace.per_second) {
    pace = {average_rate(look), std::chrono::duration<double>(look.written - look.started).count(), true, std::nullopt};
  }
  if (pace.per_second && *pace.per_second > 0) pace.left_s = static_cast<double>(look.counts.left()) / *pace.per_second;
  return pace;
}

std::string whole(std::uint64_t n) { return human_number(static_cast<std::int64_t>(n)); }

double age_s(const SweepLook& look) {
  return std::max(0.0, std::chrono::duration<double>(std::chrono::system_clock::now() - look.written).count());
}

bool enough(const SweepLook& look) { return look.units >= fewest_for_interval; }

std::string utc(std::chrono::system_clock::time_point moment) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(moment)));
}

std::string state_of(const SweepLook& look) {
  if (look.finished()) return "finished";
  std::size_t running = 0;
  for (const WatchedFile& file : look.files) running += file.state == FileState::running;
  if (look.files.size() == 1 && running == 1)
    return fmt::format("running (process {})", look.files.front().writer.value_or(0));
  if (look.files.size() == 1) return "unfinished, and no process of this machine holds the file";
  std::size_t finished = 0;
  for (const WatchedFile& file : look.files) finished += file.state == FileState::finished;
  return fmt::format("{} of {} shards finished, {} running here", finished, look.files.size(), running);
}

std::string head_text(const SweepLook& look, const Pace& pace) {
  const RowCounts& c = look.counts;
  std::string text = fmt::format(
      "{}: {} of {} rows ({:.0f} %)", look.title, whole(c.settled()), whole(c.rows),
      std::floor(100.0 * static_cast<double>(c.settled()) / static_cast<double>(std::max<std::uint64_t>(c.rows, 1))));
  if (c.skipped > 0) text += fmt::format(", {} of them skipped by the stopping rule", whole(c.skipped));
  if (c.failed > 0) text += fmt::format(", {} failed", whole(c.failed));
  text += "\n" + state_of(look) + "; began " + utc(look.started);
  if (!look.finished() && c.settled() > 0) text += ", last row " + human_duration(age_s(look)) + " ago";
  text += "\n";
  if (look.finished()) return text;
  if (!pace.per_second) return text + "no row yet, so nothing to tell a rate by\n";
  text += fmt::format(
      "{} rows/s, {}", human_number(*pace.per_second, 3),
      pace.average ? "on average since it began (pauses counted)" : "over the last " + human_duration(pace.over_s));
  if (pace.left_s && c.left() > 0)
    text += fmt::format("; {}{} left", look.may_stop_early ? "at most " : "", human_duration(*pace.left_s));
  return text + "\n";
}

Table files_table(const SweepLook& look, bool all) {
  Table table({{"file", "", Align::left}, {"state", "", Align::left}, {"done"}, {"failed"}, {"rows"}});
  // Where there are many: those that are neither finished nor still to begin say most.
  std::vector<const WatchedFile*> shown;
  for (const WatchedFile& file : look.files)
    if (all || look.files.size() <= most_files_shown ||
        (file.state != FileState::finished && file.state != FileState::not_begun))
      shown.push_back(&file);
  for (const WatchedFile* file : shown)
    table.add({file->path, name_of(file->state) + (file->problem.empty() ? "" : ": " + file->problem),
               static_cast<std::int64_t>(file->counts.done), static_cast<std::int64_t>(file->counts.failed),
               static_cast<std::int64_t>(file->counts.rows)});
  return table;
}

// The first lever and the best of the first outcome, in order.
std::vector<std::size_t> shown_levers(const SweepLook& look, bool all) {
  std::vector<std::size_t> levers(look.levers.size());
  for (std::size_t i = 0; i < levers.size(); ++i) levers[i] = i;
  if (all || levers.size() <= most_levers_shown || look.outcomes.empty()) return levers;
  const InterimOutcome& first = look.outcomes.front();
  const double sign = first.outcome.better == OutcomeDirection::higher ? 1 : -1;
  std::stable_sort(levers.begin() + 1, levers.end(), [&](std::size_t a, std::size_t b) {
    const double x = sign * first.levers[a].mean, y = sign * first.levers[b].mean;
    return std::isnan(y) ? !std::isnan(x) : x > y;
  });
  levers.resize(most_levers_shown);
  std::sort(levers.begin(), levers.end());
  return levers;
}

Table interim_table(const SweepLook& look, bool all) {
  const std::vector<std::size_t> levers = shown_levers(look, all);
  const bool across = levers.size() <= most_levers_across;
  const auto label = [](const InterimOutcome& outcome) {
    return label_of(outcome.outcome) + (outcome.unit == "1" ? "" : " [" + outcome.unit + "]");
  };
  const auto cell = [&](const InterimOutcome& outcome, std::size_t lever) -> Cell {
    return enough(look) ? with_interval(outcome.levers[lever]) : with_interval(outcome.levers[lever].mean, 0);
  };
  std::vector<Column> columns{{across ? "interim" : "lever (interim)", "", Align::left}};
  if (across)
    for (const std::size_t lever : levers) columns.push_back({look.levers[lever]});
  else
    for (const InterimOutcome& outcome : look.outcomes) columns.push_back({label(outcome)});
  Table table(columns);
  if (across)
    for (const InterimOutcome& outcome : look.outcomes) {
      std::vector<Cell> row{label(outcome)};
      for (const std::size_t lever : levers) row.push_back(cell(outcome, lever));
      table.add(row);
    }
  else
    for (const std::size_t lever : levers) {
      std::vector<Cell> row{look.levers[lever]};
      for (const InterimOutcome& outcome : look.outcomes) row.push_back(cell(outcome, lever));
      table.add(row);
    }
  return table;
}

std::string interim_text(const SweepLook& look, bool all, Format format) {
  if (look.worlds_compared == 0) return "\nno interim estimates: in no world every lever has run\n";
  const std::string units = look.over == IntervalOver::samples ? "samples" : "replicas";
  const std::string worlds =
      fmt::format("{} of {} worlds (sample and replica)", whole(look.worlds_compared), whole(look.worlds));
  std::string text =
      look.finished()
          ? fmt::format("\nall rows are there, in {}\n", worlds)
          : fmt::format("\nINTERIM, over the {} in which no lever still has to run; it may change:\n", worlds);
  text += interim_table(look, all).render(format);
  text += enough(look) ? fmt::format("mean ± 95 % interval over {} {}\n", whole(look.units), units)
                       : fmt::format("means over {} {}: too few to say how far they are off ({} or more can)\n",
                                     whole(look.units), units, fewest_for_interval);
  if (look.pick_freeze) text += "laid out pick-freeze: samples repeat coordinates, so the intervals are too narrow\n";
  if (const std::size_t shown = shown_levers(look, all).size(); shown < look.levers.size())
    text += fmt::format("{} of {} levers, the first and those best in {}; --all shows the rest\n", shown,
                        look.levers.size(), label_of(look.outcomes.front().outcome));
  return text;
}

std::string text_of(const SweepLook& look, const Pace& pace, bool all, Format format) {
  std::string text = head_text(look, pace);
  for (const std::string& row : look.failed) text += "failed: " + row + "\n";
  if (look.counts.failed > look.failed.size())
    text += fmt::format("and {} more failed\n", whole(look.counts.failed - look.failed.size()));
  if (!look.failed.empty()) text += "nadc run STUDY --lever L --sample S --replica R says why; --resume tries again\n";
  if (look.files.size() > 1) {
    const Table files = files_table(look, all);
    if (files.rows() > 0) text += "\n" + files.render(format);
  } else if (!look.files.front().problem.empty()) {
    text += look.files.front().problem + "\n";
  }
  return text + interim_text(look, all, format);
}

Json number(std::optional<double> value) { return value && std::isfinite(*value) ? Json(*value) : Json(nullptr); }

Json json_of(const RowCounts& counts) {
  return {{"rows", counts.rows},
          {"done", counts.done},
          {"failed", counts.failed},
          {"skipped", counts.skipped},
          {"missing", counts.left()}};
}

Json json_of(const SweepLook& look, const Pace& pace) {
  Json json{{"study", look.title}, {"finished", look.finished()}, {"interim", !look.finished()}};
  json.update(json_of(look.counts));
  json["failed_rows"] = look.failed;
  json["started"] = utc(look.started);
  json["last_write"] = utc(look.written);
  json["last_write_age_s"] = age_s(look);
  json["rate"] = {{"rows_per_s", number(pace.per_second)},
                  {"over_s", pace.over_s},
                  {"since_start", pace.average},
                  {"left_s", look.finished() ? Json(0.0) : number(pace.left_s)},
                  {"at_most", look.may_stop_early}};
  json["files"] = Json::array();
  for (const WatchedFile& file : look.files) {
    Json entry{{"file", file.path}, {"state", name_of(file.state)}};
    entry.update(json_of(file.counts));
    entry["process"] = file.writer ? Json(*file.writer) : Json(nullptr);
    if (!file.problem.empty()) entry["problem"] = file.problem;
    json["files"].push_back(entry);
  }
  json["worlds"] = {{"all", look.worlds}, {"compared", look.worlds_compared}};
  json["estimates"] = {{"over", look.over == IntervalOver::samples ? "samples" : "replicas"},
                       {"units", look.units},
                       {"too_few", !enough(look)},
                       {"pick_freeze", look.pick_freeze}};
  json["levers"] = Json::object();
  for (std::size_t lever = 0; lever < look.levers.size(); ++lever) {
    Json& entry = json["levers"][look.levers[lever]] = Json::object();
    for (const InterimOutcome& outcome : look.outcomes) {
      const Estimate& e = outcome.levers[lever];
      entry[label_of(outcome.outcome)] = {{"unit", outcome.unit},
                                          {"mean", number(e.mean)},
                                          {"ci95", {number(e.ci95.low), number(e.ci95.high)}},
                                          {"n", e.n}};
    }
  }
  return json;
}

Table long_table(const SweepLook& look) {
  Table table({{"lever", "", Align::left},
               {"outcome", "", Align::left},
               {"unit", "", Align::left},
               {"mean"},
               {"ci95_low"},
               {"ci95_high"},
               {"n"},
               {"interim"}});
  for (std::size_t lever = 0; lever < look.levers.size(); ++lever)
    for (const InterimOutcome& outcome : look.outcomes) {
      const Estimate& e = outcome.levers[lever];
      table.add({look.levers[lever], label_of(outcome.outcome), outcome.unit, e.mean, e.ci95.low, e.ci95.high,
                 static_cast<std::int64_t>(e.n), std::int64_t{look.finished() ? 0 : 1}});
    }
  return table;
}

double interval_of(const std::string& text) {
  if (text.empty()) return usual_interval;
  const auto seconds = parse_quantity(text, Dimension::duration);
  if (!seconds) throw Error(ErrorKind::usage, "--interval: " + seconds.message, seconds.hint);
  if (!(*seconds >= 0.2 && *seconds <= 86400))
    throw Error(ErrorKind::usage, "--interval must be between 0.2 s and a day", "for example --interval \"10 s\"");
  return *seconds;
}

int watch(const WatchArguments& arguments, const OutputOptions& output) {
  const Format format = parse_format(output.format);
  const double interval = interval_of(arguments.interval);
  const bool terminal =
      ::isatty(STDOUT_FILENO) == 1 && make_console(stdout, Verbosity::normal, ColorChoice::off).terminal;
  const bool again = !arguments.once && (terminal || !arguments.interval.empty());
  const StopSignal stop;
  RateOfRows rate;
  while (true) {
    const SweepLook look = look_at_sweep(arguments.files);
    rate.add(look);
    const Pace pace = pace_of(look, rate);
    std::string text = format == Format::json  ? json_of(look, pace).dump(again ? -1 : 2) + "\n"
                       : format == Format::csv ? long_table(look).render(format)
                                               : text_of(look, pace, arguments.all, format);
    const bool screen = again && terminal && format == Format::table;
    if (screen)
      text = "\033[H\033[J" + text +
             (look.finished() ? "" : "\nevery " + human_duration(interval) + "; Ctrl-C ends watching, not the sweep\n");
    print(text);
    if (look.finished() || !again)
      return look.finished() && look.counts.failed == 0 ? 0 : static_cast<int>(ErrorKind::partial);
    const auto next = std::chrono::steady_clock::now() + std::chrono::duration<double>(interval);
    while (std::chrono::steady_clock::now() < next) {
      if (stop.flag()) return interrupted_exit;
      std::this_thread::sleep_for(nap);
    }
  }
}

}  // namespace

void register_watch(CLI::App& app, Command& command, OutputOptions& output) {
  auto arguments = std::make_shared<WatchArguments>();
  CLI::App* sub = app.add_subcommand("watch", "Show how far a sweep is, and what it says so far.");
  sub->add_option("files", arguments->files, "Results of a sweep, finished or not, shards, or a folder of shards")
      ->required();
  sub->add_flag("--once", arguments->once, "Look once and end, as when the output is no terminal");
  sub->add_option("--interval", arguments->interval, "Look again after this time, such as \"10 s\" (default: 5 s)");
  sub->add_flag("--all", arguments->all, "Show all levers and files, not the most telling ones");
  command.rules.push_back({sub,
                           {{"files"},
                            {"--once"},
                            {"--interval", "", "--once"},
                            {"--all", "", "--format=json --format=csv"},
                            {"--format"}}});
  sub->callback(
      [arguments, &command, &output] { command.action = [arguments, &output] { return watch(*arguments, output); }; });
}

}  // namespace nadc
