#include "models/policy/build_policy.hpp"

#include <algorithm>
#include <cmath>

#include "models/fail.hpp"
#include "models/policy/money.hpp"

namespace nadc {
namespace {

constexpr double hours_a_year = static_cast<double>(ticks_per_year) / static_cast<double>(ticks_per_hour);

// GPUs promised: those of policy.target, else all of the plan, bought or not.
std::uint32_t goal_gpus(const Scenario& scenario, const std::vector<PlannedTranche>& planned) {
  if (scenario.policy.target.gpus > 0) return static_cast<std::uint32_t>(scenario.policy.target.gpus);
  std::int64_t gpus = 0;
  for (const PlannedTranche& tranche : planned)
    if (tranche.origin == Origin::schedule) gpus += tranche.nodes * tranche.gpus;
  return static_cast<std::uint32_t>(gpus);
}

// By when.
Tick goal_at(const Scenario& scenario) {
  // A date without a time is the whole day: until its last tick.
  const std::int64_t by = scenario.policy.target.by;
  return by > 0 ? (by - scenario.start + (by % 86400 == 0 ? 86400 : 0)) * ticks_per_second - 1 : never;
}

// Of the price, a year.
double lease_rate(const LeaseSpec& lease) {
  const double term = static_cast<double>(lease.term) / static_cast<double>(ticks_per_year);
  return (1 - lease.residual * std::pow(1 + lease.interest, -term)) * capital_recovery(lease.interest, term);
}

BidParams bid_terms(const PolicySpec& policy) {
  const BidSpec& bid = policy.bid;
  if (bid.years * ticks_per_year > policy.cost.lifetime)
    fail("policy.bid.years", "is longer than the nodes live (policy.cost.lifetime)",
         "ask for a bid over their lifetime; that they are replaced is not modelled");
  return {bid.years,
          bid.debt_years,
          bid.buy_back_year,
          bid.debt,
          bid.interest,
          bid.buy_back_interest,
          std::llround(policy.cost.building),
          policy.cost.building_lifetime,
          bid.tax,
          bid.credit,
          bid.loss_offset,
          bid.price_trend,
          bid.cost_trend,
          bid.hurdle,
          bid.cover};
}

}  // namespace

void add_policy(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario,
                const std::vector<PlannedTranche>& planned, const Procurement& procurement) {
  point.goal_gpus = goal_gpus(scenario, planned);
  point.goal_at = goal_at(scenario);
  const PolicySpec& policy = scenario.policy;
  MoneyParams& params = point.money;
  std::vector<Payment> payments;
  for (const YearAccount& year : procurement.years) {
    params.envelope_krw += year.envelope_krw;
    params.reserved_krw += year.reserved_krw;
    params.spent_krw += year.spent_krw;
    params.unspent_krw += year.unspent_krw;
    params.short_krw += year.short_krw;
  }
  for (const FirmAccount& firm : procurement.firms) {
    params.coinvestment_krw += firm.investment_krw;
    params.tax_forgone_krw += firm.tax_forgone_krw;
  }
  for (const FirmAccount& firm : procurement.baseline_firms) params.tax_forgone_baseline_krw += firm.tax_forgone_krw;
  params.coinvested_at = never;
  params.discount_rate = policy.cost.discount_rate;
  params.lifetime = policy.cost.lifetime;
  params.residual_ppm = parts_of(policy.cost.residual);
  params.maintenance_ppm = parts_of(policy.cost.maintenance);
  params.instalments = policy.purchase.instalments;
  params.instalment_interest = policy.purchase.instalment_interest;
  params.building_krw = std::llround(policy.cost.building);
  params.state_building_krw = share_of_won(params.building_krw, parts_of(policy.ownership.state));
  params.building_lifetime = policy.cost.building_lifetime;
  params.programme = policy.cost.programme;
  params.bid = bid_terms(policy);

  VectorBy<PartitionId, PartitionMoney> partitions(names.partitions.size(), {0, 0, 0, million});
  VectorBy<PartitionId, Int128> state(partitions.size(), 0);  // GPUs · ppm
  for (std::size_t t = 0; t < planned.size(); ++t) {
    const PlannedTranche& tranche = planned[t];
    const BoughtTranche& bought = procurement.tranches[t];
    const std::int64_t gpus = bought.nodes * tranche.gpus;
    params.gpus_not_bought += bought.missing * tranche.gpus;
    if (tranche.origin == Origin::investors) {
      params.coinvested_gpus += gpus;
      params.coinvested_baseline_gpus += procurement.baseline_nodes * tranche.gpus;
      params.coinvested_at = std::max<Tick>(0, tranche.date - scenario.start) * ticks_per_second;
    }
    if (gpus == 0) continue;
    if (bought.krw > 0)
      payments.push_back(
          {std::max<Tick>(0, tranche.date - scenario.start) * ticks_per_second, bought.krw, bought.state_krw});
    const PartitionId p = names.partition({tranche.site, tranche.cluster, tranche.kind});
    PartitionMoney& money = partitions[p];
    money.gpus += gpus;
    money.maintenance_krw += share_of_won(bought.krw, params.maintenance_ppm);
    if (tranche.leased) {
      const std::int64_t price = bought.nodes * bought.node_krw;
      money.maintenance_krw += share_of_won(price, params.maintenance_ppm);
      money.rent_krw += std::llround(static_cast<double>(price) * lease_rate(policy.lease));
    } else if (tranche.rented) {
      const auto rent = std::find_if(policy.purchase.rents.begin(), policy.purchase.rents.end(),
                                     [&](const NamedAmount& entry) { return entry.name == tranche.kind; });
      if (rent == policy.purchase.rents.end())
        fail(tranche.path, "node kind '" + tranche.kind + "' has no rent",
             "give policy.purchase.rents." + tranche.kind + " in USD a GPU-hour");
      money.rent_krw +=
          std::llround(static_cast<double>(gpus) * rent->value * policy.purchase.exchange_rate * hours_a_year);
    }
    state[p] += static_cast<Int128>(gpus) * tranche.state_ppm;
  }
  for (const PartitionId p : partitions.ids())
    if (partitions[p].gpus > 0) partitions[p].state_ppm = static_cast<std::int64_t>(state[p] / partitions[p].gpus);

  VectorBy<GroupId, GroupMoney> groups;
  for (const std::string& name : names.groups) {
    GroupMoney money{};
    for (const GroupSpec& group : scenario.workload.groups)
      if (group.name == name)
        money = {group.price * 3600.0, group.worth * 3600.0,     parts_of(group.subsidy), group.award,
                 group.members,        group.startups ? 1u : 0u, group.result_within};
    groups.push_back(money);
  }
  point.payments = writer.append(payments);
  point.partition_money = writer.append(partitions);
  point.group_money = writer.append(groups);
}

}  // namespace nadc
