#include "app/sweep/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "app/io/atomic_file.hpp"
#include "app/io/table.hpp"
#include "app/sweep/store.hpp"
#include "models/raw.hpp"
#include "sim/error.hpp"
#include "sim/experiment/stopping.hpp"

namespace nadc {
namespace {

constexpr std::uint64_t round_rows = 32;
constexpr std::size_t most_point_bytes = std::size_t{256} << 20;

class Sweep {
 public:
  Sweep(const Study& study, const SweepRows& rows, const SweepRequest& request, Log& log, const std::atomic<bool>& stop)
      : study_(study),
        rows_(rows),
        grid_(rows.grid()),
        request_(request),
        log_(log),
        stop_(stop),
        world_(study.builder().world()) {}

  SweepOutcome run() {
    check();
    outcome_.backend = name_of(request_.backend);
    outcome_.device = describe(request_.backend);
    store_.emplace(study_, rows_, request_, rows_.header(outcome_.backend, outcome_.device, request_.command_line),
                   log_);
    outcome_.rows = store_->order().size();
    outcome_.found = store_->found();
    outcome_.used_replicas = grid_.replicas;
    if (store_->finished()) {
      outcome_.was_finished = true;
      return std::move(outcome_);
    }
    const auto started = std::chrono::steady_clock::now();
    progress_.emplace(log_, "replicas", outcome_.rows, outcome_.found);
    if (study_.spec().design.stopping) {
      progress_->total_is_a_bound();
      run_until_precise();
    } else if (request_.select) {
      progress_->total_is_a_bound();
      run_until_selected();
    } else {
      run_replicas(0, grid_.replicas);
    }
    progress_->finish();
    outcome_.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    outcome_.interrupted = stopped_early_;
    if (outcome_.interrupted) {
      store_->checkpoint();
    } else {
      store_->publish();
    }
    outcome_.site = request_.output.empty() ? store_->take_site() : std::vector<double>();
    return std::move(outcome_);
  }

 private:
  struct PointRow {
    std::uint64_t lever, sample;
    std::vector<double> values;
  };

  void check() const {
    const Shard& shard = request_.shard;
    if (study_.spec().design.stopping && shard.count > 1)
      throw Error(ErrorKind::usage, "a study with a stopping rule cannot run in shards",
                  "the rule looks at all rows; run it in one piece, or leave out design.stopping (~design.stopping)");
    if (request_.select && shard.count > 1)
      throw Error(ErrorKind::usage, "--select looks at all rows, and a shard has a part of them",
                  "run it in one piece; or run the shards without it, and ask nadc compare which may be best");
    if (request_.select && study_.spec().design.stopping)
      throw Error(ErrorKind::usage, "--select and design.stopping both say when to stop",
                  "leave out design.stopping (~design.stopping)");
    if (shard.count > grid_.rows())
      throw Error(ErrorKind::usage, fmt::format("{} shards for {} rows", shard.count, grid_.rows()),
                  "use at most one shard a row");
    if (request_.backend == Backend::serial && request_.threads > 1)
      throw Error(ErrorKind::usage, "--device serial has one thread", "use --device tbb or omp");
    if (grid_.samples > std::numeric_limits<std::uint32_t>::max() ||
        grid_.replicas > std::numeric_limits<std::uint32_t>::max())
      throw Error(ErrorKind::usage, "more than 2^32 samples or replicas");
  }

  void run_replicas(std::uint64_t first, std::uint64_t last) {
    std::vector<std::size_t> all(grid_.levers.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    run_replicas(first, last, all);
  }

  // All rows of replicas [first, last) of these levers that are not there yet, in launches whose points fit in memory.
  void run_replicas(std::uint64_t first, std::uint64_t last, std::span<const std::size_t> levers) {
    for (std::uint64_t sample = 0; sample < grid_.samples && !stopped_early_; ++sample) {
      const std::size_t before = points_.size();
      std::vector<std::optional<std::uint32_t>> point_of(grid_.levers.size());
      for (std::uint64_t replica = first; replica < last; ++replica)
        for (const std::size_t lever : levers) {
          const std::optional<std::uint64_t> place = store_->order().place(lever, sample, replica);
          if (!place || store_->state(*place) != RowState::missing) continue;
          if (!point_of[lever]) point_of[lever] = add_point(lever, sample);
          const PointRow& point = point_rows_[*point_of[lever]];
          if (points_[*point_of[lever]].empty())
            fail(grid_.row(lever, sample, replica), point.values, bad_point_);
          else
            tasks_.push_back({*point_of[lever], static_cast<std::uint32_t>(replica)});
        }
      for (std::size_t i = before; i < points_.size(); ++i) point_bytes_ += points_[i].size();
      if (point_bytes_ > most_point_bytes) launch();
    }
    launch();
  }

  // An empty block when the sample's values do not fit together; the reason is then in bad_point_.
  std::uint32_t add_point(std::uint64_t lever, std::uint64_t sample) {
    const auto number = static_cast<std::uint32_t>(sample);
    point_rows_.push_back({lever, sample, rows_.encode_point(lever, sample)});
    try {
      points_.push_back(study_.point(rows_.study_lever(lever), number));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input) throw;
      const Problem& problem = error.problems().front();
      bad_point_ = (problem.place.path.empty() ? "" : problem.place.path + " ") + problem.message;
      points_.emplace_back();
    }
    return static_cast<std::uint32_t>(points_.size() - 1);
  }

  void launch() {
    if (!tasks_.empty() && !stopped_early_) {
      // The ensemble wants whole blocks: bad points, which no task names, are replaced.
      const auto whole = std::find_if(points_.begin(), points_.end(), [](const auto& block) { return !block.empty(); });
      for (auto& block : points_)
        if (block.empty()) block = *whole;
      EnsembleOptions options;
      options.backend = request_.backend;
      options.threads = request_.threads;
      options.cards = request_.cards;
      options.flows = study_.flows();
      const EnsembleReport report = run_ensemble(
          world_, points_, tasks_, options, [this](const Row& row) { take(row); }, &stop_);
      EnsembleReport& sum = outcome_.ensemble;
      sum.rows += report.rows;
      sum.failed += report.failed;
      sum.reruns += report.reruns;
      sum.launches += report.launches;
      sum.resident = std::max(sum.resident, report.resident);
      sum.state_bytes = std::max(sum.state_bytes, report.state_bytes);
      sum.fast_bytes = std::max(sum.fast_bytes, report.fast_bytes);
      stopped_early_ = report.stopped;
    }
    tasks_.clear();
    points_.clear();
    point_rows_.clear();
    point_bytes_ = 0;
  }

  void take(const Row& row) {
    const PointRow& point = point_rows_[row.task.point];
    const std::uint64_t number = grid_.row(point.lever, point.sample, row.task.replica);
    if (!row.raw) {
      const std::size_t colon = row.error.find(": ");
      fail(number, point.values, colon == std::string::npos ? row.error : row.error.substr(colon + 2));
      return;
    }
    const Raw raw(RawShape(world_), const_cast<std::byte*>(static_cast<const std::byte*>(row.raw)));
    const auto& block = *reinterpret_cast<const Point*>(points_[row.task.point].data());
    store_->put(number, RowState::done, rows_.encode(world_, block, raw, point.values));
    outcome_.events += raw.end[RawShape::events];
    count();
  }

  void fail(std::uint64_t number, std::span<const double> point, const std::string& reason) {
    store_->put(number, RowState::failed, rows_.encode_failed(point));
    outcome_.failures.push_back(grid_.describe(number) + ": " + reason);
    count();
  }

  void count() {
    ++outcome_.made;
    progress_->update(outcome_.found + outcome_.made, outcome_.failures.size());
  }

  void run_until_precise() {
    const StoppingSettings& settings = *study_.spec().design.stopping;
    StoppingSpec spec;
    spec.precision =
        settings.precision == StoppingWidth::relative ? StoppingPrecision::relative : StoppingPrecision::absolute;
    spec.half_width = settings.half_width;
    spec.min_replicas = static_cast<std::uint32_t>(settings.min_replicas);
    spec.max_replicas = static_cast<std::uint32_t>(grid_.replicas);
    spec.batch = static_cast<std::uint32_t>(settings.batch);
    const std::vector<std::size_t> metrics = watched_metrics(study_.spec());
    const bool differences = settings.watch == StoppingWatch::differences;
    const std::size_t levers = grid_.levers.size();
    if (differences && levers < 2)
      throw Error(ErrorKind::input, "design.stopping watches differences, and there is one lever",
                  "add levers, or set design.stopping.watch=values");
    StoppingRule rule(spec, metrics.size() * (differences ? levers - 1 : levers));
    while (rule.stopped() == StopReason::none) {
      const std::uint64_t first = rule.replicas(), last = first + rule.until_next_check();
      run_replicas(first, last);
      if (stopped_early_) return;
      for (std::uint64_t replica = first; replica < last; ++replica) {
        std::vector<double> series;
        for (std::size_t lever = differences ? 1 : 0; lever < levers; ++lever)
          for (const std::size_t metric : metrics)
            series.push_back(mean_over_samples(metric, lever, replica, differences));
        rule.add(series);
      }
    }
    outcome_.used_replicas = rule.replicas();
    outcome_.precise = rule.stopped() == StopReason::precise;
    const std::vector<double> nothing(rows_.schema().row_width(), std::numeric_limits<double>::quiet_NaN());
    for (std::uint64_t lever = 0; lever < levers; ++lever)
      for (std::uint64_t sample = 0; sample < grid_.samples; ++sample)
        for (std::uint64_t replica = rule.replicas(); replica < grid_.replicas; ++replica) {
          store_->put(grid_.row(lever, sample, replica), RowState::skipped, nothing);
          ++outcome_.skipped;
        }
  }

  // Rounds depend on the study alone, so that the rows made are the same on every machine and however often it is
  // resumed. Small ones grow to `round_rows` rows; what they make beyond the end of a lever is kept.
  void run_until_selected() {
    SelectionSpec spec = request_.select->spec;
    spec.most = static_cast<std::uint32_t>(grid_.replicas);
    const std::size_t levers = grid_.levers.size();
    outcome_.selection.emplace(spec, levers);
    SequentialSelection& selection = *outcome_.selection;
    std::vector<std::uint64_t> made(levers, 0);  // replicas, by lever
    while (selection.ended() == SelectionEnd::none) {
      const std::vector<std::size_t> in = selection.in();
      const std::uint64_t first = selection.seen(), rows = in.size() * grid_.samples;
      const std::uint64_t round = std::max<std::uint64_t>(selection.until_next_look(), (round_rows + rows - 1) / rows);
      const std::uint64_t last = std::min(first + round, grid_.replicas);
      run_replicas(first, last, in);
      if (stopped_early_) return;
      for (const std::size_t lever : in) made[lever] = last;
      for (std::uint64_t replica = first; replica < last; ++replica) selection.add(common_means(in, replica));
    }
    outcome_.used_replicas = *std::max_element(made.begin(), made.end());
    const std::vector<double> nothing(rows_.schema().row_width(), std::numeric_limits<double>::quiet_NaN());
    for (std::uint64_t lever = 0; lever < levers; ++lever)
      for (std::uint64_t sample = 0; sample < grid_.samples; ++sample)
        for (std::uint64_t replica = made[lever]; replica < grid_.replicas; ++replica) {
          store_->put(grid_.row(lever, sample, replica), RowState::skipped, nothing);
          ++outcome_.skipped;
        }
  }

  // Means of a replica over the samples in which all of these levers have a value; NaN for the others, or without one.
  std::vector<double> common_means(std::span<const std::size_t> levers, std::uint64_t replica) const {
    std::vector<double> means(grid_.levers.size(), std::numeric_limits<double>::quiet_NaN());
    const auto value = [&](std::size_t lever, std::uint64_t sample) {
      return store_->value(request_.select->metric, grid_.row(lever, sample, replica));
    };
    double n = 0;
    for (std::uint64_t sample = 0; sample < grid_.samples; ++sample) {
      if (std::any_of(levers.begin(), levers.end(), [&](std::size_t l) { return std::isnan(value(l, sample)); }))
        continue;
      n += 1;
      for (const std::size_t l : levers) means[l] = n == 1 ? value(l, sample) : means[l] + value(l, sample);
    }
    for (const std::size_t l : levers) means[l] /= n;
    return means;
  }

  double mean_over_samples(std::size_t metric, std::uint64_t lever, std::uint64_t replica, bool difference) const {
    double sum = 0, n = 0;
    for (std::uint64_t sample = 0; sample < grid_.samples; ++sample) {
      double x = store_->value(metric, grid_.row(lever, sample, replica));
      if (difference) x -= store_->value(metric, grid_.row(0, sample, replica));
      if (x == x) sum += x, n += 1;
    }
    return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
  }

  const Study& study_;
  const SweepRows& rows_;
  const SweepGrid& grid_;
  const SweepRequest& request_;
  Log& log_;
  const std::atomic<bool>& stop_;
  const World& world_;
  SweepOutcome outcome_;
  std::optional<RowStore> store_;
  std::optional<Progress> progress_;
  bool stopped_early_ = false;
  // Of the launch in preparation or in progress.
  std::vector<std::vector<std::byte>> points_;
  std::vector<PointRow> point_rows_;
  std::vector<Task> tasks_;
  std::size_t point_bytes_ = 0;
  std::string bad_point_;
};

}  // namespace

SweepOutcome run_sweep(const Study& study, const SweepRows& rows, const SweepRequest& request, Log& log,
                       const std::atomic<bool>& stop) {
  return Sweep(study, rows, request, log, stop).run();
}

std::vector<int> cards_of(const std::string& name) {
  std::vector<int> numbers;
  const std::size_t colon = name.find(':');
  if (colon == std::string::npos || name.substr(0, colon) != "cuda") return numbers;
  for (std::size_t begin = colon + 1, end = 0; end != std::string::npos; begin = end + 1) {
    end = name.find(',', begin);
    const std::string part = name.substr(begin, end == std::string::npos ? end : end - begin);
    int number = 0;
    const auto [stopped, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc() || stopped != part.data() + part.size() || number < 0)
      throw Error(ErrorKind::usage, "--device " + name + ": '" + part + "' is no number of a card",
                  "for example --device cuda:0,1");
    numbers.push_back(number);
  }
  return numbers;
}

Backend choose_backend(const std::string& whole_name, const Study& study, Log& log) {
  const std::vector<Backend> available = available_backends();
  const std::string name = cards_of(whole_name).empty() ? whole_name : "cuda";
  if (name != "auto") {
    for (const Backend backend : {Backend::serial, Backend::omp, Backend::tbb, Backend::cuda}) {
      if (name != name_of(backend)) continue;
      if (std::find(available.begin(), available.end(), backend) == available.end()) {
        std::string list;
        for (const Backend known : available) list += (list.empty() ? "" : ", ") + std::string(name_of(known));
        throw Error(ErrorKind::usage, "no " + name + " here: " + describe(backend), "available: auto, " + list);
      }
      if (backend == Backend::cuda)
        for (const Lever& lever : study.levers())
          if (lever.loaded.scenario.network.model == NetworkModel::flow)
            throw Error(ErrorKind::usage, "network.model: flow of lever '" + lever.name + "' needs the host",
                        "take --device auto, tbb, omp or serial, or network.model: table");
      return backend;
    }
    throw Error(ErrorKind::usage, "no device '" + name + "'",
                "devices: auto, cuda (all cards) or cuda:0,2 (these), tbb, omp, serial");
  }
  std::string obstacle;
  for (const Lever& lever : study.levers())
    if (lever.loaded.scenario.network.model == NetworkModel::flow && obstacle.empty())
      obstacle = fmt::format("the flow solver (network.model: flow{})",
                             study.levers().size() > 1 ? ", lever \"" + lever.name + "\"" : "");
  for (const Lever& lever : study.levers())
    if (lever.loaded.scenario.scheduler.window == 0 && obstacle.empty())
      obstacle = fmt::format("an unbounded queue (scheduler.window: 0{})",
                             study.levers().size() > 1 ? ", lever \"" + lever.name + "\"" : "");
  for (const Backend backend : available) {
    if (backend == Backend::cuda && !obstacle.empty()) {
      log.info("not on the GPU: " + obstacle + " needs the host");
      continue;
    }
    if (backend == Backend::cuda) {
      std::string difference;
      for (const Card& card : cards()) {
        EnsembleOptions options;
        options.backend = backend;
        options.cards = {card.number};
        if (card.obstacle.empty() && difference.empty())
          difference = disagreement(study.builder().world(), study.point(0, 0), options);
      }
      if (!difference.empty()) {
        log.warn("not on the GPU, which does not give the host's first row: " + difference);
        continue;
      }
    }
    if (backend != Backend::cuda && available.front() != Backend::cuda)
      log.detail(obstacle.empty() ? "no GPU here" : "no GPU here, and " + obstacle + " would need the host");
    return backend;
  }
  return Backend::serial;
}

}  // namespace nadc
