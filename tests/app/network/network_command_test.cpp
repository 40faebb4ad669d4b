#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/network/network_json.hpp"
#include "app/network/scenario_judge.hpp"
#include "app/run/run.hpp"
#include "app/scenario/read.hpp"
#include "app/study/study.hpp"
#include "models/network/spec.hpp"
#include "sim/error.hpp"
#include "tests/app/network/network_run.hpp"

namespace nadc {
namespace {

using network_run::failure;
using network_run::json_of;
using nlohmann::ordered_json;

// A day of jobs that cross a narrow fabric, and a table made of it.
std::string narrow_scenario(const std::string& more = "") {
  const std::string file = ::testing::TempDir() + "narrow.yaml", topology = ::testing::TempDir() + "narrow-net.yaml";
  std::ofstream(topology)
      << "{name: narrow, topology: rail-fat-tree, gpus: 1024, radix: 32, leaf_oversubscription: 7}\n";
  std::ofstream(file) << "name: narrow\nstart: 2026-01-05\nhorizon: 4 d\n"
                         "catalog: {nodes: {h: {gpu: h, gpus: 8, idle: 1 kW, busy: 8 kW, h100e: 1, source: test}}}\n"
                         "fleet: {node: h, gpus: 1024, pod_nodes: 28}\n"
                         "network: {model: flow, topology: narrow-net.yaml, all_to_all: 1}\n"
                         "workload:\n  jobs_per_day: 900\n  classes:\n"
                         "    mid: {share: 3, gpus: {choice: {16: 1, 64: 1}}, duration: 1 h, communication: 0.5}\n"
                         "    large: {share: 1, gpus: {choice: {256: 1, 512: 1}}, duration: 1 h, communication: 0.5}\n"
                      << more;
  return file;
}

TEST(NetworkCalibrate, WritesATableWithItsErrorAndKeepsIt) {
  const std::string table = ::testing::TempDir() + "narrow-table.yaml";
  std::filesystem::remove(table);
  const ordered_json answer = json_of({"network", "calibrate", narrow_scenario(), "-o", table});
  EXPECT_FALSE(answer["cached"]);
  ASSERT_EQ(answer["surfaces"].size(), 1u);
  EXPECT_GT(answer["surfaces"][0]["slowdown_mean"], 1.1);
  // The table keeps the means of size classes: within 6 % of the flows' slow-down on runs that it has not seen.
  EXPECT_LT(answer["surfaces"][0]["rmse_points"], 6.0 * answer["surfaces"][0]["slowdown_mean"].get<double>());
  for (const ordered_json& row : answer["classes"])
    EXPECT_LT(std::abs(row["points"].get<double>()), 6.0 * row["slowdown_flow"].get<double>()) << row;
  EXPECT_TRUE(json_of({"network", "calibrate", narrow_scenario(), "-o", table})["cached"]);
  // Another fabric joins it in the same file.
  EXPECT_FALSE(json_of({"network", "calibrate", narrow_scenario(), "network.all_to_all=0.5", "-o", table})["cached"]);
  SurfaceFile file;
  read_into(file, read_document(table));
  ASSERT_EQ(file.surfaces.size(), 2u);
  EXPECT_NO_THROW(file.surfaces[0].cells());
  file.surfaces[0].stretch.pop_back();
  EXPECT_THROW(file.surfaces[0].cells(), Error);
}

TEST(NetworkCalibrate, SaysWhatItCannotDo) {
  const std::string file = narrow_scenario();
  EXPECT_NE(failure({"network", "calibrate", file, "-o", "table.txt"}).find("a table is a YAML file"),
            std::string::npos);
  const std::string quiet = ::testing::TempDir() + "quiet-table.yaml";
  EXPECT_NE(failure({"network", "calibrate", file, "-o", quiet, "workload.classes.mid.communication=0",
                     "workload.classes.large.communication=0"})
                .find("no class of jobs communicates"),
            std::string::npos);
  EXPECT_NE(failure({"network", "calibrate", file, "-o", quiet, "fleet.gpus=2048"}).find("the topology joins 1,024"),
            std::string::npos);
}

TEST(NetworkSize, AnswersWithTheAgreedKeys) {
  const ordered_json rows =
      json_of({"network", "size", "--topology", "fat-tree", "--tiers", "3", "--radix", "64", "--gpus", "16384"});
  ASSERT_EQ(rows.size(), 1u);
  const ordered_json& row = rows[0];
  for (const char* key : {"topology", "gpus", "switches", "leaves", "spines", "cores", "groups", "cables",
                          "bisection_tbps", "power_kw", "cost_krw", "fits", "why"}) {
    EXPECT_TRUE(row.contains(key)) << key;
  }
  EXPECT_EQ(row["switches"], 1280);
  EXPECT_EQ(row["cables"]["spine_core"], 16384);
  EXPECT_EQ(row["groups"], 0);
}

TEST(NetworkSize, TakesDragonflyFlags) {
  const ordered_json row = json_of({"network", "size", "--topology", "dragonfly", "--gpus", "1056", "--p", "4", "--a",
                                    "8", "--h", "4", "--radix", "15"})[0];
  EXPECT_EQ(row["groups"], 33);
  EXPECT_EQ(row["switches"], 264);
  EXPECT_EQ(row["cables"]["local"], 33 * 8 * 7 / 2);
  EXPECT_EQ(row["cables"]["global"], 33 * 8 * 4 / 2);
}

TEST(NetworkSize, PutsTopologiesSideBySideAndSweeps) {
  EXPECT_EQ(
      json_of({"network", "size", "--topology", "fat-tree,rail-planes", "--gpus", "10240,18432", "--radix", "64,144"})
          .size(),
      8u);
  const ordered_json sweep = json_of({"network", "size", "--topology", "rail-planes", "--sweep", "10000:18432:2048"});
  EXPECT_TRUE(sweep.front()["fits"]);
  EXPECT_FALSE(sweep.back()["fits"]);
  EXPECT_NE(sweep.back()["why"].get<std::string>().find("works: radix"), std::string::npos);
}

TEST(NetworkSize, ReadsTheTopologiesThatShip) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(NADC_SOURCE_DIR "/scenarios/topologies")) {
    if (entry.path().extension() != ".yaml") continue;
    const ordered_json row = json_of({"network", "size", "--topology", entry.path().string()})[0];
    EXPECT_TRUE(row["fits"]) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 6);
}

TEST(NetworkSize, OptimisesForAJob) {
  const ordered_json rows = json_of({"network", "size", "--optimise", "1.05", "--gpus", "2048", "--radix", "64"});
  ASSERT_GT(rows.size(), 3u);
  EXPECT_TRUE(rows[0]["meets"]);
  EXPECT_LE(rows[0]["slowdown_mean"].get<double>(), 1.05);
}

TEST(NetworkSize, OptimisesForTheJobsOfAScenario) {
  const std::vector<std::string> words{
      "network",         "size",    "--optimise", "1.2",         "--scenario",
      narrow_scenario(), "--radix", "32,64",      "horizon=1 d", "network.topology=auto"};
  const ordered_json rows = json_of(words);
  ASSERT_GT(rows.size(), 10u);
  EXPECT_EQ(rows[0]["meets"], true);
  EXPECT_EQ(rows[0]["slowdown_source"], "scenario's jobs");
  EXPECT_EQ(rows[0]["gpus"], 1024);
  std::size_t cheaper = 0, dearer = 0;
  for (const ordered_json& row : rows) {
    if (row["meets"] == false) {
      ++cheaper;
      EXPECT_GT(row["slowdown_mean"], 1.2);
      EXPECT_LE(row["power_kw"], rows[0]["power_kw"]);
      EXPECT_GE(row["slowdown_worst"], row["slowdown_mean"]);
    }
    if (row["meets"].is_null()) {
      ++dearer;
      EXPECT_GE(row["power_kw"], rows[0]["power_kw"]);
      EXPECT_TRUE(row["slowdown_mean"].is_null());
    }
  }
  EXPECT_GT(cheaper, 0u);
  EXPECT_GT(dearer, 0u);
}

TEST(NetworkSize, AJudgedTopologySlowsJobsAsARunOnItDoes) {
  const std::string file = narrow_scenario();
  const TopologySpec spec = [] {
    TopologySpec s;
    s.kind = TopologyKind::rail_fat_tree;
    s.gpus = 1024, s.radix = 32, s.leaf_oversubscription = 7;
    return s;
  }();
  ScenarioJudge judge(file, {}, "");
  ASSERT_EQ(judge.bases().size(), 1u);
  EXPECT_EQ(judge.bases()[0].gpus, 1024);
  const NetworkVerdict verdict = judge(std::span(&spec, 1));
  ASSERT_TRUE(verdict.refused.empty()) << verdict.refused;
  Study study(file, {});
  study.build(std::nullopt);
  Log log(Console{.verbosity = Verbosity::quiet});
  const RunResult run = run_replica(study, {}, log);
  for (std::size_t i = 0; i < site_metrics().size(); ++i) {
    if (site_metrics()[i].name == "comm_slowdown_mean") {  // all classes of it communicate
      EXPECT_NEAR(verdict.slowdown, run.metrics.site[i], 1e-9);
      EXPECT_GT(verdict.slowdown, 1.05);
    }
  }
}

TEST(NetworkSize, SaysWhatItCannotOptimise) {
  const std::string file = narrow_scenario();
  EXPECT_NE(failure({"network", "size", "--optimise", "1.2", "--scenario", file, "workload.classes.mid.communication=0",
                     "workload.classes.large.communication=0"})
                .find("no class of jobs communicates"),
            std::string::npos);
  EXPECT_NE(failure({"network", "size", "--optimise", "1.2", "--scenario", file, "--gpus", "64"})
                .find("--gpus has no effect beside --scenario"),
            std::string::npos);
  EXPECT_NE(failure({"network", "size", "--optimise", "0.9", "--scenario", file}).find("a slow-down below 1"),
            std::string::npos);
}

// A flag of another shape says so; one of several shapes is enough.
TEST(NetworkTopology, RefusesFlagsOfOtherShapes) {
  const auto said = [](std::vector<std::string> more) {
    std::vector<std::string> words{"network", "size", "--gpus", "1024"};
    words.insert(words.end(), more.begin(), more.end());
    return failure(words);
  };
  EXPECT_NE(said({"--p", "4"}).find("--p has no effect on fat-tree"), std::string::npos);
  EXPECT_NE(said({"--topology", "dragonfly", "--tiers", "3"}).find("--tiers has no effect"), std::string::npos);
  EXPECT_NE(said({"--topology", "dragonfly", "--oversubscription", "2"}).find("leaves of trees"), std::string::npos);
  EXPECT_NE(said({"--tiers", "2", "--spine-oversubscription", "2"}).find("three tiers"), std::string::npos);
  EXPECT_NE(said({"--tiers", "2", "--core-gbps", "800"}).find("no cores"), std::string::npos);
  EXPECT_NE(said({"--manager-cables", "4"}).find("only a rail-fat-tree"), std::string::npos);
  EXPECT_EQ(said({"--topology", "fat-tree,dragonfly", "--tiers", "3", "--p", "4", "--a", "8", "--h", "4"}), "");
  EXPECT_EQ(said({"--tiers", "3", "--spine-oversubscription", "2", "--core-gbps", "800"}), "");
  EXPECT_NE(failure({"network", "size", "--optimise", "1.05", "--gpus", "512", "--topology", "rail-planes"})
                .find("every shape is tried"),
            std::string::npos);
  const std::string graph = ::testing::TempDir() + "pair.txt";
  std::ofstream(graph) << "gpu0 leaf0 400\ngpu1 leaf0 400\n";
  EXPECT_NE(failure({"network", "size", "--topology", graph, "--gpus", "64"}).find("has no effect on a graph"),
            std::string::npos);
  EXPECT_NE(failure({"network", "size", "--topology", graph, "--grow-to", "8"}).find("graph of cables"),
            std::string::npos);
}

TEST(NetworkStepTime, RefusesWhatCannotAct) {
  const auto said = [](std::vector<std::string> more) {
    std::vector<std::string> words{"network", "steptime", "--model", "llama3.1-8b"};
    words.insert(words.end(), more.begin(), more.end());
    return failure(words);
  };
  EXPECT_NE(said({"--gpus", "64", "--batch", "64", "--ep", "2"}).find("EP is of models with experts"),
            std::string::npos);
  // 12 micro-batches are no whole rounds of 8 stages.
  EXPECT_NE(
      said({"--gpus", "64", "--batch", "24", "--tp", "8", "--pp", "8", "--cp", "1", "--micro-batch", "2", "--vp", "2"})
          .find("VP 2 needs"),
      std::string::npos);
  EXPECT_NE(said({"--gpus", "8", "--batch", "8", "--network-share", "0.5"}).find("NVLink joins"), std::string::npos);
  EXPECT_NE(said({"--gpus", "64", "--batch", "64", "--scatter", "0.5"}).find("--topology"), std::string::npos);
}

TEST(NetworkFlows, RunAFileAndAPattern) {
  const std::string path = ::testing::TempDir() + "flows.txt";
  std::ofstream(path) << "links 1 cap 10 flows 2\n0 1 10 1 0\n1 0 30 1 0\n";
  const ordered_json file = json_of({"network", "flows", path});
  EXPECT_DOUBLE_EQ(file["makespan_s"], 4.0);
  EXPECT_DOUBLE_EQ(file["sum_completion_s"], 6.0);
  for (const char* key : {"solves", "cpu_s"}) EXPECT_TRUE(file.contains(key));
  const std::string written = ::testing::TempDir() + "pattern.txt";
  const ordered_json pattern = json_of({"network", "flows", "--pattern", "permutation", "--topology", "fat-tree",
                                        "--gpus", "128", "--radix", "16", "--nvlink-domain", "0", "--write", written});
  EXPECT_EQ(json_of({"network", "flows", written})["makespan_s"], pattern["makespan_s"]);
}

TEST(NetworkCollective, AnswersARowASizeAndRankCount) {
  const ordered_json rows = json_of({"network", "collective", "--ranks", "8,32", "--bytes", "1M,1G"});
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0]["bytes"], 1 << 20);
  for (const char* key : {"ranks", "time_us", "algbw_gbps", "busbw_gbps"}) EXPECT_TRUE(rows[0].contains(key));
  const ordered_json beside = json_of(
      {"network", "collective", "--ranks", "64", "--bytes", "1G", "--topology", "fat-tree", "--beside", "permutation"});
  EXPECT_LE(beside[0]["network_share"].get<double>(), 1.0);
}

// A log that begins with a time stamp, as a plain table and as launchers tag it: 1,100 µs, 427.06 GB/s.
TEST(NetworkCollective, IsComparedWithALog) {
  const std::string log = ::testing::TempDir() + "log.txt";
  for (const char* prefix : {"", "[1,0]<stdout>: ", "Fri May  3 10:00:07 2024<stdout>:", "0: ", " 3:", "gpu7: "}) {
    std::ofstream(log) << "Start time: Fri, 03 May 2024 10:00:00\n"
                       << prefix << "#       size         count      type   redop    root     time   algbw   busbw\n"
                       << prefix
                       << "   268435456  67108864  float  sum  -1  1100.0  244.03  427.06  0  1101.0  243.8  426\n"
                       << prefix << "# Avg bus bandwidth    : 427.06\n";
    const ordered_json rows = json_of({"network", "collective", "--ranks", "8", "--against", log});
    ASSERT_EQ(rows.size(), 1u) << prefix;
    EXPECT_EQ(rows[0]["bytes"], 268435456) << prefix;
    EXPECT_EQ(rows[0]["measured_us"], 1100.0) << prefix;
    EXPECT_EQ(rows[0]["measured_busbw_gbps"], 427.06) << prefix;
  }
}

// One NIC of 100 Gbit/s a GPU: a ring over two nodes moves at most 8 × 12.5 × 0.94 × 0.885 = 83.2 GB/s a rank.
TEST(NetworkCollective, TakesSpeedsWithoutATopology) {
  const auto bus = [](std::vector<std::string> more) {
    std::vector<std::string> words{"network", "collective", "--ranks", "16", "--bytes", "8G", "--algorithm", "ring"};
    words.insert(words.end(), more.begin(), more.end());
    return json_of(words)[0]["busbw_gbps"].get<double>();
  };
  EXPECT_NEAR(bus({"--host-gbps", "100"}), 83.2, 0.5);
  EXPECT_NEAR(bus({"--host-gbps", "100", "--topology", "rail-fat-tree", "--gpus", "16"}), bus({"--host-gbps", "100"}),
              1e-9);
  EXPECT_NEAR(bus({"--nvlink-domain", "16"}), 370, 2);    // one domain holds both nodes
  EXPECT_NEAR(bus({"--nvlink-gbps", "400"}), 36.4, 0.2);  // 50 × 0.822 × 0.885
}

TEST(NetworkStepTime, AnswersWithPartsAndLayout) {
  const ordered_json t =
      json_of({"network", "steptime", "--model",     "llama3.1-70b", "--gpu", "h100", "--gpus", "128",  "--batch",
               "256",     "--seq",    "8192",        "--tp",         "4",     "--pp", "4",      "--cp", "2",
               "--vp",    "5",        "--precision", "bf16"});
  for (const char* key : {"step_s", "parts", "tokens_per_s", "mfu", "layout", "notes"})
    EXPECT_TRUE(t.contains(key)) << key;
  EXPECT_EQ(t["layout"]["dp"], 4);
  EXPECT_NEAR(t["step_s"].get<double>(), 14.67, 0.1 * 14.67);
  EXPECT_GT(json_of({"network", "steptime", "--model", "llama3.1-70b", "--gpus", "128", "--batch", "256", "--precision",
                     "fp8"})["notes"]
                .size(),
            0u);
}

TEST(NetworkStepTime, ReadsAModelFileAndATopologyFile) {
  const std::string path = ::testing::TempDir() + "model.yaml";
  std::ofstream(path) << "name: mixture\nlayers: 32\nhidden: 4096\nheads: 32\nkv_heads: 8\nffn: 14336\nvocabulary: "
                         "32000\nexperts: 8\ntop_k: 2\n";
  const ordered_json t =
      json_of({"network", "steptime", "--model", path, "--gpus", "64", "--batch", "256", "--seq", "4096", "--ep", "8",
               "--topology", NADC_SOURCE_DIR "/scenarios/topologies/fat-tree-10k.yaml"});
  EXPECT_GT(t["parts"]["expert_s"].get<double>(), 0.0);
  EXPECT_GT(t["layout"]["ep"].get<int>(), 1);
}

TEST(NetworkErrors, SayWhatWorks) {
  EXPECT_NE(failure({"network", "size", "--topology", "fat-three", "--gpus", "64"}).find("did you mean fat-tree"),
            std::string::npos);
  EXPECT_NE(failure({"network", "size", "--topology", "fat-tree"}).find("--gpus"), std::string::npos);
  EXPECT_NE(failure({"network", "size", "--gpus", "64", "--radix", "1"}).find("joins nothing"), std::string::npos);
  EXPECT_NE(failure({"network", "steptime", "--model", "gpt3-175b", "--gpus", "512", "--batch", "2048", "--tp", "4",
                     "--pp", "8", "--dp", "8"})
                .find("DP 16"),
            std::string::npos);
  EXPECT_NE(failure({"network", "steptime", "--model", "gpt5", "--gpus", "8", "--batch", "8"}).find("known:"),
            std::string::npos);
  EXPECT_NE(failure({"network", "flows", "/nowhere.txt"}).find("cannot open"), std::string::npos);
  EXPECT_NE(failure({"network", "collective", "--bytes", "1X"}).find("no size in bytes"), std::string::npos);
  const std::string broken = ::testing::TempDir() + "broken.txt";
  std::ofstream(broken) << "links 2 cap 10 flows 1\n0 1 10 2 0 5\n";
  EXPECT_NE(failure({"network", "flows", broken}).find("broken.txt:2:1"), std::string::npos);
}

TEST(NetworkFields, AreDescribedInFull) {
  EXPECT_TRUE(audit<TopologyFile>().empty()) << audit<TopologyFile>().front();
  EXPECT_TRUE(audit<ModelFile>().empty()) << audit<ModelFile>().front();
}

}  // namespace
}  // namespace nadc
