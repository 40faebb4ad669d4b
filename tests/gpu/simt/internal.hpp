// Inside tests/gpu/simt: what its three files share.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "tests/gpu/simt/simt.hpp"

namespace simt {

// ---- warps.cpp

// A grid in progress.
class Launch {
 public:
  Launch(const cudaLaunchConfig_t& config, std::function<void()> body, std::mt19937_64& random);
  ~Launch();
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;
  bool step(int slices);  // true when it has ended, well or with a fault

 private:
  struct Grid;
  std::unique_ptr<Grid> grid_;
};

// The lane that runs now: where it is, and which stretch between barriers of its warp this is.
struct Position {
  std::uint32_t block = 0, warp = 0, lane = 0;  // warp: over the whole launch
  std::uint64_t stretch = 0;                    // unique over warps and launches
  std::uint64_t launch_begins = 0;              // the first stretch of the launch
  const std::byte *stack = nullptr, *stack_end = nullptr;
};
const Position* position();  // null outside kernels
std::uint32_t warp_of(std::uint64_t stretch);

// ---- races.cpp

// Memory of the device and pinned memory come from one range of addresses.
std::byte* arena_take(std::size_t bytes);
void arena_give(std::byte* memory, std::size_t bytes);
void watch_races(bool on);
// An address in the program, inside a text: a mark that with_places() makes "function (file:line)" of, later and on a
// stack that has room for it.
std::string place(const void* code);
std::string with_places(std::string text);
std::string where(const void* code);

// ---- runtime.cpp

void report_fault(const std::string& text);
void count_collective();

}  // namespace simt
