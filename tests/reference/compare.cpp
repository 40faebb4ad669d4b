#include "tests/reference/compare.hpp"

#include <memory>

#include "tests/reference/datacenter.hpp"

namespace nadc::reference {
namespace {

// Writes the loop's history down.
struct Scribe : test::Silent {
  const test::Study* study = nullptr;
  bool by_node = false;
  Tick now = -1;  // of the moment whose state is shown next
  History history;

  void restart() {
    history = {};
    now = -1;
  }
  template <class D> void before(Tick tick, const D& datacenter) {
    if (now >= 0) note(now, datacenter);
    now = tick;
  }
  template <class D> void note(Tick tick, const D& datacenter) {
    const Snapshot shot = datacenter.snapshot();
    State state{tick,           shot.waiting,   shot.running,    shot.gpus_busy,   shot.gpus_in_service,
                shot.gpus_down, shot.gpus_dark, shot.gpus_spare, shot.it_power_mw, {}};
    for (std::uint32_t p = 0; by_node && p < study->world().partitions.count; ++p) {
      const auto& map = datacenter.partition(p).map;
      for (std::uint32_t n = 0; n < map.shape().nodes; ++n)
        state.free.push_back(map.present(n) ? static_cast<std::int16_t>(map.free_gpus(n)) : std::int16_t{-1});
    }
    history.note(std::move(state));
  }
  void add(Tick tick, const RunningJob& run, Happening what, Tick lost) {
    Event event;
    event.at = tick;
    event.what = what;
    event.cell = run.job.cell;
    event.number = run.job.number;
    event.partition = run.where.partition;
    event.gpus = run.where.gpus;
    event.nodes = run.where.nodes;
    event.node = run.where.nodes > 0 || !by_node ? 0 : run.where.first;
    event.pods = run.where.pods;
    event.lost = lost;
    history.events.push_back(event);
  }
  void started(Tick tick, const RunningJob& run) { add(tick, run, Happening::starts, 0); }
  void ended(Tick tick, const RunningJob& run, Tick wasted) { add(tick, run, Happening::ends, wasted); }
  void interrupted(Tick tick, const RunningJob& run, Tick lost) { add(tick, run, Happening::is_stopped, lost); }
};

}  // namespace

History loop_history(const test::Study& study, std::uint32_t replica) {
  Scribe scribe;
  scribe.study = &study;
  scribe.by_node = study.point().place.index != test::pool;
  study.run<1>(replica, 0, &scribe);
  return std::move(scribe.history);
}

Comparison compare(const Case& one) {
  std::optional<test::Study> study;
  if (one.jobs.empty())
    study.emplace(std::vector<Scenario>{one.scenario}, one.seed);
  else
    study.emplace(one.scenario, one.jobs);
  Datacenter datacenter(study->world(), study->point(), study->key(one.replica));
  const History& history = datacenter.run();
  Comparison result;
  for (const Event& event : history.events)
    ++(event.what == Happening::starts ? result.starts : event.what == Happening::ends ? result.ends : result.stops);
  result.moments = history.states.size();
  History loop = loop_history(*study, one.replica);
  result.difference = first_difference(history, loop);
  return result;
}

}  // namespace nadc::reference
