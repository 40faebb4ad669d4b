// The device of fibers finds what it is there to find: small kernels, right and wrong ones.
#include "tests/gpu/simt/simt.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace simt {
namespace {

constexpr unsigned all = 0xffffffffu;

// Runs a kernel and what comes of it: the faults, joined.
template <class... P, class... A>
std::string run(void (*kernel)(P...), unsigned blocks, unsigned threads, std::size_t shared, A... arguments) {
  cudaStream_t stream = nullptr;
  EXPECT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(blocks);
  config.blockDim = dim3(threads);
  config.dynamicSmemBytes = shared;
  config.stream = stream;
  EXPECT_EQ(cudaLaunchKernelEx(&config, kernel, arguments...), cudaSuccess);
  (void)cudaStreamSynchronize(stream);
  (void)cudaStreamDestroy(stream);
  std::string text;
  for (const std::string& fault : faults(Lines::left_out)) text += fault + "\n";
  return text;
}

class Simt : public ::testing::Test {
 protected:
  unsigned* words(std::size_t count) {
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, count * sizeof(unsigned)), cudaSuccess);
    return static_cast<unsigned*>(memory);
  }
  void fresh(std::uint64_t seed = 1) {
    Settings settings;
    settings.seed = seed;
    reset(settings);
  }
  void SetUp() override { fresh(); }
};

// ---- right kernels

void sum_by_shuffles(unsigned* out) {
  unsigned value = threadIdx.x + 1;
  for (int d = 16; d > 0; d >>= 1) value += __shfl_xor_sync(all, value, d);
  if (threadIdx.x == 0) out[blockIdx.x] = value;
}
TEST_F(Simt, ShufflesAddUp) {
  unsigned* out = words(3);
  EXPECT_EQ(run(sum_by_shuffles, 3, 32, 0, out), "");
  for (int b = 0; b < 3; ++b) EXPECT_EQ(out[b], 32u * 33 / 2);
}

void prefix_by_shuffles(unsigned* out) {
  unsigned upto = 1;
  for (unsigned d = 1; d < 32; d <<= 1) {
    const unsigned left = __shfl_up_sync(all, upto, d);
    if (threadIdx.x >= d) upto += left;
  }
  const unsigned odd = __ballot_sync(all, threadIdx.x & 1);
  const unsigned of_five = __shfl_sync(all, upto, 5);
  out[threadIdx.x] = upto * 1000 + of_five * 10 + (odd == 0xaaaaaaaau);
}
TEST_F(Simt, PrefixBallotAndBroadcastAreCudas) {
  unsigned* out = words(32);
  EXPECT_EQ(run(prefix_by_shuffles, 1, 32, 0, out), "");
  for (unsigned l = 0; l < 32; ++l) EXPECT_EQ(out[l], (l + 1) * 1000 + 6 * 10 + 1);
}

void halves(unsigned* out) {  // two groups of a warp, each with its own mask
  const unsigned mask = threadIdx.x < 16 ? 0x0000ffffu : 0xffff0000u;
  const unsigned votes = __ballot_sync(mask, 1);
  out[threadIdx.x] = votes;
}
TEST_F(Simt, GroupsOfAWarpMeetApart) {
  unsigned* out = words(32);
  EXPECT_EQ(run(halves, 1, 32, 0, out), "");
  EXPECT_EQ(out[0], 0x0000ffffu);
  EXPECT_EQ(out[31], 0xffff0000u);
}

void turn_round(unsigned* out) {
  auto* shared = reinterpret_cast<unsigned*>(shared_memory());
  shared[threadIdx.x] = threadIdx.x;
  __syncwarp();
  out[threadIdx.x] = shared[31 - threadIdx.x];
}
TEST_F(Simt, ABarrierOrdersSharedMemory) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    fresh(seed);
    unsigned* out = words(32);
    EXPECT_EQ(run(turn_round, 1, 32, 128, out), "");
    for (unsigned l = 0; l < 32; ++l) EXPECT_EQ(out[l], 31 - l);
  }
}

void take_tasks(unsigned* next, unsigned* taken, unsigned tasks) {
  for (;;) {
    unsigned task = 0;
    if (threadIdx.x % 32 == 0) task = atomicAdd(next, 1u);
    task = __shfl_sync(all, task, 0);
    if (task >= tasks) return;
    if (threadIdx.x % 32 == 0) taken[task] += 1;
  }
}
TEST_F(Simt, AQueueHandsOutEveryTaskOnce) {
  unsigned* memory = words(101);
  std::fill(memory, memory + 101, 0u);
  EXPECT_EQ(run(take_tasks, 3, 64, 0, memory, memory + 1, 100u), "");
  for (int i = 1; i <= 100; ++i) EXPECT_EQ(memory[i], 1u);
}

// ---- wrong kernels: what is wrong, and a word that the fault must hold

struct Wrong {
  const char* name;
  void (*kernel)(unsigned*);
  const char* says;
  unsigned blocks = 1, threads = 32;
};

void no_barrier(unsigned* out) {
  auto* shared = reinterpret_cast<unsigned*>(shared_memory());
  shared[threadIdx.x] = threadIdx.x;
  out[threadIdx.x] = shared[31 - threadIdx.x];
}
void barrier_too_early(unsigned* out) {
  auto* shared = reinterpret_cast<unsigned*>(shared_memory());
  __syncwarp();
  shared[threadIdx.x] = threadIdx.x;
  out[threadIdx.x] = shared[31 - threadIdx.x];
}
void no_barrier_before_reuse(unsigned* out) {
  auto* shared = reinterpret_cast<unsigned*>(shared_memory());
  for (unsigned round = 0; round < 2; ++round) {
    shared[threadIdx.x] = round;
    __syncwarp();
    out[threadIdx.x] = shared[(threadIdx.x + 1) % 32];
  }
}
void shuffle_for_a_barrier(unsigned* out) {  // a collective that orders no memory
  auto* shared = reinterpret_cast<unsigned*>(shared_memory());
  shared[threadIdx.x] = threadIdx.x;
  (void)__shfl_sync(all, 0u, 0);
  out[threadIdx.x] = shared[31 - threadIdx.x];
}
void two_lanes_write_one_word(unsigned* out) {
  if (threadIdx.x == 3 || threadIdx.x == 17) out[0] = threadIdx.x;
}
void all_lanes_write_the_same(unsigned* out) { out[0] = 7; }
void lane_leaves_early(unsigned* out) {
  if (threadIdx.x == 9) return;
  __syncwarp();
  out[threadIdx.x] = 1;
}
void lane_leaves_before_a_shuffle(unsigned* out) {
  if (threadIdx.x == 31) return;
  out[threadIdx.x] = __shfl_sync(all, threadIdx.x, 0);
}
void barrier_in_a_branch(unsigned* out) {
  if (threadIdx.x < 16) __syncwarp();
  out[threadIdx.x] = 1;
}
void ballot_in_a_branch(unsigned* out) {
  unsigned votes = 0;
  if (threadIdx.x != 4) votes = __ballot_sync(all, 1);
  __syncwarp();
  out[threadIdx.x] = votes;
}
__attribute__((noinline)) void one_way() { __syncwarp(); }
__attribute__((noinline)) void other_way() { __syncwarp(); }
void barriers_at_two_places(unsigned* out) {
  if (threadIdx.x < 16)
    one_way();
  else
    other_way();
  out[threadIdx.x] = 1;
}
void one_more_round(unsigned* out) {  // a loop whose length differs by lane
  const unsigned rounds = threadIdx.x == 0 ? 3 : 2;
  for (unsigned i = 0; i < rounds; ++i) __syncwarp();
  out[threadIdx.x] = 1;
}
void different_collectives(unsigned* out) {
  if (threadIdx.x < 16)
    out[threadIdx.x] = __ballot_sync(all, 1);
  else
    out[threadIdx.x] = __shfl_sync(all, 1u, 0);
}
void masks_differ(unsigned* out) {
  __syncwarp(threadIdx.x < 16 ? all : 0xffff0000u);
  out[threadIdx.x] = 1;
}
void mask_without_the_caller(unsigned* out) {
  __syncwarp(0xfffffffeu);
  out[threadIdx.x] = 1;
}
void warps_share_a_word(unsigned* out) {
  if (threadIdx.x % 32 == 0) out[0] += 1;
}
void blocks_share_a_word(unsigned* out) {
  if (threadIdx.x == 0) out[1] = blockIdx.x;
}
void reads_another_warps_result(unsigned* out) {
  if (threadIdx.x == 0) out[0] = 5;
  if (threadIdx.x == 32) out[1] = out[0];
}
void queue_without_atomics(unsigned* out) {
  if (threadIdx.x % 32 == 0) {
    const unsigned task = out[0];
    out[0] = task + 1;
    out[1 + task % 8] = 1;
  }
}
void stale_shared_value(unsigned* out) {  // one lane updates, the others read what it was
  auto* shared = reinterpret_cast<unsigned*>(shared_memory());
  if (threadIdx.x == 0) shared[0] = 1;
  __syncwarp();
  const unsigned before = shared[0];
  if (threadIdx.x == 0) shared[0] = 2;
  out[threadIdx.x] = before + shared[0];
}
void off_by_one_neighbour(unsigned* out) {  // a stride loop that overlaps its neighbour's part
  for (unsigned i = threadIdx.x * 2; i <= threadIdx.x * 2 + 2 && i < 64; ++i) out[i] = i;
}

const Wrong wrongs[] = {
    {"no barrier", no_barrier, "a race"},
    {"barrier too early", barrier_too_early, "a race"},
    {"no barrier before reuse", no_barrier_before_reuse, "a race"},
    {"shuffle for a barrier", shuffle_for_a_barrier, "a race"},
    {"two lanes write one word", two_lanes_write_one_word, "a race"},
    {"all lanes write the same", all_lanes_write_the_same, "a race"},
    {"lane leaves early", lane_leaves_early, "has left the kernel"},
    {"lane leaves before a shuffle", lane_leaves_before_a_shuffle, "has left the kernel"},
    {"barrier in a branch", barrier_in_a_branch, "has left the kernel"},
    {"ballot in a branch", ballot_in_a_branch, "lanes do not meet"},
    {"barriers at two places", barriers_at_two_places, "lanes do not meet"},
    {"one more round", one_more_round, "has left the kernel"},
    {"different collectives", different_collectives, "lanes do not meet"},
    {"masks differ", masks_differ, "lanes do not meet"},
    {"mask without the caller", mask_without_the_caller, "mask"},
    {"warps share a word", warps_share_a_word, "a race", 1, 64},
    {"blocks share a word", blocks_share_a_word, "a race", 2, 32},
    {"reads another warp's result", reads_another_warps_result, "a race", 1, 64},
    {"queue without atomics", queue_without_atomics, "a race", 1, 64},
    {"stale shared value", stale_shared_value, "a race"},
    {"off by one neighbour", off_by_one_neighbour, "a race"},
};

TEST_F(Simt, FindsEveryPlantedFaultInEveryOrder) {
  for (const Wrong& wrong : wrongs)
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      SCOPED_TRACE(wrong.name);
      fresh(seed);
      unsigned* out = words(64);
      std::fill(out, out + 64, 0u);
      const std::string found = run(wrong.kernel, wrong.blocks, wrong.threads, 256, out);
      EXPECT_NE(found.find(wrong.says), std::string::npos) << found;
    }
}

TEST_F(Simt, NamesLanesAndLinesOfARace) {
  unsigned* out = words(64);
  run(two_lanes_write_one_word, 1, 32, 0, out);
  ASSERT_EQ(faults().size(), 1u);
  const std::string found = faults().front();
  EXPECT_NE(found.find("lane 3"), std::string::npos) << found;
  EXPECT_NE(found.find("lane 17"), std::string::npos) << found;
  EXPECT_NE(found.find("simt_test.cpp"), std::string::npos) << found;
}

// ---- the runtime

TEST_F(Simt, ACopyOnTheDefaultStreamDoesNotWaitForANonBlockingOne) {
  // Pageable memory to the device on the default stream, then work on another stream: the order is not given.
  bool early = false, late = false;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    fresh(seed);
    unsigned* out = words(1);
    cudaStream_t stream = nullptr;
    cudaEvent_t event = nullptr;
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
    ASSERT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
    ASSERT_EQ(cudaMemsetAsync(out, 0, 4, stream), cudaSuccess);
    ASSERT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    const unsigned one = 1;
    unsigned seen = 9;
    ASSERT_EQ(cudaMemcpy(out, &one, 4, cudaMemcpyHostToDevice), cudaSuccess);
    void* pinned = nullptr;
    ASSERT_EQ(cudaHostAlloc(&pinned, 4, cudaHostAllocMapped), cudaSuccess);
    ASSERT_EQ(cudaMemcpyAsync(pinned, out, 4, cudaMemcpyDeviceToHost, stream), cudaSuccess);
    ASSERT_EQ(cudaEventRecord(event, stream), cudaSuccess);
    while (cudaEventQuery(event) == cudaErrorNotReady) {}
    seen = *static_cast<unsigned*>(pinned);
    (seen == 1 ? late : early) = true;
  }
  EXPECT_TRUE(early && late);
}

TEST_F(Simt, MoreSharedMemoryThanAskedForIsRefused) {
  cudaLaunchConfig_t config{};
  config.blockDim = dim3(32);
  config.dynamicSmemBytes = 64 * 1024;
  unsigned* out = words(32);
  EXPECT_EQ(cudaLaunchKernelEx(&config, turn_round, out), cudaErrorInvalidValue);
  EXPECT_EQ(cudaFuncSetAttribute(turn_round, cudaFuncAttributeMaxDynamicSharedMemorySize, 64 * 1024), cudaSuccess);
  EXPECT_EQ(cudaLaunchKernelEx(&config, turn_round, out), cudaSuccess);
}

TEST_F(Simt, MemoryIsFreedOnceAndLeaksAreSeen) {
  unsigned* out = words(4);
  EXPECT_EQ(leaks().size(), 1u);
  EXPECT_EQ(cudaFree(out), cudaSuccess);
  EXPECT_EQ(leaks().size(), 0u);
  EXPECT_NE(cudaFree(out), cudaSuccess);
  EXPECT_EQ(faults().size(), 1u);
}

}  // namespace
}  // namespace simt
