// A device of fibers: runs kernels as CUDA would, lane by lane on the host, to find what a card would only show as a
// rare wrong answer.
//
// Each lane of a warp is a fiber with a stack of its own. Between collectives the lanes run one after another in random
// order (seeded), so a missing barrier becomes a wrong answer; warps and blocks take turns at random. At a collective
// all lanes that its mask names must come by the same calls, with the same mask; else the launch fails and says where
// each stood. Memory of the device is shadowed, word by word: a word that two lanes touch, one of them writing, without
// a barrier of their warp between (or two warps of a launch without an atomic operation) is a race, and named with the
// lanes and lines. A collective other than a barrier orders no memory. Fresh memory holds rubbish.
//
// Streams run when they are looked at, a little at a time, and in any order among each other; a copy from pageable
// memory on the default stream does not wait for a non-blocking one. Any call can be made to fail.
//
// Neglected: the order in which stores of one lane become visible to the host, clocks, caches, divergence inside a
// lane's own code (each lane runs on its own). Several cards are alike; calls of several threads of the host run one at
// a time.
//
// Code that is to be watched is compiled with -fsanitize=thread -fno-omit-frame-pointer and linked without the
// sanitizer's library: its hooks are defined in races.cpp.
#pragma once
#include <cuda_runtime.h>

#include <cstdint>
#include <string>
#include <vector>

namespace simt {

struct Settings {
  std::uint64_t seed = 1;
  int devices = 1;
  int multiprocessors = 2;
  int blocks_per_multiprocessor = 2;
  std::size_t memory = std::size_t{256} << 20;         // of the device [bytes]
  std::size_t pinned = std::size_t{256} << 20;         // that the host may pin [bytes]
  std::size_t held_by_others = 0;                      // [bytes]
  std::size_t shared_per_multiprocessor = 228 * 1024;  // of sm_90
  int driver = 13000;
  bool has_image = true;  // the kernels were compiled for this device
  bool watchdog = false;  // kernels are stopped after seconds
  bool watch_races = true;
  std::int64_t fail_at = -1;  // the call of this number fails, counted from 0
  cudaError_t failure = cudaErrorLaunchFailure;
  bool fail_for_ever = false;  // the device is lost from that call on
  int failing_card = -1;       // only calls on this one fail; -1: on any
};

// A fresh device; the one before must have been left empty (leaks() says what was not given back).
void reset(const Settings& settings);

// What was found wrong since reset(), in order. Naming functions and lines takes a moment for each.
enum class Lines { named, left_out };
std::vector<std::string> faults(Lines lines = Lines::named);
std::vector<std::string> leaks();  // memory, streams and events that exist
std::int64_t calls();              // that could fail, since reset()
std::int64_t collectives();        // met, since reset()
std::int64_t launches(int card);   // since reset()

}  // namespace simt
