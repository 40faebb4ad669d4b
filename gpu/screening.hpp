// Screening runs by the million: one thread a (point, replica), through thrust::transform on the backends of
// gpu/ensemble.hpp, which agree to the bit. The rule itself is models/screening.hpp.
//
// Memory: 96 bytes a run; on a device also its points and 600 bytes of plan each. Errors as of run_ensemble.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "gpu/ensemble.hpp"
#include "models/screening.hpp"

namespace nadc {

struct ScreeningOptions {
  Backend backend = Backend::serial;
  int threads = 0;  // of omp and tbb; 0: as many as the machine has
};

// The plans of all points, by host workers on every backend: serial on serial, OpenMP on omp, else TBB where it is
// built.
std::vector<ScreeningPlan> plan_screening(const World& world, std::span<const std::vector<std::byte>> points,
                                          double draws, const ScreeningOptions& options);

// One answer a task, in the order of the tasks. plans: one a point, by plan_screening.
std::vector<Screening> run_screening(const World& world, std::span<const std::vector<std::byte>> points,
                                     std::span<const ScreeningPlan> plans, std::span<const Task> tasks,
                                     const ScreeningOptions& options);

namespace screening_detail {

// Where a run finds what it reads, on the host or on a device.
struct Runs {
  const World* world;
  const std::byte* points;
  const std::size_t* offsets;  // (point)
  const ScreeningPlan* plans;  // (point)
  const Task* tasks;
  NADC_HD Screening operator()(std::size_t i) const {
    const Task task = tasks[i];
    const Point& point = *reinterpret_cast<const Point*>(points + offsets[task.point]);
    return ScreeningLedger(*world, point, plans[task.point], {world->seed, point.sample, task.replica}).run();
  }
};

// What makes the plan of a point. Host only.
struct Plans {
  const World* world;
  const std::vector<std::byte>* points;
  double draws;
  ScreeningPlan operator()(std::size_t i) const {
    return plan_screening(*world, *reinterpret_cast<const Point*>(points[i].data()), draws);
  }
};

// T: Runs into Screenings, or Plans into ScreeningPlans.
template <class T, class Out> void run_with_omp(const T& work, std::size_t count, Out* out, int threads);
template <class T, class Out> void run_with_tbb(const T& work, std::size_t count, Out* out, int threads);
// Copies what the runs read, [points_bytes] and the World included, to the device and the answers back.
void run_with_cuda(const Runs& runs, std::size_t points, std::size_t points_bytes, std::size_t count, Screening* out);

}  // namespace screening_detail
}  // namespace nadc
