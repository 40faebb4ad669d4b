// The command nadc: chooses a subcommand, and maps errors to exit codes.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <sstream>
#include <string>
#include <vector>

#include "app/command.hpp"
#include "app/commands.hpp"
#include "app/output_options.hpp"
#include "app/print.hpp"
#include "app/scenario/units.hpp"
#include "app/version.hpp"
#include "sim/error.hpp"

namespace {

// The subcommand that the command line got to.
const CLI::App* innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

nadc::Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = innermost(app);
  std::string name = at->get_name();
  for (const CLI::App* each = at->get_parent(); each; each = each->get_parent()) name = each->get_name() + " " + name;
  const std::string help = name + " --help shows what there is";
  const std::vector<std::string> rest = app.remaining(true);
  const bool option = !rest.empty() && rest.front().starts_with("-");
  const bool lacks_subcommand = at->get_require_subcommand_min() > 0 && at->get_subcommands().empty();
  if (rest.empty() || (!option && !lacks_subcommand)) {
    if (lacks_subcommand) return {nadc::ErrorKind::usage, name + " needs a subcommand", help};
    return {nadc::ErrorKind::usage, error.what(), help};
  }
  std::vector<std::string> names;
  if (option) {
    for (const CLI::App* each = at; each; each = each->get_parent())
      for (const CLI::Option* known : each->get_options())
        for (const std::string& word : known->get_lnames()) names.push_back("--" + word);
  } else {
    for (const CLI::App* each : at->get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(each->get_name());
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string near = nadc::nearest(rest.front(), known);
  return {nadc::ErrorKind::usage, name + " has no " + (option ? "option '" : "subcommand '") + rest.front() + "'",
          near.empty() ? help : "did you mean '" + near + "'? " + help};
}

int work(int argc, char** argv) {
  using namespace nadc;
  set_command_line(argc, argv);
  CLI::App app("Discrete-event simulator of a national AI datacenter.", "nadc");
  app.set_version_flag("--version",
                       std::string("nadc ") + version + " (" + git_hash + ", " + compiler + ", " + build_type + ")");
  OutputOptions output;
  Command command;
  register_commands(app, command, output);

  // A write beyond the size limit of files is an error like any other, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() != 0) throw usage_error(app, error);
      std::ostringstream text;  // of --help or --version
      app.exit(error, text, text);
      print(text.str());
      return 0;
    }
    command.check(*innermost(app));
    return command.action();
  } catch (const Error& error) {
    print_error(output, error.what());
    return static_cast<int>(error.kind());
  } catch (const std::bad_alloc&) {
    print_error(output, "error: out of memory");
  } catch (const std::exception& error) {
    print_error(output, std::string("error: ") + error.what());
  }
  return static_cast<int>(ErrorKind::failed);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return work(argc, argv);
  } catch (...) {  // there was no memory to say more
    std::fputs("error: out of memory\n", stderr);
    return static_cast<int>(nadc::ErrorKind::failed);
  }
}
