// Data to stdout, and what the command line was.
#pragma once
#include <string>
#include <string_view>

#include "app/io/progress.hpp"
#include "app/output_options.hpp"

namespace CLI {
class App;
}

namespace nadc {

// --progress and --metrics-file, of a command that works for long.
void add_progress_options(CLI::App& command, std::string& metrics_file, OutputOptions& output);

// Errors: Error (failed) when stdout cannot take it, such as on a full disk.
void print(std::string_view text);

// An error that ends the command, on stderr: as it is, or as a line of JSON with --progress json.
void print_error(const OutputOptions& output, std::string_view text);

Console console_of(const OutputOptions& output);

// As typed, quoted where a shell needs it.
void set_command_line(int argc, const char* const* argv);
const std::string& command_line();

}  // namespace nadc
