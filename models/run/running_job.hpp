// A job that runs, from one start to its end or interruption (a segment), and what follows from its work, its saves and
// its speed. Work is in ticks at full rate, in places as 65,536ths of them; rates are 65,536ths of full speed.
#pragma once
#include <cstdint>

#include "models/loop/ledger.hpp"
#include "models/network/pace.hpp"
#include "models/scheduler/place.hpp"
#include "models/scheduler/waiting.hpp"
#include "sim/platform.hpp"
#include "sim/time.hpp"

namespace nadc {

struct RunningJob {
  WaitingJob job;  // as it was when it started
  Placement where;
  Tick segment_start = 0;         // when it started or restarted
  Tick since = 0;                 // when its rate last changed
  std::int64_t work_left = 0;     // at `since` [ticks at full rate / 65,536]
  std::int64_t request_left = 0;  // the same of its request
  std::int64_t draw_mw = 0;
  // Of this segment, at `since` [ticks at full rate / 65,536] and [ticks].
  std::int64_t useful_work = 0;    // kept if the job went on
  std::int64_t unmeasured = 0;     // of it, done in the warm-up
  Tick useful_time = 0;            // that it took
  Tick overhead = 0;               // of this segment, at full rate: restart
  std::uint32_t rate = 0;          // now, in 1/65,536; 0: the slot is free
  std::uint32_t base_rate = 0;     // without the network
  std::uint32_t network_rate = 0;  // with the network, all else undisturbed
  std::uint32_t slow = q16_one;    // by a degraded node among its own
  std::uint32_t pace = q16_one;    // by its flows, where they are solved
};

// How fast a job runs, in 1/65,536: with the network alone, and with all that slows it.
struct Speed {
  std::uint32_t network, all;
};

// A job stops without notice, or with: then it saves what it has done, if it saves at all.
enum class Notice { none, given };

// Ticks that `work` takes at a rate, rounded up.
NADC_HD inline Tick ticks_at(std::int64_t work_q16, std::uint32_t rate) {
  if (rate == full_rate) return (work_q16 + (full_rate - 1)) >> 16;
  return (work_q16 + rate - 1) / rate;
}

// whole × part ÷ of, rounded down, without overflow; at most whole.
NADC_HD inline Tick share_of(Tick whole, Tick part, Tick of) {
  if (part <= 0 || of <= 0) return 0;
  if (part >= of) return whole;
  return static_cast<Tick>(static_cast<UInt128>(static_cast<std::uint64_t>(whole)) * static_cast<std::uint64_t>(part) /
                           static_cast<std::uint64_t>(of));
}

// Between the starts of two saves.
NADC_HD inline Tick cycle_of(const WaitingJob& job) { return static_cast<Tick>(job.save_every) + job.save_cost; }

// Of what a segment has done after its restart, saves included, the useful part [ticks at full rate / 65,536].
NADC_HD inline std::int64_t useful_q16(const WaitingJob& job, std::int64_t done_q16) {
  if (done_q16 <= 0) return 0;
  if (job.save_every == 0 || job.save_cost == 0) return done_q16;
  const Tick cycle = cycle_of(job), cycles = (done_q16 >> 16) / cycle;
  const std::int64_t every_q16 = static_cast<std::int64_t>(job.save_every) << 16,
                     rest_q16 = done_q16 - ((cycles * cycle) << 16);
  return cycles * every_q16 + (rest_q16 < every_q16 ? rest_q16 : every_q16);
}

// When the job's work is done at its present rate, or the limit of its segment's time is reached. kills: jobs end at
// their limits.
NADC_HD inline Tick end_of(const RunningJob& run, bool kills) {
  const Tick done = run.since + ticks_at(run.work_left, run.rate),
             limit = run.segment_start + run.job.request + run.overhead;
  return kills && limit < done ? limit : done;
}

// When it is expected to end, by its request.
NADC_HD inline Tick due_of(const RunningJob& run, bool kills) {
  if (kills) return run.segment_start + run.job.request + run.overhead;
  return run.since + ticks_at(run.request_left, run.rate);
}

// Of the job's work, saves included, what it has done in this segment.
NADC_HD inline Tick done_of(const RunningJob& run) { return ((run.job.work << 16) - run.work_left) >> 16; }

// What an interruption leaves: of the work, saves included, and of the useful work.
struct Saved {
  Tick work, useful;
};
NADC_HD inline Saved saved_of(const WaitingJob& job, Tick done, Notice notice) {
  const Tick cycle = cycle_of(job);
  const Tick cycles = job.save_every > 0 && done > 0 ? done / cycle : 0;
  Saved saved{cycles * cycle, cycles * job.save_every};
  if (notice == Notice::given && job.save_every > 0 && done > saved.work) {
    const Tick rest = done - saved.work, cost = job.save_cost, useful = job.work - (job.work - 1) / cycle * cost;
    saved.useful += rest < job.save_every ? rest : job.save_every;
    if (saved.useful >= useful) saved.useful = useful - 1;  // the restart has something left to do
    // A save that has begun is finished; what is left begins an interval of its own, with as many saves as it needs.
    const Tick left = useful - saved.useful;
    saved.work = job.work - (left + (left - 1) / job.save_every * cost);
  }
  return saved;
}

// Useful work of the segment that would be lost if the job stopped now with notice [ticks at full rate].
NADC_HD inline Tick destroyed_by_stop(const RunningJob& run, Tick now) {
  const std::int64_t pace = (now - run.since) * run.rate,
                     left = run.work_left - (pace < run.work_left ? pace : run.work_left),
                     done_q16 = (run.job.work << 16) - left,
                     lost_q16 = useful_q16(run.job, done_q16) -
                                (saved_of(run.job, done_q16 >> 16, Notice::given).useful << 16);
  return lost_q16 > 0 ? lost_q16 >> 16 : 0;
}

// Useful work of a segment, from `more` down to `less` [ticks / 65,536], and its time.
NADC_HD inline WorkGone work_between(const RunningJob& run, std::int64_t more, std::int64_t less, Tick time) {
  return {static_cast<std::uint64_t>((more >> 16) - (less >> 16)) * run.job.gpus,
          static_cast<std::uint64_t>(time) * run.where.gpus,
          static_cast<std::uint64_t>(more / run.base_rate - less / run.base_rate) * run.job.gpus};
}

}  // namespace nadc
