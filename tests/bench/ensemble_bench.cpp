// What an event costs in an ensemble: one thread against two on each backend, lean and full profile at 18,000 GPUs; and
// against two processes that share nothing, which is what the machine itself allows.
// ensemble_bench [DAYS [REPLICAS [REPEATS]]]. Runs are taken in turn and the median of the ratios is printed, because
// machines are shared. ns an event is CPU time over all threads.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "gpu/ensemble.hpp"
#include "models/replica.hpp"
#include "tests/gpu/worlds.hpp"

namespace {

using namespace nadc;

struct Cost {
  double wall = 0, cpu = 0;  // [s]
  std::uint64_t events = 0, passes = 0;
  std::size_t state_bytes = 0;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Cost cost_of(const BlobStudy& study, Backend backend, int threads, std::uint32_t replicas) {
  std::vector<Task> tasks;
  for (std::uint32_t r = 0; r < replicas; ++r) tasks.push_back({0, r});
  EnsembleOptions options;
  options.backend = backend;
  options.threads = threads;
  Cost cost;
  const double cpu = cpu_seconds();
  const auto start = std::chrono::steady_clock::now();
  const EnsembleReport report = run_ensemble(study.world(), study.points, tasks, options, [&](const Row& row) {
    const Raw raw(RawShape(study.world()), const_cast<void*>(row.raw));
    cost.events += raw.end[RawShape::events];
    cost.passes += raw.end[RawShape::scheduling_passes];
  });
  cost.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  cost.cpu = cpu_seconds() - cpu;
  cost.state_bytes = report.state_bytes;
  return cost;
}

// Wall time of two processes that make half of the replicas each.
double two_processes(const BlobStudy& study, std::uint32_t replicas) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::uint32_t half : {replicas / 2, replicas - replicas / 2})
    if (fork() == 0) {
      cost_of(study, Backend::serial, 1, half);
      _exit(0);
    }
  while (wait(nullptr) > 0) {}
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int count, char** words) {
  const double days = count > 1 ? std::atof(words[1]) : 10;
  const auto replicas = static_cast<std::uint32_t>(count > 2 ? std::atoi(words[2]) : 16);
  const int repeats = count > 3 ? std::atoi(words[3]) : 5;
  if (!(days > 0) || replicas == 0 || repeats <= 0) {
    std::fprintf(stderr, "usage: ensemble_bench [DAYS [REPLICAS [REPEATS]]]\n");
    return 2;
  }
  const std::vector<BlobStudy> studies = test::timed_studies(days);
  // What a replica takes to begin with; on a device the arrays that fit go to shared memory, the hot ones first.
  for (const BlobStudy& study : studies) {
    const World& world = study.world();
    const Point& point = *reinterpret_cast<const Point*>(study.points[0].data());
    const Capacity capacity = first_capacity(world, point);
    const std::size_t thread = Datacenter<1>::bytes(world, point, capacity),
                      warp = Datacenter<32>::bytes(world, point, capacity);
    std::printf("%-9s bytes a replica: %zu as a thread, %zu as a warp, %zu of them in 14,336 shared; row %zu\n",
                study.name.c_str(), thread, warp, warp - Datacenter<32>::bytes(world, point, capacity, 14336),
                RawShape(world).bytes());
  }
  std::printf("%-9s %-8s %7s %12s %10s %10s %9s\n", "study", "backend", "threads", "events/repl.", "ns/event",
              "speed-up", "state KB");
  for (const BlobStudy& study : studies) {
    struct Way {
      Backend backend;
      int threads;
      std::vector<double> nanoseconds, speed_up;
      Cost last;
    };
    std::vector<Way> ways = {{Backend::serial, 1, {}, {}, {}}};
    for (const Backend backend : available_backends())
      if (backend == Backend::omp || backend == Backend::tbb)
        for (const int threads : {1, 2}) ways.push_back({backend, threads, {}, {}, {}});
    std::vector<double> apart;
    for (int r = 0; r < repeats; ++r) {
      for (Way& way : ways) {
        way.last = cost_of(study, way.backend, way.threads, replicas);
        way.nanoseconds.push_back(way.last.cpu * 1e9 / static_cast<double>(way.last.events));
        way.speed_up.push_back(ways[0].last.wall / way.last.wall);
      }
      apart.push_back(ways[0].last.wall / two_processes(study, replicas));
    }
    for (const Way& way : ways)
      std::printf("%-9s %-8s %7d %12.0f %10.1f %10.2f %9.0f\n", study.name.c_str(), name_of(way.backend), way.threads,
                  static_cast<double>(way.last.events) / replicas, median(way.nanoseconds), median(way.speed_up),
                  static_cast<double>(way.last.state_bytes) / 1000.0);
    std::printf("%-9s two processes, apart %38.2f\n", study.name.c_str(), median(apart));
  }
  return 0;
}
