#include "models/policy/build_triggers.hpp"

#include <algorithm>
#include <cmath>

#include "models/access/admit.hpp"
#include "models/fail.hpp"

namespace nadc {
namespace {

std::string path_of(const TriggerSpec& trigger, const char* key) {
  return "policy.triggers." + trigger.name + '.' + key;
}

// Ends of its periods before the horizon.
std::vector<Tick> looks_of(const TriggerSpec& trigger, std::int64_t start, Tick horizon) {
  if (horizon >= never) return {};
  if (trigger.every == TriggerPeriod::month) return calendar_ends(start, 1, horizon);
  if (trigger.every == TriggerPeriod::quarter) return calendar_ends(start, 3, horizon);
  if (trigger.every == TriggerPeriod::year) return calendar_ends(start, 12, horizon);
  const Tick length = trigger.every == TriggerPeriod::day ? ticks_per_day : 7 * ticks_per_day;
  std::vector<Tick> ends;
  for (Tick end = length; end < horizon; end += length) ends.push_back(end);
  return ends;
}

// Invalid for no name.
GroupId group_of(const StudyNames& names, const Scenario& scenario, const std::string& name, const std::string& path) {
  if (name.empty()) return {};
  std::string known;
  for (const GroupSpec& group : scenario.workload.groups) {
    if (group.name == name) return names.group(name);
    known += (known.empty() ? "" : ", ") + group.name;
  }
  fail(path, "no group '" + name + "'",
       known.empty() ? "the scenario has no workload.groups" : "known groups: " + known);
}

void check_move(const Scenario& scenario, const TriggerSpec& trigger) {
  const std::string path = path_of(trigger, "then.quota");
  if (Admits::holds<OpenQueue>(scenario.access.admit))
    fail(path, "moves a quota, and access.admit is open", "set access.admit to quota or borrow");
  if (scenario.policy.ownership.quotas)
    fail(path, "moves a quota, and policy.ownership.quotas makes quotas of what is owned",
         "set policy.ownership.quotas=false");
  for (const GroupSpec& group : scenario.workload.groups) {
    if (group.name == trigger.then.quota->to && group.quota >= 1)
      fail(path + ".to", "group '" + group.name + "' has a quota of 100 %: nothing can be moved to it",
           "give workload.groups." + group.name + ".quota less");
    if (group.name == trigger.then.quota->from && group.quota <= 0)
      fail(path + ".from", "group '" + group.name + "' has no quota to give",
           "give workload.groups." + group.name + ".quota more");
  }
}

TriggerParams params_of(const StudyNames& names, const Scenario& scenario, const TriggerSpec& trigger) {
  TriggerParams params{};
  const TriggerWhen& when = trigger.when;
  params.metric = when.metric;
  params.side = when.longer >= 0 || when.above >= 0 ? TriggerSide::above : TriggerSide::below;
  params.of = group_of(names, scenario, when.of, path_of(trigger, "when.of"));
  params.wait = std::max(when.longer, when.shorter);
  params.share = exact_share(decimal_share(std::max({0.0, when.above, when.below})), share_decimals);
  params.in_a_row = static_cast<std::uint32_t>(when.in_a_row);
  params.at_most = static_cast<std::uint32_t>(trigger.at_most);
  params.pause = static_cast<std::uint32_t>(trigger.pause);
  params.orders = trigger.then.order ? 1 : 0;
  params.price = 1;
  if (trigger.then.quota) {
    check_move(scenario, trigger);
    params.from = group_of(names, scenario, trigger.then.quota->from, path_of(trigger, "then.quota.from"));
    params.to = group_of(names, scenario, trigger.then.quota->to, path_of(trigger, "then.quota.to"));
    params.moves = static_cast<std::uint32_t>(decimal_share(trigger.then.quota->share));
  }
  if (trigger.then.price) {
    params.price = trigger.then.price->by;
    params.price_of = group_of(names, scenario, trigger.then.price->of, path_of(trigger, "then.price.of"));
  }
  return params;
}

std::int64_t rent_a_year(const Scenario& scenario, const PlannedTranche& tranche) {
  const PurchaseSpec& purchase = scenario.policy.purchase;
  const auto rent = std::find_if(purchase.rents.begin(), purchase.rents.end(),
                                 [&](const NamedAmount& entry) { return entry.name == tranche.kind; });
  if (rent == purchase.rents.end())
    fail(tranche.path, "node kind '" + tranche.kind + "' has no rent",
         "give policy.purchase.rents." + tranche.kind + " in USD a GPU-hour");
  return std::llround(static_cast<double>(tranche.nodes * tranche.gpus) * rent->value * purchase.exchange_rate *
                      static_cast<double>(ticks_per_year) / static_cast<double>(ticks_per_hour));
}

std::string hours_text(Tick tick) { return std::to_string(tick / ticks_per_hour) + " h"; }

}  // namespace

void name_triggers(StudyNames& names, const Scenario& scenario) {
  for (const TriggerSpec& trigger : scenario.policy.triggers) {
    add_name(names.triggers, trigger.name);
    names.trigger_acts = std::max(names.trigger_acts, static_cast<std::uint32_t>(trigger.at_most));
  }
}

void add_triggers(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario,
                  const std::vector<PlannedTranche>& planned) {
  TriggerParams none{};  // of a trigger that other levers have
  none.price = 1;
  VectorBy<TriggerId, TriggerParams> triggers(names.triggers.size(), none);
  std::vector<Tick> looks;
  std::vector<OrderMoney> orders;
  std::vector<std::int64_t> prices;
  for (const TriggerSpec& trigger : scenario.policy.triggers) {
    if (names.horizon >= never)
      fail("policy.triggers." + trigger.name, "looks at periods, and a replay without a horizon has no end to them",
           "give a horizon");
    TriggerParams& params = triggers[names.trigger(trigger.name)] = params_of(names, scenario, trigger);
    const std::vector<Tick> own = looks_of(trigger, scenario.start, names.horizon);
    params.first_look = static_cast<std::uint32_t>(looks.size());
    params.looks = static_cast<std::uint32_t>(own.size());
    looks.insert(looks.end(), own.begin(), own.end());
    const auto first_price = static_cast<std::uint32_t>(prices.size());
    for (const PlannedTranche& tranche : planned) {
      if (tranche.origin != Origin::order || tranche.trigger != trigger.name) continue;
      if (tranche.act == 0)
        for (const Tick look : own)
          prices.push_back(node_price_krw(scenario, tranche.kind,
                                          year_of(scenario.start + (look + tranche.lead) / ticks_per_second)));
      orders.push_back({names.trigger(trigger.name), tranche.act,
                        names.partition({tranche.site, tranche.cluster, tranche.kind}), tranche.nodes,
                        tranche.nodes * tranche.gpus, tranche.state_ppm,
                        tranche.rented ? rent_a_year(scenario, tranche) : 0, tranche.lead, first_price});
    }
  }
  point.triggers = writer.append(triggers);
  point.looks = writer.append(looks);
  point.orders = writer.append(orders);
  point.order_prices = writer.append(prices);
}

std::vector<std::string> idle_triggers(const Scenario& scenario) {
  std::vector<std::string> sentences;
  for (const TriggerSpec& trigger : scenario.policy.triggers) {
    const auto say = [&](const std::string& what) {
      sentences.push_back("policy.triggers." + trigger.name + ' ' + what);
    };
    const Tick horizon = horizon_of(scenario);
    const std::vector<Tick> looks = looks_of(trigger, scenario.start, horizon);
    const auto needed = static_cast<std::size_t>(trigger.when.in_a_row);
    if (looks.size() < needed) {
      say("never acts: " + std::to_string(looks.size()) +
          " of its periods end before the horizon, and its rule has to "
          "hold for " +
          std::to_string(needed));
      continue;
    }
    if (trigger.then.order && looks[needed - 1] + trigger.then.order->lead >= horizon)
      say("orders too late: the earliest order is planned to come " +
          hours_text(looks[needed - 1] + trigger.then.order->lead - horizon) + " after the end");
    const bool prices_alone = trigger.then.price && !trigger.then.order && !trigger.then.quota;
    if (prices_alone && scenario.workload.response.every == 0)
      say("changes a price that no user answers: give workload.response.every");
    const auto applies = [&](const GroupSpec& group) {
      return trigger.then.price && (trigger.then.price->of.empty() || trigger.then.price->of == group.name) &&
             group.price > 0;
    };
    if (prices_alone && std::none_of(scenario.workload.groups.begin(), scenario.workload.groups.end(), applies))
      say("changes a price of 0: give workload.groups.NAME.price");
  }
  return sentences;
}

}  // namespace nadc
