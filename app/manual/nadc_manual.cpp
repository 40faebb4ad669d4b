// Writes the manual pages and the bash completion into a folder, as an installation has them:
//   nadc_manual FOLDER    →    FOLDER/man/man1/nadc*.1, FOLDER/bash-completion/completions/nadc
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "app/command.hpp"
#include "app/commands.hpp"
#include "app/io/atomic_file.hpp"
#include "app/manual/manual.hpp"
#include "app/output_options.hpp"
#include "app/version.hpp"
#include "sim/error.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: nadc_manual FOLDER\n");
    return 2;
  }
  try {
    using namespace nadc;
    namespace fs = std::filesystem;
    CLI::App app("Discrete-event simulator of a national AI datacenter.", "nadc");
    app.set_version_flag("--version", version);
    OutputOptions output;
    Command command;
    register_commands(app, command, output);
    const fs::path pages = fs::path(argv[1]) / "man" / "man1",
                   completions = fs::path(argv[1]) / "bash-completion" / "completions";
    fs::create_directories(pages);
    fs::create_directories(completions);
    for (const ManualPage& page : manual_pages(app, command.rules, version))
      write_file((pages / (page.name + ".1")).string(), page.text);
    write_file((completions / "nadc").string(), bash_completion(app));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
