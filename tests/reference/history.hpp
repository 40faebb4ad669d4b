// What two simulators are compared on: what happens to each job, and what the machine looks like after each moment.
#pragma once
#include <cstdint>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "sim/time.hpp"

namespace nadc::reference {

enum class Happening : std::uint8_t { ends, is_stopped, starts };  // in their order at one tick

struct Event {
  Tick at = 0;
  Happening what = Happening::starts;
  std::uint32_t cell = 0, number = 0;  // of the job
  std::uint32_t partition = 0;
  std::uint32_t gpus = 0;   // held
  std::uint32_t node = 0;   // of a job on a part of a node
  std::uint32_t nodes = 0;  // whole nodes owned
  std::uint32_t pods = 1;
  Tick lost = 0;      // of the time held since its start: all that a checkpoint, a restart or an interruption cost
  Tick rounding = 0;  // by which `lost` may differ

  auto place_in_time() const { return std::tuple(at, what, cell, number); }
  bool operator<(const Event& other) const { return place_in_time() < other.place_in_time(); }
};

// From this tick on, after its scheduling pass.
struct State {
  Tick at = 0;
  std::uint64_t waiting = 0, running = 0;                                 // jobs
  std::uint64_t busy = 0, in_service = 0, down = 0, dark = 0, spare = 0;  // GPUs
  std::int64_t power_mw = 0;
  std::vector<std::int16_t> free;  // (node) GPUs; -1: not in service. Empty where GPUs are a pool

  bool same_as(const State& other) const {
    return std::tie(waiting, running, busy, in_service, down, dark, spare, power_mw, free) ==
           std::tie(other.waiting, other.running, other.busy, other.in_service, other.down, other.dark, other.spare,
                    other.power_mw, other.free);
  }
};

struct History {
  std::vector<Event> events;
  std::vector<State> states;  // those that differ from the one before

  void note(State state) {
    if (!states.empty() && states.back().at == state.at) states.pop_back();
    if (states.empty() || !states.back().same_as(state)) states.push_back(std::move(state));
  }
};

std::ostream& operator<<(std::ostream& out, const Event& event);
std::ostream& operator<<(std::ostream& out, const State& state);

// Empty where they agree; else the first moment at which they do not, and what each says of it. Lost time may differ by
// the reference's rounding.
std::string first_difference(const History& reference, const History& loop);

}  // namespace nadc::reference
