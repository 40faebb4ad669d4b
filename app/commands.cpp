#include "app/commands.hpp"

#include <CLI/CLI.hpp>

#include "app/command.hpp"
#include "app/compare/compare_command.hpp"
#include "app/decide/break_even_command.hpp"
#include "app/decide/decide_command.hpp"
#include "app/network/network_command.hpp"
#include "app/output_options.hpp"
#include "app/power_command.hpp"
#include "app/power_day_command.hpp"
#include "app/power_site_command.hpp"
#include "app/reference_command.hpp"
#include "app/report/report_command.hpp"
#include "app/run/run_command.hpp"
#include "app/sweep/submit_command.hpp"
#include "app/sweep/sweep_command.hpp"
#include "app/trace/trace_command.hpp"
#include "app/validate_command.hpp"
#include "app/watch/watch_command.hpp"

namespace nadc {

void register_commands(CLI::App& app, Command& command, OutputOptions& output) {
  app.require_subcommand(1);
  app.fallthrough();  // the options below may stand behind the subcommand
  app.footer("Every subcommand takes the options above as well.");
  app.add_option("--format", output.format, "Format of the data on stdout")
      ->check(CLI::IsMember({"table", "json", "csv", "markdown"}))
      ->capture_default_str();
  app.add_option("--color", output.color, "Colour on stderr")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_flag("-q,--quiet", output.quiet, "Only warnings and errors on stderr");
  app.add_flag("-v,--verbose", output.verbose, "More on stderr; twice for still more");

  register_run(app, command, output);
  register_sweep(app, command, output);
  register_merge(app, command, output);
  register_watch(app, command, output);
  register_compare(app, command, output);
  register_decide(app, command, output);
  register_break_even(app, command, output);
  register_report(app, command, output);
  register_submit(app, command, output);
  register_trace(app, command, output);
  register_network(app, command, output);
  CLI::App& power = register_power(app, command, output);
  register_power_day(power, command, output);
  register_power_site(power, command, output);
  register_validate(app, command, output);
  register_reference(app, command, output);
}

}  // namespace nadc
