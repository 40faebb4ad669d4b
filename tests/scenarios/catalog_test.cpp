#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "app/scenario/load.hpp"
#include "models/policy/procurement.hpp"
#include "models/power/node_power.hpp"
#include "sim/law.hpp"

namespace nadc {
namespace {

const Scenario& base() {
  static const Scenario scenario = load_scenario(NADC_SCENARIOS "/korea-base.yaml").scenario;
  return scenario;
}

struct Row {
  const char* room;  // kind of the power room
  Load busy;
  double units;  // nodes of the catalog in one unit of the power room
};
const std::map<std::string, Row> rows{
    {"dgx-a100", {"dgx-a100", Load::training, 1}}, {"hgx-h100", {"hgx-h100", Load::training, 1}},
    {"hgx-h200", {"hgx-h200", Load::training, 1}}, {"hgx-b200", {"hgx-b200", Load::training, 1}},
    {"dgx-b200", {"dgx-b200", Load::training, 1}}, {"gb200-nvl72-tray", {"gb200-nvl72", Load::training, 18}},
    {"gh200", {"gh200", Load::training, 1}},       {"rngd", {"rngd", Load::inference, 1}},
};

TEST(NodeCatalog, HoldsTheKindsOfTheAnnouncements) {
  std::set<std::string> gpus;
  for (const NodeKindSpec& kind : base().catalog.nodes) gpus.insert(kind.gpu);
  for (const char* gpu : {"A100", "H100", "H200", "B200", "GB200", "GH200", "RNGD"})
    EXPECT_EQ(gpus.count(gpu), 1u) << gpu;
}

TEST(NodeCatalog, PowerIsThePowerRoomsToTenWatts) {
  for (const NodeKindSpec& kind : base().catalog.nodes) {
    ASSERT_EQ(rows.count(kind.name), 1u) << kind.name << " has no row here";
    const Row& row = rows.at(kind.name);
    const ServerKind& server = find_node_kind(row.room);
    EXPECT_EQ(static_cast<double>(kind.gpus) * row.units, server.gpus) << kind.name;
    EXPECT_NEAR(kind.idle.value, node_power(server, Load::idle).total().value / row.units, 5.0) << kind.name;
    EXPECT_NEAR(kind.busy.value, node_power(server, row.busy).total().value / row.units, 5.0) << kind.name;
    EXPECT_NEAR(kind.down.value, node_power(server, Load::down).total().value / row.units, 5.0) << kind.name;
  }
}

TEST(NodeCatalog, TheFrontierNodeIsThePowerRoomsToTenWatts) {
  const Scenario day = load_scenario(NADC_SCENARIOS "/frontier-day.yaml").scenario;
  const NodeKindSpec& node = day.catalog.nodes.front();
  const ServerKind& server = find_node_kind("mi250x");
  EXPECT_NEAR(node.idle.value, node_power(server, Load::idle).total().value, 5.0);
  EXPECT_NEAR(node.busy.value, node_power(server, Load::hpl).total().value, 5.0);
  EXPECT_NEAR(node.down.value, node_power(server, Load::down).total().value, 5.0);
}

// Published: dense BF16 TFLOP/s a GPU (the makers' data sheets; RNGD: FuriosaAI's product page).
TEST(NodeCatalog, EquivalentsAreDenseBf16OverTheH100) {
  const std::map<std::string, double> tflops{{"A100", 312},   {"H100", 989.4},  {"H200", 989.4}, {"B200", 2250},
                                             {"GB200", 2500}, {"GH200", 989.4}, {"RNGD", 256}};
  for (const NodeKindSpec& kind : base().catalog.nodes)
    EXPECT_NEAR(kind.h100e, tflops.at(kind.gpu) / 989.4, 0.005) << kind.name;
}

struct Target {
  const char* name;
  double jobs, gpu_time;  // [%]
};
// The mean of Seren and Helios, by GPUs asked.
const Target targets[] = {{"g1", 63.1, 3.4},        {"g2-4", 11.1, 3.85},  {"g5-8", 21.5, 19.4},
                          {"g9-64", 3.8, 34.35},    {"g65-127", 0.1, 1.7}, {"g128-512", 0.3, 20.75},
                          {"g513-1024", 0.1, 16.55}};

TEST(JobCatalog, ClassesAreTheMeanOfSerenAndHelios) {
  const auto& classes = base().workload.classes;
  ASSERT_EQ(classes.size(), std::size(targets));
  double jobs = 0, hours = 0;
  for (const ClassSpec& klass : classes) {
    jobs += klass.share;
    hours += klass.share * mean(klass.gpus) * mean(klass.duration) / 3600;
  }
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const ClassSpec& klass = classes[k];
    EXPECT_EQ(klass.name, targets[k].name);
    EXPECT_NEAR(klass.share / jobs * 100, targets[k].jobs, 1e-9) << klass.name;
    EXPECT_NEAR(klass.share * mean(klass.gpus) * mean(klass.duration) / 3600 / hours * 100, targets[k].gpu_time, 0.02)
        << klass.name;
  }
  // 7,200 jobs a day hold 83 % of 16,000 GPUs.
  EXPECT_NEAR(hours / jobs, 16000 * 24 * 0.83 / 7200, 0.02);
}

// Means of Seren and Helios, % of jobs and of GPU-time: failed 29.2 and 10.85, cancelled 14.8 and 52.9.
TEST(JobCatalog, FinalStatesAreTheMeanOfSerenAndHelios) {
  double failed = 0, cancelled = 0, failed_time = 0, cancelled_time = 0;
  for (std::size_t k = 0; k < std::size(targets); ++k) {
    const ClassSpec& klass = base().workload.classes[k];
    failed += targets[k].jobs * klass.failed;
    cancelled += targets[k].jobs * klass.cancelled;
    failed_time += targets[k].gpu_time * klass.failed;
    cancelled_time += targets[k].gpu_time * klass.cancelled;
  }
  EXPECT_NEAR(failed, 29.2, 1.0);
  EXPECT_NEAR(cancelled, 14.8, 1.0);
  EXPECT_NEAR(failed_time, 10.85, 1.0);
  EXPECT_NEAR(cancelled_time, 52.9, 1.5);
}

TEST(KoreaBase, TheGroupsMixesAddUpToTheClasses) {
  const WorkloadSpec& workload = base().workload;
  double all = 0, share = 0;
  std::map<std::string, double> of_class;
  for (const GroupSpec& group : workload.groups) {
    double row = 0;
    for (const NamedAmount& entry : group.mix) {
      row += entry.value;
      of_class[entry.name] += entry.value;
    }
    EXPECT_DOUBLE_EQ(row, group.share) << group.name;
    all += row;
    share += group.share;
  }
  EXPECT_DOUBLE_EQ(all, 100000);
  EXPECT_DOUBLE_EQ(share, 100000);
  for (const ClassSpec& klass : workload.classes)
    EXPECT_NEAR(of_class[klass.name] / 1000, klass.share, 1e-9) << klass.name;
}

TEST(KoreaBase, HoursAndDaysKeepToThePublishedRange) {
  const ArrivalsSpec& arrivals = base().workload.arrivals;
  ASSERT_EQ(arrivals.hours.size(), 24u);
  ASSERT_EQ(arrivals.days.size(), 7u);
  const auto [least, most] = std::minmax_element(arrivals.hours.begin(), arrivals.hours.end());
  EXPECT_GE(*most / *least, 3);
  EXPECT_LE(*most / *least, 9);
  EXPECT_DOUBLE_EQ(arrivals.days[6] / arrivals.days[0], 0.6);
}

TEST(KoreaFleets, AddUpToTheAnnouncements) {
  const auto gpus = [](const char* file, const std::string& kind) {
    double sum = 0;
    for (const SiteSpec& site : load_scenario(file).scenario.sites)
      for (const ClusterSpec& cluster : site.clusters)
        for (const TrancheSpec& tranche : cluster.tranches) {
          EXPECT_EQ(tranche.gpus % 8, 0) << site.name << " " << cluster.name;
          if (kind.empty() || tranche.node.find(kind) != std::string::npos) sum += static_cast<double>(tranche.gpus);
        }
    return sum;
  };
  EXPECT_EQ(gpus(NADC_SCENARIOS "/korea-2025-10k.yaml", ""), 10000);
  EXPECT_EQ(gpus(NADC_SCENARIOS "/korea-2026-18k.yaml", ""), 18000);
  // The 2025 programme: 10,080 B200 and 3,056 H200; the rest to 18,000 is B200 by assumption.
  EXPECT_EQ(gpus(NADC_SCENARIOS "/korea-2026-18k.yaml", "b200"), 10080 + 4864);
  EXPECT_EQ(gpus(NADC_SCENARIOS "/korea-2026-18k.yaml", "h200"), 3056);
}

// kmjournal and ajunews, 28 July 2025: clusters of 510, 255, 255, 255 and 32 nodes for the government; 10,080 B200 and
// 3,056 H200 in all, for 1.459 trillion won (it.chosun).
TEST(KoreaProgramme, IsWhatWasBoughtAtItsPrice) {
  const Scenario programme = load_scenario(NADC_SCENARIOS "/korea-programme.yaml").scenario;
  std::multiset<std::int64_t> government;
  double b200 = 0, h200 = 0;
  for (const SiteSpec& site : programme.sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches) {
        if (cluster.name.starts_with("government")) government.insert(tranche.gpus / 8);
        (tranche.node.find("h200") != std::string::npos ? h200 : b200) += static_cast<double>(tranche.gpus);
      }
  EXPECT_EQ(government, (std::multiset<std::int64_t>{510, 255, 255, 255, 32}));
  EXPECT_EQ(b200, 10080);
  EXPECT_EQ(h200, 3056);
  const Procurement bought = procure(programme, planned_tranches(programme));
  std::int64_t krw = 0, missing = 0;
  for (const BoughtTranche& tranche : bought.tranches) {
    krw += tranche.krw;
    missing += tranche.missing;
  }
  EXPECT_EQ(missing, 0);
  EXPECT_NEAR(static_cast<double>(krw), 1.459e12, 0.005 * 1.459e12);
}

TEST(KoreaPolicy, QuotasAreAllOfTheFleet) {
  const Scenario policy = load_scenario(NADC_SCENARIOS "/korea-policy.yaml").scenario;
  double quotas = 0;
  for (const GroupSpec& group : policy.workload.groups) quotas += group.quota;
  EXPECT_DOUBLE_EQ(quotas, 1.0);
}

// Sixteen walls over 856 GPUs, as many as Helios Earth's in April 2020.
TEST(EarthWalls, AreThePublishedQuotas) {
  const Scenario earth = load_scenario(NADC_SCENARIOS "/earth-walls.yaml").scenario;
  double quotas = 0;
  ASSERT_EQ(earth.workload.groups.size(), 16u);
  for (const GroupSpec& group : earth.workload.groups) quotas += group.quota;
  EXPECT_NEAR(quotas, 1.0, 1e-5);
  EXPECT_NEAR(earth.workload.groups[1].quota * 856, 208, 1e-3);
}

}  // namespace
}  // namespace nadc
