// Seam victim: which running job of a power domain gives way when its limit falls below what jobs can run with. The
// least claim gives way; ties go to the newest, then to the lowest slot. It stops with notice: what saves at all saves
// first. Failures ask nobody, and whom an outage hits stands on its nodes, so this seam is not asked there.
#pragma once
#include <cstdint>
#include <string_view>

#include "sim/platform.hpp"
#include "sim/seam.hpp"
#include "sim/time.hpp"

namespace nadc {

struct VictimView {
  std::int64_t priority;  // of its group
  std::uint32_t gpus;     // that it holds
  Tick destroyed;         // work, at full rate, that nothing saves if it stops now
  Tick restart;           // that it will cost
};

struct NewestVictim {
  static constexpr std::string_view name = "newest";
  static constexpr std::string_view help = "The job that started last.";
  NADC_HD std::uint64_t operator()(const VictimView&) const { return 0; }
};

struct LowestPriorityVictim {
  static constexpr std::string_view name = "lowest-priority";
  static constexpr std::string_view help = "A job of the group of lowest priority, the newest of these.";
  NADC_HD std::uint64_t operator()(const VictimView& job) const {
    return static_cast<std::uint64_t>(job.priority) ^ (std::uint64_t{1} << 63);  // in the order of signed numbers
  }
};

struct LeastLostVictim {
  static constexpr std::string_view name = "least-lost";
  static constexpr std::string_view help =
      "The job that loses the fewest GPU-seconds: its work since what it can still save, and its restart.";
  NADC_HD std::uint64_t operator()(const VictimView& job) const {
    return static_cast<std::uint64_t>(job.destroyed + job.restart) * job.gpus;
  }
};

using Victims = Seam<NewestVictim, LowestPriorityVictim, LeastLostVictim>;

}  // namespace nadc
