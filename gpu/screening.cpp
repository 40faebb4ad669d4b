#include "gpu/screening.hpp"

#include <algorithm>
#include <cstring>

#include "gpu/worker.hpp"
#include "sim/error.hpp"

namespace nadc {

std::vector<Screening> run_screening(const World& world, std::span<const std::vector<std::byte>> points,
                                     std::span<const ScreeningPlan> plans, std::span<const Task> tasks,
                                     const ScreeningOptions& options) {
  ensemble_detail::check(points, tasks);
  if (plans.size() != points.size()) throw Error(ErrorKind::usage, "screening needs a plan for every point");
  if (world.trace.count || world.horizon >= never)
    throw Error(ErrorKind::usage, "a trace cannot be screened", "screening draws synthetic jobs");
  if (options.threads < 0) throw Error(ErrorKind::usage, "a negative number of threads");
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
  const int threads = options.threads ? options.threads : hardware_threads();
  switch (options.backend) {
    case Backend::serial:
      for (std::size_t i = 0; i < tasks.size(); ++i) out[i] = runs(i);
      break;
    case Backend::omp:
      screening_detail::run_with_omp(runs, tasks.size(), out.data(), threads);
      break;
    case Backend::tbb:
#if NADC_WITH_TBB
      screening_detail::run_with_tbb(runs, tasks.size(), out.data(), threads);
#endif
      break;
    case Backend::cuda:
#if NADC_WITH_CUDA
      screening_detail::run_with_cuda(runs, points.size(), packed.size(), tasks.size(), out.data());
#endif
      break;
  }
  return out;
}

}  // namespace nadc
