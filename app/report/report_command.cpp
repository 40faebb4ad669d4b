#include "app/report/report_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/io/atomic_file.hpp"
#include "app/io/results_file.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/report/assets.hpp"
#include "app/report/page.hpp"
#include "app/report/report_json.hpp"
#include "app/version.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

struct ReportArguments {
  StudyPageRequest study;
  std::vector<std::string> files, networks;
  std::optional<std::int64_t> gpus;
  NetworkTraffic traffic;
  std::string output, language = "en";
};

// Replaces no file that is not a report: a results file given as -o by mistake stays.
void check_output(const ReportArguments& arguments) {
  check_writable(arguments.output);
  if (arguments.output.ends_with(".h5"))
    throw Error(ErrorKind::usage, "-o " + arguments.output + " has the name of a results file",
                "the report is a page: -o report.html");
  for (const std::string& file : arguments.files)
    if (resolved(file) == resolved(arguments.output))
      throw Error(ErrorKind::usage, "-o would overwrite " + file, "give another name");
}

int report(ReportArguments arguments, const OutputOptions& output) {
  if (arguments.language != "en" && arguments.language != "ko")
    throw Error(ErrorKind::usage, "--lang " + arguments.language + ": the page speaks en and ko", "--lang ko");
  check_output(arguments);
  Log log(console_of(output));
  Json pages = Json::array();
  std::vector<std::string> runs;
  for (const std::string& file : arguments.files) {
    const std::string kind = ResultsReader(file).header().kind;
    (kind == "run" ? runs : arguments.study.files).push_back(file);
  }
  if (arguments.study.files.empty() && (!arguments.study.baseline.empty() || !arguments.study.outcomes.empty()))
    throw Error(ErrorKind::usage, "--baseline and --outcome are of sweeps, and no file is one", "leave them out");
  if (!arguments.study.files.empty()) pages.push_back(study_page(arguments.study));
  for (const std::string& file : runs) pages.push_back(run_page(file));
  if (!arguments.networks.empty()) pages.push_back(network_page(arguments.networks, arguments.gpus, arguments.traffic));
  if (pages.empty())
    throw Error(ErrorKind::usage, "there is nothing to report", "give results files, or --network TOPOLOGY");

  const std::string title = pages[0]["name"].get<std::string>();
  Json libraries = Json::array();
  for (const ChartLibrary& library : chart_libraries()) libraries.push_back(library.name);
  const Json data = {{"format", 1},
                     {"made", {{"version", version}, {"at", utc_now()}, {"command_line", command_line()}}},
                     {"charts_missing", charts_missing()},
                     {"pages", std::move(pages)}};
  const std::string html = page_html(data, title, arguments.language);
  write_file(arguments.output, html);
  if (!charts_missing().empty()) log.warn(fmt::format("the report has tables and no charts: {}", charts_missing()));
  log.info(fmt::format("wrote {} ({:.1f} MB)", arguments.output, static_cast<double>(html.size()) / 1e6));
  return 0;
}

}  // namespace

void register_report(CLI::App& app, Command& command, OutputOptions& output) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* sub = app.add_subcommand("report", "Make one HTML page of results, to look at and to send.");
  sub->add_option("files", arguments->files, "Results of sweeps and runs (HDF5); sweeps stand together");
  sub->add_option("-o,--output", arguments->output, "The page (HTML); it needs no network and no other file")
      ->required();
  sub->add_option("--lang", arguments->language, "Language in which the page opens: en or ko")->capture_default_str();
  sub->add_option("--baseline", arguments->study.baseline,
                  "Lever that the others are compared with (default: the first)");
  sub->add_option("--outcome", arguments->study.outcomes,
                  "Metric to show, such as utilization or wait_mean_s:lower (default: the study's outcomes)");
  sub->add_option("--network", arguments->networks, "Topology file or kind to size, as nadc network size --topology")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--gpus", arguments->gpus, "GPUs that the network joins, where its file does not say them");
  sub->add_option("--pattern", arguments->traffic.pattern,
                  "Traffic for the map of link loads: permutation, shift, all-to-all or none")
      ->capture_default_str()
      ->check(CLI::IsMember({"permutation", "shift", "all-to-all", "none"}));
  sub->add_option("--routing", arguments->traffic.routing, "Its routing: d-mod-k, ecmp, spray, adaptive or valiant")
      ->capture_default_str()
      ->check(CLI::IsMember({"d-mod-k", "ecmp", "spray", "adaptive", "valiant"}));
  command.rules.push_back({sub,
                           {{"files"},
                            {"-o"},
                            {"--lang"},
                            {"--baseline", "files"},
                            {"--outcome"},
                            {"--network"},
                            {"--gpus", "--network"},
                            {"--pattern", "--network"},
                            {"--routing", "--network", "--pattern=none"},
                            {"--format", "", "", "the report is a page"}}});
  sub->callback(
      [arguments, &command, &output] { command.action = [arguments, &output] { return report(*arguments, output); }; });
}

}  // namespace nadc
