#include "app/run/run.hpp"
#include "app/run/dropped.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <memory>

#include <fmt/format.h>

#include "app/io/results_file.hpp"
#include "app/io/table.hpp"
#include "app/run/observer.hpp"
#include "app/scenario/notes.hpp"
#include "app/scenario/places.hpp"
#include "app/scenario/units.hpp"
#include "app/stop_signal.hpp"
#include "app/version.hpp"
#include "models/policy/orders.hpp"
#include "models/replica.hpp"

namespace nadc {
namespace {

constexpr std::int64_t most_samples = 100'000'000;

std::string host_name() {
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  return name;
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::int64_t peak_rss() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

std::vector<Variable> variables_of(std::span<const MetricInfo> infos, const std::string& prefix,
                                   const std::vector<std::string>& dims) {
  std::vector<Variable> variables;
  for (const MetricInfo& info : infos)
    variables.push_back({prefix + std::string(info.name), dims, std::string(info.unit), std::string(info.help)});
  return variables;
}

// The results file of a run, written while it goes.
class RunFile {
 public:
  RunFile(const Study& study, const Lever& lever, const RunRequest& request)
      : end_s_(static_cast<double>(study.builder().world().horizon) / ticks_per_second),
        jobs_(request.jobs),
        series_(request.series > 0) {
    const WorldBuilder& builder = study.builder();
    Schema schema;
    schema.dimensions.push_back(labelled("group", "user group", builder.groups()));
    schema.dimensions.push_back(labelled("class", "job class", builder.classes()));
    const auto add = [&](std::vector<Variable> variables) {
      for (Variable& variable : variables) schema.variables.push_back(std::move(variable));
    };
    add(variables_of(site_metrics(), "", {}));
    add(variables_of(group_metrics(), "group_", {"group"}));
    add(variables_of(group_metrics(), "class_", {"class"}));
    if (!builder.domains().empty()) {
      schema.dimensions.push_back(labelled("domain", "domain of the jobs", builder.domains()));
      add(variables_of(group_metrics(), "domain_", {"domain"}));
    }
    const World& world = builder.world();
    const std::uint32_t periods = world.period_ends.count - world.first_measured_period;
    std::vector<std::string> ends;
    for (std::uint32_t p = 0; p < periods; ++p) {
      const Tick end = at(&world, world.period_ends)[world.first_measured_period + p];
      ends.push_back(end >= never ? "end" : format_date(builder.start() + end / ticks_per_second));
    }
    schema.dimensions.push_back(labelled("period", "period, by its end", ends));
    add(variables_of(period_metrics(), "period_", {"period"}));
    if (series_) {
      schema.dimensions.push_back(time_axis(clock_text(builder.start())));
      for (const auto& [name, unit, help] : {std::array<const char*, 3>{"ts_jobs_waiting", "1", "jobs waiting"},
                                             {"ts_jobs_running", "1", "jobs running"},
                                             {"ts_gpus_busy", "1", "GPUs held by jobs"},
                                             {"ts_gpus_in_service", "1", "GPUs delivered and not down"},
                                             {"ts_gpus_down", "1", "GPUs under repair"},
                                             {"ts_gpus_dark", "1", "GPUs delivered but not switched on"},
                                             {"ts_gpus_spare", "1", "GPUs of nodes that stand by"},
                                             {"ts_it_power_mw", "MW", "IT power"}})
        schema.variables.push_back({name, {"time"}, unit, help});
    }
    if (jobs_) {
      schema.dimensions.push_back(
          growing("job", "job, in the order of their ends; then those that wait or run at the end"));
      for (const auto& [name, unit, help] :
           {std::array<const char*, 3>{"jobs_number", "1",
                                       "number of the job in its group and class, or row of the trace"},
            {"jobs_state", "1", "at the end: 0 waiting, 1 running, 2 ended"},
            {"jobs_gpus", "1", "GPUs held; asked for by a job that waits"},
            {"jobs_group", "1", "index of the group"},
            {"jobs_class", "1", "index of the class"},
            {"jobs_partition", "1", "index of the partition; -1: waiting"},
            {"jobs_outcome", "1", "0 completed, 1 failed, 2 cancelled, 3 killed at its limit; -1: not ended"},
            {"jobs_interruptions", "1", "interruptions, with notice or without"},
            {"jobs_pods", "1", "pods spanned in the last segment"}})
        schema.variables.push_back({name, {"job"}, unit, help, h5::Type::int64});
      for (const auto& [name, help] : {std::array<const char*, 2>{"jobs_submit", "submission, from the start"},
                                       {"jobs_start", "first start, from the start; NaN: not started"},
                                       {"jobs_end", "end, from the start; NaN: not ended"},
                                       {"jobs_wait", "from submission to first start, or so far"},
                                       {"jobs_held", "GPUs held, all segments"},
                                       {"jobs_lost", "of these, checkpoints, restarts and work done twice"}})
        schema.variables.push_back({name, {"job"}, "s", help});
      schema.variables.push_back(
          {"jobs_ettr", {"job"}, "1", "effective training time ratio: useful time over time since the first start"});
    }
    Header header;
    header.kind = "run";
    header.title = study.spec().name + (study.levers().size() > 1 ? ", lever " + lever.name : "");
    Provenance& p = header.provenance;
    p.version = version;
    p.git_hash = git_hash;
    p.compiler = compiler;
    p.backend = "serial";
    p.device = "cpu";
    p.seed = study.seed();
    p.scenario = study.resolved();
    p.command_line = request.command_line;
    p.host = host_name();
    p.started = p.finished = utc_now();
    p.assumptions = assumption_lines(lever);
    writer_ = std::make_unique<ResultsWriter>(request.output, header, schema);
    class_count_ = static_cast<std::int64_t>(builder.classes().size());
  }

  void sample(const Snapshot& shot) {
    const auto one = [&](const char* name, double value) { writer_->append(name, std::span<const double>(&value, 1)); };
    const std::int64_t seconds = shot.now / ticks_per_second;
    writer_->append("time", std::span<const std::int64_t>(&seconds, 1));
    one("ts_jobs_waiting", static_cast<double>(shot.waiting));
    one("ts_jobs_running", static_cast<double>(shot.running));
    one("ts_gpus_busy", static_cast<double>(shot.gpus_busy));
    one("ts_gpus_in_service", static_cast<double>(shot.gpus_in_service));
    one("ts_gpus_down", static_cast<double>(shot.gpus_down));
    one("ts_gpus_dark", static_cast<double>(shot.gpus_dark));
    one("ts_gpus_spare", static_cast<double>(shot.gpus_spare));
    one("ts_it_power_mw", static_cast<double>(shot.it_power_mw) * 1e-9);
  }

  void job(const JobRecord& record) {
    const auto whole = [&](const char* name, std::int64_t value) {
      writer_->append(name, std::span<const std::int64_t>(&value, 1));
    };
    const auto real = [&](const char* name, double value) {
      writer_->append(name, std::span<const double>(&value, 1));
    };
    whole("job", job_count_++);
    whole("jobs_number", record.number);
    whole("jobs_state", static_cast<std::int64_t>(record.state));
    whole("jobs_gpus", record.gpus);
    whole("jobs_group", record.klass / class_count_);  // the record holds the cell
    whole("jobs_class", record.klass % class_count_);
    whole("jobs_partition", record.partition);
    whole("jobs_outcome", record.outcome);
    whole("jobs_interruptions", record.interruptions);
    whole("jobs_pods", record.pods);
    real("jobs_submit", record.submit_s);
    real("jobs_start", record.start_s);
    real("jobs_end", record.end_s);
    real("jobs_wait", record.wait_s);
    real("jobs_held", record.held_s);
    real("jobs_lost", record.lost_s);
    // A job that has not ended is judged by what it has done up to the end of the run.
    const double until = record.state == JobState::ended ? record.end_s : end_s_;
    real("jobs_ettr", (record.held_s - record.lost_s) / std::max(until - record.start_s, 1e-3));
  }

  void finish(const Metrics& metrics) {
    for (std::size_t i = 0; i < metrics.site.size(); ++i)
      writer_->write(std::string(site_metrics()[i].name), metrics.site[i]);
    write_axis(group_metrics(), "group_", metrics.groups);
    write_axis(group_metrics(), "class_", metrics.classes);
    if (!metrics.domains.empty()) write_axis(group_metrics(), "domain_", metrics.domains);
    write_axis(period_metrics(), "period_", metrics.periods);
    writer_->publish();
  }

 private:
  void write_axis(std::span<const MetricInfo> infos, const std::string& prefix,
                  const std::vector<std::vector<double>>& rows) {
    for (std::size_t m = 0; m < infos.size(); ++m) {
      std::vector<double> column;
      for (const std::vector<double>& row : rows) column.push_back(row[m]);
      writer_->write(prefix + std::string(infos[m].name), column);
    }
  }

  double end_s_;  // of the run; only a replay without a horizon has none, and no job left then
  bool jobs_, series_;
  std::int64_t class_count_ = 1, job_count_ = 0;
  std::unique_ptr<ResultsWriter> writer_;
};

// Twofold: what noise alone moves a settled demand by is well below. Assumption.
constexpr double swing_that_is_settled = 2.0;

double site_value(const Metrics& metrics, std::string_view name) {
  for (std::size_t i = 0; i < metrics.site.size(); ++i)
    if (site_metrics()[i].name == name) return metrics.site[i];
  return 0;
}

}  // namespace

std::string clock_text(std::int64_t seconds) {
  std::string text = format_date(seconds);
  if (text.size() == 10) return text + " 00:00:00";
  if (text[10] == 'T') text[10] = ' ';
  if (text.back() == 'Z') text.pop_back();
  return text;
}

std::vector<std::string> assumption_lines(const Lever& lever) {
  std::vector<std::string> lines;
  for (const Assumption& assumption : lever.loaded.assumptions)
    lines.push_back(assumption.path + " = " + assumption.value + ": " + assumption.doc + " (" + assumption.source +
                    ")");
  for (const std::string& line : not_modelled(lever.loaded.scenario)) lines.push_back("not modelled: " + line);
  if (const std::string left = left_unscaled(lever.loaded.scenario); !left.empty()) lines.push_back(left);
  return lines;
}

void warn_of_idle_keys(const Study& study, std::span<const std::uint32_t> levers, Log& log) {
  std::vector<const LoadedScenario*> loaded;
  for (const std::uint32_t lever : levers) loaded.push_back(&study.levers()[lever].loaded);
  // A study's scenario speaks for other studies too, as a base does for other scenarios.
  const std::string files[] = {study.file()};
  for (const std::string& line : idle_keys(loaded, files)) log.warn(line);
  for (const std::uint32_t lever : levers)
    if (const std::string left = left_unscaled(study.levers()[lever].loaded.scenario); !left.empty())
      log.warn(levers.size() > 1 ? "lever " + study.levers()[lever].name + ": " + left : left);
}

RunResult run_replica(const Study& study, const RunRequest& request, Log& log) {
  RunResult result;
  result.lever = request.lever.empty() ? 0 : study.lever(request.lever);
  result.sample = request.sample.value_or(0);
  result.replica = request.replica;
  const Lever& lever = study.levers()[result.lever];
  const World& world = study.builder().world();
  const std::vector<std::byte> block = study.point(result.lever, request.sample);
  const Point& point = *reinterpret_cast<const Point*>(block.data());
  const RandomKey key{study.seed(), result.sample, result.replica};

  std::unique_ptr<RunFile> file;
  if (request.series > 0 && world.horizon < never && world.horizon / request.series > most_samples)
    throw Error(ErrorKind::usage, "the time series would have more than " + human_number(most_samples) + " samples",
                "take a longer --series");
  if (!request.output.empty()) file = std::make_unique<RunFile>(study, lever, request);
  const bool endless = world.horizon >= never;
  Progress progress(log, endless ? "jobs" : "simulated days",
                    endless ? world.trace.count : static_cast<std::uint64_t>(world.horizon / ticks_per_day));
  RunObserver observer;
  observer.on_progress = [&](Tick now, std::uint64_t ended) {
    if (request.stop && *request.stop) throw Interrupted{};
    progress.update(endless ? ended : static_cast<std::uint64_t>(now / ticks_per_day));
  };
  if (file) {
    observer.series_every = request.series;
    observer.on_sample = [&](const Snapshot& shot) { file->sample(shot); };
    if (request.jobs) observer.on_job = [&](const JobRecord& record) { file->job(record); };
    observer.on_restart = [&, first = true]() mutable {
      if (!first) {
        file.reset();  // takes its temporary file away, before the next one makes it again
        file = std::make_unique<RunFile>(study, lever, request);
      }
      first = false;
    };
  }

  const auto wall = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  ReplicaRunner<1> runner;
  const FlowService& flows = request.flows ? *request.flows : study.network(result.lever).flows;
  const Capacity capacity = first_capacity(world, point);
  const ReplicaResult replica = flows ? runner.run(world, point, key, capacity, flows, &observer)
                                      : runner.run(world, point, key, capacity, &observer);
  result.engine.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
  result.engine.cpu_s = cpu_seconds() - cpu;
  if (!endless) progress.update(static_cast<std::uint64_t>(world.horizon / ticks_per_day));
  progress.finish();

  const Raw raw = replica.raw(world);
  result.metrics = finalize(world, point, raw);
  result.hash = hash_of(world, raw);
  for (const TriggerSpec& trigger : lever.loaded.scenario.policy.triggers) {
    TriggerActs acts{trigger.name, {}};
    const std::uint32_t row = row_of(study.builder().triggers(), trigger.name);
    for (const Tick tick : acts_of(world, raw, TriggerId(row)))
      acts.days.push_back(static_cast<double>(tick) / static_cast<double>(ticks_per_day));
    result.triggers.push_back(std::move(acts));
  }
  result.engine.events = raw.end[RawShape::events];
  result.horizon_s = static_cast<double>(raw.end[RawShape::end_tick]) / ticks_per_second;
  if (const std::string jobs = dropped_text(result.metrics.site); !jobs.empty()) {
    if (lever.loaded.scenario.workload.strict)
      throw Error(ErrorKind::failed, jobs + "; workload.strict is on",
                  "change what keeps them out, or set workload.strict=false",
                  find_place(lever.loaded.tree, "workload.strict", study.spec().scenario));
    log.warn(jobs);
  }
  if (const std::string hidden =
          window_text(std::array<std::string, 1>{}, std::array{site_value(result.metrics, "window_full_share")});
      !hidden.empty())
    log.warn(hidden);
  const double swing = site_value(result.metrics, "demand_swing");
  if (swing > swing_that_is_settled)
    log.warn(
        fmt::format("the demand that answers did not settle: it swings {:.1f}-fold in the last third. Raise "
                    "workload.response.memory, or run longer",
                    swing));
  if (const std::uint64_t waiting = raw.end[RawShape::waiting_at_end]; endless && waiting > 0)
    log.warn(human_number(static_cast<std::int64_t>(waiting)) + (waiting == 1 ? " job waits" : " jobs wait") +
             " at the end, and nothing more happens that would let them start");
  if (file) file->finish(result.metrics);
  result.engine.peak_rss_bytes = peak_rss();
  return result;
}

}  // namespace nadc
