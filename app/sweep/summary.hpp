// What a sweep says of each lever and metric: {mean, sd, ci95, p05, p50, p95, n} over the rows in index order
// (sim/experiment/estimate.hpp), how many values the mean does not see whole, and the probability that an outcome
// reaches its threshold.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/io/sweep_file.hpp"
#include "app/io/table.hpp"
#include "app/study/study.hpp"
#include "app/sweep/shown_units.hpp"
#include "sim/experiment/estimate.hpp"
#include "sim/experiment/proportion.hpp"

namespace nadc {

// Rows of one metric (by its number among the site metrics) under one lever, (sample, replica); NaN where none is done.
using ReadColumn = std::function<std::vector<double>(std::size_t metric, std::uint64_t lever)>;
ReadColumn columns_of(const SweepReader& reader);  // which must outlive it
ReadColumn columns_of(const std::vector<double>& site, const SweepGrid& grid);

// Rows of a lever that the mean of a metric does not see whole.
struct Unseen {
  std::uint64_t bounded = 0;   // values that are lower bounds (MetricInfo::censored_by); they count as their bound
  std::uint64_t left_out = 0;  // rows that are done and have no value
};

struct LeverSummary {
  std::string lever;
  std::vector<Estimate> metrics;                               // of the site, in order
  std::vector<Unseen> unseen;                                  // likewise
  std::vector<std::optional<ProbabilityEstimate>> thresholds;  // (outcome)
};

// The interval without what the metric cannot be: a wait below 0, a probability above 1.
Estimate within_range(Estimate estimate, std::string_view metric);

std::vector<LeverSummary> summarize_levers(const SweepGrid& grid, const ReadColumn& column,
                                           const std::vector<OutcomeSpec>& outcomes);

// Levers that change nothing that the study asks for: every outcome (of all site metrics when the study names none) is
// equal, bit for bit, in every row that both have done, to that of an earlier lever. One sentence each.
std::vector<std::string> levers_without_effect(const SweepGrid& grid, const ReadColumn& column,
                                               const std::vector<OutcomeSpec>& outcomes);

// Metrics to show when nobody said which: the outcomes of the study, else a few that always matter.
std::vector<std::size_t> shown_metrics(const std::vector<OutcomeSpec>& outcomes);

// Below this many samples (or replicas of one sample) an interval misleads more than it tells.
inline constexpr std::uint64_t fewest_for_interval = 10;

// Levers side by side: metrics down and levers across, or the other way round when there are many levers. Means alone
// when `units`, the samples or replicas behind them, are too few.
std::string side_by_side(const std::vector<LeverSummary>& levers, const std::vector<std::size_t>& metrics,
                         Format format, std::uint64_t units, const Units& shown_in);
// Which levers to show when there are many: the first, and those best in the study's outcomes, in turn; in order.
std::vector<std::size_t> telling_levers(const std::vector<LeverSummary>& levers,
                                        const std::vector<OutcomeSpec>& outcomes, std::size_t most = 10);
// One row a lever and metric, all metrics.
Table long_table(const std::vector<LeverSummary>& levers);
// "0.8123 ± 0.0042"; "0.8123 (0.79 to 0.91)" where the interval is not symmetric.
std::string with_interval(double mean, double half_width);
std::string with_interval(const Estimate& estimate);
// " (≥ in 12 of 64, none in 3)": what stands beside a mean of n values; empty when it sees all rows whole.
std::string beside(const Unseen& unseen, std::uint64_t n);

// Which way is better where no study says: less for waits, losses, failures, energy and costs, more for the rest.
OutcomeDirection usual_direction(const std::string& metric);

// Number of a site metric; Error (usage) with the nearest name.
std::size_t metric_number(const std::string& name);

}  // namespace nadc
