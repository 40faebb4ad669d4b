// Screening runs on Thrust's systems. Compiled once a build, by nvcc or by the host compiler (as workers.cu).
#include <omp.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system/omp/execution_policy.h>
#include <thrust/transform.h>
#if NADC_WITH_TBB
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <thrust/system/tbb/execution_policy.h>
#endif
#if NADC_WITH_CUDA
#include <thrust/system/cuda/execution_policy.h>
#include <thrust/system_error.h>

#include "gpu/cuda_memory.hpp"
#include "sim/error.hpp"
#endif

#include "gpu/screening.hpp"

namespace nadc::screening_detail {
namespace {

template <class Policy, class Work, class Out>
void transform(const Policy& policy, const Work& work, std::size_t count, Out* out) {
  thrust::transform(policy, thrust::counting_iterator<std::size_t>(0), thrust::counting_iterator<std::size_t>(count),
                    out, work);
}

}  // namespace

template <class Work, class Out> void run_with_omp(const Work& work, std::size_t count, Out* out, int threads) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(threads);
  transform(thrust::omp::par, work, count, out);
  omp_set_num_threads(before);
}
template void run_with_omp(const Runs&, std::size_t, Screening*, int);
template void run_with_omp(const Plans&, std::size_t, ScreeningPlan*, int);

#if NADC_WITH_TBB
template <class Work, class Out> void run_with_tbb(const Work& work, std::size_t count, Out* out, int threads) {
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  arena.execute([&] { transform(thrust::tbb::par, work, count, out); });
}
template void run_with_tbb(const Runs&, std::size_t, Screening*, int);
template void run_with_tbb(const Plans&, std::size_t, ScreeningPlan*, int);
#endif

#if NADC_WITH_CUDA
void run_with_cuda(const Runs& runs, std::size_t points, std::size_t points_bytes, std::size_t count, Screening* out) {
  const cuda::Stream stream;
  const auto to_device = [&]<class T>(cuda::DeviceArray<T>& there, const T* here, std::size_t n) {
    there.grow(n);
    cuda::check(cudaMemcpyAsync(there.data(), here, n * sizeof(T), cudaMemcpyHostToDevice, stream), "copying");
    return there.data();
  };
  cuda::DeviceArray<std::byte> world, blocks;
  cuda::DeviceArray<std::size_t> offsets;
  cuda::DeviceArray<ScreeningPlan> plans;
  cuda::DeviceArray<Task> tasks;
  cuda::DeviceArray<Screening> answers(count);
  Runs there{};
  there.world = reinterpret_cast<const World*>(
      to_device(world, reinterpret_cast<const std::byte*>(runs.world), runs.world->bytes));
  there.points = to_device(blocks, runs.points, points_bytes);
  there.offsets = to_device(offsets, runs.offsets, points);
  there.plans = to_device(plans, runs.plans, points);
  there.tasks = to_device(tasks, runs.tasks, count);
  try {
    transform(thrust::cuda::par.on(stream), there, count, answers.data());
  } catch (const thrust::system_error& error) {  // Thrust has errors of its own
    throw Error(ErrorKind::failed, std::string("the device failed while screening: ") + error.what(),
                "take another backend: --device tbb, omp or serial");
  }
  cuda::check(cudaMemcpyAsync(out, answers.data(), count * sizeof(Screening), cudaMemcpyDeviceToHost, stream),
              "copying");
  cuda::check(cudaStreamSynchronize(stream), "screening");
}
#endif

}  // namespace nadc::screening_detail
