#include "models/screening.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "models/access/admit.hpp"
#include "models/power/draw.hpp"
#include "models/reliability/saving.hpp"

namespace nadc {
namespace {

// Nodes of a quadrature over a law's uniform: even below the median, by halves of the tail above it, where the large
// jobs are.
struct Node {
  double weight;
  std::uint32_t u;
};
const std::vector<Node>& quadrature() {
  static const std::vector<Node> nodes = [] {
    std::vector<Node> list;
    const auto add = [&](double low, double high, int pieces) {
      for (int i = 0; i < pieces; ++i) {
        const double width = (high - low) / pieces;
        list.push_back({width, static_cast<std::uint32_t>((low + (i + 0.5) * width) * 4294967296.0)});
      }
    };
    add(0, 0.5, 8);
    for (int k = 1; k < 14; ++k) add(1 - std::ldexp(1, -k), 1 - std::ldexp(1, -k - 1), 3);
    add(1 - std::ldexp(1, -14), 1, 1);
    return list;
  }();
  return nodes;
}

template <class F> double mean_of(const Law& law, const double* tables, F&& f) {
  double sum = 0;
  for (const Node& node : quadrature()) sum += node.weight * f(sample(law, tables, node.u));
  return sum;
}

}  // namespace

ScreeningPlan plan_screening(const World& world, const Point& point, double draws) {
  ScreeningPlan plan;
  const double* tables = at(&world, world.tables);
  const auto parts = at(&world, world.partitions);
  const auto params = at(&point, point.partitions);
  const auto classes = at(&point, point.classes);
  const std::uint32_t* rates = at(&point, point.rates);
  const auto gpus_of = [&](PartitionId p) {
    return static_cast<double>(params[p].nodes) * static_cast<double>(parts[p].shape.gpus_per_node);
  };

  const bool walls = Admits::visit(point.admit, [](const auto& admit) { return admit.depends_on_use; });
  plan.groups = walls ? std::min(world.groups, screening_groups) : 1;
  const auto wall_of = [&](GroupId group) { return std::min(group.value, plan.groups - 1); };
  for (const GroupId g : range<GroupId>(world.groups))
    plan.quota[wall_of(g)] += static_cast<float>(at(&point, point.quotas)[g].value());
  if (!walls) plan.quota[0] = 1;

  // Site: means over the GPUs.
  double all = 0, pue = 0, saves = 0, largest = 0;
  for (const PartitionId p : world.partitions.ids()) {
    const double gpus = gpus_of(p);
    if (!(gpus > 0)) continue;
    all += gpus;
    pue += gpus * params[p].pue;
    Draws::visit(point.draw, [&](const auto& draw) {
      saves += gpus * static_cast<double>(draw.idle(params[p].draw) - draw.down(params[p].draw));
    });
    if (gpus > largest) {
      largest = gpus;
      plan.surface = params[p].surface;
      plan.node_gpus = std::max(1u, parts[p].shape.gpus_per_node);
      plan.pod_gpus = std::max(1u, parts[p].shape.pod_nodes * parts[p].shape.gpus_per_node);
    }
  }
  plan.pue = all > 0 ? pue / all : 1;
  plan.down_saves_mw = all > 0 ? saves / all : 0;
  for (const ClassId k : range<ClassId>(std::min(world.classes, screening_classes))) {
    double where = 0, time = 0, draw_mw = 0;
    for (const PartitionId p : world.partitions.ids()) {
      const double rate = static_cast<double>(rates[k.value * world.partitions.count + p.value]) / 65536.0,
                   gpus = gpus_of(p);
      if (!(rate > 0) || !(gpus > 0)) continue;
      where += gpus;
      time += gpus / rate;
      draw_mw +=
          gpus *
          static_cast<double>(Draws::visit(
              point.draw,
              [&](const auto& draw) { return draw.job(params[p].draw, params[p].draw.gpus, classes[k].intensity); })) /
          static_cast<double>(params[p].draw.gpus);
    }
    plan.slow[k.value] = where > 0 ? static_cast<float>(time / where) : 1.0f;
    plan.draw_mw[k.value] = where > 0 ? static_cast<float>(draw_mw / where) : 0.0f;
  }

  // Cells: which are drawn.
  struct Cell {
    CellId number;
    double per_hour;  // jobs in an hour of flat time
    double gpus;      // a job, mean
    double spread;    // mean square of a job's GPU-time
  };
  std::vector<Cell> cells;
  struct Kind {  // cells of a class share their laws, as a rule
    Law gpus, duration;
    double mean_gpus, spread;
    bool good = false;
  };
  VectorBy<ClassId, Kind> kinds(world.classes);
  for (const CellId c : point.cells.ids()) {
    const CellParams& cell = at(&point, point.cells)[c];
    if (!cell.active) continue;
    Kind& kind = kinds[world.class_of(c)];
    if (!kind.good || std::memcmp(&kind.gpus, &cell.gpus, sizeof(Law)) != 0 ||
        std::memcmp(&kind.duration, &cell.duration, sizeof(Law)) != 0)
      kind = {cell.gpus, cell.duration, mean_of(cell.gpus, tables, [](double x) { return x; }),
              mean_of(cell.gpus, tables, [](double x) { return x * x; }) *
                  mean_of(cell.duration, tables, [](double x) { return x * x; }),
              true};
    const double batch = static_cast<double>(cell.batch) * 0x1p-32;
    const double gap = mean_of(cell.gap, tables, [](double x) { return x; }) * (1.0 - batch);
    cells.push_back({c, gap > 0 ? 3600.0 / gap : 1e12, kind.mean_gpus, kind.spread});
  }
  std::vector<Cell> order = cells;
  std::stable_sort(order.begin(), order.end(), [](const Cell& a, const Cell& b) { return a.spread > b.spread; });
  const double horizon_h = static_cast<double>(world.horizon) / static_cast<double>(ticks_per_hour);
  std::vector<bool> drawn(point.cells.count, false);
  for (const Cell& cell : order) {
    const double jobs = cell.per_hour * horizon_h;
    if (plan.cells == screening_cells) break;
    if (plan.expected_draws + jobs > draws) continue;
    plan.expected_draws += jobs;
    plan.cell[plan.cells++] = CellId16(cell.number);
    drawn[cell.number.value] = true;
  }
  std::sort(plan.cell, plan.cell + plan.cells);

  // The others flow in at their mean.
  double inflow[screening_groups][screening_lengths][5]{};
  for (const Cell& cell : cells) {
    if (drawn[cell.number.value]) continue;
    const ClassId k = world.class_of(cell.number);
    const std::uint32_t slot = k.value < screening_classes ? k.value : 0;
    const ClassParams& klass = classes[k];
    const Law& law = at(&point, point.cells)[cell.number].duration;
    const auto gpus = std::max(1u, static_cast<std::uint32_t>(cell.gpus + 0.5));
    for (const Node& node : quadrature()) {
      const Tick duration = std::max<Tick>(1, sample_ticks(law, tables, node.u));
      const Tick work = with_saves(saving_of(klass.saving, point.store, gpus, nodes_of(world, gpus), 0), duration);
      const double hours =
          static_cast<double>(work) / static_cast<double>(ticks_per_hour) * static_cast<double>(plan.slow[slot]);
      double* sum =
          inflow[wall_of(world.group_of(cell.number))][screening_detail::length_class(static_cast<float>(hours))];
      const double jobs = cell.per_hour * node.weight;
      sum[0] += jobs * cell.gpus;
      sum[1] += jobs * cell.gpus * hours;
      sum[2] += jobs;
      sum[3] += jobs * cell.gpus * static_cast<double>(plan.draw_mw[slot]);
      sum[4] += jobs * cell.gpus * static_cast<double>(duration) / static_cast<double>(ticks_per_hour);
    }
  }
  for (std::uint32_t g = 0; g < plan.groups; ++g)
    for (std::uint32_t i = 0; i < screening_lengths; ++i) {
      const double* sum = inflow[g][i];
      plan.inflow[g][i] = {static_cast<float>(sum[0]), static_cast<float>(sum[1]), static_cast<float>(sum[2]),
                           static_cast<float>(sum[3])};
      plan.inflow_hours[g][i] = sum[0] > 0 ? static_cast<float>(sum[1] / sum[0]) : 0.0f;
      plan.inflow_work[g][i] = sum[0] > 0 ? static_cast<float>(sum[4] / sum[0]) : 0.0f;
    }
  return plan;
}

std::string_view name_of(Screening::Outcome outcome) {
  static constexpr std::string_view names[Screening::outcomes] = {
      "jobs_submitted", "utilization",   "gpu_hours_held",        "gpu_hours_delivered", "gpu_hours_installed",
      "gpu_hours_down", "wait_mean_s",   "time_to_result_mean_s", "it_energy_mwh",       "facility_energy_mwh",
      "pue_mean",       "node_failures", "job_interruptions"};
  return outcome < Screening::outcomes ? names[outcome] : std::string_view("none");
}

Screening::Outcome control_of(std::string_view metric) {
  struct Driver {
    std::string_view metric;
    Screening::Outcome outcome;
  };
  // What is not in the ledger itself goes with what drives it.
  static constexpr Driver drivers[] = {
      {"jobs_started", Screening::jobs_submitted},
      {"jobs_completed", Screening::jobs_submitted},
      {"jobs_failed", Screening::jobs_submitted},
      {"jobs_cancelled", Screening::jobs_submitted},
      {"wait_p50_s", Screening::wait_mean_s},
      {"wait_p90_s", Screening::wait_mean_s},
      {"wait_p99_s", Screening::wait_mean_s},
      {"bounded_slowdown_mean", Screening::wait_mean_s},
      {"time_to_result_p50_s", Screening::wait_mean_s},
      {"jobs_waiting_end", Screening::wait_mean_s},
      {"wait_restricted_mean_s", Screening::wait_mean_s},
      {"gpu_hours_idle", Screening::gpu_hours_held},
      {"gpu_hours_lost", Screening::job_interruptions},
      {"ettr", Screening::job_interruptions},
      {"gpu_hours_available", Screening::gpu_hours_down},
      {"gpus_installed_mean", Screening::gpu_hours_installed},
      {"it_power_peak_mw", Screening::it_energy_mwh},
      {"facility_power_peak_mw", Screening::facility_energy_mwh},
      {"energy_cost_krw", Screening::facility_energy_mwh},
      {"carbon_tco2e", Screening::facility_energy_mwh},
      {"water_m3", Screening::facility_energy_mwh},
      {"cost_per_gpu_hour_krw", Screening::gpu_hours_delivered},
      {"cost_per_h100e_hour_krw", Screening::gpu_hours_delivered},
  };
  for (std::uint32_t i = 0; i < Screening::outcomes; ++i)
    if (name_of(static_cast<Screening::Outcome>(i)) == metric) return static_cast<Screening::Outcome>(i);
  for (const Driver& driver : drivers)
    if (driver.metric == metric) return driver.outcome;
  return Screening::outcomes;
}

}  // namespace nadc
