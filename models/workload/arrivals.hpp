// Jobs come, in the loop: one cursor a source (job_source.hpp), and users that send more or less of them (demand.hpp).
#pragma once
#include <cstdint>
#include <optional>

#include "models/loop/agenda.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/loop/ledger.hpp"
#include "models/scheduler/waiting.hpp"
#include "models/workload/demand.hpp"
#include "models/workload/job_source.hpp"
#include "sim/platform.hpp"

namespace nadc {

template <int Width> class Arrivals {
 public:
  using F = Frame<Width>;

  NADC_HD void layout(Carver& carver, Heat heat, const World& world, const Point& point) {
    if (heat == Heat::hot)
      cursors_ = carver.take_by<SourceId, ArrivalCursor>(world.trace.count ? 1 : world.cells());
    else
      beliefs_ = point.response.every > 0 ? carver.take_bytes(Demand<Width>::bytes(world, point)) : nullptr;
  }

  NADC_HD void start(const F& f, Agenda<Width>& agenda) {
    const JobSource source(f.world, f.point, f.key);
    for (const SourceId s : source.sources()) {
      const ArrivalCursor cursor = source.first(s);
      f.lanes.put(&cursors_[s], cursor);
      if (cursor.at < never) {
        agenda.set(f, s, cursor.at);
        ++left_;
      }
    }
    if (f.point.response.every > 0) {
      demand_.start(f.lanes, f.world, f.point, f.key, beliefs_);
      agenda.set(f, EventKind::response, f.point.response.step);
    }
  }

  NADC_HD bool over() const { return left_ == 0; }  // nothing more comes

  // The next job of a source comes, or its user does not send it; what can never start is dropped. f(job): it joins
  // the queue.
  template <class Joins>
  NADC_HD void arrive(const F& f, Agenda<Width>& agenda, Ledger<Width>& ledger, SourceId source, Joins&& joins) {
    const JobSource jobs(f.world, f.point, f.key);
    ArrivalCursor cursor = cursors_[source];
    const Job job = jobs.job(source, cursor);
    const bool answers = f.point.response.every > 0;
    const bool sent = !answers || demand_.is_sent(job.cell, job.number, job.submit),
               fits_nowhere = job.gpus > f.largest[job.cell].gpus;
    f.lanes.once([&] {
      if (sent || demand_.is_usual(job.cell, job.number))
        ++ledger.cell(job.cell, !sent ? deterred : fits_nowhere ? cause_of_drop(f.largest[job.cell], job) : submitted);
      if (!sent || fits_nowhere) return;
      ledger.cell(job.cell, asked_ticks) += static_cast<std::uint64_t>(job.duration) * job.gpus;
      ledger.open(job.cell, job.submit);
    });
    if (sent && !fits_nowhere) joins(job);
    jobs.next(source, cursor);
    f.lanes.put(&cursors_[source], cursor);
    if (cursor.at >= never) --left_;
    agenda.set(f, source, cursor.at);
  }

  // A job of the group started for the first time after this wait.
  NADC_HD void met(const F& f, GroupId group, Tick wait) {
    if (f.point.response.every > 0) demand_.met(f.lanes, group, wait);
  }
  NADC_HD void think(const F& f, Agenda<Width>& agenda, const Ledger<Width>& ledger, const Waiting<Width>& waiting) {
    agenda.set(f, EventKind::response, demand_.think(f.lanes, f.now, waiting, ledger.raw(f).response));
  }

  // The price of the group changes by this factor.
  NADC_HD void change_price(const F& f, GroupId group, double by) {
    if (f.point.response.every > 0) demand_.change_price(f.lanes, group, by);
  }

 private:
  NADC_HD static CellCount cause_of_drop(const LargestJob& largest, const Job& job) {
    return largest.machine == 0         ? dropped_unserved
           : job.gpus > largest.machine ? dropped
           : job.gpus > largest.wall    ? dropped_wall
                                        : dropped_power;
  }

  By<SourceId, ArrivalCursor> cursors_;
  std::uint32_t left_ = 0;  // sources that are not exhausted
  Demand<Width> demand_;
  void* beliefs_ = nullptr;  // of demand_; null when it does not answer
};

}  // namespace nadc
