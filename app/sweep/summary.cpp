#include "app/sweep/summary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

#include "app/scenario/units.hpp"
#include "models/metrics.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::size_t most_levers_across = 4;

std::string shown_name(const MetricInfo& info, const std::string& unit) {
  return std::string(info.name) + (unit == "1" ? "" : " [" + unit + "]");
}

// How many of the values are lower bounds: where the metric that counts what is cut off is above 0.
std::uint64_t bounded(const std::vector<double>& values, std::size_t metric, const ReadColumn& column,
                      std::uint64_t lever) {
  const std::string_view censored_by = site_metrics()[metric].censored_by;
  if (censored_by.empty()) return 0;
  const std::vector<double> cut_off = column(metric_number(std::string(censored_by)), lever);
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < values.size(); ++i) n += !std::isnan(values[i]) && cut_off[i] > 0;
  return n;
}

// Bit for bit in the rows that both have done; false without such a row.
bool same_rows(const std::vector<double>& a, const std::vector<double>& b, const std::vector<bool>& both) {
  bool any = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!both[i]) continue;
    if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i])) return false;
    any = true;
  }
  return any;
}

}  // namespace

Estimate within_range(Estimate estimate, std::string_view metric) {
  constexpr std::string_view shares[] = {"ettr",         "gpu_time_share", "nobody_bids",
                                         "queued_share", "target_",        "utilization"};
  constexpr std::string_view signed_ones[] = {
      "bid_irr",        "bid_npv",         "bid_debt", "cost_per_",  "gpu_hours_delivered",
      "gpu_hours_lost", "h100e_hours_del", "npv_",     "tax_forgone"};
  const auto among = [&](const auto& names) {
    return std::any_of(std::begin(names), std::end(names),
                       [&](std::string_view name) { return metric.starts_with(name); });
  };
  if (estimate.n < 2) return estimate;
  if (!among(signed_ones)) estimate.ci95.low = std::fmax(estimate.ci95.low, 0.0);
  if (among(shares)) estimate.ci95.high = std::fmin(estimate.ci95.high, 1.0);
  return estimate;
}

ReadColumn columns_of(const SweepReader& reader) {
  return [&reader](std::size_t metric, std::uint64_t lever) {
    const SweepGrid& grid = reader.schema().grid;
    const std::uint64_t cells = grid.samples * grid.replicas;
    const std::string name(site_metrics()[metric].name);
    for (const Variable& variable : reader.schema().metrics)
      if (variable.name == name) return reader.read(variable, lever * cells, cells);
    return std::vector<double>(cells, std::nan(""));
  };
}

ReadColumn columns_of(const std::vector<double>& site, const SweepGrid& grid) {
  return [&site, cells = grid.samples * grid.replicas](std::size_t metric, std::uint64_t lever) {
    const auto begin = site.begin() + static_cast<std::ptrdiff_t>((lever * site_metrics().size() + metric) * cells);
    return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(cells));
  };
}

std::vector<LeverSummary> summarize_levers(const SweepGrid& grid, const ReadColumn& column,
                                           const std::vector<OutcomeSpec>& outcomes) {
  std::vector<LeverSummary> summaries;
  for (std::uint64_t lever = 0; lever < grid.levers.size(); ++lever) {
    LeverSummary& summary = summaries.emplace_back();
    summary.lever = grid.levers[lever];
    summary.thresholds.resize(outcomes.size());
    std::uint64_t not_done = grid.samples * grid.replicas;  // some metrics have a value in every row
    for (std::size_t metric = 0; metric < site_metrics().size(); ++metric) {
      const std::vector<double> values = column(metric, lever);
      const MatrixView rows(values, grid.samples, grid.replicas);
      summary.metrics.push_back(within_range(summarize(rows), site_metrics()[metric].name));
      summary.unseen.push_back({bounded(values, metric, column, lever), summary.metrics.back().missing});
      not_done = std::min(not_done, summary.metrics.back().missing);
      for (std::size_t i = 0; i < outcomes.size(); ++i)
        if (outcomes[i].of.empty() && outcomes[i].metric == site_metrics()[metric].name &&
            !std::isnan(outcomes[i].threshold))
          summary.thresholds[i] = threshold_probability(
              rows, outcomes[i].threshold,
              outcomes[i].better == OutcomeDirection::higher ? ThresholdSide::at_least : ThresholdSide::at_most);
    }
    for (Unseen& unseen : summary.unseen) unseen.left_out -= not_done;
  }
  return summaries;
}

std::vector<std::string> levers_without_effect(const SweepGrid& grid, const ReadColumn& column,
                                               const std::vector<OutcomeSpec>& outcomes) {
  std::vector<std::size_t> metrics;
  // What a group sees shows in some metric of the site.
  const bool of_groups =
      std::any_of(outcomes.begin(), outcomes.end(), [](const OutcomeSpec& outcome) { return !outcome.of.empty(); });
  if (!of_groups)
    for (const OutcomeSpec& outcome : outcomes) metrics.push_back(metric_number(outcome.metric));
  if (metrics.empty())
    for (std::size_t i = 0; i < site_metrics().size(); ++i) metrics.push_back(i);
  const std::size_t completed = metric_number("jobs_completed");  // has a value in every row that is done
  std::vector<std::string> sentences;
  std::vector<std::uint64_t> distinct;
  for (std::uint64_t lever = 0; lever < grid.levers.size(); ++lever) {
    const std::vector<double> done = column(completed, lever);
    const auto equal_to = std::find_if(distinct.begin(), distinct.end(), [&](std::uint64_t earlier) {
      const std::vector<double> other = column(completed, earlier);
      std::vector<bool> both;
      for (std::size_t i = 0; i < done.size(); ++i) both.push_back(!std::isnan(done[i]) && !std::isnan(other[i]));
      return std::all_of(metrics.begin(), metrics.end(), [&](std::size_t metric) {
        return same_rows(column(metric, lever), column(metric, earlier), both);
      });
    });
    if (equal_to == distinct.end()) {
      distinct.push_back(lever);
      continue;
    }
    sentences.push_back("lever \"" + grid.levers[lever] + "\" changes no " + (outcomes.empty() ? "metric" : "outcome") +
                        ": all equal those of \"" + grid.levers[*equal_to] + "\", bit for bit, in every replica");
  }
  return sentences;
}

std::vector<std::size_t> shown_metrics(const std::vector<OutcomeSpec>& outcomes) {
  constexpr std::string_view usual[] = {"utilization",         "wait_mean_s",   "waits_censored",
                                        "wait_p50_s",          "wait_p90_s",    "ettr",
                                        "gpu_hours_delivered", "it_energy_mwh", "jobs_completed"};
  std::vector<std::size_t> numbers;
  const auto add = [&](std::string_view name) {
    for (std::size_t i = 0; i < site_metrics().size(); ++i)
      if (site_metrics()[i].name == name && std::find(numbers.begin(), numbers.end(), i) == numbers.end())
        numbers.push_back(i);
  };
  // Behind an outcome, how much of it is bounded or left out.
  for (const OutcomeSpec& outcome : outcomes)
    for (const MetricInfo& info : site_metrics())
      if (outcome.of.empty() && info.name == outcome.metric) {
        add(info.name);
        add(info.beside);
        add(info.censored_by);
      }
  if (numbers.empty())
    for (const std::string_view name : usual) add(name);
  return numbers;
}

std::string with_interval(double mean, double half_width) {
  std::string text = std::isnan(mean) ? "" : human_number(mean, 4);
  if (std::isfinite(half_width) && half_width > 0) text += " ± " + human_number(half_width, 2);
  return text;
}

std::string with_interval(const Estimate& estimate) {
  const auto& [low, high] = estimate.ci95;
  const double below = estimate.mean - low, above = high - estimate.mean;
  const bool even = !std::isfinite(below) || !std::isfinite(above) || std::abs(above - below) <= 0.05 * (above + below);
  if (even) return with_interval(estimate.mean, estimate.ci95.half_width());
  return human_number(estimate.mean, 4) + " (" + human_number(low, 3) + " to " + human_number(high, 3) + ")";
}

std::string beside(const Unseen& unseen, std::uint64_t n) {
  std::string text;
  if (unseen.bounded > 0) text = "≥ in " + std::to_string(unseen.bounded) + " of " + std::to_string(n);
  if (unseen.left_out > 0) text += (text.empty() ? "" : ", ") + ("none in " + std::to_string(unseen.left_out));
  return text.empty() ? text : " (" + text + ")";
}

std::string side_by_side(const std::vector<LeverSummary>& levers, const std::vector<std::size_t>& metrics,
                         Format format, std::uint64_t units, const Units& shown_in) {
  const bool across = levers.size() <= most_levers_across;
  std::vector<ShownUnit> shown(site_metrics().size());
  for (const std::size_t metric : metrics) {
    std::vector<double> means;
    for (const LeverSummary& lever : levers) means.push_back(lever.metrics[metric].mean);
    shown[metric] = shown_unit(site_metrics()[metric].unit, means, shown_in);
  }
  std::vector<Column> columns{{across ? "metric" : "lever", "", Align::left}};
  if (across)
    for (const LeverSummary& lever : levers) columns.push_back({lever.lever});
  else
    for (const std::size_t metric : metrics)
      columns.push_back({shown_name(site_metrics()[metric], shown[metric].name)});
  Table table(columns);
  const auto cell = [&](std::size_t lever, std::size_t metric) -> Cell {
    const Estimate estimate = scaled(levers[lever].metrics[metric], shown[metric].factor);
    const std::string mean = units < fewest_for_interval ? with_interval(estimate.mean, 0) : with_interval(estimate);
    return mean + beside(levers[lever].unseen[metric], estimate.n);
  };
  if (across)
    for (const std::size_t metric : metrics) {
      std::vector<Cell> row{shown_name(site_metrics()[metric], shown[metric].name)};
      for (std::size_t lever = 0; lever < levers.size(); ++lever) row.push_back(cell(lever, metric));
      table.add(row);
    }
  else
    for (std::size_t lever = 0; lever < levers.size(); ++lever) {
      std::vector<Cell> row{levers[lever].lever};
      for (const std::size_t metric : metrics) row.push_back(cell(lever, metric));
      table.add(row);
    }
  return table.render(format);
}

std::vector<std::size_t> telling_levers(const std::vector<LeverSummary>& levers,
                                        const std::vector<OutcomeSpec>& outcomes, std::size_t most) {
  std::vector<std::size_t> chosen;
  if (levers.size() <= most || outcomes.empty()) {
    for (std::size_t i = 0; i < std::min(levers.size(), most); ++i) chosen.push_back(i);
    return chosen;
  }
  chosen.push_back(0);
  std::vector<std::vector<std::size_t>> orders;
  for (const OutcomeSpec& outcome : outcomes) {
    if (!outcome.of.empty()) continue;
    const std::size_t metric = metric_number(outcome.metric);
    const double sign = outcome.better == OutcomeDirection::higher ? 1.0 : -1.0;
    std::vector<std::size_t>& order = orders.emplace_back();
    for (std::size_t i = 0; i < levers.size(); ++i)
      if (!std::isnan(levers[i].metrics[metric].mean)) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return sign * levers[a].metrics[metric].mean > sign * levers[b].metrics[metric].mean;
    });
  }
  for (std::size_t place = 0; place < levers.size() && chosen.size() < most; ++place)
    for (const std::vector<std::size_t>& order : orders)
      if (place < order.size() && chosen.size() < most &&
          std::find(chosen.begin(), chosen.end(), order[place]) == chosen.end())
        chosen.push_back(order[place]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

Table long_table(const std::vector<LeverSummary>& levers) {
  Table table({{"lever", "", Align::left},
               {"metric", "", Align::left},
               {"mean"},
               {"sd"},
               {"ci95_low"},
               {"ci95_high"},
               {"p05"},
               {"p50"},
               {"p95"},
               {"n"},
               {"bounded"},
               {"left_out"}});
  for (const LeverSummary& lever : levers)
    for (std::size_t i = 0; i < lever.metrics.size(); ++i) {
      const Estimate& e = lever.metrics[i];
      table.add({lever.lever, std::string(site_metrics()[i].name), e.mean, e.sd, e.ci95.low, e.ci95.high, e.p05, e.p50,
                 e.p95, static_cast<std::int64_t>(e.n), static_cast<std::int64_t>(lever.unseen[i].bounded),
                 static_cast<std::int64_t>(lever.unseen[i].left_out)});
    }
  return table;
}

OutcomeDirection usual_direction(const std::string& metric) {
  constexpr std::string_view less[] = {"annual_cost",
                                       "bid_price",
                                       "bid_tax",
                                       "bounded_slowdown",
                                       "budget_overrun",
                                       "budget_unspent",
                                       "capex",
                                       "capital_charge",
                                       "carbon",
                                       "cash",
                                       "comm_slowdown",
                                       "cost_",
                                       "days_to_target",
                                       "degraded_slowdown",
                                       "demand_loop",
                                       "demand_swing",
                                       "embodied",
                                       "energy_cost",
                                       "facility_",
                                       "gpu_hours_down",
                                       "gpu_hours_idle",
                                       "gpu_hours_lost",
                                       "gpus_not_bought",
                                       "it_",
                                       "job_interruptions",
                                       "job_power_swing",
                                       "jobs_cancelled",
                                       "jobs_deterred",
                                       "jobs_dropped",
                                       "jobs_failed",
                                       "jobs_killed",
                                       "jobs_preempted",
                                       "jobs_turned_away",
                                       "jobs_waiting",
                                       "nobody_bids",
                                       "node_failures",
                                       "opex",
                                       "ordered_",
                                       "outages",
                                       "power_capped",
                                       "power_slowdown",
                                       "private_",
                                       "public_",
                                       "pue_",
                                       "queued_share",
                                       "results_censored",
                                       "stranded_gpu_hours",
                                       "subsidy",
                                       "target_missed",
                                       "tax_forgone",
                                       "time_to_",
                                       "total_cash",
                                       "wait_",
                                       "waits_censored",
                                       "water",
                                       "window_full"};
  for (const std::string_view start : less)
    if (metric.starts_with(start)) return OutcomeDirection::lower;
  return OutcomeDirection::higher;
}

std::size_t metric_number(const std::string& name) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < site_metrics().size(); ++i) {
    if (site_metrics()[i].name == name) return i;
    names.push_back(site_metrics()[i].name);
  }
  const std::string near = nearest(name, names);
  throw Error(ErrorKind::usage, "no metric '" + name + "'",
              near.empty() ? "the metrics are those of nadc run" : "did you mean " + near + "?");
}

}  // namespace nadc
