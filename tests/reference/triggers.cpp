#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/workload/response.hpp"
#include "tests/reference/datacenter.hpp"

namespace nadc::reference {

void Datacenter::await_looks() {
  price_.assign(world_.groups, 1);
  warmup_price_ = price_;
  watches_.resize(point_.triggers.count);
  for (std::uint32_t g = 0; g < world_.groups; ++g)
    quotas_.push_back(std::llround(at(&point_, point_.quotas).data[g].value() * 1e9));
  for (std::uint32_t t = 0; t < watches_.size(); ++t) {
    const TriggerParams& rule = at(&point_, point_.triggers).data[t];
    for (std::uint32_t look_number = 0; look_number < rule.looks; ++look_number)
      at_time(at(&point_, point_.looks)[rule.first_look + look_number], EventRank::periodic, [this, t] { look(t); });
  }
}

// From now on nothing changes until then.
void Datacenter::remember(Tick until) {
  const auto ticks = static_cast<std::uint64_t>(until - now_);
  for (std::uint32_t t = 0; t < watches_.size(); ++t) {
    const GroupId of = at(&point_, point_.triggers).data[t].of;
    for (const auto& [slot, job] : running_)
      if (!of.valid() || of.value == group_of(job)) watches_[t].held += ticks * job.held;
    for (std::uint32_t p = 0; p < nodes_.size(); ++p)
      for (const Node& node : nodes_[p])
        if (node.state != Node::absent && node.state != Node::down) watches_[t].there += ticks * gpus_per_node(p);
  }
}

bool Datacenter::holds(std::uint32_t trigger) const {
  const TriggerParams& rule = at(&point_, point_.triggers).data[trigger];
  const Watch& watch = watches_[trigger];
  const bool above = rule.side == TriggerSide::above;
  if (rule.metric == TriggerMetric::utilization || rule.metric == TriggerMetric::group_use) {
    // Of a million million: held · 10⁹ against there · share · quota, both in 10⁻⁹.
    const Int128 billion = 1'000'000'000,
                 share = std::llround(static_cast<double>(rule.share.parts) / rule.share.whole * 1e9),
                 quota = rule.metric == TriggerMetric::group_use ? quotas_[rule.of.value] : billion,
                 held = billion * billion * static_cast<Int128>(watch.held),
                 limit = share * quota * static_cast<Int128>(watch.there);
    return above ? held > limit : held < limit;
  }
  // Who waits counts when the wait so far is beyond the threshold for certain.
  std::vector<Tick> waits = watch.waits;
  for (const Job& job : waiting_) {
    if (job.restarts > 0 || (rule.of.valid() && rule.of.value != group_of(job))) continue;
    const Tick wait = now_ - job.submit;
    if (wait > rule.wait || (wait == rule.wait && !above)) waits.push_back(wait);
  }
  if (waits.empty()) return false;
  if (rule.metric == TriggerMetric::wait_mean) {
    const Int128 sum = std::accumulate(waits.begin(), waits.end(), Int128{0}),
                 limit = static_cast<Int128>(rule.wait) * static_cast<Int128>(waits.size());
    return above ? sum > limit : sum < limit;
  }
  // The longest waits but a tenth of all.
  std::sort(waits.rbegin(), waits.rend());
  const Tick p90 = waits[waits.size() / 10];
  return above ? p90 > rule.wait : p90 < rule.wait;
}

void Datacenter::look(std::uint32_t trigger) {
  const TriggerParams& rule = at(&point_, point_.triggers).data[trigger];
  Watch& watch = watches_[trigger];
  const bool rests = watch.rest > 0;
  watch.in_a_row = holds(trigger) && !rests ? watch.in_a_row + 1 : 0;
  if (rests) --watch.rest;
  watch.waits.clear();
  watch.held = watch.there = 0;
  if (watch.in_a_row < rule.in_a_row || watch.acts == rule.at_most || !act(trigger)) return;
  ++watch.acts;
  ++ledger_.acts;
  ledger_.first_act = std::min(ledger_.first_act, now_);
  watch.in_a_row = 0;
  watch.rest = rule.pause;
}

// Whether there was something to do.
bool Datacenter::act(std::uint32_t trigger) {
  const TriggerParams& rule = at(&point_, point_.triggers).data[trigger];
  if (rule.from.valid()) {
    std::int64_t &from = quotas_[rule.from.value], &to = quotas_[rule.to.value];
    const std::int64_t moved = std::min({std::int64_t{rule.moves}, from, std::int64_t{1'000'000'000} - to});
    if (moved <= 0) return false;
    from -= moved;
    to += moved;
  }
  if (rule.orders) ledger_.orders.push_back({trigger, now_});
  for (std::uint32_t t = 0; t < point_.tranches.count && rule.orders; ++t) {
    const TrancheParams& tranche = at(&point_, point_.tranches).data[t];
    if (tranche.trigger.value != trigger || tranche.act != watches_[trigger].acts) continue;
    const Tick delay = sample_ticks(tranche.delay, tables(), draw_of(Stream::delivery, tranche.entity, 0).word[0]);
    at_time(now_ + tranche.date + delay, EventRank::delivery, [this, t] { deliver(t); });
  }
  if (rule.price == 1) return true;
  for (auto& [slot, job] : running_) progress(job);
  for (std::uint32_t g = 0; g < world_.groups; ++g) {
    if (rule.price_of.valid() && rule.price_of.value != g) continue;
    price_[g] *= rule.price;
    if (now_ < measured_from_) warmup_price_[g] = price_[g];
    ledger_.highest_price = std::max(ledger_.highest_price, price_[g]);
    if (point_.response.every == 0) continue;
    const GroupResponse& start = at(&point_, point_.responses).data[g];
    responses_[g].price_factor = price_factor(start.relative_price * price_[g], start.price_elasticity);
    demand_[g] = threshold_of(demand_of(responses_[g], believed_[g], point_.response.most), point_.response.most);
  }
  return true;
}

}  // namespace nadc::reference
