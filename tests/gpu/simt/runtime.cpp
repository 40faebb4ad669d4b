// The runtime's interface over a device of fibers: memory, streams that run when they are looked at, and calls that
// fail when they are told to.
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "tests/gpu/simt/internal.hpp"

namespace simt {

struct Stream {
  std::deque<std::function<bool()>> work;  // each is called until it says that it is done
  int card = 0;
};
struct Event {
  std::size_t pending = 0;  // records that the stream has not come to
};

namespace {

struct Block {
  std::size_t bytes;
  bool device;
  int card;
};

thread_local int card = 0;  // the current one of this thread
std::recursive_mutex one_at_a_time;

struct Device {
  Settings settings;
  std::mt19937_64 random{1};
  std::map<std::byte*, Block> blocks;
  std::set<Stream*> streams;
  std::set<Event*> events;
  Stream blocking;  // the default stream
  std::map<const void*, int> shared_limit;
  std::map<int, std::int64_t> launches;  // by card
  std::vector<std::string> faults;
  std::int64_t calls = 0, collectives = 0;
  cudaError_t last = cudaSuccess;
  cudaError_t broken = cudaSuccess;  // a kernel that failed breaks the context for good

  // Of this card, or pinned by the host.
  std::size_t used(bool device) const {
    std::size_t sum = 0;
    for (const auto& [memory, block] : blocks)
      if (block.device == device && (!device || block.card == card)) sum += block.bytes;
    return sum;
  }
  cudaError_t say(cudaError_t code) {
    if (code != cudaSuccess && code != cudaErrorNotReady) last = code;
    return code;
  }
  // Every call that may fail begins here.
  cudaError_t enter() {
    const std::int64_t number = calls++;
    if (settings.failing_card >= 0 && card != settings.failing_card) return say(broken);
    if (settings.fail_at >= 0 && (number == settings.fail_at || (settings.fail_for_ever && number > settings.fail_at)))
      return say(settings.failure);
    return say(broken);
  }
  // One piece of work of one stream.
  void progress() {
    std::vector<Stream*> busy;
    if (!blocking.work.empty()) busy.push_back(&blocking);
    for (Stream* stream : streams)
      if (!stream->work.empty()) busy.push_back(stream);
    if (!busy.empty()) progress(*busy[random() % busy.size()]);
  }
  void progress(Stream& stream) {
    if (stream.work.empty()) return;
    if (broken != cudaSuccess) {
      stream.work.clear();
      return;
    }
    if (stream.work.front()()) stream.work.pop_front();
  }
  void drain(Stream& stream) {
    while (!stream.work.empty()) progress(stream);
  }
  void drain() {
    drain(blocking);
    for (Stream* stream : streams) drain(*stream);
  }
  // Where a pointer lies; null for memory that was not taken here.
  const Block* block_of(const void* memory) const {
    const auto* at = static_cast<const std::byte*>(memory);
    auto after = blocks.upper_bound(const_cast<std::byte*>(at));
    if (after == blocks.begin()) return nullptr;
    --after;
    return at < after->first + after->second.bytes ? &after->second : nullptr;
  }
  bool inside(const void* memory, std::size_t bytes) const {
    if (bytes == 0 || !block_of(memory)) return bytes == 0;
    return block_of(static_cast<const std::byte*>(memory) + bytes - 1) == block_of(memory);
  }
};

Device* device = new Device;

// A call of the runtime: one thread of the host at a time.
struct Call {
  std::lock_guard<std::recursive_mutex> lock{one_at_a_time};
  cudaError_t code = device->enter();
};

cudaError_t take(void** memory, std::size_t bytes, bool on_device) {
  const Call call;
  if (call.code) return call.code;
  const Settings& s = device->settings;
  const std::size_t limit = on_device ? s.memory - std::min(s.memory, s.held_by_others) : s.pinned;
  if (device->used(on_device) + bytes > limit) return device->say(cudaErrorMemoryAllocation);
  std::byte* taken = arena_take(bytes);
  device->blocks[taken] = {bytes, on_device, card};
  *memory = taken;
  return cudaSuccess;
}

cudaError_t give(void* memory) {
  const Call call;
  const cudaError_t code = call.code;
  if (!memory) return code;
  device->drain();  // freeing waits for the device
  const auto block = device->blocks.find(static_cast<std::byte*>(memory));
  if (block == device->blocks.end()) {
    report_fault("memory is freed that was not taken, or twice");
    return device->say(cudaErrorInvalidValue);
  }
  arena_give(block->first, block->second.bytes);
  device->blocks.erase(block);
  return code;
}

std::function<bool()> copying(void* to, const void* from, std::size_t bytes) {
  const Block* there = device->block_of(to);
  const Block* here = device->block_of(from);
  for (const Block* block : {there, here})
    if (block && block->device && block->card != card)
      report_fault("a copy from card " + std::to_string(card) + " reaches memory of card " +
                   std::to_string(block->card));
  if ((there && !device->inside(to, bytes)) || (here && !device->inside(from, bytes)))
    report_fault("a copy of " + std::to_string(bytes) + " bytes goes beyond its memory");
  if (here) return [=] { return std::memcpy(to, from, bytes), true; };
  // Pageable memory is staged before the call returns.
  const std::vector<std::byte> staged(static_cast<const std::byte*>(from), static_cast<const std::byte*>(from) + bytes);
  return [=] { return std::memcpy(to, staged.data(), bytes), true; };
}

}  // namespace

void report_fault(const std::string& text) { device->faults.push_back(text); }
void count_collective() { ++device->collectives; }

void reset(const Settings& settings) {
  delete device;
  device = new Device;
  device->settings = settings;
  device->random.seed(settings.seed);
  watch_races(settings.watch_races);
}
std::vector<std::string> faults(Lines lines) {
  std::vector<std::string> texts = device->faults;
  if (lines == Lines::named)
    for (std::string& text : texts) text = with_places(text);
  return texts;
}
std::int64_t calls() { return device->calls; }
std::int64_t collectives() { return device->collectives; }
std::int64_t launches(int card) { return device->launches[card]; }

std::vector<std::string> leaks() {
  std::vector<std::string> list;
  for (const auto& [memory, block] : device->blocks)
    list.push_back(std::to_string(block.bytes) + (block.device ? " bytes of the device" : " pinned bytes"));
  list.insert(list.end(), device->streams.size(), "a stream");
  list.insert(list.end(), device->events.size(), "an event");
  return list;
}

cudaError_t launch(const cudaLaunchConfig_t& config, const void* kernel, std::function<void()> body) {
  const Call call;
  if (call.code) return call.code;
  if (!device->settings.has_image) return device->say(cudaErrorNoKernelImageForDevice);
  const auto limit = device->shared_limit.find(kernel);
  const std::size_t most = limit == device->shared_limit.end() ? 48 * 1024 : static_cast<std::size_t>(limit->second);
  if (config.gridDim.x == 0 || config.blockDim.x == 0 || config.blockDim.x > 1024 || config.dynamicSmemBytes > most)
    return device->say(cudaErrorInvalidValue);
  Stream* stream = config.stream ? config.stream : &device->blocking;
  if (config.stream && stream->card != card) return device->say(cudaErrorInvalidValue);
  ++device->launches[card];
  auto running = std::make_shared<std::unique_ptr<Launch>>();
  stream->work.push_back([=, body = std::move(body)] {
    if (!*running) *running = std::make_unique<Launch>(config, body, device->random);
    const std::size_t before = device->faults.size();
    if (!(*running)->step(64)) return false;
    running->reset();
    for (std::size_t i = before; i < device->faults.size(); ++i)
      if (device->faults[i].find("a race") != 0) device->broken = cudaErrorLaunchFailure;
    return true;
  });
  return cudaSuccess;
}

cudaError_t occupancy(int* blocks, const void*, int, std::size_t) {
  const Call call;
  if (call.code) return call.code;
  *blocks = device->settings.blocks_per_multiprocessor;
  return cudaSuccess;
}

cudaError_t set_attribute(const void* kernel, cudaFuncAttribute which, int value) {
  const Call call;
  if (call.code) return call.code;
  if (which != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
  if (value > 227 * 1024) return device->say(cudaErrorInvalidValue);
  device->shared_limit[kernel] = value;
  return cudaSuccess;
}

cudaError_t get_attributes(cudaFuncAttributes* attributes, const void*) {
  const Call call;
  if (call.code) return call.code;
  if (!device->settings.has_image) return device->say(cudaErrorNoKernelImageForDevice);
  attributes->localSizeBytes = 1200;
  return cudaSuccess;
}

}  // namespace simt

using simt::Call;
using simt::device;

const char* cudaGetErrorString(cudaError_t code) {
  switch (code) {
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorNoKernelImageForDevice:
      return "no kernel image is available for execution on the device";
    case cudaErrorLaunchFailure:
      return "unspecified launch failure";
    case cudaErrorDeviceLost:
      return "the device is gone";
    default:
      return "an error";
  }
}
cudaError_t cudaGetLastError() {
  const std::lock_guard lock(simt::one_at_a_time);
  const cudaError_t code = device->last;
  device->last = device->broken;
  return code;
}
cudaError_t cudaGetDeviceCount(int* count) {
  const Call call;
  if (call.code) return call.code;
  *count = device->settings.devices;
  if (device->settings.driver < 13000) return device->say(cudaErrorInsufficientDriver);
  return device->settings.devices ? cudaSuccess : device->say(cudaErrorNoDevice);
}
cudaError_t cudaGetDevice(int* number) {
  const Call call;
  if (call.code) return call.code;
  *number = simt::card;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int number) {
  const Call call;
  if (call.code) return call.code;
  if (number < 0 || number >= device->settings.devices) return device->say(cudaErrorInvalidDevice);
  simt::card = number;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  const Call call;
  if (call.code) return call.code;
  *properties = {"a device of fibers", 9, 0, device->settings.multiprocessors, device->settings.memory};
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  const Call call;
  if (call.code) return call.code;
  *version = device->settings.driver;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  const Call call;
  if (call.code) return call.code;
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int) {
  const Call call;
  if (call.code) return call.code;
  const auto shared = static_cast<int>(device->settings.shared_per_multiprocessor);
  switch (which) {
    case cudaDevAttrMultiProcessorCount:
      *value = device->settings.multiprocessors;
      break;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      *value = 2048;
      break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      *value = shared;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = shared - 1024;
      break;
    case cudaDevAttrReservedSharedMemoryPerBlock:
      *value = 1024;
      break;
    case cudaDevAttrKernelExecTimeout:
      *value = device->settings.watchdog;
      break;
    case cudaDevAttrClockRate:
      *value = 1000000;
      break;
  }
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  const Call call;
  if (call.code) return call.code;
  const std::size_t taken = device->used(true) + device->settings.held_by_others;
  *total = device->settings.memory;
  *free = *total > taken ? *total - taken : 0;
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** memory, std::size_t bytes) { return simt::take(memory, bytes, true); }
cudaError_t cudaFree(void* memory) { return simt::give(memory); }
cudaError_t cudaHostAlloc(void** memory, std::size_t bytes, unsigned) { return simt::take(memory, bytes, false); }
cudaError_t cudaFreeHost(void* memory) { return simt::give(memory); }
cudaError_t cudaHostGetDevicePointer(void** there, void* here, unsigned) {
  const Call call;
  if (call.code) return call.code;
  *there = here;
  return cudaSuccess;
}
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const Call call;
  if (call.code) return call.code;
  simt::Stream& on = stream ? *stream : device->blocking;
  on.work.push_back(simt::copying(to, from, bytes));
  if (kind == cudaMemcpyDeviceToHost && !device->block_of(to)) device->drain(on);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  const Call call;
  if (call.code) return call.code;
  if (!device->inside(to, bytes)) simt::report_fault("a fill goes beyond its memory");
  (stream ? *stream : device->blocking).work.push_back([=] { return std::memset(to, value, bytes), true; });
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const Call call;
  if (call.code) return call.code;
  *stream = new simt::Stream{{}, simt::card};
  device->streams.insert(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const Call call;
  const cudaError_t code = call.code;
  if (device->streams.erase(stream) == 0) return code;
  device->drain(*stream);
  delete stream;
  return code;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const Call call;
  if (call.code) return call.code;
  device->drain(*stream);
  return device->say(device->broken);
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  const Call call;
  if (call.code) return call.code;
  *event = new simt::Event;
  device->events.insert(*event);
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const Call call;
  const cudaError_t code = call.code;
  if (device->events.erase(event) == 0) return code;
  device->drain();
  delete event;
  return code;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const Call call;
  if (call.code) return call.code;
  ++event->pending;
  (stream ? *stream : device->blocking).work.push_back([=] { return --event->pending, true; });
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  const Call call;
  if (call.code) return call.code;
  device->progress();
  if (device->broken != cudaSuccess) return device->say(device->broken);
  return event->pending ? cudaErrorNotReady : cudaSuccess;
}
