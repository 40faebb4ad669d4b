#include "models/policy/procurement.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>

#include "models/fail.hpp"
#include "models/site/fleet.hpp"
#include "sim/exp2log2.hpp"
#include "sim/platform.hpp"

namespace nadc {
namespace {

// Deliveries of the scenario's own tranches are entities 0, 1, …
constexpr std::uint32_t investors_entity = 0x10000, fund_entity = 0x10001;

std::int64_t state_ppm_of(const PolicySpec& policy, Owner owner) {
  return owner == Owner::state ? million : owner == Owner::investors ? 0 : parts_of(policy.ownership.state);
}

double amount_of(const std::vector<NamedAmount>& amounts, const std::string& name) {
  for (const NamedAmount& entry : amounts)
    if (entry.name == name) return entry.value;
  return 0;
}

std::int64_t whole_won(double won) { return std::llround(std::min(won, 9e18)); }

// whole · part / of, rounded down; whole and part not negative.
std::int64_t proportion(std::int64_t whole, std::int64_t part, std::int64_t of) {
  return of > 0 ? static_cast<std::int64_t>(static_cast<Int128>(whole) * part / of) : 0;
}

// The cluster of a site that an order joins.
std::string cluster_or_first(const std::vector<SiteSpec>& sites, const std::string& site, const std::string& name,
                             const std::string& path) {
  std::string known;
  for (const SiteSpec& each : sites) {
    if (each.name != site) continue;
    if (name.empty()) return each.clusters.front().name;
    for (const ClusterSpec& cluster : each.clusters) {
      if (cluster.name == name) return name;
      known += (known.empty() ? "" : ", ") + cluster.name;
    }
  }
  fail(path, "no cluster '" + name + "' at site '" + site + "'", "it has: " + known);
}

std::string site_or_first(const std::vector<SiteSpec>& sites, const std::string& name, const std::string& path) {
  if (name.empty()) return sites.front().name;
  for (const SiteSpec& site : sites)
    if (site.name == name) return name;
  fail(path, "no site '" + name + "'", "the first is '" + sites.front().name + "'");
}

// Private investment by firm size at these credit rates, in the order of the shares, before it is cut to whole nodes
// and the cap.
std::vector<std::int64_t> wanted_investment(const IncentiveSpec& incentive, const std::vector<NamedAmount>& credit,
                                            std::int64_t public_capital_krw) {
  const double before = incentive.baseline + incentive.leverage * static_cast<double>(public_capital_krw);
  double weights = 0;
  for (const NamedAmount& size : incentive.shares) weights += size.value;
  std::vector<std::int64_t> wanted;
  for (const NamedAmount& size : incentive.shares) {
    const double cost_before = 1 - incentive.qualifying * amount_of(incentive.before, size.name);
    const double cost_now = 1 - incentive.qualifying * amount_of(credit, size.name);
    const double factor = exact_exp2(incentive.elasticity * exact_log2(cost_before / cost_now));
    wanted.push_back(weights > 0 ? whole_won(before * (size.value / weights) * factor) : 0);
  }
  return wanted;
}

}  // namespace

std::int64_t parts_of(double share) { return std::llround(share * static_cast<double>(million)); }
std::int64_t share_of_won(std::int64_t won, std::int64_t ppm) { return proportion(won, ppm, million); }

int year_of(std::int64_t date) {
  using namespace std::chrono;
  return static_cast<int>(year_month_day{floor<days>(sys_seconds{seconds{date}})}.year());
}

std::int64_t node_price_krw(const Scenario& scenario, const std::string& kind, int year) {
  const PurchaseSpec& purchase = scenario.policy.purchase;
  double price = amount_of(purchase.prices, kind) * purchase.exchange_rate * (1 + purchase.overhead);
  for (int y = year_of(scenario.start); y < year; ++y) price *= 1 + purchase.trend;
  return whole_won(price);
}

std::vector<PlannedTranche> planned_tranches(const Scenario& scenario) {
  const PolicySpec& policy = scenario.policy;
  const std::vector<SiteSpec> sites = sites_of(scenario);
  const std::vector<std::int64_t> nodes = nodes_of_tranches(scenario);
  const auto from_start = [&](std::int64_t date) { return date <= scenario.start; };

  std::vector<PlannedTranche> planned;
  std::uint32_t entity = 0;
  for (std::size_t s = 0; s < sites.size(); ++s)
    for (std::size_t c = 0; c < sites[s].clusters.size(); ++c) {
      const ClusterSpec& cluster = sites[s].clusters[c];
      for (std::size_t t = 0; t < cluster.tranches.size(); ++t) {
        const TrancheSpec& spec = cluster.tranches[t];
        PlannedTranche tranche;
        tranche.site = sites[s].name;
        tranche.cluster = cluster.name;
        tranche.kind = spec.node;
        tranche.path = path_of(scenario, sites[s], cluster, t);
        const NodeKindSpec& kind = kind_of(scenario, spec.node, tranche.path);
        tranche.gpus = kind.gpus;
        tranche.nodes = nodes[entity];
        tranche.entity = entity++;
        tranche.most = tranche.nodes;
        tranche.date = spec.date;
        // The site list may be a temporary: the law lives in the scenario itself.
        if (!from_start(spec.date)) tranche.delay = &scenario.sites[s].clusters[c].tranches[t].delay;
        tranche.rented = spec.how != Acquire::buy;
        tranche.leased = spec.how == Acquire::lease;
        tranche.state_ppm = state_ppm_of(policy, spec.owner);
        planned.push_back(tranche);
        if (policy.domestic.node.empty() || spec.owner == Owner::investors) continue;
        const NodeKindSpec& own = kind_of(scenario, policy.domestic.node, "policy.domestic.node");
        const auto gpus = static_cast<double>(tranche.nodes * kind.gpus);
        PlannedTranche domestic = tranche;
        domestic.kind = own.name;
        domestic.path = "policy.domestic.node";
        domestic.gpus = own.gpus;
        domestic.most = static_cast<std::int64_t>(std::ceil(gpus / static_cast<double>(own.gpus)));
        domestic.nodes = std::llround(gpus * policy.domestic.share / static_cast<double>(own.gpus));
        planned.back().nodes = std::llround(gpus * (1 - policy.domestic.share) / static_cast<double>(kind.gpus));
        planned.push_back(domestic);
      }
    }

  const auto add = [&](Origin origin, const std::string& kind_name, const std::string& path, const std::string& site,
                       const char* cluster, std::int64_t cap, std::int64_t date, const LawSpec& delay) {
    const NodeKindSpec& kind = kind_of(scenario, kind_name, path + ".node");
    PlannedTranche tranche;
    tranche.site = site_or_first(sites, site, path + ".site");
    tranche.cluster = cluster;
    tranche.kind = kind_name;
    tranche.path = path;
    tranche.gpus = kind.gpus;
    tranche.most = tranche.nodes = cap / kind.gpus;
    tranche.date = date;
    if (!from_start(date)) tranche.delay = &delay;
    tranche.origin = origin;
    tranche.entity = origin == Origin::fund ? fund_entity : investors_entity;
    tranche.state_ppm = origin == Origin::fund ? million : 0;
    planned.push_back(tranche);
  };
  const IncentiveSpec& incentive = policy.incentive;
  if (!incentive.node.empty() && incentive.cap > 0) {
    const std::int64_t from = incentive.date > 0 ? incentive.date : scenario.start;
    add(Origin::investors, incentive.node, "policy.incentive", incentive.site, "coinvestment", incentive.cap,
        from + incentive.lag / ticks_per_second, incentive.delay);
  }
  if (policy.fund.cap > 0) {
    if (policy.domestic.node.empty())
      fail("policy.fund", "a fund buys domestic accelerators, and there are none", "name policy.domestic.node");
    add(Origin::fund, policy.domestic.node, "policy.fund", policy.fund.site, "fund", policy.fund.cap, policy.fund.date,
        policy.fund.delay);
  }
  // Last, so that the nodes of the others keep their numbers.
  for (const TriggerSpec& trigger : policy.triggers) {
    if (!trigger.then.order) continue;
    const OrderSpec& order = *trigger.then.order;
    const std::string path = "policy.triggers." + trigger.name + ".then.order";
    PlannedTranche tranche;
    tranche.site = site_or_first(sites, order.site, path + ".site");
    tranche.cluster = cluster_or_first(sites, tranche.site, order.cluster, path + ".cluster");
    tranche.kind = order.node;
    tranche.path = path + ".node";
    tranche.gpus = kind_of(scenario, order.node, tranche.path).gpus;
    tranche.most = tranche.nodes = (order.gpus + tranche.gpus - 1) / tranche.gpus;
    tranche.delay = &order.delay;
    tranche.state_ppm = state_ppm_of(policy, order.owner);
    tranche.rented = order.how == Acquire::rent;
    tranche.origin = Origin::order;
    tranche.trigger = trigger.name;
    tranche.lead = order.lead;
    for (tranche.act = 0; tranche.act < trigger.at_most; ++tranche.act) planned.push_back(tranche);
  }
  return planned;
}

Procurement procure(const Scenario& scenario, const std::vector<PlannedTranche>& planned) {
  const PolicySpec& policy = scenario.policy;
  Procurement result;
  result.tranches.resize(planned.size());
  const auto paid_in = [&](const PlannedTranche& tranche) { return year_of(std::max(tranche.date, scenario.start)); };
  for (std::size_t i = 0; i < planned.size(); ++i)
    result.tranches[i].node_krw = node_price_krw(scenario, planned[i].kind, paid_in(planned[i]));
  const auto pay = [&](std::size_t i, std::int64_t nodes) {
    BoughtTranche& tranche = result.tranches[i];
    tranche.nodes = nodes;
    tranche.missing = planned[i].nodes - nodes;
    if (planned[i].rented) return;
    tranche.krw = nodes * tranche.node_krw;
    tranche.state_krw = share_of_won(tranche.krw, planned[i].state_ppm);
  };
  const auto must_have_price = [&](std::size_t i) {
    if (result.tranches[i].node_krw <= 0)
      fail(planned[i].path, "node kind '" + planned[i].kind + "' has no price",
           "give policy.purchase.prices." + planned[i].kind + " in USD a node");
  };

  for (std::size_t i = 0; i < planned.size(); ++i)
    if (planned[i].leased) must_have_price(i);

  // The schedule, by date; equal dates in the order of the file.
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < planned.size(); ++i)
    if (planned[i].origin == Origin::schedule) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::max(planned[a].date, scenario.start) < std::max(planned[b].date, scenario.start);
  });
  if (policy.budget.envelope.empty()) {
    for (const std::size_t i : order) pay(i, planned[i].nodes);
  } else {
    if (policy.purchase.instalments > 1)
      fail("policy.purchase.instalments", "an envelope (policy.budget.envelope) pays at once",
           "leave one of the two out: what is owed to later years' envelopes is not modelled");
    std::map<int, YearAccount> years;
    for (const NamedAmount& entry : policy.budget.envelope) {
      int year = 0;
      std::from_chars(entry.name.data(), entry.name.data() + entry.name.size(), year);
      YearAccount& account = years[year];
      account.envelope_krw = whole_won(entry.value);
      account.reserved_krw = share_of_won(account.envelope_krw, parts_of(policy.budget.operation));
    }
    for (const std::size_t i : order) years[paid_in(planned[i])];
    std::size_t next = 0;
    std::int64_t carried = 0;
    for (auto& [year, account] : years) {
      account.year = year;
      account.carried_krw = carried;
      std::int64_t left = account.envelope_krw - account.reserved_krw + carried;
      for (; next < order.size() && paid_in(planned[order[next]]) == year; ++next) {
        const std::size_t i = order[next];
        std::int64_t nodes = planned[i].nodes;
        if (!planned[i].rented && planned[i].state_ppm > 0 && nodes > 0) {
          must_have_price(i);
          const Int128 fit = static_cast<Int128>(left) * million /
                             (static_cast<Int128>(result.tranches[i].node_krw) * planned[i].state_ppm);
          if (fit < nodes) nodes = static_cast<std::int64_t>(fit);
        }
        pay(i, nodes);
        left -= result.tranches[i].state_krw;
        account.spent_krw += result.tranches[i].state_krw;
        account.short_krw +=
            share_of_won(result.tranches[i].missing * result.tranches[i].node_krw, planned[i].state_ppm);
      }
      carried = policy.budget.carry_over ? left : 0;
      account.unspent_krw = policy.budget.carry_over ? 0 : left;
    }
    years.rbegin()->second.unspent_krw += carried;
    for (const auto& [year, account] : years) result.years.push_back(account);
  }

  std::int64_t public_capital = 0;
  for (const std::size_t i : order) public_capital += result.tranches[i].state_krw;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (planned[i].origin == Origin::fund) {
      must_have_price(i);
      const std::int64_t money = share_of_won(whole_won(policy.fund.amount), parts_of(policy.fund.purchase));
      pay(i, std::min(planned[i].most, money / result.tranches[i].node_krw));
      result.tranches[i].missing = 0;
    }
    if (planned[i].origin != Origin::investors) continue;
    must_have_price(i);
    const IncentiveSpec& incentive = policy.incentive;
    // Whole nodes at these rates, and who pays for them.
    const auto invest = [&](const std::vector<NamedAmount>& credit, std::vector<FirmAccount>& firms) {
      const std::vector<std::int64_t> wanted = wanted_investment(incentive, credit, public_capital);
      const std::int64_t all = std::accumulate(wanted.begin(), wanted.end(), std::int64_t{0});
      const std::int64_t nodes = std::min(planned[i].most, all / result.tranches[i].node_krw);
      const std::int64_t paid = nodes * result.tranches[i].node_krw;
      std::int64_t left = paid;
      for (std::size_t f = 0; f < wanted.size(); ++f) {
        FirmAccount& firm = firms.emplace_back();
        firm.size = incentive.shares[f].name;
        firm.investment_krw = f + 1 == wanted.size() ? left : proportion(paid, wanted[f], all);
        left -= firm.investment_krw;
        firm.qualifying_krw = share_of_won(firm.investment_krw, parts_of(incentive.qualifying));
        firm.tax_forgone_krw = share_of_won(firm.qualifying_krw, parts_of(amount_of(credit, firm.size)));
      }
      return nodes;
    };
    result.baseline_nodes = invest(incentive.before, result.baseline_firms);
    pay(i, invest(incentive.credit, result.firms));
    result.tranches[i].missing = 0;
  }
  return result;
}

}  // namespace nadc
