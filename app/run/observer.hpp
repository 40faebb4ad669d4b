// What `nadc run` keeps of a replica besides its metrics: samples of the state at fixed intervals, and one record a
// job. It only looks.
#pragma once
#include <functional>
#include <limits>
#include <unordered_map>

#include "models/datacenter.hpp"

namespace nadc {

enum class JobState : std::int64_t { waiting, running, ended };

// One job; times in seconds from the start, NaN where they have not come.
struct JobRecord {
  JobState state;
  // Of a job that waits: the GPUs that it asks for, no partition (-1), no pods; of one that has not ended: its outcome
  // is not known (-1).
  std::int64_t number, gpus, group, klass, partition, outcome, interruptions, pods;
  double submit_s, start_s, end_s, wait_s;  // wait: so far, of a job that has not started
  double held_s, lost_s;                    // of all segments; lost: for checkpoints, restarts and work done twice
};

class RunObserver {
 public:
  static constexpr bool active = true;

  Tick series_every = 0;                                 // 0: no series
  std::function<void(const Snapshot&)> on_sample;        // state just before tick `now`
  std::function<void(const JobRecord&)> on_job;          // empty: no records; at their ends, the others at the end
  std::function<void(Tick, std::uint64_t)> on_progress;  // now and then: the tick, and jobs ended
  std::function<void()> on_restart;                      // everything said before is void: the replica runs again

  void restart() {
    next_sample_ = 0;
    ended_ = 0;
    started_.clear();
    interrupted_.clear();
    if (on_restart) on_restart();
  }

  template <class Datacenter> void before(Tick tick, const Datacenter& datacenter) {
    while (series_every > 0 && next_sample_ <= tick) {
      Snapshot shot = datacenter.snapshot();
      shot.now = next_sample_;
      on_sample(shot);
      next_sample_ += series_every;
    }
    if (on_progress && (++calls_ & 0xffff) == 0) on_progress(tick, ended_);
  }

  void started(Tick now, const RunningJob& run) {
    if (!on_job || run.job.restarts) return;
    started_[key(run)] = now;
  }
  void interrupted(Tick now, const RunningJob& run, Tick held_in_vain) {
    if (!on_job) return;
    Segments& before = interrupted_[key(run)];
    ++before.count;
    before.held += now - run.segment_start;
    before.lost += held_in_vain;
  }
  void ended(Tick now, const RunningJob& run, Tick wasted) {
    ++ended_;
    if (on_job) record(JobState::ended, now, run, wasted);
  }
  void still_running(Tick now, const RunningJob& run, Tick wasted) {
    if (on_job) record(JobState::running, now, run, wasted);
  }
  void still_waiting(Tick now, const WaitingJob& job) {
    if (!on_job) return;
    const auto start = started_.extract(key(job));
    const auto found = interrupted_.extract(key(job));
    const Segments before = found ? found.mapped() : Segments{};
    const Tick until = start ? start.mapped() : now;
    on_job(JobRecord{JobState::waiting, job.number, job.gpus, 0, job.cell.value, -1, -1, before.count, 0,
                     seconds(job.submit), start ? seconds(until) : not_yet, not_yet, seconds(until - job.submit),
                     seconds(before.held), seconds(before.lost)});
  }

 private:
  static constexpr double not_yet = std::numeric_limits<double>::quiet_NaN();
  static std::uint64_t key(const WaitingJob& job) { return (std::uint64_t{job.cell.value} << 32) | job.number; }
  static std::uint64_t key(const RunningJob& run) { return key(run.job); }
  static double seconds(Tick tick) { return static_cast<double>(tick) / ticks_per_second; }

  void record(JobState state, Tick now, const RunningJob& run, Tick wasted) {
    const auto start = started_.extract(key(run));
    const auto found = interrupted_.extract(key(run));
    const Segments before = found ? found.mapped() : Segments{};
    const Tick begun = start ? start.mapped() : run.segment_start;
    const bool over = state == JobState::ended;
    on_job(JobRecord{state, run.job.number, run.where.gpus, 0, run.job.cell.value, run.where.partition.value,
                     over ? std::int64_t{run.job.outcome} : -1, before.count, run.where.pods, seconds(run.job.submit),
                     seconds(begun), over ? seconds(now) : not_yet, seconds(begun - run.job.submit),
                     seconds(before.held + now - run.segment_start), seconds(before.lost + wasted)});
  }

  struct Segments {  // that were interrupted
    std::int64_t count = 0;
    Tick held = 0, lost = 0;
  };

  Tick next_sample_ = 0;
  std::uint64_t calls_ = 0, ended_ = 0;
  std::unordered_map<std::uint64_t, Tick> started_;
  std::unordered_map<std::uint64_t, Segments> interrupted_;
};

}  // namespace nadc
