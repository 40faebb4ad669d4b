#include "models/network/validate.hpp"

#include <filesystem>

#include "models/network/collective.hpp"
#include "models/network/flows.hpp"
#include "models/network/sizing.hpp"
#include "models/network/step_rows.hpp"
#include "models/network/steptime.hpp"
#include "models/network/text.hpp"

namespace nadc {
namespace {

TopologySpec spec_of(TopologyKind kind, std::int64_t gpus, int radix, int tiers = 0) {
  TopologySpec spec;
  spec.kind = kind;
  spec.gpus = gpus;
  spec.radix = radix;
  spec.tiers = tiers;
  return spec;
}

void add_superpods(std::vector<ValidationRow>& rows) {
  struct Published {
    const char* name;
    std::int64_t gpus, leaves, spines, host, trunk;
    const char* source;
  };
  const char* h100 = "NVIDIA DGX SuperPOD reference architecture H100";
  const char* b200 = "NVIDIA DGX SuperPOD reference architecture B200";
  for (const Published& p : {Published{"H100, 1 unit", 248, 8, 4, 252, 256, h100},
                             {"H100, 2 units", 504, 16, 8, 508, 512, h100},
                             {"H100, 3 units", 760, 24, 16, 764, 768, h100},
                             {"H100, 4 units", 1016, 32, 16, 1020, 1024, h100},
                             {"B200, 2 units", 512, 16, 8, 512, 512, b200},
                             {"B200, 4 units", 1024, 32, 16, 1024, 1024, b200},
                             {"B200, 8 units", 2048, 64, 32, 2048, 2048, b200}}) {
    const NetworkSize size = size_network(spec_of(TopologyKind::rail_fat_tree, p.gpus, 64));
    const auto row = [&](const char* what, std::int64_t computed, std::int64_t expected) {
      rows.push_back({"network sizing", std::string("SuperPOD ") + p.name + ", " + what, static_cast<double>(computed),
                      static_cast<double>(expected), 0.0, "1", p.source});
    };
    row("leaves", size.leaves, p.leaves);
    row("spines", size.spines, p.spines);
    row("node and manager cables", size.cable_count(CableKind::host), p.host);
    row("leaf–spine cables", size.cable_count(CableKind::leaf_spine), p.trunk);
  }
  for (std::int64_t gpus : {10240, 16384, 18432}) {
    const NetworkSize three = size_network(spec_of(TopologyKind::fat_tree, gpus, 64, 3));
    rows.push_back({"network sizing", "three tiers, radix 64, " + std::to_string(gpus) + " GPUs, switches",
                    static_cast<double>(three.switches), 5.0 * static_cast<double>(gpus) / 64.0, 0.0, "1", "5N/k"});
  }
}

void add_collectives(std::vector<ValidationRow>& rows) {
  const FabricView h100;
  const auto row = [&](const char* name, CollectiveKind kind, CollectiveAlgorithm algorithm, std::int64_t ranks,
                       double expected, const char* source) {
    rows.push_back({"collectives", name, collective_time(kind, algorithm, 8e9, ranks, h100).bus_bandwidth / 1e9,
                    expected, 0.10, "GB/s", source});
  };
  const auto sized = [&](const char* gpu, std::int64_t ranks, double mib, double expected, double tolerance,
                         const char* source) {
    FabricView fabric;
    fabric.nvlink = gpu_kind(gpu).nvlink;
    fabric.domain = gpu_kind(gpu).domain;
    fabric.in_switch_efficiency = gpu_kind(gpu).in_switch;
    const CollectiveTime t =
        collective_time(CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, mib * 0x1p20, ranks, fabric);
    rows.push_back({"collectives", std::to_string(ranks) + " " + gpu + ", all-reduce of " + shortened(mib) + " MiB",
                    t.bus_bandwidth / 1e9, expected, tolerance, "GB/s", source});
  };
  const char* hopper = "published nccl-tests, 8 H100 with NVLS";
  sized("h100", 8, 256, 419.5, 0.05, hopper);
  sized("h100", 8, 512, 435.5, 0.05, hopper);
  sized("h100", 8, 2048, 470.7, 0.05, hopper);
  const char* rack = "CoreWeave, nccl-tests on GB200 NVL72";
  sized("gb200", 72, 512, 586, 0.05, rack);
  sized("gb200", 72, 1024, 681, 0.05, rack);
  sized("gb200", 72, 8192, 835, 0.05, rack);
  sized("gb200", 8, 16384, 811, 0.10, "lixueduan.com, 2 nodes of 4 GB200 on one NVLink (not fitted)");
  row("2 H100 nodes, NVLS tree", CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 16, 470,
      "published nccl-tests (not fitted)");
  row("2 H100 nodes, NVLS tree, another site", CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 16, 430,
      "NVIDIA/nccl issue 1221, 4 to 8 GB (not fitted)");
  row("2 H100 nodes, without NVLS", CollectiveKind::all_reduce, CollectiveAlgorithm::ring, 16, 330,
      "NVIDIA/nccl issue 1221, 4 to 8 GB (not fitted)");
  row("4 H100 nodes, with NVLS or without", CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 32, 320,
      "NVIDIA/nccl issue 1221, 4 to 8 GB (not fitted)");
  row("H100 node, ring all-reduce", CollectiveKind::all_reduce, CollectiveAlgorithm::ring, 8, 370,
      "published nccl-tests, rounded");
  row("H100 node, NVLS all-reduce", CollectiveKind::all_reduce, CollectiveAlgorithm::in_switch, 8, 480,
      "published nccl-tests, rounded");
  row("4 H100 nodes, all-reduce", CollectiveKind::all_reduce, CollectiveAlgorithm::automatic, 32, 331,
      "Voltage Park (secondary source)");
  row("4 H100 nodes, all-gather", CollectiveKind::all_gather, CollectiveAlgorithm::automatic, 32, 324,
      "Voltage Park (secondary source)");
  row("one 400G NIC, send and receive", CollectiveKind::send_receive, CollectiveAlgorithm::automatic, 16, 47,
      "46–48 GB/s a NIC");
}

void add_flows(std::vector<ValidationRow>& rows, const std::filesystem::path& folder) {
  struct Answer {
    const char* file;
    double makespan, sum;
  };
  for (const Answer& answer : {Answer{"perm1024.txt", 0.0819912688, 18.972867833},
                               {"p4096x1.txt", 0.0667726993, 77.4592351264},
                               {"p1024x2.txt", 0.106965911, 56.1110879015}}) {
    const std::filesystem::path path = folder / "network" / answer.file;
    if (!std::filesystem::exists(path)) continue;
    const FlowOutcome outcome = run_to_completion(read_flow_instance(path.string()));
    rows.push_back({"network flows", std::string(answer.file) + ", makespan", outcome.makespan_s, answer.makespan, 5e-9,
                    "s", "SimGrid 3.32, CM02"});
    rows.push_back({"network flows", std::string(answer.file) + ", sum of completions", outcome.sum_completion_s,
                    answer.sum, 1e-9, "s", "SimGrid 3.32, CM02"});
  }
}

}  // namespace

std::vector<ValidationRow> validate_network(const std::string& folder) {
  std::vector<ValidationRow> rows;
  add_superpods(rows);
  add_collectives(rows);
  if (folder.empty()) return rows;
  add_flows(rows, folder);
  for (const StepRow& row : read_step_rows((std::filesystem::path(folder) / "reference").string())) {
    rows.push_back({"step time", row.name, step_time(row.request).step_s, row.measured_s,
                    row.request.gpu.name == "h100" ? 0.10 : 0.15, "s", row.source});
  }
  return rows;
}

}  // namespace nadc
