// Jobs by number: what job n of a cell is, and when it arrives. The attributes are a pure function of the number (a
// Philox draw, or a row of the trace); arrivals advance by a cursor.
#pragma once
#include <cstdint>

#include "models/world.hpp"
#include "sim/platform.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace nadc {

struct Job {
  Tick submit;
  Tick duration;  // useful work at full rate
  Tick request;   // at full rate; at least duration, unless the job is ended at it
  std::uint32_t number;
  std::uint32_t gpus;
  CellId16 cell;
  Outcome outcome;
};

// The next arrival of one source.
struct ArrivalCursor {
  Tick at = never;             // when it arrives
  std::int64_t flat = 0;       // the same in flat time
  std::int64_t hour_flat = 0;  // flat time at the start of `hour`
  std::uint32_t hour = 0;      // since the start of the scenario
  std::uint32_t number = 0;    // n of the job that arrives
  Uniforms uniforms{};         // of that job
};

class JobSource {
 public:
  NADC_HD JobSource(const World& world, const Point& point, const RandomKey& key)
      : world_(&world), point_(&point), key_(key), trace_(nadc::at(&world, world.trace)) {}

  // A trace is one source; else each cell is one.
  NADC_HD Ids<SourceId> sources() const { return range<SourceId>(world_->trace.count ? 1 : world_->cells()); }

  // The cursor at job 0.
  NADC_HD ArrivalCursor first(SourceId source) const {
    ArrivalCursor cursor;
    if (world_->trace.count) {
      cursor.at = trace_[0].submit;
    } else if (cell(source).active) {
      advance_gap(source, cursor);
    }
    return cursor;
  }

  // Moves the cursor to the next job.
  NADC_HD void next(SourceId source, ArrivalCursor& cursor) const {
    ++cursor.number;
    if (world_->trace.count)
      cursor.at = cursor.number < world_->trace.count ? trace_[cursor.number].submit : never;
    else
      advance_gap(source, cursor);
  }

  // The job at the cursor.
  NADC_HD Job job(SourceId source, const ArrivalCursor& cursor) const {
    Job job;
    job.submit = cursor.at;
    job.number = cursor.number;
    if (world_->trace.count) {
      const TraceJob& row = trace_[cursor.number];
      job.duration = row.duration;
      job.request = point_->kills || row.request > row.duration ? row.request : row.duration;
      job.gpus = row.gpus;
      job.cell = row.cell;
      job.outcome = static_cast<Outcome>(row.outcome);
      return job;
    }
    const CellParams& params = cell(source);
    const ClassParams& klass = nadc::at(point_, point_->classes)[world_->class_of(cell_of(source))];
    const double* tables = nadc::at(world_, world_->tables);
    const std::uint32_t last = cursor.uniforms.word[3], high = last >> 16, low = last & 0xffffu;
    job.cell = CellId16(cell_of(source));
    const double gpus = sample(params.gpus, tables, cursor.uniforms.word[1]);
    job.gpus = gpus < 1.0 ? 1 : static_cast<std::uint32_t>(gpus + 0.5);
    job.duration = sample_ticks(params.duration, tables, cursor.uniforms.word[2]);
    if (job.duration < 1) job.duration = 1;
    const double factor = sample(params.request_factor, tables, (high << 16) | high);
    const double asked = static_cast<double>(job.duration) * factor;
    job.request = asked < static_cast<double>(klass.request_max) ? static_cast<Tick>(asked) : klass.request_max;
    if (job.request < job.duration && !point_->kills) job.request = job.duration;
    job.outcome = low < klass.failed                     ? Outcome::failed
                  : low < klass.failed + klass.cancelled ? Outcome::cancelled
                                                         : Outcome::completed;
    return job;
  }

 private:
  NADC_HD static CellId cell_of(SourceId source) { return CellId(source.value); }  // without a trace
  NADC_HD const CellParams& cell(SourceId source) const { return nadc::at(point_, point_->cells)[cell_of(source)]; }

  // Draws the job's uniforms and moves flat time by the gap before it, then finds the hour in which that falls.
  NADC_HD void advance_gap(SourceId source, ArrivalCursor& cursor) const {
    const CellParams& params = cell(source);
    const Week& week = *nadc::at(point_, point_->week);
    cursor.uniforms = draw(key_, static_cast<std::uint32_t>(Stream::job), source.value, cursor.number);
    const std::uint32_t u = cursor.uniforms.word[0];
    if (u >= params.batch) {
      // Above the threshold the uniform is spread over its whole range again.
      const std::uint32_t span = 0u - params.batch;
      const std::uint32_t fresh =
          params.batch == 0 ? u
                            : static_cast<std::uint32_t>((static_cast<std::uint64_t>(u - params.batch) << 32) / span);
      cursor.flat += sample_ticks(params.gap, nadc::at(world_, world_->tables), fresh);
    }
    std::uint32_t hour = cursor.hour % Week::hours;
    while (cursor.flat - cursor.hour_flat >= week.flat[hour]) {
      cursor.hour_flat += week.flat[hour];
      ++cursor.hour;
      hour = hour + 1 == Week::hours ? 0 : hour + 1;
      if (cursor.hour > hours_limit) {
        cursor.at = never;
        return;
      }
    }
    const Tick into = static_cast<Tick>(
        (static_cast<std::uint64_t>(cursor.flat - cursor.hour_flat) * static_cast<std::uint64_t>(week.stretch[hour])) >>
        20);
    cursor.at = static_cast<Tick>(cursor.hour) * ticks_per_hour + into;
  }

  static constexpr std::uint32_t hours_limit = 24 * 366 * 100;  // an arrival after a century never comes

  const World* world_;
  const Point* point_;
  RandomKey key_;
  const TraceJob* trace_;
};

}  // namespace nadc
