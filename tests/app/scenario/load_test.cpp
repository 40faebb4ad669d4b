#include "app/scenario/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "app/scenario/describe.hpp"
#include "sim/error.hpp"
#include "tests/app/scenario/test_spec.hpp"

namespace nadc {
namespace {

constexpr const char* small = R"(name: small
start: 2026-01-01
horizon: 7 d
catalog:
  nodes:
    test: {gpu: T1, gpus: 8, idle: 1.5 kW, busy: 8 kW, h100e: 1, source: made up}
fleet: {node: test, gpus: 1024}
workload:
  jobs_per_day: 500
  classes:
    train: {gpus: {choice: {8: 3, 64: 1}}, duration: {lognormal: {median: 1 h, sigma: 1.5, max: 7 d}}}
)";

TEST(LoadScenario, ReadsASmallOne) {
  const scenario_test::Folder folder;
  const std::string overrides[] = {"fleet.gpus=2048", "scheduler.backfill=none"};
  const LoadedScenario loaded = load_scenario(folder.write("small.yaml", small), overrides);
  EXPECT_EQ(loaded.scenario.fleet.gpus, 2048);
  EXPECT_EQ(loaded.scenario.horizon, 7 * ticks_per_day);
  EXPECT_EQ(loaded.scenario.scheduler.backfill, Backfill::none);
  ASSERT_EQ(loaded.scenario.workload.classes.size(), 1u);
  EXPECT_EQ(loaded.scenario.workload.classes[0].gpus.points.size(), 2u);
  EXPECT_FALSE(loaded.assumptions.empty());
  const LoadedScenario again = load_scenario(folder.write("resolved.yaml", loaded.resolved));
  EXPECT_EQ(again.scenario.fleet.gpus, 2048);
  EXPECT_TRUE(again.assumptions.empty());
}

TEST(LoadScenario, TheTablesAreSound) { EXPECT_EQ(audit<Scenario>(), std::vector<std::string>{}); }

TEST(LoadScenario, EveryKeyOfTheReferenceCanBeExplained) {
  const auto visit = [](auto&& self, const FieldTable& table, const std::string& path) -> void {
    for (const Field& field : table.fields) {
      const std::string at = path.empty() ? std::string(field.key) : path + '.' + std::string(field.key);
      EXPECT_NE(explain(Scenario::fields(), at).find(field.doc), std::string::npos) << at;
      if (field.nested.table) self(self, field.nested.table(), at);
    }
  };
  visit(visit, Scenario::fields(), "");
}

TEST(LoadScenario, ShippedScenariosLoad) {
  const std::filesystem::path folder = NADC_SCENARIOS;
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no scenarios in " << folder;
  int loaded = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    // Bases that others extend are not whole by themselves.
    const std::string name = entry.path().stem().string();
    if (name.ends_with("-base")) continue;
    try {
      load_scenario(entry.path().string());
      ++loaded;
    } catch (const Error& error) {
      ADD_FAILURE() << entry.path() << "\n" << error.what();
    }
  }
  if (loaded == 0) GTEST_SKIP() << "no scenarios in " << folder;
}

}  // namespace
}  // namespace nadc
