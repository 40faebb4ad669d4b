#include "app/decide/decide_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/command.hpp"
#include "app/decide/decide.hpp"
#include "app/decide/decide_json.hpp"
#include "app/decide/decide_text.hpp"
#include "app/decide/decide_units.hpp"
#include "app/io/table.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"

namespace nadc {
namespace {

struct DecideArguments {
  std::string file;
  std::vector<std::string> outcomes, weights, thresholds, sections;
  std::string currency, units = "plain";
  bool all = false;
};

int decide(const DecideArguments& arguments, const OutputOptions& output) {
  const Format format = parse_format(output.format);
  Log log(console_of(output));
  const SweepSet set({arguments.file});
  DecideRequest request;
  request.outcomes = arguments.outcomes;
  request.weights = arguments.weights;
  request.thresholds = arguments.thresholds;
  const std::vector<std::string>& names = decide_section_names();
  for (const std::string& name : arguments.sections)
    request.sections.push_back(static_cast<DecideSection>(std::find(names.begin(), names.end(), name) - names.begin()));
  const Decision decision = decide(set, request);
  if (decision.incomplete > 0)
    log.warn(fmt::format("{} rows are missing, failed or skipped; futures without a value are left out",
                         decision.incomplete));
  if (format == Format::json)
    print(decision_json(decision));
  else if (format == Format::csv)
    print(decision_table(decision).render(format));
  else {
    const Units units = parse_units(arguments.units, arguments.currency,
                                    arguments.currency.empty() ? std::vector<DollarRate>() : dollar_rates(set));
    print(decision_text(shown_in(decision, units), format, arguments.all ? Length::all : Length::page));
    if (const std::string rate = rate_sentence(units); !rate.empty())
      print("\n" + rate + "; thresholds and inputs are in the units in which they are given\n");
  }
  return 0;
}

}  // namespace

void register_decide(CLI::App& app, Command& command, OutputOptions& output) {
  auto arguments = std::make_shared<DecideArguments>();
  CLI::App* sub =
      app.add_subcommand("decide", "Say which lever to choose, how surely, and what would change the mind.");
  sub->add_option("file", arguments->file, "Results of a sweep (HDF5)")->required();
  sub->add_option("--outcome", arguments->outcomes,
                  "Metric to decide on, such as utilization, wait_mean_s:lower or wait_mean_s@start-up (default: the "
                  "study's outcomes)");
  sub->add_option("--weigh", arguments->weights,
                  "METRIC=WEIGHT: a weighted score, 0 at the worst and 1 at the best of the levers' means");
  sub->add_option("--threshold", arguments->thresholds,
                  "METRIC=VALUE to reach, in the unit of the file, beside or instead of the study's");
  sub->add_option("--section", arguments->sections, "Only these sections")
      ->check(CLI::IsMember(decide_section_names()));
  sub->add_option("--units", arguments->units,
                  "Won and times in tables: plain, billions (won in billions and trillions, hours and days) or korean")
      ->check(CLI::IsMember(units_names));
  sub->add_option("--currency", arguments->currency,
                  "Money in tables: USD at the scenario's exchange rate, or such as EUR=1650 in won (default: KRW)");
  sub->add_flag("--all", arguments->all, "All lines, not the most telling ones");
  command.rules.push_back({sub,
                           {{"file"},
                            {"--outcome"},
                            {"--weigh"},
                            {"--threshold"},
                            {"--section"},
                            {"--all", "", "--format=json --format=csv"},
                            {"--units", "", "--format=json --format=csv"},
                            {"--currency", "", "--format=json --format=csv"},
                            {"--format"}}});
  sub->callback(
      [arguments, &command, &output] { command.action = [arguments, &output] { return decide(*arguments, output); }; });
}

}  // namespace nadc
