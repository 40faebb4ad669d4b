// The command nadc: chooses a subcommand, and maps errors to exit codes.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "app/command.hpp"
#include "app/network/network_command.hpp"
#include "app/output_options.hpp"
#include "app/power_command.hpp"
#include "app/print.hpp"
#include "app/reference_command.hpp"
#include "app/run/run_command.hpp"
#include "app/sweep/sweep_command.hpp"
#include "app/trace/trace_command.hpp"
#include "app/validate_command.hpp"
#include "app/version.hpp"
#include "sim/error.hpp"

namespace {

constexpr int usage_exit = 2;

void add_output_options(CLI::App& app, nadc::OutputOptions& output) {
  app.add_option("--format", output.format, "Format of the data on stdout")
      ->check(CLI::IsMember({"table", "json", "csv", "markdown"}))
      ->capture_default_str();
  app.add_option("--color", output.color, "Colour on stderr")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_flag("-q,--quiet", output.quiet, "Only warnings and errors on stderr");
  app.add_flag("-v,--verbose", output.verbose, "More on stderr; twice for still more");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace nadc;
  set_command_line(argc, argv);
  CLI::App app("Discrete-event simulator of a national AI datacenter.", "nadc");
  app.set_version_flag("--version",
                       std::string("nadc ") + version + " (" + git_hash + ", " + compiler + ", " + build_type + ")");
  app.require_subcommand(1);
  app.fallthrough();  // the options below may stand behind the subcommand
  OutputOptions output;
  add_output_options(app, output);

  Command command;
  register_run(app, command, output);
  register_sweep(app, command, output);
  register_merge(app, command, output);
  register_trace(app, command, output);
  register_network(app, command, output);
  register_power(app, command, output);
  register_validate(app, command, output);
  register_reference(app, command, output);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : usage_exit;
  }
  try {
    return command.action();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.kind());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "error: out of memory\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
  }
  return static_cast<int>(ErrorKind::failed);
}
