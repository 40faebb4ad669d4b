#include "app/print.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "sim/error.hpp"

namespace nadc {
namespace {

std::string& stored_command_line() {
  static std::string line;
  return line;
}

}  // namespace

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw Error(ErrorKind::failed, "cannot write to standard output", "is the disk full?");
}

Console console_of(const OutputOptions& output) {
  const Verbosity verbosity = output.quiet          ? Verbosity::quiet
                              : output.verbose >= 2 ? Verbosity::debug
                              : output.verbose == 1 ? Verbosity::verbose
                                                    : Verbosity::normal;
  Console console = make_console(stderr, verbosity, parse_color(output.color));
  console.json = output.progress == "json";
  if (console.json) console.terminal = false;
  return console;
}

void print_error(const OutputOptions& output, std::string_view text) {
  if (output.progress == "json")
    Log(console_of(output)).error(text);
  else
    std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

void add_progress_options(CLI::App& command, std::string& metrics_file, OutputOptions& output) {
  command.add_option("--progress", output.progress, "On stderr: auto for people, json for programs, an object a line")
      ->check(CLI::IsMember({"auto", "json"}))
      ->capture_default_str();
  command.add_option(
      "--metrics-file", metrics_file,
      "Keep an OpenMetrics text file of how far it is, such as sweep.prom for Prometheus' node exporter");
}

void set_command_line(int argc, const char* const* argv) {
  std::string& line = stored_command_line();
  line.clear();
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (i > 0) line += ' ';
    const bool plain = !word.empty() && word.find_first_of(" \t\n'\"\\$&|;<>(){}[]*?~`!#") == std::string_view::npos;
    if (plain) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
}

const std::string& command_line() { return stored_command_line(); }

}  // namespace nadc
