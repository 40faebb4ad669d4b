// Transactions of policy: what triggers do. Members of Datacenter.
#pragma once
#include "models/datacenter.hpp"

namespace nadc {

// A period of the trigger ends, and perhaps it acts.
template <int Width, class Observer, class Flow>
NADC_HD inline void Datacenter<Width, Observer, Flow>::pull(TriggerId t) {
  const auto quota = [this](GroupId g) { return queue_.quota(g); };
  if (!triggers_.look(f_, agenda_, ledger_, queue_.waiting(), t, quota, gpus_now())) return;
  const TriggerParams& rule = Triggers<Width>::params(f_, t);
  if (rule.from.valid()) {
    if (!queue_.move_quota(f_, rule.from, rule.to, rule.moves)) return;  // there is nothing left to move
    plan_.invalidate();
  }
  const std::uint32_t act = triggers_.acted(t);
  const Raw raw = ledger_.raw(f_);
  f_.lanes.put(&raw.acted[f_.shape.act_of(t, act)], static_cast<std::uint64_t>(f_.now));
  triggers_.note_act(f_, t);
  if (rule.orders) fleet_.order(f_, agenda_, t, act);
  if (rule.price == 1.0) return;
  // What was delivered until now has the old price.
  jobs_.settle_all(f_, ledger_);
  for (const GroupId g : f_.groups()) {
    if (rule.price_of.valid() && !(rule.price_of == g)) continue;
    const std::uint64_t delivered = ledger_.delivered_until_now(f_, g);
    f_.lanes.put(&raw.delivered[f_.shape.act_of(t, act) * f_.shape.groups + g.value], delivered);
    arrivals_.change_price(f_, g, rule.price);
  }
}

}  // namespace nadc
