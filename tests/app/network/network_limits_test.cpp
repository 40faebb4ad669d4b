#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>

#include "tests/app/network/network_run.hpp"

namespace nadc {
namespace {

using network_run::failure;
using network_run::json_of;
using nlohmann::ordered_json;

// Numbers that no network has: each is refused by name, none overflows, fills the memory or runs for minutes.
TEST(NetworkLimits, HostileNumbersAreRefused) {
  const auto collective = [](std::vector<std::string> more) {
    std::vector<std::string> words{"network", "collective"};
    words.insert(words.end(), more.begin(), more.end());
    return failure(words);
  };
  for (const char* bytes : {"1e30", "1e300", "1e19", "0", "-5", "nan", "inf", "0.1", "1e17K"})
    EXPECT_NE(collective({"--bytes", bytes}), "") << bytes;
  EXPECT_NE(collective({"--factor", "1.0000001"}).find("more than 100,000 sizes"), std::string::npos);
  EXPECT_NE(collective({"--factor", "1"}).find("above 1"), std::string::npos);
  EXPECT_NE(collective({"--factor", "nan"}), "");
  EXPECT_NE(collective({"--from", "1G", "--to", "1M"}).find("--from is above --to"), std::string::npos);
  EXPECT_NE(collective({"--ranks", "1000000000000"}).find("10,000,000"), std::string::npos);
  for (const char* gbps : {"1e300", "0", "-1", "1e-30", "inf"})
    EXPECT_NE(collective({"--ranks", "16", "--host-gbps", gbps}), "") << gbps;

  const auto flows = [](std::vector<std::string> more) {
    std::vector<std::string> words{"network", "flows", "--topology", "fat-tree", "--gpus", "64"};
    words.insert(words.end(), more.begin(), more.end());
    return failure(words);
  };
  EXPECT_NE(flows({"--pattern", "permutation", "--flows-per-gpu", "1000000"}).find("over 2,000,000 flows"),
            std::string::npos);
  EXPECT_NE(flows({"--pattern", "permutation", "--flows-per-gpu", "2147483647"}), "");
  EXPECT_NE(flows({"--pattern", "all-to-all", "--queue-pairs", "1000000"}), "");
  EXPECT_NE(flows({"--pattern", "permutation", "--bytes", "1e300"}).find("1e18"), std::string::npos);
  EXPECT_NE(flows({"--pattern", "permutation", "--bytes", "1e-300"}), "");

  const auto size = [](std::vector<std::string> more) {
    std::vector<std::string> words{"network", "size"};
    words.insert(words.end(), more.begin(), more.end());
    return failure(words);
  };
  EXPECT_NE(size({"--gpus", "1024", "--oversubscription", "1e300"}), "");
  EXPECT_NE(size({"--gpus", "1024", "--oversubscription", "1e-300"}), "");
  EXPECT_NE(size({"--gpus", "1024", "--host-gbps", "1e300"}), "");
  EXPECT_NE(size({"--gpus", "1024", "--topology", "dragonfly", "--p", "2000000000", "--a", "2", "--h", "1"}), "");
  EXPECT_NE(size({"--gpus", "9000000", "--radix", "512", "--down", "1"}).find("1,000,000"), std::string::npos);
  EXPECT_NE(size({"--gpus", "64", "--bill", "--spares", "1e9"}).find("0 to 100"), std::string::npos);

  const auto step = [](std::vector<std::string> more) {
    std::vector<std::string> words{"network", "steptime", "--model", "llama3.1-8b"};
    words.insert(words.end(), more.begin(), more.end());
    return failure(words);
  };
  EXPECT_NE(step({"--gpus", "8", "--batch", "9000000000000000000"}), "");
  EXPECT_NE(step({"--gpus", "9000000000000000000", "--batch", "8"}), "");
  EXPECT_NE(step({"--gpus", "8", "--batch", "8", "--seq", "9000000000000000000"}), "");
  EXPECT_NE(step({"--gpus", "64", "--batch", "64", "--tensor-overlap", "2"}), "");
  EXPECT_NE(step({"--gpus", "64", "--batch", "64", "--capacity-factor", "1.5"}).find("without experts"),
            std::string::npos);
}

// 1e300 bytes gave a makespan of 0; the largest that is taken gives its bytes over the bandwidth.
TEST(NetworkLimits, TheLargestFlowTakesItsTime) {
  const std::string file = ::testing::TempDir() + "large.txt";
  std::ofstream(file) << "links 1 cap 1000000000 flows 1\n0 1 1000000000000000000 1 0\n";
  EXPECT_DOUBLE_EQ(json_of({"network", "flows", file})["makespan_s"], 1e9);
  std::ofstream(file) << "links 1 cap 1000000000 flows 1\n0 1 1e300 1 0\n";
  EXPECT_NE(failure({"network", "flows", file}).find("1e18"), std::string::npos);
}

// 256 GPUs of eight a node: 65,280 flows of equal size end together wherever routes are alike.
TEST(NetworkLimits, AllToAllOf256GpusIsAnswered) {
  const ordered_json answer = json_of({"network", "flows", "--topology", "fat-tree", "--gpus", "256", "--pattern",
                                       "all-to-all", "--routing", "spray", "--bytes", "1000000"});
  EXPECT_EQ(answer["flows"], 256 * 255);
  // 248 MB leave each NIC at 50 GB/s.
  EXPECT_NEAR(answer["makespan_s"].get<double>(), 248e6 / 50e9, 1e-6);
}

TEST(NetworkDamage, NamesGpusAndSharesInEveryRow) {
  const ordered_json rows = json_of({"network", "size", "--topology", "fat-tree", "--tiers", "2", "--gpus", "2048",
                                     "--nvlink-domain", "0", "--down", "4"});
  bool found = false;
  for (const ordered_json& row : rows[0]["degraded"]) {
    if (row["what"] != "leaf–spine cables") continue;
    found = true;
    EXPECT_EQ(row["gpus_slowed"], 32);
    EXPECT_NEAR(row["rate_left"].get<double>(), 28.0 / 32.0, 1e-9);
    EXPECT_EQ(row["which"], "leaf0-spine0,leaf0-spine1,leaf0-spine2,leaf0-spine3");
  }
  EXPECT_TRUE(found);
  const ordered_json named = json_of({"network", "size", "--topology", "fat-tree", "--tiers", "2", "--gpus", "2048",
                                      "--nvlink-domain", "0", "--failed-cables", "leaf0-spine0,leaf0-spine1"});
  EXPECT_EQ(named[0]["degraded"][0]["gpus_slowed"], 32);
  EXPECT_NE(failure({"network", "size", "--gpus", "64", "--failed-switches", "spine99"}).find("names such as"),
            std::string::npos);
}

TEST(NetworkBill, IsTheAnswerInEveryFormat) {
  const ordered_json rows = json_of({"network", "size", "--gpus", "10240", "--bill", "--fabrics", "management"});
  std::int64_t switches = 0, cables = 0;
  for (const ordered_json& row : rows) {
    if (row["fabric"] != "compute") continue;
    if (row["kind"] == "switch") switches += row["count"].get<std::int64_t>();
    if (row["kind"] == "cable") cables += row["count"].get<std::int64_t>();
  }
  EXPECT_EQ(switches, 800);  // 5N/k
  EXPECT_EQ(cables, 3 * 10240);
  EXPECT_EQ(rows.back()["fabric"], "management");
}

TEST(NetworkCollective, AFitIsWrittenAndRead) {
  const std::string log = ::testing::TempDir() + "own-log.csv", own = ::testing::TempDir() + "own.yaml";
  {
    std::ofstream file(log);
    file << "size,time,algbw,busbw\n";
    for (double bytes = 1048576.0; bytes < 5e9; bytes *= 4.0) {
      const double us = 100.0 + bytes * 2.0 * 31.0 / 32.0 / 300e9 * 1e6;
      file << static_cast<std::int64_t>(bytes) << ',' << us << ',' << bytes / us / 1e3 << ','
           << bytes / us / 1e3 * 2.0 * 31.0 / 32.0 << '\n';
    }
  }
  const ordered_json rows = json_of({"network", "collective", "--ranks", "32", "--against", log, "--fit", own});
  EXPECT_LT(rows[0]["fit"]["worst_error_after_percent"], rows[0]["fit"]["worst_error_before_percent"]);
  const ordered_json again = json_of({"network", "collective", "--ranks", "32", "--against", log, "--constants", own});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_NEAR(again[i]["time_us"].get<double>(), rows[i]["time_us"].get<double>(),
                1e-3 * rows[i]["time_us"].get<double>());
    EXPECT_LT(std::fabs(rows[i]["error_percent"].get<double>()), 25.0);
  }
}

}  // namespace
}  // namespace nadc
