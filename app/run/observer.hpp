// What `nadc run` keeps of a replica besides its metrics: samples of the state at fixed intervals, and one record a
// job. It only looks.
#pragma once
#include <functional>
#include <unordered_map>

#include "models/datacenter.hpp"

namespace nadc {

// One job that ended; times in seconds from the start.
struct JobRecord {
  std::int64_t number, gpus, group, klass, partition, outcome, interruptions, pods;
  double submit_s, start_s, end_s, wait_s;
  double held_s, lost_s;  // of all segments; lost: for checkpoints, restarts and work done twice
};

class RunObserver {
 public:
  static constexpr bool active = true;

  Tick series_every = 0;                                 // 0: no series
  std::function<void(const Snapshot&)> on_sample;        // state just before tick `now`
  std::function<void(const JobRecord&)> on_job;          // empty: no records
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
    if (!on_job) return;
    const auto seconds = [](Tick tick) { return static_cast<double>(tick) / ticks_per_second; };
    const auto start = started_.extract(key(run));
    const auto found = interrupted_.extract(key(run));
    const Segments before = found ? found.mapped() : Segments{};
    const Tick begun = start ? start.mapped() : run.segment_start;
    on_job(JobRecord{run.job.number, run.where.gpus, 0, run.job.cell, run.where.partition, run.job.outcome,
                     before.count, run.where.pods, seconds(run.job.submit), seconds(begun), seconds(now),
                     seconds(begun - run.job.submit), seconds(before.held + now - run.segment_start),
                     seconds(before.lost + wasted)});
  }

 private:
  static std::uint64_t key(const RunningJob& run) { return (std::uint64_t{run.job.cell} << 32) | run.job.number; }

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
