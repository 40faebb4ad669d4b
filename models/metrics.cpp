#include "models/metrics.hpp"

#include <cmath>
#include <utility>

#include "models/metrics/counting.hpp"
#include "models/metrics/scope.hpp"
#include "models/policy/bid_metrics.hpp"
#include "models/policy/money.hpp"

namespace nadc {

using namespace metrics;

namespace {

// The tables of each kind of scope, in the order of its values.
using Table = std::span<const Metric> (*)();
constexpr Table site_tables[] = {job_metrics, machine_metrics, site_only_metrics, cost_metrics};
constexpr Table group_tables[] = {job_metrics, group_only_metrics};
constexpr Table period_tables[] = {job_metrics, machine_metrics, cost_metrics};

std::vector<MetricInfo> infos_of(std::span<const Table> tables) {
  std::vector<MetricInfo> infos;
  for (const Table table : tables)
    for (const Metric& metric : table()) infos.push_back(metric.info);
  return infos;
}
std::vector<double> values_of(std::span<const Table> tables, const Scope& scope) {
  std::vector<double> values;
  for (const Table table : tables)
    for (const Metric& metric : table()) values.push_back(metric.value(scope));
  return values;
}

Scope scope_of_period(const Counting& counting, std::uint32_t period) {
  Scope scope;
  for (const CellId c : range<CellId>(counting.shape().cells)) {
    counting.add_cell(scope, period, c, period);
    if (period == counting.first_measured()) counting.carry_over(scope, c);
  }
  counting.add_machine(scope, period);
  counting.add_energy(scope, period, period + 1);
  const Tick from = counting.begin_of(period), to = counting.end_of(period);
  scope.hours = static_cast<double>(to - from) / ticks_an_hour;
  counting.add_cost(scope, period, period + 1, from, to);
  return scope;
}

// Which cells a scope of jobs is of, and where their sketches are: of waits, and of times to result if there is one.
struct Part {
  std::vector<CellId> cells;
  std::vector<std::uint32_t> waits;
  std::uint32_t results;
  const GroupMoney* money;  // of a group
  GroupId group;
};

Part part_of_group(const Counting& counting, GroupId g) {
  const RawShape& shape = counting.shape();
  Part part{{}, {shape.waits_of(g)}, shape.results_of(g), &at(&counting.point(), counting.point().group_money)[g], g};
  for (const ClassId k : range<ClassId>(shape.classes)) part.cells.push_back(shape.cell_of(g, k));
  return part;
}
// Of the classes for which has(class).
template <class Has> Part part_of_classes(const Counting& counting, const Has& has) {
  const RawShape& shape = counting.shape();
  Part part{{}, {}, shape.sketches(), nullptr, {}};
  for (const CellId c : range<CellId>(shape.cells))
    if (has(shape.class_of(c))) part.cells.push_back(c);
  for (const ClassId k : range<ClassId>(shape.classes))
    if (has(k)) part.waits.push_back(shape.waits_of(k));
  return part;
}

// A group, a class or a domain, and its share of what the whole used.
Scope scope_of_part(const Counting& counting, const Part& part, const Scope& whole) {
  const RawShape& shape = counting.shape();
  Scope scope;
  scope.machine = whole.machine;
  scope.held_ticks = whole.jobs[busy_ticks];
  for (const CellId c : part.cells) {
    for (std::uint32_t period = counting.first_measured(); period < shape.periods; ++period)
      counting.add_cell(scope, period, c, shape.periods - 1);
    counting.carry_over(scope, c);
  }
  scope.it_mwh = static_cast<double>(scope.jobs.energy) / microjoules_per_mwh;
  const double share = ratio(scope.jobs[busy_ticks], whole.jobs[busy_ticks]);
  scope.use = {whole.use.facility_mwh * share, whole.use.water_m3 * share, whole.use.tco2 * share,
               whole.use.won * share, whole.use.peak_mw};
  for (const std::uint32_t sketch : part.waits) counting.add_sketch(scope.waits, scope.open_waits, sketch);
  if (part.results < shape.ended_sketches()) counting.add_sketch(scope.results, scope.open_results, part.results);
  if (whole.jobs.n[busy_ticks] > 0) scope.cost = whole.cost * scope.jobs[busy_ticks] / whole.jobs[busy_ticks];
  if (!part.money) return scope;
  scope.queued = ratio(scope.jobs[queued_ticks] / ticks_an_hour, whole.hours);
  scope.fees = counting.triggers().fees(part.group, scope.jobs.n[useful_ticks], TriggersDone::Of::measured);
  if (part.money->award > 0) scope.served = members_served(scope.jobs, *part.money);
  return scope;
}

// What all measured periods add up to.
Scope scope_of_whole(const Counting& counting) {
  const RawShape& shape = counting.shape();
  const std::uint32_t first = counting.first_measured();
  Scope whole;
  whole.trace_dropped = static_cast<double>(counting.world().trace_dropped);
  for (std::uint32_t period = first; period < shape.periods; ++period) {
    for (const CellId c : range<CellId>(shape.cells)) counting.add_cell(whole, period, c, shape.periods - 1);
    counting.add_machine(whole, period);
    whole.hours += static_cast<double>(counting.end_of(period) - counting.begin_of(period)) / ticks_an_hour;
  }
  for (const CellId c : range<CellId>(shape.cells)) counting.carry_over(whole, c);
  counting.add_energy(whole, first, shape.periods);
  counting.add_cost(whole, first, shape.periods, counting.begin_of(first), counting.end());
  for (const GroupId g : range<GroupId>(shape.groups)) {
    counting.add_sketch(whole.waits, whole.open_waits, shape.waits_of(g));
    counting.add_sketch(whole.results, whole.open_results, shape.results_of(g));
  }
  return whole;
}

// What is there and what runs at the end, and the promise.
void add_end(Scope& whole, const Counting& counting) {
  const Raw& raw = counting.raw();
  const Point& point = counting.point();
  whole.waiting = static_cast<double>(raw.end[RawShape::waiting_at_end]);
  whole.running = whole.jobs[submitted] - whole.jobs[turned_away] - ended(whole.jobs) - whole.waiting;
  whole.installed_end = whole.h100e_end = 0;
  for (const PartitionId p : range<PartitionId>(counting.shape().partitions)) {
    whole.installed_end += static_cast<double>(raw.installed[p]);
    whole.h100e_end += static_cast<double>(raw.installed[p]) * at(&point, point.partitions)[p].h100e;
  }
  const auto reached = static_cast<Tick>(raw.end[RawShape::target_tick]);
  whole.target_missed = reached < never ? 0.0 : 1.0;
  whole.days_to_target =
      static_cast<double>(reached < never ? reached : counting.end()) / static_cast<double>(ticks_per_day);
  whole.target_reached = reached <= (point.goal_at < never ? point.goal_at : counting.end()) ? 1.0 : 0.0;
}

// How the demand of groups that answer swung.
void add_response(Scope& whole, const Counting& counting) {
  const Point& point = counting.point();
  if (point.response.every <= 0) return;
  for (const GroupId g : range<GroupId>(counting.shape().groups)) {
    const std::uint64_t* of = counting.raw().response + std::size_t{g.value} * response_counts;
    if (of[last_demand] == 0) continue;
    const auto spread = static_cast<double>(of[greatest_demand] - of[least_demand]) -
                        std::fabs(static_cast<double>(of[last_demand]) - static_cast<double>(of[first_demand]));
    whole.demand_swing = std::fmax(whole.demand_swing, std::exp2(spread / 65536.0));
    const double load = ratio(whole.jobs[busy_ticks], available(whole.machine));
    whole.loop_gain =
        std::fmax(whole.loop_gain, (1 - point.response.memory) *
                                       std::fabs(at(&point, point.responses)[g].wait_elasticity) * load / (1 - load));
  }
}

// Income less running cost of the warm-up, for the present value.
std::int64_t net_of_warmup(const Counting& counting) {
  const std::uint32_t end = counting.first_measured(), classes = counting.shape().classes;
  Scope warmup;
  counting.add_energy(warmup, 0, end);
  if (end > 0) counting.add_cost(warmup, 0, end, 0, counting.begin_of(end));
  std::int64_t net = -warmup.upkeep.total();
  for (const GroupId g : range<GroupId>(counting.shape().groups)) {
    Scope of_group;
    for (std::uint32_t period = 0; period < end; ++period)
      for (const ClassId k : range<ClassId>(classes))
        counting.add_cell(of_group, period, counting.shape().cell_of(g, k), end - 1);
    net += counting.triggers().fees(g, of_group.jobs.n[useful_ticks], TriggersDone::Of::warmup).income;
  }
  return net;
}

}  // namespace

std::vector<MetricTable> metric_tables() {
  const auto table = [](std::string_view title, std::string_view help, Table metrics) {
    return MetricTable{title, help, infos_of({&metrics, 1})};
  };
  const std::span<const MetricInfo> bids = bid_metrics();
  return {table("Jobs", "Of the whole, and by group, class, domain and period.", job_metrics),
          table("The machine", "Of the whole, and by period.", machine_metrics),
          table("The whole", "Of the whole alone.", site_only_metrics),
          table("Running cost", "Of the whole, and by period.", cost_metrics),
          {"The bidder", "Of the whole alone, with `policy.bid.years`.", {bids.begin(), bids.end()}},
          table("Groups", "By group, class and domain alone.", group_only_metrics)};
}

std::span<const MetricInfo> site_metrics() {
  static const std::vector<MetricInfo> infos = [] {
    std::vector<MetricInfo> list = infos_of(site_tables);
    list.insert(list.end(), bid_metrics().begin(), bid_metrics().end());
    return list;
  }();
  return infos;
}
std::span<const MetricInfo> group_metrics() {
  static const std::vector<MetricInfo> infos = infos_of(group_tables);
  return infos;
}
std::span<const MetricInfo> period_metrics() {
  static const std::vector<MetricInfo> infos = infos_of(period_tables);
  return infos;
}

Metrics finalize(const World& world, const Point& point, const Raw& raw) {
  const Counting counting(world, point, raw);
  Metrics metrics;
  for (std::uint32_t period = counting.first_measured(); period < counting.shape().periods; ++period)
    metrics.periods.push_back(values_of(period_tables, scope_of_period(counting, period)));

  Scope whole = scope_of_whole(counting);
  Fees fees;
  for (const GroupId g : range<GroupId>(world.groups)) {
    const Part part = part_of_group(counting, g);
    const Scope group = scope_of_part(counting, part, whole);
    fees.income += group.fees.income;
    fees.subsidy += group.fees.subsidy;
    fees.worth += group.fees.worth;
    if (part.money->startups && part.money->award > 0) whole.startups = std::fmax(whole.startups, 0.0) + group.served;
    metrics.groups.push_back(values_of(group_tables, group));
  }
  const auto add_classes = [&](std::vector<std::vector<double>>& scopes, const auto& has) {
    scopes.push_back(values_of(group_tables, scope_of_part(counting, part_of_classes(counting, has), whole)));
  };
  for (const ClassId k : range<ClassId>(world.classes))
    add_classes(metrics.classes, [&](ClassId klass) { return klass == k; });
  const auto class_domains = at(&world, world.class_domains);
  for (std::uint32_t d = 0; d < world.job_domains; ++d)
    add_classes(metrics.domains, [&](ClassId klass) { return class_domains[klass] == d; });

  add_end(whole, counting);
  add_response(whole, counting);
  const Account account =
      account_of(point.money, counting.triggers().payments(), whole.upkeep, fees, net_of_warmup(counting),
                 counting.begin_of(counting.first_measured()), counting.end());
  whole.account = &account;
  whole.fees = fees;
  whole.triggers = &counting.triggers();
  whole.money = &point.money;
  metrics.site = values_of(site_tables, whole);
  add_bid_metrics(metrics.site, point.money, account, delivered_hours(whole.jobs));
  return metrics;
}

}  // namespace nadc
