#include "app/decide/break_even_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/decide/break_even.hpp"
#include "app/io/atomic_file.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/stop_signal.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

struct BreakEvenArguments {
  BreakEvenRequest request;
  std::string range, metrics_file;
  std::int64_t samples = 0, replicas = 0;
};

// Sweeps that nobody asked to keep; gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "nadc-break-even-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw file_error(ErrorKind::failed, "make the folder", errno, name);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

const char* verdict_of(const ValueTried& value) {
  switch (value.difference.comparison.verdict) {
    case PairVerdict::a_better:
      return "first is better";
    case PairVerdict::b_better:
      return "second is better";
    case PairVerdict::undecided:
      return value.sign == 0 && value.difference.comparison.difference.sd == 0 ? "equal" : "undecided";
  }
  return "";
}

Table values_table(const BreakEven& found) {
  Table table({{"value", "", Align::left},
               {found.first, "", Align::right, 4},
               {found.second, "", Align::right, 4},
               {"difference"},
               {"ci95_low", "", Align::right, 4, "95 % from"},
               {"ci95_high", "", Align::right, 4, "to"},
               {"pairs"},
               {"verdict", "", Align::left}});
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  for (const ValueTried& value : found.values) {
    const Comparison& c = value.difference.comparison;
    const bool known = c.difference.n > 1;
    table.add({found.range.value(value.at), c.mean_a, c.mean_b, c.difference.mean, known ? c.difference.ci95.low : none,
               known ? c.difference.ci95.high : none, static_cast<std::int64_t>(c.difference.n),
               std::string(verdict_of(value))});
  }
  return table;
}

Json json_of(const BreakEven& found) {
  const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); };
  const auto place = [](const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); };
  Json json = {{"key", found.range.key},
               {"key_unit", found.range.unit},
               {"outcome", label_of(found.outcome)},
               {"unit", found.unit},
               {"better", found.outcome.better == OutcomeDirection::higher ? "higher" : "lower"},
               {"first", found.first},
               {"second", found.second},
               {"samples", found.samples},
               {"replicas", found.replicas},
               {"within", found.within},
               {"values", Json::array()},
               {"changes", Json::array()},
               {"sentences", sentences(found)}};
  for (const ValueTried& value : found.values) {
    const Comparison& c = value.difference.comparison;
    json["values"].push_back({{"value", value.at},
                              {"first", number(c.mean_a)},
                              {"second", number(c.mean_b)},
                              {"difference", number(c.difference.mean)},
                              {"ci95", {number(c.difference.ci95.low), number(c.difference.ci95.high)}},
                              {"p_value", number(c.p_value)},
                              {"pairs", c.difference.n},
                              {"pairs_bounded", c.bounded},
                              {"verdict", verdict_of(value)}});
  }
  for (const PlaceChange& change : found.changes)
    json["changes"].push_back({{"low", change.bracket.low},
                               {"high", change.bracket.high},
                               {"decided_below", place(change.decided_below)},
                               {"decided_above", place(change.decided_above)}});
  return json;
}

int run(const BreakEvenArguments& arguments, const OutputOptions& output) {
  const Format format = parse_format(output.format);
  Log log(console_of(output));
  if (!arguments.metrics_file.empty())
    log.keep_metrics(arguments.metrics_file, {{"command", "break-even"}, {"study", arguments.request.study}});
  BreakEvenRequest request = arguments.request;
  request.range = parse_range(arguments.range);
  request.search.low = request.range.low;
  request.search.high = request.range.high;
  request.command_line = command_line();
  if (arguments.samples > 0) request.overrides.push_back("design.samples=" + std::to_string(arguments.samples));
  if (arguments.replicas > 0) request.overrides.push_back("design.replicas=" + std::to_string(arguments.replicas));
  std::optional<TemporaryFolder> temporary;
  if (request.folder.empty()) request.folder = temporary.emplace().path();
  const StopSignal stop;
  const std::optional<BreakEven> found = break_even(request, log, stop.flag());
  if (!found) {
    log.warn(temporary ? std::string("interrupted; nothing is kept without --keep")
                       : fmt::format("interrupted; what is finished is kept in {}, and the same command goes on",
                                     request.folder));
    return interrupted_exit;
  }
  if (format == Format::json) {
    print(json_of(*found).dump(2) + "\n");
  } else {
    print(values_table(*found).render(format));
    if (format != Format::csv)
      for (const std::string& text : sentences(*found)) print("\n" + text + "\n");
  }
  if (found->failed > 0) log.warn(fmt::format("{} replicas failed; their pairs are left out", found->failed));
  return found->failed > 0 ? static_cast<int>(ErrorKind::partial) : 0;
}

}  // namespace

void register_break_even(CLI::App& app, Command& command, OutputOptions& output) {
  auto arguments = std::make_shared<BreakEvenArguments>();
  BreakEvenRequest& request = arguments->request;
  CLI::App* sub =
      app.add_subcommand("break-even", "Find by new runs at which value of a key two levers change places.");
  sub->add_option("study", request.study, "Study")->required();
  sub->add_option("range", arguments->range, "KEY=LOW..HIGH, such as policy.purchase.rents.hgx-b200=3.5..6")
      ->required();
  sub->add_option("overrides", request.overrides, "key=value, +key=value, ~key");
  sub->add_option("--levers", request.levers, "The two levers, as A,B (default: the study's, if it has two)");
  sub->add_option("--outcome", request.outcome,
                  "Metric to compare, such as utilization, wait_mean_s:lower or wait_mean_s@start-up (default: the "
                  "study's first)");
  sub->add_option("--within", request.search.within,
                  "How narrow the bracket must be, in the key's unit as written (default: a hundredth of the range)")
      ->check(CLI::PositiveNumber);
  sub->add_option("--step", request.search.step, "Try only multiples of this, such as 8 for GPUs in whole nodes")
      ->check(CLI::PositiveNumber);
  sub->add_option("--points", request.search.points, "Values of the first look, both ends among them")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  sub->add_option("--samples", arguments->samples, "Samples (default: the study's)")->check(CLI::PositiveNumber);
  sub->add_option("--replicas", arguments->replicas, "Replicas a sample (default: the study's)")
      ->check(CLI::PositiveNumber);
  sub->add_option("--keep", request.folder,
                  "Folder for the sweeps, one a value; what is finished there is not run again");
  sub->add_option("--device", request.device, "auto, cuda, cuda:0,2 (these cards), tbb, omp or serial")
      ->capture_default_str();
  sub->add_option("--threads", request.threads, "Threads on the host (default: all)")->check(CLI::Range(1, 65536));
  add_progress_options(*sub, arguments->metrics_file, output);
  command.rules.push_back({sub,
                           {{"study"},
                            {"range"},
                            {"overrides"},
                            {"--levers"},
                            {"--outcome"},
                            {"--within"},
                            {"--step"},
                            {"--points"},
                            {"--samples"},
                            {"--replicas"},
                            {"--keep"},
                            {"--device"},
                            {"--threads", "", "--device=serial"},
                            {"--progress"},
                            {"--metrics-file"},
                            {"--format"}}});
  sub->callback(
      [arguments, &command, &output] { command.action = [arguments, &output] { return run(*arguments, output); }; });
}

}  // namespace nadc
