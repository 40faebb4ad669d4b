// Seam order: which waiting job comes first. The least key wins; ties go to the earlier submission, then class, then
// number. A key does not change while the job waits.
#pragma once
#include <cstdint>
#include <string_view>

#include "sim/platform.hpp"
#include "sim/seam.hpp"
#include "sim/time.hpp"

namespace nadc {

struct OrderView {
  Tick submit;
  Tick request;
  std::uint32_t gpus;
  std::int64_t priority;  // of its group
};

struct Fifo {
  static constexpr std::string_view name = "fifo";
  static constexpr std::string_view help = "First come, first served.";
  NADC_HD std::int64_t operator()(const OrderView& job) const { return job.submit; }
};

struct ShortestFirst {
  static constexpr std::string_view name = "shortest";
  static constexpr std::string_view help = "Shortest requested time first.";
  NADC_HD std::int64_t operator()(const OrderView& job) const { return job.request; }
};

struct SmallestFirst {
  static constexpr std::string_view name = "smallest";
  static constexpr std::string_view help = "Fewest GPUs first.";
  NADC_HD std::int64_t operator()(const OrderView& job) const { return job.gpus; }
};

struct PriorityFirst {
  static constexpr std::string_view name = "priority";
  static constexpr std::string_view help = "Groups of higher priority first, then first come, first served.";
  // A priority outweighs every submission in the 500 years that ticks can count here.
  NADC_HD std::int64_t operator()(const OrderView& job) const { return job.submit - job.priority * (Tick{1} << 44); }
};

using Orders = Seam<Fifo, ShortestFirst, SmallestFirst, PriorityFirst>;

}  // namespace nadc
