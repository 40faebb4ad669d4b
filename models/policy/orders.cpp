#include "models/policy/orders.hpp"

#include <algorithm>

#include "models/policy/procurement.hpp"

namespace nadc {

std::vector<Tick> acts_of(const World& world, const Raw& raw, TriggerId trigger) {
  std::vector<Tick> ticks;
  for (std::uint32_t act = 0; act < world.trigger_acts; ++act)
    if (const std::uint64_t tick = raw.acted[RawShape(world).act_of(trigger, act)])
      ticks.push_back(static_cast<Tick>(tick));
  return ticks;
}

TriggersDone::TriggersDone(const World& world, const Point& point, const Raw& raw)
    : point_(point), measured_from_(world.first_measured_period ? at(&world, world.period_ends)[0] : 0) {
  for (std::uint32_t i = 0; i < point.payments.count; ++i) payments_.push_back(at(&point, point.payments)[i]);
  for (const PartitionId p : point.partition_money.ids())
    partition_money_.push_back(at(&point, point.partition_money)[p]);

  const auto triggers = at(&point, point.triggers);
  const RawShape shape(world);
  for (const TriggerId t : point.triggers.ids()) {
    const std::vector<Tick> ticks = acts_of(world, raw, t);
    acts_ += ticks.size();
    if (!ticks.empty()) first_ = std::min(first_, ticks.front());
    for (std::uint32_t act = 0; act < ticks.size() && triggers[t].price != 1.0; ++act)
      changes_.push_back(
          {ticks[act], triggers[t].price_of, triggers[t].price, raw.delivered + shape.act_of(t, act) * shape.groups});
  }
  std::stable_sort(changes_.begin(), changes_.end(),
                   [](const PriceChange& a, const PriceChange& b) { return a.at < b.at; });

  for (std::uint32_t i = 0; i < point.orders.count; ++i) {
    const OrderMoney& order = at(&point, point.orders)[i];
    const std::uint64_t tick = raw.acted[shape.act_of(order.trigger, order.act)];
    if (tick == 0) continue;
    gpus_ += order.gpus;
    const Tick* looks = at(&point, point.looks) + triggers[order.trigger].first_look;
    const auto look = std::lower_bound(looks, looks + triggers[order.trigger].looks, static_cast<Tick>(tick)) - looks;
    const std::int64_t krw =
        order.rent_krw > 0 ? 0 : order.nodes * at(&point, point.order_prices)[order.first_price + look];
    krw_ += krw;
    if (krw > 0) payments_.push_back({static_cast<Tick>(tick) + order.lead, krw, share_of_won(krw, order.state_ppm)});
    PartitionMoney& money = partition_money_[order.partition];
    const std::int64_t gpus = money.gpus + order.gpus;
    money.state_ppm =
        static_cast<std::int64_t>((Int128{money.state_ppm} * money.gpus + Int128{order.state_ppm} * order.gpus) / gpus);
    money.gpus = gpus;
    money.maintenance_krw += share_of_won(krw, point.money.maintenance_ppm);
    money.rent_krw += order.rent_krw;
  }
}

Fees TriggersDone::fees(GroupId group, std::uint64_t delivered, Of part) const {
  GroupMoney money = at(&point_, point_.group_money)[group];
  Fees fees;
  std::uint64_t counted = 0;
  const auto add_until = [&](std::uint64_t ticks) {
    const Fees more = fees_of(
        money, static_cast<double>(static_cast<std::int64_t>(ticks - counted)) / static_cast<double>(ticks_per_hour));
    fees.income += more.income;
    fees.subsidy += more.subsidy;
    fees.worth += more.worth;
    counted = ticks;
  };
  for (const PriceChange& change : changes_) {
    if (change.of.valid() && !(change.of == group)) continue;
    const Of its = change.at < measured_from_ ? Of::warmup : Of::measured;
    if (part == Of::warmup && its == Of::measured) break;
    if (part == its) add_until(change.delivered[group.value]);
    money.price *= change.by;
  }
  add_until(delivered);
  return fees;
}

}  // namespace nadc
