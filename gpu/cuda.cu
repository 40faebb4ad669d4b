// The CUDA backend. Persistent groups of threads (one thread or one warp a replica) take tasks from a queue on the
// device until it is empty. Each group has one state in global memory, its hot part in shared memory as far as that
// reaches. With a thread a replica a launch holds tasks of one lever, so that every branch of a seam is uniform in a
// warp; a warp a replica is uniform by itself, and takes all levers at once. A row goes to pinned memory of the host as
// soon as its replica ends, and is handed out while the others run. Replicas that overflow come back with a status and
// are launched again, together, with greater capacities. Kernels are started through the runtime's functions alone, so
// that the whole file also runs on a device of fibers (tests/gpu/simt).
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <cuda/atomic>
#include <deque>
#include <map>
#include <new>
#include <numeric>
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
  std::byte* rows;          // in host memory, as what follows
  std::size_t row_bytes;    // of what is copied
  std::size_t row_stride;   // rounded up, so that every row is aligned
  std::uint32_t* statuses;  // (task) released when its row is there
  int* halt;                // not 0: take no more
  std::uint32_t* next;      // the queue: the first task that nobody took
};

// What host and device tell each other while a kernel runs.
template <class T> using Shared = ::cuda::atomic_ref<T, ::cuda::thread_scope_system>;

template <int Width> __global__ void __launch_bounds__(block_threads) run_replicas(const Work work) {
#if defined(__CUDACC__)
  extern __shared__ __align__(16) std::byte shared[];
#else
  std::byte* const shared = simt::shared_memory();
#endif
  constexpr unsigned groups_in_block = block_threads / Width;
  const unsigned in_block = threadIdx.x / Width, lane = threadIdx.x % Width;
  const std::uint32_t group = blockIdx.x * groups_in_block + in_block;
  if (group >= work.groups) return;
  const FastBlock fast{shared + std::size_t{in_block} * work.fast_bytes, work.fast_bytes};
  for (;;) {
    std::uint32_t task = 0;
    if (lane == 0)
      task = Shared<int>(*work.halt).load(::cuda::memory_order_relaxed) ? not_run : atomicAdd(work.next, 1u);
    if constexpr (Width == 32) task = __shfl_sync(0xffffffffu, task, 0);
    if (task >= work.tasks) return;
    const Point& point = *reinterpret_cast<const Point*>(work.points + work.offsets[task]);
    const RandomKey key{work.world->seed, point.sample, work.replicas[task]};
    // In bytes of our own: for a variable of the class, nvcc 13.0 keeps its size on the stack twice.
    alignas(Datacenter<Width>) std::byte place[sizeof(Datacenter<Width>)];
    auto& datacenter = *new (place) Datacenter<Width>(
        *work.world, point, key, work.capacity, work.states + std::size_t{group} * work.state_bytes, nullptr, fast);
    const Status status = datacenter.run();
    if (status == Status::done) {
      const auto* from = static_cast<const std::uint64_t*>(datacenter.raw_memory());
      auto* to = reinterpret_cast<std::uint64_t*>(work.rows + std::size_t{task} * work.row_stride);
      for (std::size_t i = lane; i < work.row_bytes / 8; i += Width) to[i] = from[i];
    }
    __threadfence_system();  // each lane's part of the row, before the status that releases it
    if constexpr (Width == 32) __syncwarp();
    if (lane == 0)
      Shared<std::uint32_t>(work.statuses[task])
          .store(static_cast<std::uint32_t>(status), ::cuda::memory_order_release);
  }
}

// What is not yet launched begins with the greater capacity too, or only what overflowed.
enum class OnOverflow { raise_all, raise_one };

// Tasks that run with one capacity.
struct Group {
  Capacity capacity;
  std::vector<Task> tasks;
  OnOverflow on_overflow = OnOverflow::raise_all;
  bool grown = false;  // by what overflowed
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
  std::vector<std::uint32_t> open;  // tasks whose status was not seen yet
  cuda::DeviceArray<std::byte> points;
  cuda::DeviceArray<std::uint64_t> offsets;
  cuda::DeviceArray<std::uint32_t> replicas, next;
  cuda::HostArray<std::byte> host_points, rows;
  cuda::HostArray<std::uint64_t> host_offsets;
  cuda::HostArray<std::uint32_t> host_replicas, statuses;
  cuda::Event done;
};

template <int Width> class Launcher {
 public:
  Launcher(const World& world, std::span<const std::vector<std::byte>> points, const EnsembleOptions& options,
           const std::function<void(const Row&)>& sink, const std::function<bool()>& stopping)
      : world_(world),
        points_(points),
        options_(options),
        sink_(sink),
        stopping_(stopping),
        halt_(1),
        world_copy_(world.bytes) {
    cuda::check(cudaGetDevice(&device_), "choosing the device");
    processors_ = static_cast<std::uint32_t>(cuda::attribute(cudaDevAttrMultiProcessorCount, device_));
    halt_[0] = 0;
    // On the stream of the kernels: one that does not block waits for no copy on the default stream.
    copy(world_copy_.data(), reinterpret_cast<const std::byte*>(&world), world.bytes, cudaMemcpyHostToDevice);
  }
  ~Launcher() {
    halt();
    (void)cudaStreamSynchronize(stream_);
  }
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  EnsembleReport run(std::span<const Task> tasks) {
    std::map<std::uint32_t, Group> levers;
    for (const Task& task : by_lever(points_, tasks)) {
      const Point& point = point_of(task);
      Group& group = levers[Width == 1 ? point.lever : 0];
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
  bool stopping() const { return stopping_(); }
  void halt() { std::atomic_ref<int>(halt_[0]).store(1); }

  void run_group(const Group& group) {
    const Plan plan = plan_for(group);
    if (plan.groups == 0) {
      const std::string needed = std::to_string((plan.state_bytes + (1u << 20) - 1) >> 20) + " MiB";
      // What does not even begin is a matter of the device, not of one replica.
      if (!group.grown && plan.state_bytes <= options_.most_replica_bytes)
        throw Error(ErrorKind::failed,
                    "the device has no room for one replica of " + needed + ": " + std::to_string(free_ >> 20) +
                        " MiB of " + std::to_string(total_ >> 20) + " are free",
                    "stop what else runs on it, or take another backend");
      for (const Task& task : group.tasks) deliver(task, nullptr, "needs " + needed + ", more than is allowed or free");
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
      const bool many_overflowed = collect(batches_[(turn - in_flight) % 2], plan);
      too_small = too_small || (many_overflowed && group.on_overflow == OnOverflow::raise_all);
      --in_flight;
    }
    if (stopping()) return;
    for (auto& [status, tasks] : grown_) {
      Capacity capacity = group.capacity;
      grow(capacity, static_cast<Status>(status));
      report_.reruns += tasks.size();
      pending_.push_front({capacity, std::move(tasks), OnOverflow::raise_all, true});
    }
    if (next == group.tasks.size()) return;
    // A task fails only by a capacity that it overflowed itself: the others rise only as far as there is room.
    const std::vector<Task> rest(group.tasks.begin() + static_cast<std::ptrdiff_t>(next), group.tasks.end());
    Group raised{pending_.front().capacity, rest, OnOverflow::raise_all, true};
    if (plan_for(raised).groups > 0)
      pending_.push_front(std::move(raised));
    else
      pending_.push_front({group.capacity, rest, OnOverflow::raise_one, group.grown});
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
      cuda::check(
          cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared),
          "asking for shared memory");
    }
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
    cuda::check(cudaMemGetInfo(&free_, &total_), "asking for free memory");
    cudaFuncAttributes attributes{};
    cuda::check(cudaFuncGetAttributes(&attributes, kernel), "reading the kernel's attributes");
    const std::size_t local =
        attributes.localSizeBytes * processors_ *
        static_cast<std::size_t>(cuda::attribute(cudaDevAttrMaxThreadsPerMultiProcessor, device_));
    const std::size_t usable = free_ / 10 * 9 > local ? free_ / 10 * 9 - local : 0;
    const std::size_t tasks = group.tasks.size();
    const std::size_t most_resident = std::size_t{processors_} * blocks * groups_in_block;
    // Two batches of rows, of at most 1 GiB of pinned memory each, and of less where the system pins less.
    plan.batch =
        static_cast<std::uint32_t>(std::min({tasks, std::max<std::size_t>(1, (std::size_t{1} << 30) / row_stride_),
                                             options_.batch ? std::size_t{options_.batch} : 4 * most_resident}));
    while (!pin_rows(plan.batch)) {
      if (plan.batch == 1) cuda::check(cudaErrorMemoryAllocation, "pinning memory for one row");
      plan.batch = (plan.batch + 1) / 2;
    }
    if (whole <= options_.most_replica_bytes)
      plan.groups =
          static_cast<std::uint32_t>(std::min({most_resident, std::size_t{plan.batch}, usable / plan.state_bytes}));
    report_.resident = std::max<std::uint64_t>(report_.resident, plan.groups);
    if (plan.groups) states_.grow(std::size_t{plan.groups} * plan.state_bytes);
    return plan;
  }

  // Room for the rows of two batches; false where the system does not pin so much.
  bool pin_rows(std::uint32_t batch) {
    for (Batch& each : batches_)
      if (!each.rows.try_grow(std::size_t{batch} * row_stride_)) {
        for (Batch& other : batches_) other.rows.release();
        return false;
      }
    return true;
  }

  void launch(Batch& batch, std::span<const Task> tasks, const Capacity& capacity, const Plan& plan) {
    const std::size_t count = tasks.size();
    batch.tasks.assign(tasks.begin(), tasks.end());
    batch.open.resize(count);
    std::iota(batch.open.begin(), batch.open.end(), 0u);
    batch.host_offsets.grow(count);
    batch.host_replicas.grow(count);
    batch.statuses.grow(count);
    batch.offsets.grow(count);
    batch.replicas.grow(count);
    batch.next.grow(1);
    std::vector<std::byte> packed;  // the points, each once
    std::map<std::uint32_t, std::uint64_t> placed;
    for (std::size_t i = 0; i < count; ++i) {
      const auto [at, fresh] = placed.try_emplace(tasks[i].point, packed.size());
      if (fresh) {
        const auto& block = points_[tasks[i].point];
        packed.insert(packed.end(), block.begin(), block.end());
        packed.resize((packed.size() + 15) / 16 * 16);
      }
      batch.host_offsets[i] = at->second;
      batch.host_replicas[i] = tasks[i].replica;
      batch.statuses[i] = not_run;
    }
    batch.host_points.grow(packed.size());
    batch.points.grow(packed.size());
    std::memcpy(batch.host_points.data(), packed.data(), packed.size());
    copy(batch.points.data(), batch.host_points.data(), packed.size(), cudaMemcpyHostToDevice);
    copy(batch.offsets.data(), batch.host_offsets.data(), count, cudaMemcpyHostToDevice);
    copy(batch.replicas.data(), batch.host_replicas.data(), count, cudaMemcpyHostToDevice);
    cuda::check(cudaMemsetAsync(batch.next.data(), 0, sizeof(std::uint32_t), stream_), "clearing the queue");

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
    work.rows = batch.rows.on_device();
    work.row_bytes = RawShape(world_).bytes();
    work.row_stride = row_stride_;
    work.statuses = batch.statuses.on_device();
    work.halt = halt_.on_device();
    work.next = batch.next.data();
    constexpr unsigned groups_in_block = block_threads / Width;
    cudaLaunchConfig_t config{};
    config.gridDim = dim3((work.groups + groups_in_block - 1) / groups_in_block);
    config.blockDim = dim3(block_threads);
    config.dynamicSmemBytes = std::size_t{plan.fast_bytes} * groups_in_block;
    config.stream = stream_;
    cuda::check(cudaLaunchKernelEx(&config, run_replicas<Width>, work), "launching replicas");
    cuda::check(cudaEventRecord(batch.done, stream_), "recording an event");
    ++report_.launches;
  }

  // Hands out the rows of a batch as they come, until its launch has ended. True when more than an eighth overflowed.
  bool collect(Batch& batch, const Plan& plan) {
    std::size_t overflowed = 0;
    for (bool ended = false;;) {
      const std::size_t before = batch.open.size();
      std::erase_if(batch.open, [&](std::uint32_t i) {
        const std::uint32_t status = std::atomic_ref<std::uint32_t>(batch.statuses[i]).load(std::memory_order_acquire);
        if (status == not_run) return false;
        if (status == static_cast<std::uint32_t>(Status::done)) {
          deliver(batch.tasks[i], batch.rows.data() + i * row_stride_, {});
        } else if (status == static_cast<std::uint32_t>(Status::stalled)) {
          deliver(batch.tasks[i], nullptr, std::string(stalled_reason) + " (" + stalled_hint + ")");
        } else {
          grown_[status].push_back(batch.tasks[i]);
          ++overflowed;
        }
        return true;
      });
      if (ended) break;
      const cudaError_t state = cudaEventQuery(batch.done);
      if (state == cudaSuccess)
        ended = true;  // once more, for the rows that came since
      else if (state != cudaErrorNotReady)
        cuda::check(state, "running replicas");
      else if (batch.open.size() == before)
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      if (stopping()) halt();
    }
    if (!batch.open.empty() && !stopping())
      throw Error(ErrorKind::failed, "the device ended a launch with " + std::to_string(batch.open.size()) + " of " +
                                         std::to_string(batch.tasks.size()) + " replicas not run (" +
                                         std::to_string(plan.groups) + " resident)");
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
  const std::function<bool()>& stopping_;
  const std::size_t row_stride_ = (RawShape(world_).bytes() + 15) / 16 * 16;
  std::size_t free_ = 0, total_ = 0;  // memory of the device when it was last planned
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

namespace {

std::string version(int v) { return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10); }

// Why no device of this machine can be used; empty where there are some.
std::string obstacle_of_all(int& count) {
  int driver = 0, runtime = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code != cudaSuccess) (void)cudaGetLastError();
  if (code == cudaErrorInsufficientDriver && cudaDriverGetVersion(&driver) == cudaSuccess &&
      cudaRuntimeGetVersion(&runtime) == cudaSuccess && driver > 0)
    return "a driver of CUDA " + version(driver) + ", and this build needs " + version(runtime);
  if (code == cudaErrorInsufficientDriver || code == cudaErrorNoDevice || (code == cudaSuccess && count == 0))
    return "no CUDA device";
  if (code != cudaSuccess) return std::string("CUDA devices that cannot be used: ") + cudaGetErrorString(code);
  return {};
}

std::string obstacle_of(int card) {
  int limited = 0;
  cudaFuncAttributes attributes{};
  cudaError_t code = cudaSetDevice(card);
  if (code == cudaSuccess) code = cudaFuncGetAttributes(&attributes, run_replicas<32>);
  if (code == cudaSuccess) code = cudaDeviceGetAttribute(&limited, cudaDevAttrKernelExecTimeout, card);
  if (code != cudaSuccess) (void)cudaGetLastError();
  if (code == cudaErrorNoKernelImageForDevice)
    return "a device for which this build has no code (NADC_CUDA_ARCHITECTURES says for which it has)";
  if (code != cudaSuccess) return std::string("a CUDA device that cannot be used: ") + cudaGetErrorString(code);
  if (limited) return "a device whose driver stops kernels after some seconds, as with a display";
  return {};
}

std::string describe_card(int card) {
  int driver = 0, runtime = 0;
  cudaDeviceProp properties{};
  cuda::check(cudaGetDeviceProperties(&properties, card), "reading the device's properties");
  cuda::check(cudaDriverGetVersion(&driver), "reading the driver's version");
  cuda::check(cudaRuntimeGetVersion(&runtime), "reading the runtime's version");
  return std::string(properties.name) + ", sm_" + std::to_string(properties.major) + std::to_string(properties.minor) +
         ", " + std::to_string(properties.multiProcessorCount) + " multiprocessors, " +
         std::to_string(properties.totalGlobalMem >> 20) + " MiB, " +
         std::to_string(cuda::attribute(cudaDevAttrClockRate, card) / 1000) + " MHz, driver " + version(driver) +
         ", runtime " + version(runtime);
}

}  // namespace

std::string cuda_obstacle() {
  int count = 0;
  std::string first = obstacle_of_all(count);
  if (!first.empty()) return first;
  for (int card = 0; card < count; ++card) {
    const std::string own = obstacle_of(card);
    if (own.empty()) return own;
    if (card == 0) first = own;
  }
  return first;
}

std::vector<Card> cuda_cards() {
  std::vector<Card> list;
  int count = 0;
  if (!obstacle_of_all(count).empty()) return list;
  for (int card = 0; card < count; ++card) {
    const std::string obstacle = obstacle_of(card);
    list.push_back({card, obstacle.empty() ? describe_card(card) : std::string(), obstacle});
  }
  return list;
}

EnsembleReport run_on_cuda(int card, const World& world, std::span<const std::vector<std::byte>> points,
                           std::span<const Task> tasks, const EnsembleOptions& options,
                           const std::function<void(const Row&)>& sink, const std::function<bool()>& stopping) {
  if (tasks.empty()) return {};
  cuda::check(cudaSetDevice(card), "choosing the device");
  if (options.lane_width == LaneWidth::thread)
#if NADC_CUDA_THREAD_KERNEL
    return Launcher<1>(world, points, options, sink, stopping).run(tasks);
#else
    throw Error(ErrorKind::usage, "this build has no kernel of a thread a replica",
                "build with NADC_CUDA_THREAD_KERNEL");
#endif
  return Launcher<32>(world, points, options, sink, stopping).run(tasks);
}

}  // namespace nadc::ensemble_detail
