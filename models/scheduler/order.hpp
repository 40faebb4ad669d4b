// Seam order: which waiting job comes first. The least key wins; ties go to the earlier submission, then class, then
// number. A key stays as it is while the job waits, unless the order has memory: then the keys of all that wait are
// made anew at every `interval` (Standings, queue.hpp), of what groups have used since then and of what of it is
// remembered.
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
  std::int64_t standing;  // of its group, with memory; else 0
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

inline constexpr std::uint32_t whole_share = 1u << 20;  // of the group with the greatest share

// Groups that have used least for their share come first. At every interval what a group used before is worth a little
// less, half after a half-life, and what it used since is added. Slurm orders by the factor 2^(−U/S) of usage U and
// share S, which falls as U/S rises: U/S itself is the standing, in GPU-ticks. A group without a share comes last.
// Source: Slurm, Multifactor Priority Plugin and Classic Fairshare Algorithm (PriorityDecayHalfLife 7 days,
// PriorityCalcPeriod 5 minutes); its Fair Tree orders groups of one level by S/U, which is the same order. Neglected:
// accounts under accounts, and the other factors.
struct FairShare {
  Tick half_life = 7 * ticks_per_day;  // 0: nothing is forgotten
  Tick interval = 5 * ticks_per_minute;
  std::uint64_t kept_q32 = 0;  // 2^(−interval / half_life); the builder's

  static constexpr std::string_view name = "fair-share";
  static constexpr std::string_view help = "Groups that used least for their share first; use is forgotten by halves.";
  static const FieldTable& fields();
  NADC_HD std::int64_t operator()(const OrderView& job) const { return job.standing; }
  // What is left of a use [GPU-ticks] after one more interval.
  NADC_HD std::uint64_t kept(std::uint64_t used) const {
    return static_cast<std::uint64_t>((static_cast<UInt128>(used) * kept_q32) >> 32);
  }
  NADC_HD std::int64_t standing(std::uint64_t used, std::uint32_t share) const {
    constexpr std::int64_t last = std::int64_t{1} << 62;
    if (share == 0) return last;
    const UInt128 of_share = static_cast<UInt128>(used) * whole_share / share;
    return of_share < static_cast<UInt128>(last) ? static_cast<std::int64_t>(of_share) : last;
  }
};

using Orders = Seam<Fifo, ShortestFirst, SmallestFirst, PriorityFirst, FairShare>;

template <class Order>
concept HasMemory = requires(const Order& order) {
  order.interval;
  order.kept(std::uint64_t{});
  order.standing(std::uint64_t{}, std::uint32_t{});
};
// Time after which keys are made anew; 0: they stay.
NADC_HD inline Tick rekey_interval(const ChoiceValue& chosen) {
  return Orders::visit(chosen, [](const auto& order) -> Tick {
    if constexpr (HasMemory<std::decay_t<decltype(order)>>)
      return order.interval;
    else
      return 0;
  });
}

}  // namespace nadc
