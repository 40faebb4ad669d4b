#include "gpu/ensemble.hpp"

#include <algorithm>
#include <map>
#include <new>
#include <numeric>
#include <thread>

#include "gpu/thread_sanitizer.hpp"
#include "gpu/worker.hpp"
#include "models/replica.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace ensemble_detail {

namespace {
const Point& point_in(std::span<const std::vector<std::byte>> points, std::uint32_t index) {
  return *reinterpret_cast<const Point*>(points[index].data());
}
}  // namespace

std::string failure_text(const Point& point, const Task& task, const std::string& reason) {
  return "lever " + std::to_string(point.lever) + ", sample " + std::to_string(point.sample) + ", replica " +
         std::to_string(task.replica) + ": " + reason;
}

void check(std::span<const std::vector<std::byte>> points, std::span<const Task> tasks) {
  for (const auto& block : points)
    if (block.size() < sizeof(Point) || reinterpret_cast<const Point*>(block.data())->bytes != block.size())
      throw Error(ErrorKind::usage, "a point is not a whole block");
  for (const Task& task : tasks)
    if (task.point >= points.size())
      throw Error(ErrorKind::usage,
                  "a task names point " + std::to_string(task.point) + " of " + std::to_string(points.size()));
}

std::vector<Task> by_lever(std::span<const std::vector<std::byte>> points, std::span<const Task> tasks) {
  std::vector<Task> sorted(tasks.begin(), tasks.end());
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Task& a, const Task& b) {
    return point_in(points, a.point).lever < point_in(points, b.point).lever;
  });
  return sorted;
}

void Queue::work() {
  const Working working(this);
  try {
    ReplicaRunner<1> runner(options_.most_replica_bytes);
    std::map<std::uint32_t, Capacity> sufficed;  // by lever; its next replica starts with as much
    const std::size_t batch = options_.batch ? options_.batch : 1;
    while (!stopping()) {
      const std::span<const Task> taken = take(batch);
      if (taken.empty()) return;
      for (const Task& task : taken) {
        if (stopping()) return;
        const Point& point = point_in(points_, task.point);
        Capacity& capacity = sufficed.try_emplace(point.lever, first_capacity(world_, point)).first->second;
        Row row;
        row.task = task;
        ReplicaResult result;
        try {
          const RandomKey key{world_.seed, point.sample, task.replica};
          const bool flows = point.lever < options_.flows.size() && options_.flows[point.lever];
          result = flows ? runner.run(world_, point, key, capacity, options_.flows[point.lever])
                         : runner.run(world_, point, key, capacity);
          capacity = result.capacity;
          row.raw = result.memory.data();
        } catch (const Error& error) {
          const Problem& problem = error.problems().front();
          row.error =
              failure_text(point, task, problem.message + (problem.hint.empty() ? "" : " (" + problem.hint + ")"));
        } catch (const std::bad_alloc&) {
          row.error = failure_text(point, task, "out of memory");
        }
        const std::size_t bytes = row.raw ? Datacenter<1>::bytes(world_, point, capacity) : 0;
        const std::lock_guard lock(mutex_);
        report_.reruns += result.reruns;
        report_.state_bytes = std::max(report_.state_bytes, bytes);
        if (!failure_) deliver(row);
      }
    }
  } catch (...) {
    fail(std::current_exception());
  }
}

std::span<const Task> Queue::take(std::size_t most) {
  const std::size_t begin = next_.fetch_add(most);
  return begin < tasks_.size() ? tasks_.subspan(begin, std::min(most, tasks_.size() - begin)) : std::span<const Task>();
}

void Queue::fail(const std::exception_ptr& failure) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = failure;
  halt_ = true;
}

#if NADC_WITH_CUDA
void Queue::work_with_cards(const std::vector<int>& cards, int helpers) {
  std::vector<std::jthread> threads;  // of their own also for one: the caller's current device stays what it is
  for (const int card : cards)
    threads.emplace_back([&, card] { work_on_card(card, cards.size(), cards.size() == 1 && helpers == 0); });
  if (helpers > 0) work_with_omp(*this, helpers);
}

void Queue::work_on_card(int card, std::size_t cards, bool alone) {
  try {
    while (!stopping()) {
      // Half of an equal part of what is left, so that cards of different speed end at about the same time.
      const std::size_t left = tasks_.size() - std::min(tasks_.size(), next_.load());
      const std::span<const Task> taken = take(alone ? tasks_.size() : std::max<std::size_t>(1, left / (2 * cards)));
      if (taken.empty()) return;
      const EnsembleReport part = run_on_cuda(
          card, world_, points_, taken, options_,
          [this](const Row& row) {
            const std::lock_guard lock(mutex_);
            if (!failure_) deliver(row);
          },
          [this] { return stopping(); });
      const std::lock_guard lock(mutex_);
      report_.reruns += part.reruns;
      report_.launches += part.launches;
      most_resident_[card] = std::max(most_resident_[card], part.resident);
      report_.state_bytes = std::max(report_.state_bytes, part.state_bytes);
      report_.fast_bytes = std::max(report_.fast_bytes, part.fast_bytes);
    }
  } catch (const Error& error) {
    const Problem& problem = error.problems().front();
    const std::string who = cards > 1 ? "card " + std::to_string(card) + ": " : "";
    fail(std::make_exception_ptr(Error(error.kind(), who + problem.message, problem.hint)));
  } catch (...) {
    fail(std::current_exception());
  }
}
#endif

void Queue::deliver(const Row& row) {
  try {
    sink_(row);
  } catch (...) {
    failure_ = std::current_exception();
    halt_ = true;
    return;
  }
  ++report_.rows;
  if (!row.raw) ++report_.failed;
}

EnsembleReport Queue::finish(int workers) {
  if (failure_) std::rethrow_exception(failure_);
  report_.resident = std::min<std::uint64_t>(static_cast<std::uint64_t>(workers), tasks_.size());
  for (const auto& [card, resident] : most_resident_) report_.resident += resident;
  report_.stopped = report_.rows < tasks_.size();
  return report_;
}

}  // namespace ensemble_detail

int hardware_threads() { return static_cast<int>(std::max(1u, std::thread::hardware_concurrency())); }

const char* name_of(Backend backend) {
  switch (backend) {
    case Backend::serial:
      return "serial";
    case Backend::omp:
      return "omp";
    case Backend::tbb:
      return "tbb";
    case Backend::cuda:
      return "cuda";
  }
  return "unknown";
}

std::vector<Card> cards() {
#if NADC_WITH_CUDA
  return ensemble_detail::cuda_cards();
#else
  return {};
#endif
}

std::vector<LaneWidth> lane_widths() {
  if (!NADC_WITH_CUDA) return {};
  return NADC_CUDA_THREAD_KERNEL ? std::vector{LaneWidth::warp, LaneWidth::thread} : std::vector{LaneWidth::warp};
}

std::vector<Backend> available_backends() {
  std::vector<Backend> list;
#if NADC_WITH_CUDA
  if (ensemble_detail::cuda_obstacle().empty()) list.push_back(Backend::cuda);
#endif
#if NADC_WITH_TBB
  list.push_back(Backend::tbb);
#endif
  list.push_back(Backend::omp);
  list.push_back(Backend::serial);
  return list;
}

#if NADC_WITH_CUDA
namespace ensemble_detail {
namespace {

// The first card that can be used, and how many more there are.
std::string describe_cuda() {
  if (std::string obstacle = cuda_obstacle(); !obstacle.empty()) return obstacle;
  std::vector<Card> usable = cards();
  std::erase_if(usable, [](const Card& card) { return !card.obstacle.empty(); });
  if (usable.empty()) return "no CUDA device";
  const std::string more = usable.size() > 1 ? ", and " + std::to_string(usable.size() - 1) + " more" : "";
  return usable.front().description + more;
}

// Those asked for, or all that can be used.
std::vector<int> usable_cards(const std::vector<int>& wanted) {
  std::vector<int> usable;
  const std::vector<Card> all = cards();
  for (const Card& card : all)
    if (wanted.empty() && card.obstacle.empty()) usable.push_back(card.number);
  for (const int number : wanted) {
    const auto card = std::find_if(all.begin(), all.end(), [&](const Card& known) { return known.number == number; });
    const std::string name = "card " + std::to_string(number);
    if (card == all.end())
      throw Error(ErrorKind::usage, "no " + name + " here",
                  "cards are numbered from 0 to " + std::to_string(all.size() - 1));
    if (!card->obstacle.empty()) throw Error(ErrorKind::usage, name + " is " + card->obstacle);
    if (std::find(usable.begin(), usable.end(), number) != usable.end())
      throw Error(ErrorKind::usage, name + " is named twice");
    usable.push_back(number);
  }
  if (usable.empty()) throw Error(ErrorKind::failed, "the CUDA devices cannot be used: " + describe_cuda());
  return usable;
}

}  // namespace
}  // namespace ensemble_detail
#endif

std::string describe(Backend backend) {
  const std::string threads = std::to_string(hardware_threads()) + " hardware threads";
  switch (backend) {
    case Backend::serial:
      return "one host thread";
    case Backend::omp:
      return "OpenMP, " + ensemble_detail::describe_thrust() + ", " + threads;
    case Backend::tbb:
      return "TBB, " + ensemble_detail::describe_thrust() + ", " + threads;
    case Backend::cuda:
#if NADC_WITH_CUDA
      return ensemble_detail::describe_cuda();
#else
      return "not in this build";
#endif
  }
  return "unknown";
}

void ensemble_detail::require(Backend backend) {
  const auto available = available_backends();
  if (std::find(available.begin(), available.end(), backend) != available.end()) return;
  std::string names;
  for (Backend known : available) names += (names.empty() ? "" : ", ") + std::string(name_of(known));
  throw Error(ErrorKind::usage,
              std::string("backend ") + name_of(backend) + " is not available (" + describe(backend) + ")",
              "available here: " + names);
}

EnsembleReport run_ensemble(const World& world, std::span<const std::vector<std::byte>> points,
                            std::span<const Task> tasks, const EnsembleOptions& options,
                            const std::function<void(const Row&)>& sink, const std::atomic<bool>* stop) {
  ensemble_detail::check(points, tasks);
  ensemble_detail::require(options.backend);
  if (options.threads < 0) throw Error(ErrorKind::usage, "a negative number of threads");
#if NADC_WITH_CUDA
  if (options.backend == Backend::cuda &&
      std::any_of(options.flows.begin(), options.flows.end(), [](const FlowService& flow) { return bool{flow}; }))
    throw Error(ErrorKind::usage, "flows are solved on the host", "take backend tbb, omp or serial");
#endif
  ensemble_detail::Queue queue(world, points, tasks, options, sink, stop);
#if NADC_WITH_CUDA
  if (options.backend == Backend::cuda) {
    queue.work_with_cards(ensemble_detail::usable_cards(options.cards), options.threads);
    return queue.finish(options.threads);
  }
#endif
  const int threads = options.backend == Backend::serial ? 1 : options.threads ? options.threads : hardware_threads();
  const int workers = static_cast<int>(std::clamp<std::size_t>(tasks.size(), 1, static_cast<std::size_t>(threads)));
  {
    const Starting starting(&queue);
    if (options.backend == Backend::omp) ensemble_detail::work_with_omp(queue, workers);
#if NADC_WITH_TBB
    else if (options.backend == Backend::tbb)
      ensemble_detail::work_with_tbb(queue, workers);
#endif
    else
      queue.work();
  }
  return queue.finish(workers);
}

std::string disagreement(const World& world, const std::vector<std::byte>& point, const EnsembleOptions& options) {
  const std::vector<std::vector<std::byte>> points{point};
  const Task task{0, 0};
  const std::size_t bytes = RawShape(world).bytes();
  std::string failure;
  const auto row_of = [&](const EnsembleOptions& how) {
    std::vector<std::byte> row;
    run_ensemble(world, points, {&task, 1}, how, [&](const Row& made) {
      if (made.raw)
        row.assign(static_cast<const std::byte*>(made.raw), static_cast<const std::byte*>(made.raw) + bytes);
      else
        failure = made.error;
    });
    return row;
  };
  EnsembleOptions plainly = options;
  plainly.backend = Backend::serial;
  const std::vector<std::byte> plain = row_of(plainly);
  if (!failure.empty()) return {};  // it fails everywhere, and is reported as a row
  std::vector<std::byte> row;
  try {
    row = row_of(options);
  } catch (const Error& error) {
    return error.problems().front().message;
  }
  if (!failure.empty()) return failure;
  const auto first = std::mismatch(row.begin(), row.end(), plain.begin(), plain.end()).first;
  if (first == row.end() && row.size() == plain.size()) return {};
  return "its row differs from the host's from byte " + std::to_string(first - row.begin()) + " of " +
         std::to_string(bytes) + " on";
}

}  // namespace nadc
