// Runs a verb of nadc network as the command line would.
#pragma once
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/command.hpp"
#include "app/network/network_command.hpp"
#include "app/output_options.hpp"
#include "sim/error.hpp"

namespace nadc::network_run {

inline std::string run(std::vector<std::string> words) {
  CLI::App app;
  Command command;
  OutputOptions output;
  app.add_option("--format", output.format);
  register_network(app, command, output);
  std::reverse(words.begin(), words.end());
  app.parse(words);
  ::testing::internal::CaptureStdout();
  command.check(*app.get_subcommands().front()->get_subcommands().front());
  command.action();
  return ::testing::internal::GetCapturedStdout();
}

inline nlohmann::ordered_json json_of(std::vector<std::string> words) {
  words.insert(words.begin(), "--format=json");
  return nlohmann::ordered_json::parse(run(std::move(words)));
}

inline std::string failure(std::vector<std::string> words) {
  try {
    run(std::move(words));
  } catch (const Error& error) {
    ::testing::internal::GetCapturedStdout();
    return error.what();
  }
  return "";
}

}  // namespace nadc::network_run
