#include "models/workload/build_workload.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "models/fail.hpp"
#include "models/power/build_power.hpp"
#include "models/site/fleet.hpp"
#include "models/thresholds.hpp"
#include "models/workload/response.hpp"
#include "sim/exp2log2.hpp"

namespace nadc {
namespace {

// The law with all values multiplied.
LawSpec scaled(LawSpec law, double factor) {
  using Kind = LawSpec::Kind;
  switch (law.kind) {
    case Kind::constant:
    case Kind::lognormal:
    case Kind::exponential:
    case Kind::choice:
    case Kind::empirical:
      law.parameter[0] *= factor;
      break;
    case Kind::weibull:
    case Kind::gamma:
      law.parameter[1] *= factor;
      break;
    case Kind::uniform:
    case Kind::triangular:
    case Kind::normal:
      for (double& parameter : law.parameter) parameter *= factor;
      break;
  }
  law.min *= factor;
  law.max *= factor;
  return law;
}

double amount(const std::vector<NamedAmount>& amounts, const std::string& name, double otherwise) {
  for (const NamedAmount& entry : amounts)
    if (entry.name == name) return entry.value;
  return otherwise;
}

Week week_of(const ArrivalsSpec& arrivals, std::int64_t start) {
  if (!arrivals.hours.empty() && arrivals.hours.size() != 24)
    fail("workload.arrivals.hours", "has " + std::to_string(arrivals.hours.size()) + " rates",
         "give 24, one an hour of the day");
  if (!arrivals.days.empty() && arrivals.days.size() != 7)
    fail("workload.arrivals.days", "has " + std::to_string(arrivals.days.size()) + " rates", "give 7, Monday first");
  // 1970-01-01 was a Thursday, 72 hours after a Monday.
  const std::int64_t hour0 = ((start / 3600 + 72) % Week::hours + Week::hours) % Week::hours;
  double weight[Week::hours], sum = 0;
  for (std::uint32_t h = 0; h < Week::hours; ++h) {
    const auto hour = static_cast<std::size_t>((hour0 + h) % Week::hours);
    weight[h] = (arrivals.hours.empty() ? 1.0 : arrivals.hours[hour % 24]) *
                (arrivals.days.empty() ? 1.0 : arrivals.days[hour / 24]);
    sum += weight[h];
  }
  if (!(sum > 0)) fail("workload.arrivals", "all hours have rate 0", "give at least one hour and day a rate above 0");
  Week week;
  for (std::uint32_t h = 0; h < Week::hours; ++h) {
    week.flat[h] = std::llround(weight[h] * Week::hours / sum * static_cast<double>(ticks_per_hour));
    week.stretch[h] = week.flat[h] > 0 ? (ticks_per_hour << 20) / week.flat[h] : 0;
  }
  return week;
}

ResponseParams response_of(const ResponseSpec& spec) {
  ResponseParams params{spec.every, spec.most, spec.memory, spec.every, 1, spec.memory};
  if (spec.every <= 0) return params;
  params.steps = static_cast<std::uint32_t>(std::clamp<Tick>(spec.every / ticks_per_hour, 1, thoughts_per_every));
  params.step = spec.every / params.steps;
  params.kept = spec.memory > 0 ? exact_exp2(exact_log2(spec.memory) / params.steps) : 0.0;
  return params;
}

VectorBy<GroupId, GroupResponse> responses_of(const StudyNames& names, const WorkloadSpec& workload) {
  const bool on = workload.response.every > 0;
  if (on && workload.response.every < ticks_per_hour)
    fail("workload.response.every", "is shorter than an hour", "users think again every month or so: 30 d");
  if (on && !workload.trace.empty())
    fail("workload.response", "a trace does not answer", "set workload.response.every to 0 s");
  VectorBy<GroupId, GroupResponse> responses;
  if (!on) return responses;
  for (const std::string& name : names.groups) {
    GroupResponse response{0, 1, 1, 1, 0};
    for (const GroupSpec& group : workload.groups)
      if (group.name == name) {
        response.wait_elasticity = group.wait_elasticity;
        response.reference_wait = static_cast<double>(group.reference_wait);
        response.relative_price = group.price * (1 - group.subsidy) / group.reference_price;
        response.price_elasticity = group.price_elasticity;
        response.price_factor = price_factor(response.relative_price, response.price_elasticity);
      }
    responses.push_back(response);
  }
  return responses;
}

// Who sends which jobs how often. Candidates come at the greatest demand; a user sends one or not (response.hpp).
VectorBy<CellId, CellParams> build_cells(const StudyNames& names, const Scenario& scenario, LawTables& tables) {
  const WorkloadSpec& workload = scenario.workload;
  VectorBy<CellId, CellParams> cells(names.groups.size() * names.classes.size());
  double jobs_per_day = workload.jobs_per_day;
  if (workload.scale == DemandScale::fleet)
    jobs_per_day *= planned_gpus(scenario) / static_cast<double>(workload.per_gpus);
  const double unit_gap = mean(workload.arrivals.gap);
  if (jobs_per_day > 0 && !(unit_gap > 0 && std::isfinite(unit_gap)))
    fail("workload.arrivals.gap", "has no positive finite mean", "its shape counts, its mean is set by the rate");
  std::vector<GroupSpec> groups = workload.groups;
  if (groups.empty()) {
    groups.emplace_back();
    groups.back().name = names.groups.front();
  }
  const double most = workload.response.every > 0 ? workload.response.most : 1.0;
  double group_total = 0;
  for (const GroupSpec& group : groups) group_total += group.share;
  for (const GroupSpec& group : groups) {
    for (const NamedAmount& entry : group.mix)
      if (!names.klass(entry.name).valid())
        fail("workload.groups." + group.name + ".mix." + entry.name, "no class '" + entry.name + "'",
             "known classes: " + list_of(names.classes));
    const auto weight_of = [&](const ClassSpec& klass) {
      return group.mix.empty() ? klass.share : amount(group.mix, klass.name, 0.0);
    };
    double mix_total = 0;
    for (const ClassSpec& klass : workload.classes) mix_total += weight_of(klass);
    for (const ClassSpec& klass : workload.classes) {
      const double weight = weight_of(klass);
      const double per_day = mix_total > 0 && group_total > 0 ? jobs_per_day * group.share / group_total * weight /
                                                                    mix_total * group.demand * klass.demand * most
                                                              : 0.0;
      if (!(per_day > 0)) continue;
      CellParams& cell = cells[names.cell(names.group(group.name), names.klass(klass.name))];
      const double gap = 86400.0 / per_day / (1.0 - workload.arrivals.batch);
      cell.gap = tables.compile(scaled(workload.arrivals.gap, gap / unit_gap));
      cell.gpus = tables.compile(klass.gpus);
      cell.duration = tables.compile(klass.duration);
      cell.request_factor = tables.compile(klass.request_factor);
      cell.batch = threshold32(workload.arrivals.batch);
      cell.active = 1;
    }
  }
  if (jobs_per_day > 0 && std::none_of(cells.begin(), cells.end(), [](const CellParams& c) { return c.active; })) {
    if (workload.classes.empty())
      fail("workload", "has jobs_per_day but no classes", "give workload.classes, each with gpus and duration");
    fail("workload", "has jobs_per_day, but every share is 0", "give a group and a class a share above 0");
  }
  return cells;
}

}  // namespace

void name_workload(StudyNames& names, const Scenario& scenario) {
  for (const GroupSpec& group : scenario.workload.groups) add_name(names.groups, group.name);
  for (const ClassSpec& klass : scenario.workload.classes) {
    add_name(names.classes, klass.name);
    if (!klass.domain.empty()) add_name(names.job_domains, klass.domain);
  }
}

VectorBy<ClassId, std::uint32_t> domains_of_classes(StudyNames& names, const std::vector<Scenario>& scenarios) {
  VectorBy<ClassId, std::uint32_t> domains(names.classes.size(), static_cast<std::uint32_t>(names.job_domains.size()));
  for (const Scenario& scenario : scenarios)
    for (const ClassSpec& klass : scenario.workload.classes)
      if (!klass.domain.empty()) domains[names.klass(klass.name)] = row_of(names.job_domains, klass.domain);
  return domains;
}

VectorBy<ClassId, ClassParams> build_classes(const StudyNames& names, const WorkloadSpec& workload) {
  VectorBy<ClassId, ClassParams> classes;
  for (const std::string& name : names.classes) {
    ClassParams params{};
    params.request_max = never / 4;
    params.intensity = 1.0;
    const auto spec = std::find_if(workload.classes.begin(), workload.classes.end(),
                                   [&](const ClassSpec& klass) { return klass.name == name; });
    if (spec != workload.classes.end()) {
      if (spec->failed + spec->cancelled > 1.0)
        fail("workload.classes." + spec->name + ".failed", "failed and cancelled are more than all jobs together",
             "they are shares of the jobs that end");
      params.request_max = spec->request_max;
      params.saving.every = spec->checkpoint_every;
      params.saving.cost = spec->checkpoint_cost;
      params.saving.bytes = spec->checkpoint_size;
      params.saving.bytes_per_gpu = spec->checkpoint_size_per_gpu;
      params.saving.young = spec->checkpoint == 1;
      params.saving.background = spec->checkpoint_mode == 1;
      params.restart_cost = spec->restart_cost;
      params.intensity = spec->intensity;
      params.communication = spec->communication;
      params.hidden = spec->hidden_communication, params.slack = spec->overlap_slack;
      params.failed = threshold16(spec->failed);
      params.cancelled = threshold16(spec->cancelled);
    }
    classes.push_back(params);
  }
  return classes;
}

std::vector<std::uint32_t> class_rates(const StudyNames& names, const Scenario& scenario,
                                       const VectorBy<PartitionId, double>& gpu_power) {
  const std::size_t partitions = names.partitions.size();
  const auto& domestic = scenario.policy.domestic;
  std::vector<std::uint32_t> rates(names.classes.size() * partitions, 1u << 16);
  for (const ClassSpec& spec : scenario.workload.classes) {
    const ClassId k = names.klass(spec.name);
    for (const PartitionId p : names.partitions.ids()) {
      const std::string& kind = names.partitions[p].kind;
      const double factor = kind == domestic.node ? domestic.performance : 1.0;
      rates[k.value * partitions + p.value] =
          threshold16(amount(spec.speed, kind, 1.0) * factor *
                      (gpu_power[p] < 1.0 ? speed_at_share(spec.communication, gpu_power[p]) / 65536.0 : 1.0));
    }
    for (const NamedAmount& entry : spec.speed)
      kind_of(scenario, entry.name, "workload.classes." + spec.name + ".speed." + entry.name);
  }
  return rates;
}

void add_workload(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario,
                  LawTables& tables) {
  const WorkloadSpec& workload = scenario.workload;
  const Week week = week_of(workload.arrivals, scenario.start);
  point.cells =
      writer.append(workload.trace.empty() ? build_cells(names, scenario, tables) : VectorBy<CellId, CellParams>{});
  point.week = writer.append(std::span<const Week>(&week, 1));
  point.response = response_of(workload.response);
  point.responses = writer.append(responses_of(names, workload));
}

}  // namespace nadc
