// Nanoseconds an event of one replica, unobserved, as a sweep runs it: replica_bench SCENARIO [key=value…] [--runs N]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "app/study/study.hpp"
#include "models/metrics.hpp"
#include "models/replica.hpp"

namespace {

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace nadc;
  if (argc < 2) {
    std::fprintf(stderr, "usage: replica_bench SCENARIO [key=value…] [--runs N]\n");
    return 2;
  }
  int runs = 5;
  std::vector<std::string> overrides;
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
      runs = std::atoi(argv[++i]);
    else
      overrides.emplace_back(argv[i]);
  }
  Study study(argv[1], overrides);
  study.build(std::nullopt);
  const World& world = study.builder().world();
  const std::vector<std::byte> block = study.point(0, std::nullopt);
  const Point& point = *reinterpret_cast<const Point*>(block.data());
  ReplicaRunner<1> runner;
  Capacity capacity = first_capacity(world, point);
  std::vector<double> times;
  double events = 0, passes = 0;
  std::uint64_t hash = 0;
  for (int run = 0; run <= runs; ++run) {  // the first warms up and finds the capacity
    const double start = cpu_seconds();
    const ReplicaResult result = runner.run(world, point, RandomKey{study.seed(), 0, 0}, capacity);
    const double seconds = cpu_seconds() - start;
    capacity = result.capacity;
    const Raw raw = result.raw(world);
    events = static_cast<double>(raw.end[RawShape::events]);
    passes = static_cast<double>(raw.end[RawShape::scheduling_passes]);
    hash = hash_of(world, raw);
    if (run > 0) times.push_back(seconds);
  }
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2];
  const std::size_t bytes = Datacenter<1>::bytes(world, point, capacity);
  std::printf(
      "%s: %.0f events, %.0f passes, median %.4f s CPU, %.1f ns an event (least %.1f), %.1f KiB a replica, hash "
      "%016llx\n",
      argv[1], events, passes, median, 1e9 * median / events, 1e9 * times.front() / events,
      static_cast<double>(bytes) / 1024, static_cast<unsigned long long>(hash));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
