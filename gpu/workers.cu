// Starts workers on Thrust's OpenMP and TBB systems. Compiled once a build: by nvcc with its own Thrust, or by the host
// compiler with a Thrust that stands alone. The workers take replicas from a queue, because a static split of the
// replicas themselves would wait for the slowest part.
#include <omp.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system/omp/execution_policy.h>
#include <thrust/version.h>
#if NADC_WITH_TBB
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <thrust/system/tbb/execution_policy.h>
#endif

#include <string>

#include "gpu/worker.hpp"

namespace nadc::ensemble_detail {
namespace {

struct Work {
  Queue* queue;
  void operator()(int) const { queue->work(); }
};

template <class Policy> void start(const Policy& policy, Queue& queue, int workers) {
  thrust::for_each(policy, thrust::counting_iterator<int>(0), thrust::counting_iterator<int>(workers), Work{&queue});
}

}  // namespace

void work_with_omp(Queue& queue, int workers) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(workers);
  start(thrust::omp::par, queue, workers);
  omp_set_num_threads(before);
}

#if NADC_WITH_TBB
void work_with_tbb(Queue& queue, int workers) {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(workers));
  tbb::task_arena arena(workers);
  arena.execute([&] { start(thrust::tbb::par, queue, workers); });
}
#endif

std::string describe_thrust() {
  return "Thrust " + std::to_string(THRUST_MAJOR_VERSION) + "." + std::to_string(THRUST_MINOR_VERSION) + "." +
         std::to_string(THRUST_SUBMINOR_VERSION);
}

}  // namespace nadc::ensemble_detail
