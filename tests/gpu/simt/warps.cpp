// Lanes as fibers, and the collectives at which they meet.
#include <algorithm>
#include <array>
#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <deque>
#include <vector>

#include "tests/gpu/simt/internal.hpp"

namespace simt {
namespace {

constexpr std::size_t stack_bytes = 96 * 1024;
constexpr std::uint32_t warp_lanes = 32;
constexpr int most_frames = 20;

// The calls by which a lane came to a collective, innermost first.
struct Calls {
  std::array<const void*, most_frames> frame{};
  int count = 0;
  friend bool operator==(const Calls& a, const Calls& b) {
    return a.count == b.count && std::equal(a.frame.begin(), a.frame.begin() + a.count, b.frame.begin());
  }
};

struct Meeting {
  Collective collective;
  unsigned mask;
  std::uint64_t value;
  int argument;
  Calls calls;
};

struct Lane {
  enum class State { ready, waiting, done };
  State state = State::ready;
  boost::context::fiber fiber, outside;
  Position position;
  Index thread, block;
  std::byte* shared = nullptr;
  Meeting meeting{};
  std::uint64_t answer = 0;
  bool abandoned = false;
};

struct Warp {
  std::vector<std::unique_ptr<Lane>> lanes;
  std::uint64_t stretch = 0;
  bool done = false;
};

thread_local Lane* current = nullptr;  // a fiber may go on in another thread of the host
std::uint64_t stretches = 1;
std::vector<std::uint32_t> warp_of_stretch(1, 0);

std::uint64_t new_stretch(std::uint32_t warp) {
  warp_of_stretch.push_back(warp);
  return stretches++;
}

__attribute__((noinline)) Calls calls_here(const Position& where) {
  Calls calls;
  auto* frame = static_cast<void**>(__builtin_frame_address(0));
  while (calls.count < most_frames) {
    const auto* at = reinterpret_cast<const std::byte*>(frame);
    if (at < where.stack || at + 16 > where.stack_end) break;
    calls.frame[static_cast<std::size_t>(calls.count++)] = frame[1];
    frame = static_cast<void**>(frame[0]);
  }
  return calls;
}

// The place in the kernel: the first frames that are neither the collective's own nor the lane group's.
std::string text_of(const Calls& calls) {
  std::string text;
  for (int i = 1, told = 0; i < calls.count && told < 4; ++i) {
    text += (told++ ? " < " : "") + place(calls.frame[static_cast<std::size_t>(i)]);
  }
  return text.empty() ? "an unknown place" : text;
}

const char* name_of(Collective collective) {
  static constexpr const char* names[] = {"__syncwarp", "__shfl_sync", "__shfl_up_sync", "__shfl_xor_sync",
                                          "__ballot_sync"};
  return names[static_cast<int>(collective)];
}

void yield() {
  Lane* self = current;
  self->outside = std::move(self->outside).resume();
}

}  // namespace

const Position* position() { return current ? &current->position : nullptr; }
std::uint32_t warp_of(std::uint64_t stretch) { return stretch < warp_of_stretch.size() ? warp_of_stretch[stretch] : 0; }

const Index& thread_index() {
  static const Index host;
  return current ? current->thread : host;
}
const Index& block_index() {
  static const Index host;
  return current ? current->block : host;
}
std::byte* shared_memory() { return current ? current->shared : nullptr; }

std::uint64_t meet(Collective collective, unsigned mask, std::uint64_t value, int argument) {
  if (!current) return collective == Collective::ballot ? value : value;  // host code: a group of one
  Lane* self = current;
  self->meeting = {collective, mask, value, argument, calls_here(self->position)};
  self->state = Lane::State::waiting;
  yield();
  return self->answer;
}

unsigned fetch_add(unsigned* where, unsigned value) {
  const unsigned before = *where;
  *where = before + value;
  if (current) yield();  // others may come first to what follows
  return before;
}

struct Launch::Grid {
  std::vector<Warp> warps;
  std::vector<std::pair<std::byte*, std::size_t>> shared;
  std::function<void()> body;
  std::mt19937_64& random;
  std::uint64_t begins = 0;
  std::size_t unfinished = 0;
  bool failed = false;

  explicit Grid(std::mt19937_64& r) : random(r) {}

  std::size_t pick(std::size_t n) { return static_cast<std::size_t>(random() % n); }

  void make_lane(Warp& warp, std::uint32_t number, std::uint32_t block, std::uint32_t lane, unsigned thread,
                 std::byte* memory) {
    warp.lanes.push_back(std::make_unique<Lane>());
    Lane* self = warp.lanes.back().get();
    self->position = {block, number, lane, warp.stretch, begins, nullptr, nullptr};
    self->thread.x = thread;
    self->block.x = block;
    self->shared = memory;
    self->fiber = boost::context::fiber(std::allocator_arg, boost::context::fixedsize_stack(stack_bytes),
                                        [self, this](boost::context::fiber&& outside) {
                                          self->outside = std::move(outside);
                                          const auto* top = static_cast<const std::byte*>(__builtin_frame_address(0));
                                          self->position.stack_end = top + 4096;
                                          self->position.stack = top - stack_bytes + 4096;
                                          body();
                                          self->state = Lane::State::done;
                                          return std::move(self->outside);
                                        });
  }

  void fail(const std::string& text) {
    failed = true;
    report_fault(text);
  }

  // Lets a lane run until it waits, yields or is done.
  void run(Lane& lane) {
    current = &lane;
    lane.fiber = std::move(lane.fiber).resume();
    current = nullptr;
  }

  std::string text_of_lane(const Lane& lane) const {
    const std::string who =
        "lane " + std::to_string(lane.position.lane) + " of warp " + std::to_string(lane.position.warp);
    if (lane.state == Lane::State::done) return who + " has left the kernel";
    return who + " waits at " + name_of(lane.meeting.collective) + " for mask " + std::to_string(lane.meeting.mask) +
           " at " + text_of(lane.meeting.calls);
  }

  // All lanes of the warp wait or are done: those that meet go on.
  void resolve(Warp& warp) {
    const auto first = std::find_if(warp.lanes.begin(), warp.lanes.end(),
                                    [](const auto& lane) { return lane->state == Lane::State::waiting; });
    if (first == warp.lanes.end()) {
      warp.done = true;
      --unfinished;
      return;
    }
    const Meeting& meeting = (*first)->meeting;
    std::vector<Lane*> met;
    for (std::uint32_t l = 0; l < warp_lanes; ++l) {
      if (!((meeting.mask >> l) & 1)) continue;
      if (l >= warp.lanes.size())
        return fail("a mask names lane " + std::to_string(l) +
                    ", which the block does not have: " + text_of_lane(**first));
      Lane& lane = *warp.lanes[l];
      if (lane.state == Lane::State::done || lane.meeting.collective != meeting.collective ||
          lane.meeting.mask != meeting.mask || !(lane.meeting.calls == meeting.calls))
        return fail("lanes do not meet: " + text_of_lane(**first) + "; " + text_of_lane(lane));
      met.push_back(&lane);
    }
    if (!((meeting.mask >> (*first)->position.lane) & 1))
      return fail("a mask leaves out the lane that calls: " + text_of_lane(**first));
    count_collective();
    std::uint64_t ballot = 0;
    for (const Lane* lane : met) ballot |= static_cast<std::uint64_t>(lane->meeting.value & 1) << lane->position.lane;
    if (meeting.collective == Collective::barrier) warp.stretch = new_stretch((*first)->position.warp);
    for (Lane* lane : met) {
      const Meeting& own = lane->meeting;
      const int l = static_cast<int>(lane->position.lane);
      int from = l;
      if (own.collective == Collective::shuffle) from = own.argument & 31;
      if (own.collective == Collective::shuffle_up) from = l - own.argument < 0 ? l : l - own.argument;
      if (own.collective == Collective::shuffle_xor) from = l ^ own.argument;
      // The value of a lane that is not in the mask is undefined.
      const bool there = ((meeting.mask >> from) & 1) && static_cast<std::size_t>(from) < warp.lanes.size();
      lane->answer = own.collective == Collective::ballot ? ballot
                     : there                              ? warp.lanes[static_cast<std::size_t>(from)]->meeting.value
                                                          : random();
    }
    for (Lane* lane : met) {
      lane->state = Lane::State::ready;
      lane->position.stretch = warp.stretch;
    }
  }

  void slice() {
    std::vector<Warp*> open;
    for (Warp& warp : warps)
      if (!warp.done) open.push_back(&warp);
    if (open.empty()) return;
    Warp& warp = *open[pick(open.size())];
    // The ready lanes in random order, each until it waits.
    std::vector<Lane*> ready;
    for (const auto& lane : warp.lanes)
      if (lane->state == Lane::State::ready) ready.push_back(lane.get());
    std::shuffle(ready.begin(), ready.end(), random);
    for (Lane* lane : ready) {
      run(*lane);
      if (failed) return;
    }
    for (const auto& lane : warp.lanes)
      if (lane->state == Lane::State::ready) return;  // one has yielded
    resolve(warp);
  }
};

Launch::Launch(const cudaLaunchConfig_t& config, std::function<void()> body, std::mt19937_64& random)
    : grid_(std::make_unique<Grid>(random)) {
  grid_->body = std::move(body);
  grid_->begins = stretches;
  const std::uint32_t threads = config.blockDim.x, warps = (threads + warp_lanes - 1) / warp_lanes;
  grid_->warps.resize(std::size_t{config.gridDim.x} * warps);
  grid_->unfinished = grid_->warps.size();
  for (std::uint32_t block = 0; block < config.gridDim.x; ++block) {
    std::byte* memory = arena_take(config.dynamicSmemBytes);
    grid_->shared.emplace_back(memory, config.dynamicSmemBytes);
    for (std::uint32_t w = 0; w < warps; ++w) {
      const std::uint32_t number = block * warps + w;
      Warp& warp = grid_->warps[number];
      warp.stretch = new_stretch(number);
      for (std::uint32_t l = 0; l < warp_lanes && w * warp_lanes + l < threads; ++l)
        grid_->make_lane(warp, number, block, l, w * warp_lanes + l, memory);
    }
  }
}

Launch::~Launch() {
  grid_->warps.clear();  // unwinds fibers that did not end
  for (const auto& [memory, bytes] : grid_->shared) arena_give(memory, bytes);
}

bool Launch::step(int slices) {
  for (int i = 0; i < slices && grid_->unfinished > 0 && !grid_->failed; ++i) grid_->slice();
  return grid_->unfinished == 0 || grid_->failed;
}

}  // namespace simt
