// What the workers of a sweep share: the flow solver's fabrics, the log, the progress and the metrics file. The
// workflow preset tsan-sweeps runs these under the thread sanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "app/io/progress.hpp"
#include "gpu/ensemble.hpp"
#include "models/network/fabric.hpp"
#include "models/raw.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

// Nodes of 2 GPUs below leaves of two, 4:1 over the trunk; jobs of up to 8 nodes meet there.
Scenario crowded() {
  Scenario s = machine(16, 2, 3 * ticks_per_day);
  s.fleet.pod_nodes = 2;
  Places::choose<BestFit>(s.scheduler.place);
  s.network.model = NetworkModel::flow;
  ClassSpec klass = job_class("all", LawSpec::uniform(1, 16), LawSpec::exponential(3600));
  klass.communication = 0.5;
  s.workload.classes = {klass};
  s.workload.jobs_per_day = 60;
  return s;
}

FlowService shared_fabric() {
  TopologySpec topology;
  topology.kind = TopologyKind::fat_tree;
  topology.gpus = 16;
  topology.radix = 5;
  topology.tiers = 2;
  topology.leaf_oversubscription = 4;
  topology.gpus_per_node = topology.nvlink_domain = 2;
  auto set = std::make_shared<FabricSet>();
  set->fabrics.emplace_back(FabricSpec{topology, RoutingMode::spray, 0.5}, std::vector<FabricNodes>{{0, 0, 8, 2, 2}});
  set->of_partition = {{0, 0}};
  return flow_service(set);
}

std::map<std::uint32_t, std::uint64_t> rows_of(Backend backend, int threads, const FlowService& flows) {
  const Scenario scenario = crowded();
  const WorldBuilder builder({scenario}, nullptr, 1);
  const std::vector<std::vector<std::byte>> points{builder.point(scenario, 0, 0)};
  std::vector<Task> tasks;
  for (std::uint32_t replica = 0; replica < 24; ++replica) tasks.push_back({0, replica});
  EnsembleOptions options;
  options.backend = backend;
  options.threads = threads;
  options.batch = 1;
  if (flows) options.flows = {flows};
  std::map<std::uint32_t, std::uint64_t> rows;
  run_ensemble(builder.world(), points, tasks, options, [&](const Row& row) {
    ASSERT_TRUE(row.raw) << row.error;
    const Raw raw(RawShape(builder.world()), const_cast<void*>(row.raw));
    EXPECT_TRUE(rows.emplace(row.task.replica, hash_of(builder.world(), raw)).second);
  });
  EXPECT_EQ(rows.size(), tasks.size());
  return rows;
}

// One fabric, many replicas on it at once; the flows slow jobs down, so other rows than without them.
TEST(Threads, SolveFlowsOnOneFabricAsOneThreadDoes) {
  const FlowService flows = shared_fabric();
  const auto plain = rows_of(Backend::serial, 1, flows);
  EXPECT_NE(plain, rows_of(Backend::serial, 1, {}));
  for (const Backend backend : available_backends()) {
    if (backend == Backend::cuda) continue;
    const int threads = backend == Backend::serial ? 1 : 4;
    EXPECT_EQ(rows_of(backend, threads, flows), plain) << name_of(backend);
  }
}

// Four threads count and speak at once. Every line is whole, no message is lost, and the last line of progress and the
// metrics file say how it ended.
TEST(Threads, CountAndSpeakAtOnce) {
  constexpr std::uint64_t threads = 4, each = 500;
  const std::string path =
      (std::filesystem::temp_directory_path() / ("nadc-threads-" + std::to_string(::getpid()) + ".prom")).string();
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = ::open_memstream(&text, &size);
  {
    Console console;
    console.stream = stream;
    console.json = true;
    Log log(console);
    log.keep_metrics(path, {{"study", "threads"}});
    std::atomic<std::int64_t> now{0};  // a tenth of a second a look
    const auto clock = [&] {
      return std::chrono::steady_clock::time_point(std::chrono::milliseconds(100 * now.fetch_add(1)));
    };
    Progress progress(log, "replicas", threads * each, 0, clock);
    std::atomic<std::uint64_t> done{0};
    std::vector<std::jthread> workers;
    for (std::uint64_t t = 0; t < threads; ++t)
      workers.emplace_back([&] {
        for (std::uint64_t i = 0; i < each; ++i) {
          progress.update(done.fetch_add(1) + 1);
          if (i % 50 == 0) log.warn("row " + std::to_string(i));
        }
      });
    workers.clear();
    progress.update(done);
    progress.finish();
  }
  std::fclose(stream);
  std::istringstream lines(std::string(text, size));
  std::free(text);
  std::uint64_t warnings = 0, reports = 0;
  nlohmann::json last;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json event = nlohmann::json::parse(line);
    if (event.at("event") == "log")
      ++warnings;
    else
      ++reports, last = event;
  }
  EXPECT_EQ(warnings, threads * 10);
  EXPECT_GT(reports, 10u);  // 2,000 tenths of a second, at most one a second
  EXPECT_LE(reports, threads * each / 10 + 2);
  EXPECT_EQ(last.at("done"), threads * each);
  std::ifstream file(path);
  const std::string metrics((std::istreambuf_iterator<char>(file)), {});
  std::filesystem::remove(path);
  EXPECT_NE(metrics.find("\n# EOF\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find(" 2000\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find(" 40\n"), std::string::npos) << metrics;
}

}  // namespace
}  // namespace nadc::test
