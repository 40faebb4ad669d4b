#include "app/sweep/screening.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "models/metrics.hpp"
#include "sim/error.hpp"
#include "sim/statistics.hpp"

namespace nadc {
namespace {

constexpr std::uint64_t host_batch = 2048, device_batch = 16384;  // samples whose points are held at once

class Screener {
 public:
  Screener(const Study& study, const SweepRows& rows, const ReadColumn& column, const std::vector<std::size_t>& metrics,
           const ScreeningRequest& request, Log& log, const std::atomic<bool>& stop)
      : study_(study),
        rows_(rows),
        grid_(rows.grid()),
        column_(column),
        metrics_(metrics),
        request_(request),
        stop_(stop),
        progress_(log, "screening samples", request.units) {
    report_.units = request.units;
    report_.over_samples = grid_.samples > 1;
    for (const std::size_t metric : metrics) {
      const Screening::Outcome control = control_of(site_metrics()[metric].name);
      if (control != Screening::outcomes && std::find(controls_.begin(), controls_.end(), control) == controls_.end())
        controls_.push_back(control);
    }
    paired_.assign(grid_.levers.size() * controls_.size(),
                   std::vector<double>(grid_.samples * grid_.replicas, std::numeric_limits<double>::quiet_NaN()));
    means_.resize(grid_.levers.size() * controls_.size());
    differences_.resize(means_.size());
  }

  ScreeningReport run() {
    const auto started = std::chrono::steady_clock::now();
    if (!controls_.empty()) {
      const std::uint64_t batch = request_.backend == Backend::cuda ? device_batch : host_batch;
      for (std::uint64_t first = 0; first < request_.units && !report_.interrupted; first += batch) {
        screen(first, std::min(first + batch, request_.units));
        progress_.update(std::min(first + batch, request_.units));
        report_.interrupted = stop_.load();
      }
    }
    progress_.finish();
    report_.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (!report_.interrupted) conclude();
    return std::move(report_);
  }

 private:
  std::size_t at(std::uint64_t lever, std::size_t control) const { return lever * controls_.size() + control; }

  // Units [first, last) under every lever. The first replica of a sample counts in the mean of its control; the others
  // are only paired with rows.
  void screen(std::uint64_t first, std::uint64_t last) {
    const World& world = study_.builder().world();
    std::vector<double> base;  // (unit, control) of the first lever
    for (std::uint64_t lever = 0; lever < grid_.levers.size(); ++lever) {
      points_.clear();
      tasks_.clear();
      std::vector<std::size_t> head;  // (unit) its task; none for a sample whose values do not fit together
      constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
      if (report_.over_samples) {
        for (std::uint64_t sample = first; sample < last; ++sample) {
          head.push_back(add_point(lever, sample) ? tasks_.size() : none);
          if (head.back() == none) continue;
          const std::uint64_t replicas = sample < grid_.samples ? request_.replicas : 1;
          for (std::uint64_t replica = 0; replica < replicas; ++replica) add_task(replica);
        }
      } else {
        const bool whole = add_point(lever, 0);
        for (std::uint64_t replica = first; replica < last; ++replica) {
          head.push_back(whole ? tasks_.size() : none);
          if (whole) add_task(replica);
        }
      }
      const ScreeningOptions options{request_.backend, request_.threads};
      const std::vector<Screening> answers =
          run_screening(world, points_, plan_screening(world, points_, request_.draws, options), tasks_, options);
      report_.runs += answers.size();
      if (lever == 0) base.assign(head.size() * controls_.size(), std::numeric_limits<double>::quiet_NaN());
      for (std::size_t unit = 0; unit < head.size(); ++unit) {
        if (head[unit] == none) continue;
        for (std::size_t c = 0; c < controls_.size(); ++c) {
          const double x = answers[head[unit]].value[controls_[c]];
          double& of_base = base[unit * controls_.size() + c];
          if (lever == 0) of_base = x;
          means_[at(lever, c)].add(x);
          if (lever > 0 && !std::isnan(of_base)) differences_[at(lever, c)].add(x - of_base);
          pair(lever, c, first + unit, answers, head[unit]);
        }
      }
    }
  }

  void pair(std::uint64_t lever, std::size_t control, std::uint64_t unit, const std::vector<Screening>& answers,
            std::size_t head) {
    std::vector<double>& row = paired_[at(lever, control)];
    if (!report_.over_samples) {
      if (unit < request_.replicas) row[unit] = answers[head].value[controls_[control]];
    } else if (unit < grid_.samples) {
      for (std::uint64_t replica = 0; replica < request_.replicas; ++replica)
        row[unit * grid_.replicas + replica] = answers[head + replica].value[controls_[control]];
    }
  }

  bool add_point(std::uint64_t lever, std::uint64_t sample) {
    try {
      points_.push_back(study_.point(rows_.study_lever(lever), static_cast<std::uint32_t>(sample)));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input) throw;
      return false;  // a failed row of the sweep too
    }
    return true;
  }
  void add_task(std::uint64_t replica) {
    tasks_.push_back({static_cast<std::uint32_t>(points_.size() - 1), static_cast<std::uint32_t>(replica)});
  }

  // Values by unit.
  std::vector<double> units_of(const std::vector<double>& values) const {
    return report_.over_samples ? sample_means(MatrixView(values, grid_.samples, grid_.replicas)) : values;
  }

  ScreenedOutcome controlled(std::size_t metric, Screening::Outcome control, const std::vector<double>& y,
                             std::vector<double> x, const Moments& mean) const {
    for (std::size_t i = 0; i < x.size(); ++i)
      if (std::isnan(y[i])) x[i] = y[i];
    ScreenedOutcome outcome{metric, control,
                            controlled_mean(units_of(y), units_of(x), {mean.mean, mean.standard_error(), mean.n})};
    if (control == Screening::outcomes && outcome.mean.n >= 10) outcome.mean.reason = "the ledger has nothing like it";
    return outcome;
  }

  void conclude() {
    const std::vector<double> nothing(grid_.samples * grid_.replicas, std::numeric_limits<double>::quiet_NaN());
    for (std::uint64_t lever = 0; lever < grid_.levers.size(); ++lever) {
      ScreenedLever& screened = report_.levers.emplace_back();
      screened.lever = grid_.levers[lever];
      for (const std::size_t metric : metrics_) {
        const Screening::Outcome control = control_of(site_metrics()[metric].name);
        const std::size_t c =
            static_cast<std::size_t>(std::find(controls_.begin(), controls_.end(), control) - controls_.begin());
        const bool has = c < controls_.size();
        std::vector<double> y = column_(metric, lever);
        // Without a control, rows of the outcome stand in: a constant is refused.
        const std::vector<double> zeros(y.size(), 0.0);
        screened.outcomes.push_back(controlled(metric, control, y, has ? paired_[at(lever, c)] : zeros,
                                               has ? means_[at(lever, c)] : Moments{}));
        if (lever == 0) continue;
        const std::vector<double> y0 = column_(metric, 0);
        std::vector<double> x = zeros;
        for (std::size_t i = 0; i < y.size(); ++i) {
          y[i] -= y0[i];
          if (has) x[i] = paired_[at(lever, c)][i] - paired_[at(0, c)][i];
        }
        screened.differences.push_back(
            controlled(metric, control, y, std::move(x), has ? differences_[at(lever, c)] : Moments{}));
      }
    }
  }

  const Study& study_;
  const SweepRows& rows_;
  const SweepGrid& grid_;
  const ReadColumn& column_;
  const std::vector<std::size_t>& metrics_;
  const ScreeningRequest& request_;
  const std::atomic<bool>& stop_;
  Progress progress_;
  ScreeningReport report_;
  std::vector<Screening::Outcome> controls_;
  std::vector<std::vector<double>> paired_;   // (lever, control): (sample, replica)
  std::vector<Moments> means_, differences_;  // (lever, control), over units in order
  std::vector<std::vector<std::byte>> points_;
  std::vector<Task> tasks_;
};

}  // namespace

void check_screening(const Study& study, const SweepGrid& grid, const ScreeningRequest& request) {
  if (request.units == 0) return;
  if (study.builder().world().trace.count > 0)
    throw Error(ErrorKind::input, "a study of a trace cannot be screened",
                "the trace is the same in every sample; leave out design.screening");
  if (grid.samples > 1 && study.spec().design.sampling == Sampling::lhs && !study.uncertain().empty())
    throw Error(ErrorKind::input, "a Latin hypercube cannot be screened: it has no further samples",
                "use design.sampling=sobol or random");
  const std::uint64_t own = grid.samples > 1 ? grid.samples : grid.replicas;
  if (request.units <= own)
    throw Error(ErrorKind::input,
                fmt::format("screening with {} {} where the study has {}", request.units,
                            grid.samples > 1 ? "samples" : "replicas", own),
                "it takes many more than the study's own, such as 100 times as many");
  if (request.units > std::numeric_limits<std::uint32_t>::max())
    throw Error(ErrorKind::input, "screening with more than 2^32 samples");
}

ScreeningReport screen_study(const Study& study, const SweepRows& rows, const ReadColumn& column,
                             const std::vector<std::size_t>& metrics, const ScreeningRequest& request, Log& log,
                             const std::atomic<bool>& stop) {
  return Screener(study, rows, column, metrics, request, log, stop).run();
}

std::string screening_table(const ScreeningReport& report, Format format) {
  Table table({{"lever", "", Align::left},
               {"metric", "", Align::left},
               {"plain"},
               {"screened"},
               {"correlation"},
               {"variance removed"},
               {"", "", Align::left}});
  const auto add = [&](const std::string& lever, const ScreenedOutcome& outcome) {
    const ControlledMean& m = outcome.mean;
    const bool used = m.use == ControlUse::used;
    table.add({lever, std::string(site_metrics()[outcome.metric].name),
               with_interval(m.plain_mean, m.plain_ci95.half_width()),
               used ? with_interval(m.mean, m.ci95.half_width()) : std::string("-"),
               m.correlation != 0 ? fmt::format("{:.3f}", m.correlation) : std::string("-"),
               used ? fmt::format("{:.1f} %", 100 * m.variance_removed) : std::string("0 %"),
               used ? std::string() : "refused: " + m.reason});
  };
  for (const ScreenedLever& lever : report.levers) {
    for (const ScreenedOutcome& outcome : lever.outcomes) add(lever.lever, outcome);
    for (const ScreenedOutcome& outcome : lever.differences) add(lever.lever + " - " + report.levers[0].lever, outcome);
  }
  return table.render(format);
}

}  // namespace nadc
