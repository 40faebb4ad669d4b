#include "gpu/screening.hpp"

#include <algorithm>
#include <cstring>

#include "gpu/worker.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

int threads_of(const ScreeningOptions& options) {
  if (options.threads < 0) throw Error(ErrorKind::usage, "a negative number of threads");
  return options.threads ? options.threads : hardware_threads();
}

// On the host, by the workers of the backend.
template <class Work, class Out>
void run_on_host(Backend backend, const Work& work, std::vector<Out>& out, int threads) {
  switch (backend) {
    case Backend::serial:
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = work(i);
      return;
    case Backend::tbb:
    case Backend::cuda:
#if NADC_WITH_TBB
      screening_detail::run_with_tbb(work, out.size(), out.data(), threads);
      return;
#endif
    case Backend::omp:
      screening_detail::run_with_omp(work, out.size(), out.data(), threads);
      return;
  }
}

}  // namespace

std::vector<ScreeningPlan> plan_screening(const World& world, std::span<const std::vector<std::byte>> points,
                                          double draws, const ScreeningOptions& options) {
  ensemble_detail::check(points, {});
  std::vector<ScreeningPlan> plans(points.size());
  if (!points.empty())
    run_on_host(options.backend, screening_detail::Plans{&world, points.data(), draws}, plans, threads_of(options));
  return plans;
}

std::vector<Screening> run_screening(const World& world, std::span<const std::vector<std::byte>> points,
                                     std::span<const ScreeningPlan> plans, std::span<const Task> tasks,
                                     const ScreeningOptions& options) {
  ensemble_detail::check(points, tasks);
  if (plans.size() != points.size()) throw Error(ErrorKind::usage, "screening needs a plan for every point");
  if (world.trace.count || world.horizon >= never)
    throw Error(ErrorKind::usage, "a trace cannot be screened", "screening draws synthetic jobs");
  const int threads = threads_of(options);
  ensemble_detail::require(options.backend);
  std::vector<Screening> out(tasks.size());
  if (tasks.empty()) return out;

  std::vector<std::size_t> offsets;
  std::vector<std::byte> packed;
  for (const auto& block : points) {
    offsets.push_back(packed.size());
    packed.insert(packed.end(), block.begin(), block.end());
    packed.resize((packed.size() + 15) / 16 * 16);
  }
  const screening_detail::Runs runs{&world, packed.data(), offsets.data(), plans.data(), tasks.data()};
#if NADC_WITH_CUDA
  if (options.backend == Backend::cuda) {
    screening_detail::run_with_cuda(runs, points.size(), packed.size(), tasks.size(), out.data());
    return out;
  }
#endif
  run_on_host(options.backend, runs, out, threads);
  return out;
}

}  // namespace nadc
