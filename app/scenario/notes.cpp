#include "app/scenario/notes.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>

#include "models/access/admit.hpp"
#include "models/network/pace.hpp"
#include "models/power/node_power.hpp"
#include "models/power/victim.hpp"
#include "models/reliability/hazard.hpp"
#include "models/scheduler/order.hpp"
#include "models/site/fleet.hpp"

namespace nadc {
namespace {

// A key under which a value acts only if something else is so.
struct Rule {
  const char* key;  // the last parts of its path, with [] for any item and * for any name
  const char* why;
  bool (*acts)(const Scenario&, const SiteSpec*);  // the site that the path goes through, or null
};

bool quotas_rule(const Scenario& s, const SiteSpec*) { return !Admits::holds<OpenQueue>(s.access.admit); }
bool answers(const Scenario& s, const SiteSpec*) { return s.workload.response.every > 0; }
bool has_plant(const Scenario&, const SiteSpec* site) { return site && site->power.plant != Plant::constant; }
bool has_limit(const Scenario&, const SiteSpec* site) {
  return site && (site->power.limit.value > 0 || !site->power.grid.empty() ||
                  std::any_of(site->clusters.begin(), site->clusters.end(),
                              [](const ClusterSpec& cluster) { return cluster.limit.value > 0; }));
}
bool has_investors(const Scenario& s, const SiteSpec*) {
  return !s.policy.incentive.node.empty() && s.policy.incentive.cap > 0;
}
bool has_fund(const Scenario& s, const SiteSpec*) { return s.policy.fund.cap > 0; }
bool has_domestic(const Scenario& s, const SiteSpec*) { return !s.policy.domestic.node.empty(); }
bool has_envelope(const Scenario& s, const SiteSpec*) { return !s.policy.budget.envelope.empty(); }
bool owner_quotas(const Scenario& s, const SiteSpec*) {
  return !Admits::holds<OpenQueue>(s.access.admit) &&
         std::any_of(s.workload.groups.begin(), s.workload.groups.end(),
                     [](const GroupSpec& g) { return g.owner != Owner::shared; });
}
bool some_quota(const Scenario& s, const SiteSpec*) {
  return Admits::holds<OpenQueue>(s.access.admit) || s.policy.ownership.quotas ||
         std::any_of(s.workload.groups.begin(), s.workload.groups.end(),
                     [](const GroupSpec& group) { return group.quota < 1; });
}
bool by_fair_share(const Scenario& s, const SiteSpec*) { return Orders::holds<FairShare>(s.scheduler.order); }
bool shares_count(const Scenario& s, const SiteSpec* site) { return quotas_rule(s, site) || by_fair_share(s, site); }
bool synthetic(const Scenario& s, const SiteSpec*) { return s.workload.trace.empty(); }
bool has_prices(const Scenario& s, const SiteSpec*) {
  return !s.policy.purchase.prices.empty() || !s.policy.purchase.rents.empty();
}

bool leases(const Scenario& s, const SiteSpec*) {
  for (const SiteSpec& site : s.sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches)
        if (tranche.how == Acquire::lease) return true;
  return false;
}

bool asks_for_bids(const Scenario& s, const SiteSpec*) { return s.policy.bid.years > 0; }
bool borrows(const Scenario& s, const SiteSpec*) { return s.policy.bid.years > 0 && s.policy.bid.debt > 0; }

bool replayed(const Scenario& s, const SiteSpec*) { return !s.workload.trace.empty(); }
double failure_rate(const Scenario& s) {
  return Hazards::visit(s.reliability.hazard, [](const auto& hazard) { return hazard.greatest(); });
}
bool nodes_fail(const Scenario& s, const SiteSpec*) { return failure_rate(s) > 0; }
bool any_limit(const Scenario& s) {
  return std::any_of(s.sites.begin(), s.sites.end(), [&](const SiteSpec& site) { return has_limit(s, &site); });
}
bool interrupts(const Scenario& s, const SiteSpec*) {
  return failure_rate(s) > 0 || !s.reliability.outages.empty() || any_limit(s);
}
bool by_priority(const Scenario& s, const SiteSpec*) {
  return Orders::holds<PriorityFirst>(s.scheduler.order) ||
         (Victims::holds<LowestPriorityVictim>(s.power.victim) && any_limit(s));
}
template <class Test> bool any_group(const Scenario& s, Test test) {
  return std::any_of(s.workload.groups.begin(), s.workload.groups.end(), test);
}
template <class Test> bool any_class(const Scenario& s, Test test) {
  return std::any_of(s.workload.classes.begin(), s.workload.classes.end(), test);
}
bool has_award(const Scenario& s, const SiteSpec*) {
  return any_group(s, [](const GroupSpec& g) { return g.award > 0; });
}
bool has_flows(const Scenario& s, const SiteSpec*) { return s.network.model == NetworkModel::flow; }
bool stretches(const Scenario& s, const SiteSpec*) {
  return s.network.model == NetworkModel::flow || !Paces::holds<FullSpeed>(s.network.pace) || s.network.uses_table();
}
// Communication is not slowed by a power limit, so that it matters there too.
bool slows_communication(const Scenario& s, const SiteSpec*) {
  bool slows = any_limit(s) || stretches(s, nullptr);
  for (const SiteSpec& site : s.sites)
    for (const ClusterSpec& cluster : site.clusters) slows = slows || cluster.gpu_power < 1;
  return slows;
}
bool has_store(const Scenario& s, const SiteSpec*) { return s.reliability.store.write.value > 0; }
bool stores(const Scenario& s, const SiteSpec*) {
  return any_class(s, [](const ClassSpec& c) { return c.checkpoint_size > 0 || c.checkpoint_size_per_gpu > 0; });
}
bool saves(const Scenario& s, const SiteSpec*) {
  return any_class(s, [](const ClassSpec& c) { return c.checkpoint_every > 0 || c.checkpoint == 1; });
}
bool dry(const Scenario&, const SiteSpec* site) {
  return site && site->power.facility && site->power.facility->dry_coolers;
}
bool wet(const Scenario& s, const SiteSpec* site) { return !dry(s, site); }
template <auto unit> bool yard_of(const Scenario&, const SiteSpec* site) {
  return site && site->power.yard && (*site->power.yard).*unit > 0;
}
const char* const by_trace = "a trace gives the jobs";
const char* const not_replayed = "the jobs are drawn; give workload.trace";
const char* const no_failures = "no node fails; give reliability.hazard a rate";
const char* const no_award = "no group has an award; give workload.groups.NAME.award";
const char* const no_bids = "nobody is asked to bid; give policy.bid.years";
const char* const no_flows = "network.model is not flow";

const Rule rules[] = {
    {"sites[].pue", "power.plant computes the PUE; set power.plant=constant, or power.pue_margin",
     [](const Scenario& s, const SiteSpec* site) { return !has_plant(s, site); }},
    {"sites[].power.energy_price", "power.tariff bills the energy; drop the tariff",
     [](const Scenario&, const SiteSpec* site) { return site && site->power.tariff.empty(); }},
    {"sites[].power.climate", "the plant is constant; set power.plant", has_plant},
    {"sites[].power.rated_it", "the plant is constant; set power.plant", has_plant},
    {"sites[].power.pue_margin", "the plant is constant and its PUE is sites[].pue", has_plant},
    {"sites[].power.water_price", "a constant plant takes no water; set power.plant", has_plant},
    {"sites[].power.facility.*", "the plant is constant; set power.plant", has_plant},
    {"sites[].power.facility.dry_excess", "there are towers; set dry_coolers: true", dry},
    {"sites[].power.facility.evaporation", "dry coolers take no water", wet},
    {"sites[].power.facility.water_cycles", "dry coolers take no water", wet},
    {"sites[].power.yard.*", "the plant is constant; set power.plant", has_plant},
    {"sites[].power.yard.transformers", "no transformer has a size; give yard.transformer",
     yard_of<&YardSpec::transformer>},
    {"sites[].power.yard.ups_redundancy", "no UPS module has a size; give yard.ups", yard_of<&YardSpec::ups>},
    {"sites[].power.yard.generators", "no generator has a size; give yard.generator", yard_of<&YardSpec::generator>},
    {"sites[].power.yard.generator_share", "no generator has a size; give yard.generator",
     yard_of<&YardSpec::generator>},
    {"sites[].power.at_limit", "there is no limit; give power.limit or power.grid", has_limit},
    {"sites[].power.reserve", "there is no power.grid",
     [](const Scenario&, const SiteSpec* site) { return site && !site->power.grid.empty(); }},
    {"access.admit", "no group has a quota below 100 %; give workload.groups.NAME.quota", some_quota},
    {"workload.groups.*.quota", "access.admit is open; set access.admit to quota or borrow", shares_count},
    {"workload.groups.*.fair_share", "scheduler.order is not fair-share", by_fair_share},
    {"scheduler.order", "there is one group, which has no one to share with; give workload.groups",
     [](const Scenario& s, const SiteSpec* site) { return !by_fair_share(s, site) || s.workload.groups.size() > 1; }},
    {"workload.groups.*.owner", "policy.ownership.quotas is off",
     [](const Scenario& s, const SiteSpec*) { return s.policy.ownership.quotas; }},
    {"workload.groups.*.priority", "scheduler.order is not priority, nor power.victim lowest-priority", by_priority},
    {"power.victim", "there is no limit; give sites[].power.limit or power.grid",
     [](const Scenario& s, const SiteSpec*) { return any_limit(s); }},
    {"workload.groups.*.wait_elasticity", "demand does not answer; give workload.response.every", answers},
    {"workload.groups.*.price_elasticity", "demand does not answer; give workload.response.every", answers},
    {"workload.groups.*.reference_wait", "demand does not answer; give workload.response.every", answers},
    {"workload.groups.*.reference_price", "demand does not answer; give workload.response.every", answers},
    {"workload.response.most", "demand does not answer; give workload.response.every", answers},
    {"workload.response.memory", "demand does not answer; give workload.response.every", answers},
    {"workload.jobs_per_day", by_trace, synthetic},
    {"workload.scale", by_trace, synthetic},
    {"workload.per_gpus", "workload.scale is fixed, or a trace gives the jobs",
     [](const Scenario& s, const SiteSpec* site) {
       return synthetic(s, site) && s.workload.scale == DemandScale::fleet;
     }},
    {"workload.arrivals.*", by_trace, synthetic},
    {"workload.groups.*.share", by_trace, synthetic},
    {"workload.groups.*.mix", by_trace, synthetic},
    {"workload.groups.*.demand", by_trace, synthetic},
    {"workload.classes.*.share", by_trace, synthetic},
    {"workload.classes.*.demand", by_trace, synthetic},
    {"workload.classes.*.failed", by_trace, synthetic},
    {"workload.classes.*.cancelled", by_trace, synthetic},
    {"workload.format", not_replayed, replayed},
    {"workload.processors", not_replayed, replayed},
    {"workload.align", not_replayed, replayed},
    {"workload.unknown_group", not_replayed, replayed},
    {"workload.unknown_class", not_replayed, replayed},
    {"workload.groups.*.members", no_award, has_award},
    {"workload.groups.*.startups", no_award, has_award},
    {"workload.groups.*.result_within", no_award, has_award},
    {"workload.groups.*.subsidy", "no group pays; give workload.groups.NAME.price",
     [](const Scenario& s, const SiteSpec*) { return any_group(s, [](const GroupSpec& g) { return g.price > 0; }); }},
    {"workload.classes.*.communication", "nothing slows communication; give network.pace or network.topology",
     slows_communication},
    {"workload.classes.*.hidden_communication", "no network slows communication; give network.pace or network.topology",
     stretches},
    {"workload.classes.*.overlap_slack",
     "no class hides communication; give workload.classes.NAME.hidden_communication",
     [](const Scenario& s, const SiteSpec* site) {
       return stretches(s, site) && any_class(s, [](const ClassSpec& c) { return c.hidden_communication > 0; });
     }},
    {"workload.classes.*.checkpoint_cost", "no class saves; give workload.classes.NAME.checkpoint_every", saves},
    {"workload.classes.*.checkpoint_mode", "no class saves; give workload.classes.NAME.checkpoint_every", saves},
    {"workload.classes.*.checkpoint_size", "there is no store; give reliability.store.write", has_store},
    {"workload.classes.*.checkpoint_size_per_gpu", "there is no store; give reliability.store.write", has_store},
    {"workload.classes.*.restart_cost", "nothing interrupts a job; give reliability.hazard a rate", interrupts},
    {"reliability.store.*", "no class has a checkpoint_size", stores},
    {"reliability.repair", no_failures, nodes_fail},
    {"reliability.lemons.*", no_failures, nodes_fail},
    {"reliability.modes.*", no_failures, nodes_fail},
    {"reliability.crews.*", "no node goes down; give reliability.hazard a rate, or outages",
     [](const Scenario& s, const SiteSpec*) { return failure_rate(s) > 0 || !s.reliability.outages.empty(); }},
    {"network.routing", no_flows, has_flows},
    {"network.all_to_all", no_flows, has_flows},
    {"network.pace", "no class communicates; give workload.classes.NAME.communication",
     [](const Scenario& s, const SiteSpec*) {
       return Paces::holds<FullSpeed>(s.network.pace) ||
              any_class(s, [](const ClassSpec& c) { return c.communication + c.hidden_communication > 0; });
     }},
    {"scheduler.window", "only the first job by key may start: scheduler.backfill is none and access.admit open",
     [](const Scenario& s, const SiteSpec*) {
       std::size_t clusters = 0;
       for (const SiteSpec& site : s.sites) clusters += site.clusters.size();
       return s.scheduler.backfill != Backfill::none || !Admits::holds<OpenQueue>(s.access.admit) || clusters > 1;
     }},
    {"policy.ownership.quotas", "access.admit is open, or no group has an owner", owner_quotas},
    {"policy.incentive.site", "there are no investors; give policy.incentive.node and a cap above 0", has_investors},
    {"policy.incentive.baseline", "there are no investors; give policy.incentive.node and a cap above 0",
     has_investors},
    {"policy.incentive.leverage", "there are no investors; give policy.incentive.node and a cap above 0",
     has_investors},
    {"policy.incentive.shares", "there are no investors; give policy.incentive.node and a cap above 0", has_investors},
    {"policy.incentive.credit", "there are no investors; give policy.incentive.node and a cap above 0", has_investors},
    {"policy.incentive.before", "there are no investors; give policy.incentive.node and a cap above 0", has_investors},
    {"policy.incentive.qualifying", "there are no investors; give policy.incentive.node and a cap above 0",
     has_investors},
    {"policy.incentive.elasticity", "there are no investors; give policy.incentive.node and a cap above 0",
     has_investors},
    {"policy.incentive.date", "there are no investors; give policy.incentive.node and a cap above 0", has_investors},
    {"policy.incentive.lag", "there are no investors; give policy.incentive.node and a cap above 0", has_investors},
    {"policy.incentive.delay", "there are no investors; give policy.incentive.node and a cap above 0", has_investors},
    {"policy.fund.amount", "the fund buys nothing; give policy.fund.cap", has_fund},
    {"policy.fund.purchase", "the fund buys nothing; give policy.fund.cap", has_fund},
    {"policy.fund.site", "the fund buys nothing; give policy.fund.cap", has_fund},
    {"policy.fund.date", "the fund buys nothing; give policy.fund.cap", has_fund},
    {"policy.fund.delay", "the fund buys nothing; give policy.fund.cap", has_fund},
    {"policy.domestic.share", "there is no domestic kind; give policy.domestic.node", has_domestic},
    {"policy.domestic.performance", "there is no domestic kind; give policy.domestic.node", has_domestic},
    {"policy.budget.operation", "there is no envelope; give policy.budget.envelope", has_envelope},
    {"policy.budget.carry_over", "there is no envelope; give policy.budget.envelope", has_envelope},
    {"policy.bid.buy_back_interest", "there is no buy-back; give policy.bid.buy_back_year",
     [](const Scenario& s, const SiteSpec*) { return s.policy.bid.years > 0 && s.policy.bid.buy_back_year > 0; }},
    {"policy.bid.interest", "nothing is borrowed; give policy.bid.years and policy.bid.debt", borrows},
    {"policy.bid.debt_years", "nothing is borrowed; give policy.bid.years and policy.bid.debt", borrows},
    {"policy.bid.cover", "nothing is borrowed; give policy.bid.years and policy.bid.debt", borrows},
    {"policy.cost.building_lifetime", "there is no building; give policy.cost.building",
     [](const Scenario& s, const SiteSpec*) { return s.policy.cost.building > 0; }},
    {"policy.purchase.instalments", "nothing has a price; give policy.purchase.prices", has_prices},
    {"policy.purchase.instalment_interest", "nodes are paid for at once; give policy.purchase.instalments",
     [](const Scenario& s, const SiteSpec*) { return s.policy.purchase.instalments > 1; }},
    {"policy.lease.*", "nothing is leased; give a tranche how: lease", leases},
    {"policy.bid.debt", no_bids, asks_for_bids},
    {"policy.bid.tax", no_bids, asks_for_bids},
    {"policy.bid.credit", no_bids, asks_for_bids},
    {"policy.bid.loss_offset", no_bids, asks_for_bids},
    {"policy.bid.price_trend", no_bids, asks_for_bids},
    {"policy.bid.cost_trend", no_bids, asks_for_bids},
    {"policy.bid.buy_back_year", no_bids, asks_for_bids},
    {"policy.bid.hurdle", no_bids, asks_for_bids},
    {"policy.purchase.overhead", "nothing has a price; give policy.purchase.prices", has_prices},
    {"policy.purchase.trend", "nothing has a price; give policy.purchase.prices", has_prices},
};

// Does "sites[0].power.tariff" go as "sites[].power.tariff" says?
bool matches(std::string_view path, std::string_view pattern) {
  while (!pattern.empty()) {
    if (pattern.front() == '*') {
      const std::size_t end = path.find('.');
      path.remove_prefix(end == std::string_view::npos ? path.size() : end);
      pattern.remove_prefix(1);
    } else if (pattern.starts_with("[]")) {
      const std::size_t end = path.find(']');
      if (!path.starts_with('[') || end == std::string_view::npos) return false;
      path.remove_prefix(end + 1);
      pattern.remove_prefix(2);
    } else {
      if (path.empty() || path.front() != pattern.front()) return false;
      path.remove_prefix(1);
      pattern.remove_prefix(1);
    }
  }
  return path.empty();
}

// Everything that was written, by path.
void visit(const Node& node, const std::string& path, const SiteSpec* site, const Scenario& scenario,
           const std::function<void(const std::string&, const Node&, const SiteSpec*)>& see) {
  if (node.is_default) return;
  see(path, node, site);
  for (const Node::Entry& entry : node.entries)
    visit(entry.value, path.empty() ? entry.key : path + '.' + entry.key, site, scenario, see);
  for (std::size_t i = 0; i < node.items.size(); ++i)
    visit(node.items[i], path + '[' + std::to_string(i) + ']',
          path == "sites" && i < scenario.sites.size() ? &scenario.sites[i] : site, scenario, see);
}

}  // namespace

std::vector<std::string> idle_keys(std::span<const LoadedScenario* const> scenarios,
                                   std::span<const std::string> files) {
  struct Seen {
    const Rule* rule;
    bool acts = false;
  };
  std::vector<std::pair<std::string, Seen>> seen;  // in the order of the files
  for (const LoadedScenario* loaded : scenarios)
    visit(loaded->tree, "", nullptr, loaded->scenario,
          [&](const std::string& path, const Node& node, const SiteSpec* site) {
            const bool in_file = node.where.source && node.where.source->numbered;
            if (in_file && std::find(files.begin(), files.end(), node.where.source->name) == files.end()) return;
            // It acts where every rule for it says so; else the first that does not is the reason.
            const Rule* idle = nullptr;
            bool ruled = false;
            for (const Rule& rule : rules) {
              if (!matches(path, rule.key)) continue;
              ruled = true;
              if (!idle && !rule.acts(loaded->scenario, site)) idle = &rule;
            }
            if (!ruled) return;
            auto found = std::find_if(seen.begin(), seen.end(), [&](const auto& entry) { return entry.first == path; });
            if (found == seen.end()) found = seen.insert(seen.end(), {path, {nullptr}});
            if (!idle) found->second.acts = true;
            if (!found->second.rule) found->second.rule = idle;
          });
  // One line a reason.
  std::vector<std::string> lines;
  std::vector<const char*> said;
  for (const auto& [path, of] : seen) {
    if (of.acts || std::find(said.begin(), said.end(), of.rule->why) != said.end()) continue;
    said.push_back(of.rule->why);
    std::string keys;
    std::size_t count = 0;
    for (const auto& [other, also] : seen)
      if (!also.acts && also.rule->why == of.rule->why && ++count <= 3) keys += (keys.empty() ? "" : ", ") + other;
    if (count > 3) keys += " and " + std::to_string(count - 3) + " more";
    lines.push_back(keys + (count > 1 ? " have" : " has") + " no effect here: " + of.rule->why);
  }
  return lines;
}

std::vector<std::string> not_modelled(const Scenario& s) {
  std::vector<std::string> lines;
  const auto add = [&](bool missing, const char* line) {
    if (missing) lines.emplace_back(line);
  };
  add(!(failure_rate(s) > 0) && s.reliability.outages.empty(), "failures: nodes never fail (reliability.hazard)");
  add(s.policy.purchase.prices.empty(), "capital: nodes cost nothing (policy.purchase.prices)");
  add(!s.policy.purchase.prices.empty() && s.policy.cost.maintenance == 0,
      "maintenance: staff, spares and licences cost nothing (policy.cost.maintenance)");
  bool tariff = false, plant = false;
  for (const SiteSpec& site : s.sites) {
    tariff = tariff || !site.power.tariff.empty();
    plant = plant || site.power.plant != Plant::constant;
  }
  add(!tariff, "tariff: energy has one price at all hours, without a demand charge (sites[].power.tariff)");
  add(!plant, "weather: the PUE is constant, and no water is used (sites[].power.plant)");
  add(s.network.model != NetworkModel::flow && Paces::holds<FullSpeed>(s.network.pace) && !s.network.uses_table(),
      "network: no job is slowed by where it runs (network.pace, network.topology)");
  std::string unknown;
  double unknown_gpus = 0, all_gpus = 0;
  for (const SiteSpec& site : sites_of(s))
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches) {
        const auto gpus = static_cast<double>(tranche.gpus);
        all_gpus += gpus;
        if (known_node_kind(tranche.node)) continue;
        unknown_gpus += gpus;
        if (unknown.find(tranche.node) == std::string::npos) unknown += (unknown.empty() ? "" : ", ") + tranche.node;
      }
  // What is left out, by what a GPU's share of it is elsewhere: fabrics of nadc network size, 60 to 110 W; storage,
  // login and management nodes, 10 to 60 W (assumption).
  const auto megawatts = [](double gpus, double low, double high) {
    char text[96];
    std::snprintf(text, sizeof text, "; %.0f to %.0f W a GPU would be %.3g to %.3g MW of IT", low, high,
                  gpus * low / 1e6, gpus * high / 1e6);
    return std::string(text);
  };
  const double gpus = planned_gpus(s);
  if (all_gpus > 0) unknown_gpus *= gpus / all_gpus;  // as fleet.gpus scales them
  if (s.power.fabric == FabricPower::none)
    lines.push_back("fabric: switches and optics draw nothing (power.fabric)" + megawatts(gpus, 60, 110));
  else if (!unknown.empty())
    lines.push_back("fabric: switches and optics of " + unknown + " draw nothing, their ports are not known" +
                    megawatts(unknown_gpus, 60, 110));
  if (s.power.storage.value > 0)
    lines.emplace_back("storage, login and management nodes: they draw power (power.storage) and cost nothing");
  else
    lines.push_back("storage, login and management nodes: they draw and cost nothing (power.storage)" +
                    megawatts(gpus, 10, 60));
  add(s.workload.trace.empty() && s.workload.response.every <= 0,
      "demand: users send the same jobs whatever they wait and pay (workload.response)");
  return lines;
}

std::string left_unscaled(const Scenario& s) {
  std::int64_t written = 0;
  for (const SiteSpec& site : s.sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches) written += tranche.gpus;
  if (s.fleet.gpus <= 0 || written == 0 || s.fleet.gpus == written) return {};
  std::string left;
  const auto add = [&](bool given, const std::string& key) {
    if (given) left += (left.empty() ? "" : ", ") + key;
  };
  add(s.policy.target.gpus > 0 && s.policy.target.gpus != s.fleet.gpus,
      "policy.target.gpus (" + std::to_string(s.policy.target.gpus) + ")");
  add(!s.policy.budget.envelope.empty(), "policy.budget.envelope");
  for (std::size_t i = 0; i < s.sites.size(); ++i) {
    const SitePowerSpec& power = s.sites[i].power;
    const std::string site = "sites[" + std::to_string(i) + "].power.";
    add(!power.grid.empty(), site + "grid");
    add(power.limit.value > 0, site + "limit");
    add(power.rated_it.value > 0, site + "rated_it");
  }
  if (left.empty()) return {};
  return "fleet.gpus scales every tranche of the sites from " + std::to_string(written) + " to " +
         std::to_string(s.fleet.gpus) + " GPUs, and leaves " + left + " as it is";
}

}  // namespace nadc
