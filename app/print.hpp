// Data to stdout, and what the command line was.
#pragma once
#include <string>
#include <string_view>

#include "app/io/progress.hpp"
#include "app/output_options.hpp"

namespace nadc {

// Errors: Error (failed) when stdout cannot take it, such as on a full disk.
void print(std::string_view text);

Console console_of(const OutputOptions& output);

// As typed, quoted where a shell needs it.
void set_command_line(int argc, const char* const* argv);
const std::string& command_line();

}  // namespace nadc
