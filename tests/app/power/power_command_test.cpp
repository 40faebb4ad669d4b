#include "app/power_command.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "app/output_options.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

TEST(PowerMachine, ReportsTheFourFiguresAndTheyAgree) {
  const auto j = power_machine({"hgx-h100", 1024, "training", 0.0});
  EXPECT_DOUBLE_EQ(j.at("it_power_kw").get<double>(),
                   j.at("nodes_kw").get<double>() + j.at("network_kw").get<double>());
  EXPECT_NEAR(j.at("w_per_gpu").get<double>(), j.at("it_power_kw").get<double>() * 1000 / 1024, 1e-9);
  EXPECT_EQ(j.at("nodes").get<int>(), 128);
  double parts = 0;
  for (const auto& [name, watts] : j.at("parts_w_per_node").items()) parts += watts.get<double>();
  EXPECT_NEAR(parts * 128 / 1000, j.at("nodes_kw").get<double>(), 1e-9);
}

TEST(PowerMachine, UnknownNamesAreRefusedWithAHint) {
  EXPECT_THROW(power_machine({"hgx-h10", 8, "hpl", 0.0}), Error);
  EXPECT_THROW(power_machine({"hgx-h100", 8, "linpack", 0.0}), Error);
  EXPECT_THROW(power_machine({"hgx-h100", 0, "hpl", 0.0}), Error);
  EXPECT_THROW(render_power_machine(power_machine({"gh200", 4, "hpl", 0.0}), "xml"), Error);
}

TEST(PowerMachine, EveryFormatHoldsEveryFigure) {
  const auto j = power_machine({"gh200", 10400, "hpl", 41.82});
  EXPECT_EQ(nlohmann::json::parse(render_power_machine(j, "json")), j);
  for (const char* format : {"table", "csv", "markdown"}) {
    const std::string text = render_power_machine(j, format);
    for (const char* key : {"it_power_kw", "w_per_gpu", "nodes_kw", "network_kw"})
      EXPECT_NE(text.find(key), std::string::npos) << format << key;
  }
}

TEST(PowerMachine, IsReachedFromTheCommandLine) {
  CLI::App app;
  Command command;
  OutputOptions out;
  app.fallthrough();
  app.add_option("--format", out.format);
  register_power(app, command, out);
  app.parse("power machine --node gh200 --gpus 10400 --load hpl --tflops-per-gpu 41.82 --format json");
  ASSERT_TRUE(command.action);
  testing::internal::CaptureStdout();
  EXPECT_EQ(command.action(), 0);
  const auto j = nlohmann::json::parse(testing::internal::GetCapturedStdout());
  EXPECT_NEAR(j.at("w_per_gpu").get<double>(), 685.0, 0.12 * 685.0);
}

}  // namespace
}  // namespace nadc
