// Inside gpu/: the queue of an ensemble and the worker that empties it. Thrust starts workers (workers.cu), the loop
// itself is compiled here by the host compiler alone.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "gpu/ensemble.hpp"

namespace nadc::ensemble_detail {

// Shared by the workers of one call.
class Queue {
 public:
  Queue(const World& world, std::span<const std::vector<std::byte>> points, std::span<const Task> tasks,
        const EnsembleOptions& options, const std::function<void(const Row&)>& sink, const std::atomic<bool>* stop)
      : world_(world), points_(points), tasks_(tasks), options_(options), sink_(sink), stop_(stop) {}

  void work();  // takes replicas until there are none; never throws

  // The same by cards, a thread each, and by some of the host beside them.
  void work_with_cards(const std::vector<int>& cards, int helpers);

  // After all workers have returned. Throws what the sink threw.
  EnsembleReport finish(int workers);

 private:
  std::span<const Task> take(std::size_t most);  // of what nobody took; empty when there is none
  void work_on_card(int card, std::size_t cards, bool alone);
  void fail(const std::exception_ptr& failure);
  bool stopping() const { return halt_.load(std::memory_order_relaxed) || (stop_ && stop_->load()); }
  void deliver(const Row& row);

  const World& world_;
  std::span<const std::vector<std::byte>> points_;
  std::span<const Task> tasks_;
  const EnsembleOptions& options_;
  const std::function<void(const Row&)>& sink_;
  const std::atomic<bool>* stop_;

  std::atomic<std::size_t> next_{0};
  std::atomic<bool> halt_{false};
  std::mutex mutex_;  // of the sink and of what follows
  std::exception_ptr failure_;
  EnsembleReport report_;
  std::map<int, std::uint64_t> most_resident_;  // replicas in progress, by card
};

// workers.cu
void work_with_omp(Queue& queue, int workers);
void work_with_tbb(Queue& queue, int workers);
std::string describe_thrust();  // versions

// Ascending by lever, so that a launch holds one branch of every seam; the order among equals is kept.
std::vector<Task> by_lever(std::span<const std::vector<std::byte>> points, std::span<const Task> tasks);

// Checks what a caller of the public functions could get wrong. Throws Error (usage).
void check(std::span<const std::vector<std::byte>> points, std::span<const Task> tasks);

// Throws Error (usage) when this build or machine lacks the backend.
void require(Backend backend);

std::string failure_text(const Point& point, const Task& task, const std::string& reason);

#if NADC_WITH_CUDA
// cuda.cu
std::vector<Card> cuda_cards();
std::string cuda_obstacle();  // why there is no device to run on; empty when there is one
// On one card, from one thread. stopping is asked often.
EnsembleReport run_on_cuda(int card, const World& world, std::span<const std::vector<std::byte>> points,
                           std::span<const Task> tasks, const EnsembleOptions& options,
                           const std::function<void(const Row&)>& sink, const std::function<bool()>& stopping);
#endif

}  // namespace nadc::ensemble_detail
