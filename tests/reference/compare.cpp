#include "tests/reference/compare.hpp"

#include <cmath>
#include <memory>
#include <sstream>

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
    for (const PartitionId p : study->world().partitions.ids()) {
      if (!by_node) break;
      const auto& map = datacenter.partition(p).map;
      for (const NodeId n : range<NodeId>(map.shape().nodes))
        state.free.push_back(map.present(n) ? static_cast<std::int16_t>(map.free_gpus(n)) : std::int16_t{-1});
    }
    history.note(std::move(state));
  }
  void add(Tick tick, const RunningJob& run, Happening what, Tick lost) {
    Event event;
    event.at = tick;
    event.what = what;
    event.cell = run.job.cell.value;
    event.number = run.job.number;
    event.partition = run.where.partition.value;
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

static History run_loop(const test::Study& study, std::uint32_t replica, std::vector<double>& site) {
  Scribe scribe;
  scribe.study = &study;
  scribe.by_node = !Places::holds<Pool>(study.point().place);
  const ReplicaResult result = study.run<1>(replica, 0, &scribe);
  site = study.metrics(result).site;
  return std::move(scribe.history);
}
History loop_history(const test::Study& study, std::uint32_t replica) {
  std::vector<double> site;
  return run_loop(study, replica, site);
}

// What the world came to, where the loop's metrics say something else.
static std::string other_totals(const std::vector<Total>& totals, const std::vector<double>& site) {
  std::ostringstream text;
  text.precision(12);
  for (const Total& total : totals) {
    const double loop = test::Study::value(site_metrics(), site, total.name);
    if (!(std::fabs(loop - total.value) <= total.tolerance))
      text << "  " << total.name << ": the reference says " << total.value << " within " << total.tolerance
           << ", and the loop " << loop << '\n';
  }
  return text.str();
}

Comparison compare(const Case& one) {
  std::optional<test::Study> study;
  if (one.jobs.empty())
    study.emplace(std::vector<Scenario>{one.scenario}, one.seed);
  else
    study.emplace(one.scenario, one.jobs);
  Datacenter datacenter(study->world(), study->point(), study->key(one.replica), one.scenario.warmup);
  const History& history = datacenter.run();
  Comparison result;
  for (const Event& event : history.events)
    ++(event.what == Happening::starts ? result.starts : event.what == Happening::ends ? result.ends : result.stops);
  result.moments = history.states.size();
  std::vector<double> site;
  const History loop = run_loop(*study, one.replica, site);
  result.difference = first_difference(history, loop);
  if (!result.difference.empty()) return result;
  std::vector<double> rated_it_w;
  for (std::uint32_t s = 0; s < study->world().sites; ++s)
    rated_it_w.push_back(at(&study->point(), study->point().energy).data[s].rated_it_w);
  const std::vector<Total> totals = totals_of(one.scenario, study->builder().groups(), study->builder().partitions(),
                                              rated_it_w, datacenter.ledger());
  result.totals = totals.size();
  result.difference = other_totals(totals, site);
  return result;
}

}  // namespace nadc::reference
