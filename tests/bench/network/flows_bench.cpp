// Flow solver: process time on the shared instances and on permutations over a three-tier fat tree of 32-port switches.
// usage: network_flows_bench [FOLDER with network/*.txt]     prints a table; the best of five runs counts
// "changes" are rates that a solve moved; their number is in the answer and no solver can save it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <random>
#include <string>

#include "models/network/flows.hpp"
#include "models/network/routing.hpp"
#include "tests/models/network/shared_data.hpp"

using namespace nadc;

namespace {

FlowInstance permutations(std::uint32_t hosts, int rounds, RoutingMode mode = RoutingMode::ecmp) {
  TopologySpec spec;
  spec.gpus = hosts;
  spec.radix = hosts <= 8192 ? 32 : 64;
  spec.tiers = 3;
  spec.nvlink_domain = 0;
  const Topology net = build_topology(spec);
  Router router(net, mode);
  FlowInstance instance;
  instance.links = 2 * net.cables().size();
  instance.capacity = net.cables()[0].bytes_per_s;
  std::mt19937_64 random(1);
  std::vector<LinkUse> uses;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::uint32_t> to(hosts);
    std::iota(to.begin(), to.end(), 0u);
    for (std::uint32_t i = hosts - 1; i > 0; --i) std::swap(to[i], to[random() % i]);
    for (std::uint32_t i = 0; i < hosts; ++i) {
      if (!router.route(i, to[i], random(), uses)) continue;
      for (const LinkUse& use : uses) instance.routes.push_back(use.link);
      instance.offsets.push_back(static_cast<std::uint32_t>(instance.routes.size()));
      instance.bytes.push_back(1e9 * (static_cast<double>(random() >> 11) + 1.0) * 0x1p-53);
    }
  }
  return instance;
}

struct Timed {
  FlowOutcome outcome;
  double best = INFINITY;
};
Timed timed(const FlowInstance& instance) {
  Timed t;
  for (int run = 0; run < 5; ++run) {
    t.outcome = run_to_completion(instance);
    t.best = std::min(t.best, t.outcome.cpu_s);
    if (t.best > 0.5) break;
  }
  return t;
}

}  // namespace

int main(int argc, char** argv) {
  std::printf("%-28s %7s %7s %12s %16s %10s %10s %9s %10s\n", "instance", "flows", "solves", "makespan s", "sum s",
              "cpu ms", "us a flow", "changes", "ns/change");
  const auto show = [](const std::string& name, const FlowInstance& instance) {
    const Timed t = timed(instance);
    const double flows = static_cast<double>(instance.flow_count());
    const double changes = static_cast<double>(t.outcome.changed_rates);
    std::printf("%-28s %7zu %7llu %12.9g %16.12g %10.3f %10.3f %9.0f %10.0f\n", name.c_str(), instance.flow_count(),
                static_cast<unsigned long long>(t.outcome.solves), t.outcome.makespan_s, t.outcome.sum_completion_s,
                1e3 * t.best, 1e6 * t.best / flows, changes, 1e9 * t.best / changes);
    return t.best;
  };
  for (const char* file : {"perm1024.txt", "p4096x1.txt", "p1024x2.txt"}) {
    const std::string path =
        argc > 1 ? std::string(argv[1]) + "/network/" + file : shared_file(std::string("network/") + file);
    if (!path.empty() && std::filesystem::exists(path)) show(file, read_flow_instance(path));
  }
  double first = 0.0, previous = 0.0;
  for (std::uint32_t hosts : {1024u, 2048u, 4096u, 8192u, 16384u}) {
    const double s = show("permutation " + std::to_string(hosts) + " x1", permutations(hosts, 1));
    if (previous > 0.0) std::printf("    exponent in flows: %.2f\n", std::log2(s / previous));
    if (first == 0.0) first = s;
    previous = s;
  }
  std::printf("exponent from 1,024 to 16,384 hosts: %.2f\n", std::log(previous / first) / std::log(16.0));
  for (const RoutingMode mode : {RoutingMode::ecmp, RoutingMode::d_mod_k}) {
    const std::string name = mode == RoutingMode::ecmp ? "ECMP" : "D-mod-K";
    previous = 0.0;
    for (int rounds : {1, 2, 4, 8}) {
      const double s = show("1024 x" + std::to_string(rounds) + " " + name, permutations(1024, rounds, mode));
      if (previous > 0.0) std::printf("    exponent in flows: %.2f\n", std::log2(s / previous));
      previous = s;
    }
  }
}
