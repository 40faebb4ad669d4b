// The CUDA backend. Persistent groups of threads (one thread or one warp a replica) take tasks from a queue on the
// device until it is empty. A launch holds tasks of one lever, so that every branch of a seam is uniform. Each group
// has one state in global memory, its hot part in shared memory as far as that reaches; finished rows are copied to the
// host while the next launch runs. Replicas that overflow come back with a status and are launched again, together,
// with greater capacities.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <thread>
#include <type_traits>

#include "gpu/cuda_memory.hpp"
#include "gpu/worker.hpp"
#include "models/replica.hpp"

namespace nadc::ensemble_detail {
namespace {

constexpr unsigned block_threads = 128;
constexpr std::uint32_t not_run = 0xffffffffu;

struct Work {
  const World* world;
  const std::byte* points;
  const std::uint64_t* offsets;   // (task) of its point
  const std::uint32_t* replicas;  // (task)
  std::uint32_t tasks;
  Capacity capacity;
  std::byte* states;
  std::size_t state_bytes;
  std::uint32_t fast_bytes;
  std::uint32_t groups;
  std::byte* rows;
  std::size_t row_bytes;     // rounded up, so that every row is aligned
  std::uint32_t* statuses;   // (task)
  std::uint32_t* next;       // the queue: the first task that nobody took
  const volatile int* halt;  // in host memory
};

template <int Width> __global__ void __launch_bounds__(block_threads) run_replicas(const Work work) {
  extern __shared__ __align__(16) std::byte shared[];
  constexpr unsigned groups_in_block = block_threads / Width;
  const unsigned in_block = threadIdx.x / Width, lane = threadIdx.x % Width;
  const std::uint32_t group = blockIdx.x * groups_in_block + in_block;
  if (group >= work.groups) return;
  const FastBlock fast{shared + std::size_t{in_block} * work.fast_bytes, work.fast_bytes};
  for (;;) {
    std::uint32_t task = 0;
    if (lane == 0) task = *work.halt ? not_run : atomicAdd(work.next, 1u);
    if constexpr (Width == 32) task = __shfl_sync(0xffffffffu, task, 0);
    if (task >= work.tasks) return;
    const Point& point = *reinterpret_cast<const Point*>(work.points + work.offsets[task]);
    const RandomKey key{work.world->seed, point.sample, work.replicas[task]};
    Datacenter<Width> datacenter(*work.world, point, key, work.capacity, work.states + group * work.state_bytes,
                                 nullptr, fast);
    const Status status = datacenter.run();
    if (status == Status::done) {
      const auto* from = static_cast<const std::uint64_t*>(datacenter.raw_memory());
      auto* to = reinterpret_cast<std::uint64_t*>(work.rows + std::size_t{task} * work.row_bytes);
      for (std::size_t i = lane; i < work.row_bytes / 8; i += Width) to[i] = from[i];
    }
    if constexpr (Width == 32) __syncwarp();
    if (lane == 0) work.statuses[task] = static_cast<std::uint32_t>(status);
  }
}

// Tasks that run with one capacity.
enum class OnOverflow {
  raise_all,
  raise_one
};  // what is not yet launched begins with the greater capacity too, or not
struct Group {
  Capacity capacity;
  std::vector<Task> tasks;
  OnOverflow on_overflow = OnOverflow::raise_all;
};

Capacity at_least(const Capacity& a, const Capacity& b) {
  return {std::max(a.slots, b.slots), std::max(a.waiting, b.waiting), std::max(a.sets, b.sets),
          std::max(a.repairs, b.repairs), std::max(a.profile, b.profile)};
}

// How a group of tasks is put on the device.
struct Plan {
  std::size_t state_bytes = 0;   // of the slow block of a replica
  std::uint32_t fast_bytes = 0;  // of its fast block
  std::uint32_t groups = 0;      // replicas resident
  std::uint32_t batch = 0;       // tasks a launch
};

// One launch in flight and its rows.
struct Batch {
  std::vector<Task> tasks;
  std::vector<std::byte> packed;  // the points
  cuda::DeviceArray<std::byte> points, rows;
  cuda::DeviceArray<std::uint64_t> offsets;
  cuda::DeviceArray<std::uint32_t> replicas, statuses, next;
  cuda::HostArray<std::byte> host_points, host_rows;
  cuda::HostArray<std::uint64_t> host_offsets;
  cuda::HostArray<std::uint32_t> host_replicas, host_statuses;
  cuda::Event done;
};

template <int Width> class Launcher {
 public:
  Launcher(const World& world, std::span<const std::vector<std::byte>> points, const EnsembleOptions& options,
           const std::function<void(const Row&)>& sink, const std::atomic<bool>* stop)
      : world_(world),
        points_(points),
        options_(options),
        sink_(sink),
        stop_(stop),
        halt_(1),
        world_copy_(world.bytes) {
    cuda::check(cudaGetDevice(&device_), "choosing the device");
    processors_ = static_cast<std::uint32_t>(cuda::attribute(cudaDevAttrMultiProcessorCount, device_));
    halt_[0] = 0;
    cuda::check(cudaMemcpy(world_copy_.data(), &world, world.bytes, cudaMemcpyHostToDevice), "copying the world");
  }
  ~Launcher() {
    halt_[0] = 1;
    (void)cudaStreamSynchronize(stream_);
  }
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  EnsembleReport run(std::span<const Task> tasks) {
    std::map<std::uint32_t, Group> levers;
    for (const Task& task : by_lever(points_, tasks)) {
      const Point& point = point_of(task);
      Group& group = levers[point.lever];
      const Capacity first = first_capacity(world_, point);
      group.capacity = group.tasks.empty() ? first : at_least(group.capacity, first);
      group.tasks.push_back(task);
    }
    for (auto& [lever, group] : levers) pending_.push_back(std::move(group));
    while (!pending_.empty() && !stopping()) {
      const Group group = std::move(pending_.front());
      pending_.pop_front();
      run_group(group);
    }
    report_.stopped = report_.rows < tasks.size();
    return report_;
  }

 private:
  const Point& point_of(const Task& task) const { return *reinterpret_cast<const Point*>(points_[task.point].data()); }
  bool stopping() const { return stop_ && stop_->load(); }

  void run_group(const Group& group) {
    const Plan plan = plan_for(group);
    if (plan.groups == 0) {
      for (const Task& task : group.tasks)
        deliver(task, nullptr,
                "needs " + std::to_string(plan.state_bytes >> 20) + " MiB, more than is allowed or free");
      return;
    }
    grown_.clear();
    std::size_t next = 0, in_flight = 0, turn = 0;
    bool too_small = false;
    while (in_flight > 0 || (next < group.tasks.size() && !stopping() && !too_small)) {
      if (next < group.tasks.size() && in_flight < 2 && !stopping() && !too_small) {
        const std::size_t end = std::min(next + plan.batch, group.tasks.size());
        launch(batches_[turn % 2], std::span(group.tasks).subspan(next, end - next), group.capacity, plan);
        next = end;
        ++turn;
        ++in_flight;
        if (in_flight < 2 && next < group.tasks.size()) continue;
      }
      const bool many_overflowed = collect(batches_[(turn - in_flight) % 2]);
      too_small = too_small || (many_overflowed && group.on_overflow == OnOverflow::raise_all);
      --in_flight;
    }
    if (stopping()) return;
    for (auto& [status, tasks] : grown_) {
      Capacity capacity = group.capacity;
      grow(capacity, static_cast<Status>(status));
      report_.reruns += tasks.size();
      pending_.push_front({capacity, std::move(tasks)});
    }
    if (next == group.tasks.size()) return;
    // A task fails only by a capacity that it overflowed itself: the others rise only as far as there is room.
    const std::vector<Task> rest(group.tasks.begin() + static_cast<std::ptrdiff_t>(next), group.tasks.end());
    Group raised{pending_.front().capacity, rest};
    if (plan_for(raised).groups > 0)
      pending_.push_front(std::move(raised));
    else
      pending_.push_front({group.capacity, rest, OnOverflow::raise_one});
  }

  Plan plan_for(const Group& group) {
    Plan plan;
    constexpr unsigned groups_in_block = block_threads / Width;
    const auto kernel = run_replicas<Width>;
    int fit = 0;
    cuda::check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&fit, kernel, block_threads, 0), "asking for occupancy");
    std::uint32_t blocks = static_cast<std::uint32_t>(fit);
    // A warp a replica: 16 on each multiprocessor leave each 14 KB of shared memory; to be measured.
    std::uint32_t wanted = options_.groups_per_multiprocessor;
    if (wanted == 0 && Width == 32) wanted = 16;
    if (wanted) blocks = std::min(blocks, std::max(1u, wanted / groups_in_block));
    if (Width == 32) {
      const auto most = static_cast<std::uint32_t>(cuda::attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, device_));
      const auto all =
          static_cast<std::uint32_t>(cuda::attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor, device_));
      const auto reserved =
          static_cast<std::uint32_t>(cuda::attribute(cudaDevAttrReservedSharedMemoryPerBlock, device_));
      const std::uint32_t share = std::min(most, all / blocks - reserved) / groups_in_block / 16 * 16;
      plan.fast_bytes = std::min(share, options_.fast_bytes / 16 * 16);
      cuda::check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                       static_cast<int>(plan.fast_bytes * groups_in_block)),
                  "asking for shared memory");
    }
    const std::size_t row_bytes = row_bytes_;
    std::size_t whole = 0;
    for (const Task& task : group.tasks) {
      const Point& point = point_of(task);
      plan.state_bytes =
          std::max(plan.state_bytes, Datacenter<Width>::bytes(world_, point, group.capacity, plan.fast_bytes));
      whole = std::max(whole, Datacenter<Width>::bytes(world_, point, group.capacity));
    }
    plan.state_bytes = plan.state_bytes / 256 * 256 + 256;
    report_.state_bytes = std::max(report_.state_bytes, whole);
    report_.fast_bytes = plan.fast_bytes;

    states_.release();
    for (Batch& batch : batches_) batch.rows.release();
    std::size_t free = 0, total = 0;
    cuda::check(cudaMemGetInfo(&free, &total), "asking for free memory");
    cudaFuncAttributes attributes{};
    cuda::check(cudaFuncGetAttributes(&attributes, kernel), "reading the kernel's attributes");
    const std::size_t local =
        attributes.localSizeBytes * processors_ *
        static_cast<std::size_t>(cuda::attribute(cudaDevAttrMaxThreadsPerMultiProcessor, device_));
    const std::size_t usable = free / 10 * 9 > local ? free / 10 * 9 - local : 0;
    const std::size_t tasks = group.tasks.size();
    const std::size_t most_resident = std::size_t{processors_} * blocks * groups_in_block;
    // Two batches of rows, at most an eighth of the memory and 1 GiB of pinned memory each.
    const std::size_t rows = std::max<std::size_t>(1, std::min(usable / 16, std::size_t{1} << 30) / row_bytes);
    plan.batch = static_cast<std::uint32_t>(
        std::min({tasks, rows, options_.batch ? std::size_t{options_.batch} : 4 * most_resident}));
    const std::size_t for_states = usable > 2 * plan.batch * row_bytes ? usable - 2 * plan.batch * row_bytes : 0;
    if (whole <= options_.most_replica_bytes)
      plan.groups =
          static_cast<std::uint32_t>(std::min({most_resident, std::size_t{plan.batch}, for_states / plan.state_bytes}));
    report_.resident = std::max<std::uint64_t>(report_.resident, plan.groups);
    if (plan.groups) states_.grow(plan.groups * plan.state_bytes);
    return plan;
  }

  void launch(Batch& batch, std::span<const Task> tasks, const Capacity& capacity, const Plan& plan) {
    const std::size_t count = tasks.size(), row_bytes = row_bytes_;
    batch.tasks.assign(tasks.begin(), tasks.end());
    batch.host_offsets.grow(count);
    batch.host_replicas.grow(count);
    batch.host_statuses.grow(count);
    batch.host_rows.grow(count * row_bytes);
    batch.offsets.grow(count);
    batch.replicas.grow(count);
    batch.statuses.grow(count);
    batch.rows.grow(count * row_bytes);
    batch.next.grow(1);
    batch.packed.clear();
    std::map<std::uint32_t, std::uint64_t> placed;
    for (std::size_t i = 0; i < count; ++i) {
      const auto [at, fresh] = placed.try_emplace(tasks[i].point, batch.packed.size());
      if (fresh) {
        const auto& block = points_[tasks[i].point];
        batch.packed.insert(batch.packed.end(), block.begin(), block.end());
        batch.packed.resize((batch.packed.size() + 15) / 16 * 16);
      }
      batch.host_offsets[i] = at->second;
      batch.host_replicas[i] = tasks[i].replica;
    }
    batch.host_points.grow(batch.packed.size());
    batch.points.grow(batch.packed.size());
    std::memcpy(batch.host_points.data(), batch.packed.data(), batch.packed.size());
    copy(batch.points.data(), batch.host_points.data(), batch.packed.size(), cudaMemcpyHostToDevice);
    copy(batch.offsets.data(), batch.host_offsets.data(), count, cudaMemcpyHostToDevice);
    copy(batch.replicas.data(), batch.host_replicas.data(), count, cudaMemcpyHostToDevice);
    cuda::check(cudaMemsetAsync(batch.next.data(), 0, sizeof(std::uint32_t), stream_), "clearing the queue");
    cuda::check(cudaMemsetAsync(batch.statuses.data(), 0xff, count * sizeof(std::uint32_t), stream_),
                "clearing the statuses");

    void* halt = nullptr;
    cuda::check(cudaHostGetDevicePointer(&halt, halt_.data(), 0), "mapping the stop flag");
    Work work{};
    work.world = reinterpret_cast<const World*>(world_copy_.data());
    work.points = batch.points.data();
    work.offsets = batch.offsets.data();
    work.replicas = batch.replicas.data();
    work.tasks = static_cast<std::uint32_t>(count);
    work.capacity = capacity;
    work.states = states_.data();
    work.state_bytes = plan.state_bytes;
    work.fast_bytes = plan.fast_bytes;
    work.groups = std::min(plan.groups, static_cast<std::uint32_t>(count));
    work.rows = batch.rows.data();
    work.row_bytes = row_bytes;
    work.statuses = batch.statuses.data();
    work.next = batch.next.data();
    work.halt = static_cast<const volatile int*>(halt);
    constexpr unsigned groups_in_block = block_threads / Width;
    const unsigned blocks = (work.groups + groups_in_block - 1) / groups_in_block;
    run_replicas<Width><<<blocks, block_threads, std::size_t{plan.fast_bytes} * groups_in_block, stream_>>>(work);
    cuda::check(cudaGetLastError(), "launching replicas");
    copy(batch.host_statuses.data(), batch.statuses.data(), count, cudaMemcpyDeviceToHost);
    copy(batch.host_rows.data(), batch.rows.data(), count * row_bytes, cudaMemcpyDeviceToHost);
    cuda::check(cudaEventRecord(batch.done, stream_), "recording an event");
    ++report_.launches;
  }

  // Waits for a batch and hands its rows out. True when more than an eighth overflowed.
  bool collect(Batch& batch) {
    for (;;) {
      const cudaError_t state = cudaEventQuery(batch.done);
      if (state == cudaSuccess) break;
      if (state != cudaErrorNotReady) cuda::check(state, "running replicas");
      if (stopping()) halt_[0] = 1;
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    std::size_t overflowed = 0;
    for (std::size_t i = 0; i < batch.tasks.size(); ++i) {
      const std::uint32_t status = batch.host_statuses[i];
      if (status == static_cast<std::uint32_t>(Status::done)) {
        deliver(batch.tasks[i], batch.host_rows.data() + i * row_bytes_, {});
      } else if (status != not_run) {
        grown_[status].push_back(batch.tasks[i]);
        ++overflowed;
      }
    }
    return overflowed * 8 > batch.tasks.size();
  }

  void deliver(const Task& task, const void* raw, const std::string& reason) {
    Row row;
    row.task = task;
    row.raw = raw;
    if (!raw) row.error = failure_text(point_of(task), task, reason);
    sink_(row);
    ++report_.rows;
    if (!raw) ++report_.failed;
  }

  template <class T> void copy(T* to, const T* from, std::size_t count, cudaMemcpyKind kind) {
    cuda::check(cudaMemcpyAsync(to, from, count * sizeof(T), kind, stream_), "copying");
  }

  const World& world_;
  std::span<const std::vector<std::byte>> points_;
  const EnsembleOptions& options_;
  const std::function<void(const Row&)>& sink_;
  const std::atomic<bool>* stop_;
  const std::size_t row_bytes_ = (RawShape(world_).bytes() + 15) / 16 * 16;
  int device_ = 0;
  std::uint32_t processors_ = 0;
  std::deque<Group> pending_;
  std::map<std::uint32_t, std::vector<Task>> grown_;  // by status, of the present group
  EnsembleReport report_;

  // The stream goes first when this is destroyed, so it is declared last; ~Launcher has then emptied it.
  cuda::HostArray<int> halt_;
  cuda::DeviceArray<std::byte> world_copy_;
  cuda::DeviceArray<std::byte> states_;
  Batch batches_[2];
  cuda::Stream stream_;
};

}  // namespace

bool cuda_device_present() {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code != cudaSuccess) (void)cudaGetLastError();
  return code == cudaSuccess && count > 0;
}

std::string describe_cuda() {
  if (!cuda_device_present()) return "no CUDA device";
  int device = 0, driver = 0, runtime = 0;
  cuda::check(cudaGetDevice(&device), "choosing the device");
  cudaDeviceProp properties{};
  cuda::check(cudaGetDeviceProperties(&properties, device), "reading the device's properties");
  cuda::check(cudaDriverGetVersion(&driver), "reading the driver's version");
  cuda::check(cudaRuntimeGetVersion(&runtime), "reading the runtime's version");
  const auto version = [](int v) { return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10); };
  return std::string(properties.name) + ", sm_" + std::to_string(properties.major) + std::to_string(properties.minor) +
         ", " + std::to_string(properties.multiProcessorCount) + " multiprocessors, " +
         std::to_string(properties.totalGlobalMem >> 20) + " MiB, " +
         std::to_string(cuda::attribute(cudaDevAttrClockRate, device) / 1000) + " MHz, driver " + version(driver) +
         ", runtime " + version(runtime);
}

EnsembleReport run_on_cuda(const World& world, std::span<const std::vector<std::byte>> points,
                           std::span<const Task> tasks, const EnsembleOptions& options,
                           const std::function<void(const Row&)>& sink, const std::atomic<bool>* stop) {
  if (tasks.empty()) return {};
  if (options.lane_width == LaneWidth::thread) return Launcher<1>(world, points, options, sink, stop).run(tasks);
  return Launcher<32>(world, points, options, sink, stop).run(tasks);
}

}  // namespace nadc::ensemble_detail
