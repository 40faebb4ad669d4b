// What triggers did, for the account: what they ordered is paid for on its planned date, as other tranches are, at the
// price of that year; from a change of price on, what is delivered has the new one.
#pragma once
#include <cstdint>
#include <vector>

#include "models/policy/money.hpp"
#include "models/raw.hpp"
#include "models/world.hpp"

namespace nadc {

class TriggersDone {
 public:
  TriggersDone(const World& world, const Point& point, const Raw& raw);

  // Of the plan and of the orders.
  const std::vector<Payment>& payments() const { return payments_; }
  const VectorBy<PartitionId, PartitionMoney>& partition_money() const { return partition_money_; }

  // Of a group that was delivered so much [GPU-ticks, signed] in what is measured, or in the warm-up.
  enum class Of { warmup, measured };
  Fees fees(GroupId group, std::uint64_t delivered, Of part) const;

  std::uint64_t acts() const { return acts_; }  // of all triggers
  Tick first() const { return first_; }         // when the first acted; never
  std::int64_t gpus_ordered() const { return gpus_; }
  std::int64_t ordered_krw() const { return krw_; }  // paid before the end or not

 private:
  struct PriceChange {
    Tick at;
    GroupId of;  // invalid: of all
    double by;
    const std::uint64_t* delivered;  // (group)
  };

  const Point& point_;
  Tick measured_from_;
  std::vector<Payment> payments_;
  VectorBy<PartitionId, PartitionMoney> partition_money_;
  std::vector<PriceChange> changes_;  // by time
  std::uint64_t acts_ = 0;
  Tick first_ = never;
  std::int64_t gpus_ = 0, krw_ = 0;
};

// When the trigger acted, in order.
std::vector<Tick> acts_of(const World& world, const Raw& raw, TriggerId trigger);

}  // namespace nadc
