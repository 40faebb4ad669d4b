// The parts of a point that come of policy: money, walls between groups and clusters, how demand answers.
#include <algorithm>
#include <cmath>

#include "models/build.hpp"
#include "models/policy/money.hpp"
#include "models/site/fleet.hpp"
#include "models/workload/response.hpp"
#include "sim/error.hpp"
#include "sim/exp2log2.hpp"

namespace nadc {
namespace {

[[noreturn]] void fail(std::string path, std::string message, std::string hint) {
  Place place;
  place.path = std::move(path);
  throw Error(ErrorKind::input, std::move(message), std::move(hint), std::move(place));
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
          std::llround(bid.building),
          bid.building_lifetime,
          bid.tax,
          bid.credit,
          bid.loss_offset,
          bid.price_trend,
          bid.cost_trend,
          bid.hurdle,
          bid.cover};
}

constexpr double hours_a_year = static_cast<double>(ticks_per_year) / static_cast<double>(ticks_per_hour);

}  // namespace

WorldBuilder::MoneyTables WorldBuilder::money_tables(const Scenario& scenario,
                                                     const std::vector<PlannedTranche>& planned,
                                                     const Procurement& procurement) const {
  const PolicySpec& policy = scenario.policy;
  MoneyTables tables;
  MoneyParams& params = tables.params;
  params = {};
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
  params.bid = bid_terms(policy);

  tables.partitions.assign(partitions_.size(), PartitionMoney{0, 0, 0, million});
  std::vector<Int128> state(partitions_.size(), 0);  // GPUs · ppm
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
      tables.payments.push_back(
          {std::max<Tick>(0, tranche.date - scenario.start) * ticks_per_second, bought.krw, bought.state_krw});
    const std::size_t p = partition_number({tranche.site, tranche.cluster, tranche.kind});
    PartitionMoney& money = tables.partitions[p];
    money.gpus += gpus;
    money.maintenance_krw += share_of_won(bought.krw, parts_of(policy.cost.maintenance));
    if (tranche.rented) {
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
  for (std::size_t p = 0; p < partitions_.size(); ++p)
    if (tables.partitions[p].gpus > 0)
      tables.partitions[p].state_ppm = static_cast<std::int64_t>(state[p] / tables.partitions[p].gpus);

  for (const std::string& name : groups_) {
    GroupMoney money{};
    for (const GroupSpec& group : scenario.workload.groups)
      if (group.name == name)
        money = {group.price * 3600.0, group.worth * 3600.0,     parts_of(group.subsidy), group.award,
                 group.members,        group.startups ? 1u : 0u, group.result_within};
    tables.groups.push_back(money);
  }
  return tables;
}

std::vector<std::uint8_t> WorldBuilder::open_partitions(const Scenario& scenario) const {
  std::vector<std::uint8_t> open(groups_.size() * partitions_.size(), 1);
  const std::vector<SiteSpec> sites = sites_of(scenario);
  for (const SiteSpec& site : sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (const std::string& name : cluster.groups)
        if (std::find(groups_.begin(), groups_.end(), name) == groups_.end())
          fail("sites." + site.name + ".clusters." + cluster.name + ".groups", "no group '" + name + "'",
               "name groups of workload.groups");
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    const std::vector<std::string>* named = nullptr;
    for (const SiteSpec& site : sites)
      for (const ClusterSpec& cluster : site.clusters)
        if (site.name == partitions_[p].site && cluster.name == partitions_[p].cluster) named = &cluster.groups;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const bool is_named = named && std::find(named->begin(), named->end(), groups_[g]) != named->end();
      const bool confined =
          std::any_of(scenario.workload.groups.begin(), scenario.workload.groups.end(),
                      [&](const GroupSpec& group) { return group.name == groups_[g] && group.confined; });
      if (!is_named && (confined || (named && !named->empty()))) open[g * partitions_.size() + p] = 0;
    }
  }
  return open;
}

ResponseParams WorldBuilder::response_of(const ResponseSpec& spec) {
  ResponseParams params{spec.every, spec.most, spec.memory, spec.every, 1, spec.memory};
  if (spec.every <= 0) return params;
  params.steps = static_cast<std::uint32_t>(std::clamp<Tick>(spec.every / ticks_per_hour, 1, thoughts_per_every));
  params.step = spec.every / params.steps;
  params.kept = spec.memory > 0 ? exact_exp2(exact_log2(spec.memory) / params.steps) : 0.0;
  return params;
}

std::vector<GroupResponse> WorldBuilder::responses_of(const WorkloadSpec& workload) const {
  const bool on = workload.response.every > 0;
  if (on && workload.response.every < ticks_per_hour)
    fail("workload.response.every", "is shorter than an hour", "users think again every month or so: 30 d");
  if (on && !workload.trace.empty())
    fail("workload.response", "a trace does not answer", "set workload.response.every to 0 s");
  std::vector<GroupResponse> responses;
  if (!on) return responses;
  for (const std::string& name : groups_) {
    GroupResponse response{0, 1, 1};
    for (const GroupSpec& group : workload.groups)
      if (group.name == name) {
        response.wait_elasticity = group.wait_elasticity;
        response.reference_wait = static_cast<double>(group.reference_wait);
        response.price_factor =
            price_factor(group.price * (1 - group.subsidy) / group.reference_price, group.price_elasticity);
      }
    responses.push_back(response);
  }
  return responses;
}

}  // namespace nadc
