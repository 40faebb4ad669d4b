// The loop's schedules by node against a second scheduler, job by job and node by node, on random traces whose jobs
// share nodes: exact and over-estimated requests, light to heavy loads, nodes of 1 to 16 GPUs, one partition and two,
// of one speed or of two, the whole queue in sight or a window of a few jobs.
#include <gtest/gtest.h>

#include <random>

#include "tests/models/world_fixture.hpp"
#include "tests/oracle/node_scheduler.hpp"

namespace nadc::test {
namespace {

struct Machine {
  std::vector<oracle::NodePartition> partitions;
  oracle::NodePlace place;
  std::int64_t window;
};

Machine random_machine(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  Machine m;
  for (std::int64_t p = 0, count = 1 + below(2); p < count; ++p)
    m.partitions.push_back({1 + below(7), std::int64_t{1} << below(5), 1 + below(3), p == 1 ? 1 + below(2) : 1});
  m.window = below(2) ? 0 : 1 + below(6);
  m.place = below(2) ? oracle::NodePlace::pack : oracle::NodePlace::best_fit;
  return m;
}

std::vector<oracle::ReferenceJob> random_jobs(std::mt19937_64& random, const Machine& m, bool exact, int count) {
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  std::int64_t largest = 0, all = 0, node = 0;
  for (const auto& p : m.partitions) {
    largest = std::max(largest, p.nodes * p.gpus_per_node);
    node = std::max(node, p.gpus_per_node);
    all += p.nodes * p.gpus_per_node;
  }
  // A job holds a quarter of the largest partition, or part of a node, for 60 on average: load 0.3 to 3.3.
  const std::int64_t gap = 1 + 60 * (largest / 8 + node / 2 + 1) * 100 / (all * (30 + below(300)));
  const std::int64_t grain = below(2) ? 1 : 10;  // coarse times make ties
  std::vector<oracle::ReferenceJob> jobs;
  std::int64_t at = 0;
  for (int i = 0; i < count; ++i) {
    at += below(2 * gap + 1) / grain * grain;
    const std::int64_t gpus = 1 + below(below(4) ? node : largest);
    const std::int64_t duration = (1 + below(below(4) ? 60 : 240) / grain) * grain;
    jobs.push_back({at, std::min(gpus, largest), duration, exact ? duration : duration + below(120) / grain * grain});
  }
  return jobs;
}

Scenario scenario_of(const Machine& m, Backfill backfill) {
  Scenario s = cluster_of(1, 0);
  s.catalog.nodes.clear();
  s.scheduler.backfill = backfill;
  s.scheduler.window = m.window;
  if (m.place == oracle::NodePlace::pack) Places::choose<Pack>(s.scheduler.place);
  ClassSpec all = job_class("all", LawSpec::constant(1), LawSpec::constant(1));
  const ClusterSpec like = s.sites[0].clusters[0];
  s.sites[0].clusters.clear();
  for (std::size_t p = 0; p < m.partitions.size(); ++p) {
    const std::string name(1, static_cast<char>('a' + p));
    s.catalog.nodes.push_back(node_kind(name, m.partitions[p].gpus_per_node));
    all.speed.push_back({name, 1.0 / static_cast<double>(m.partitions[p].slowness)});
    ClusterSpec cluster = like;
    cluster.name = name;
    cluster.pod_nodes = m.partitions[p].pod_nodes;
    cluster.tranches[0].node = name;
    cluster.tranches[0].gpus = m.partitions[p].nodes * m.partitions[p].gpus_per_node;
    s.sites[0].clusters.push_back(cluster);
  }
  s.workload.classes = {all};
  return s;
}

// Notes where each job starts; it still runs when the next events come.
struct Places : Silent {
  oracle::NodeResult seen;
  void restart() { seen = {}; }
  template <class D> void before(Tick, const D& datacenter) {
    for (const SlotId slot : datacenter.slots()) {
      const RunningJob& run = datacenter.job_in(slot);
      if (run.rate == 0) continue;
      const std::size_t n = run.job.number;
      if (n >= seen.start.size()) {
        seen.start.resize(n + 1, -1);
        seen.partition.resize(n + 1);
        seen.nodes.resize(n + 1);
      }
      if (seen.start[n] >= 0) continue;
      seen.start[n] = run.segment_start / ticks_per_second;
      seen.partition[n] = run.where.partition.value;
      if (run.where.nodes == 0) seen.nodes[n] = {run.where.first};
      for (std::uint32_t node = 0; run.where.nodes && node < datacenter.world().nodes; ++node)
        if (datacenter.holds(slot, NodeId(node))) seen.nodes[n].push_back(node);
    }
  }
};

template <int Width = 1>
oracle::NodeResult loop_result(const std::vector<oracle::ReferenceJob>& jobs, const Machine& m, Backfill backfill) {
  std::vector<TraceInput> rows;
  for (const auto& j : jobs)
    rows.push_back(
        job(static_cast<double>(j.submit), j.gpus, static_cast<double>(j.duration), static_cast<double>(j.request)));
  const Study study(scenario_of(m, backfill), rows);
  Places places;
  study.run<Width>(0, 0, &places);
  for (std::int64_t& start : places.seen.start) start += jobs[0].submit;
  return places.seen;
}

void agree(Backfill mine, oracle::Backfill theirs, bool exact, std::uint64_t seed, int rounds = 400) {
  std::mt19937_64 random(seed);
  int overtaken = 0, waited = 0, shared = 0;
  for (int round = 0; round < rounds; ++round) {
    const Machine m = random_machine(random);
    const auto jobs = random_jobs(random, m, exact, 120);
    const oracle::NodeResult expected =
        oracle::NodeScheduler(jobs, m.partitions, m.place, theirs, static_cast<std::size_t>(m.window)).run();
    const oracle::NodeResult got = loop_result(jobs, m, mine);
    ASSERT_EQ(got.start, expected.start) << "round " << round;
    ASSERT_EQ(got.partition, expected.partition) << "round " << round;
    ASSERT_EQ(got.nodes, expected.nodes) << "round " << round;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      waited += got.start[i] > jobs[i].submit;
      shared += jobs[i].gpus < m.partitions[got.partition[i]].gpus_per_node;
      if (i > 0) overtaken += got.start[i] < got.start[i - 1];
    }
  }
  EXPECT_GT(waited, 20 * rounds);
  EXPECT_GT(shared, 20 * rounds);
  if (mine != Backfill::none) {
    EXPECT_GT(overtaken, 3 * rounds);
  } else {
    EXPECT_EQ(overtaken, 0);
  }
}

TEST(NodesAgainstTheReference, FirstComeFirstServedIsExact) { agree(Backfill::none, oracle::Backfill::none, false, 1); }
TEST(NodesAgainstTheReference, EasyIsExactWithExactRequests) { agree(Backfill::easy, oracle::Backfill::easy, true, 2); }
TEST(NodesAgainstTheReference, EasyIsExactWithOverestimatedRequests) {
  agree(Backfill::easy, oracle::Backfill::easy, false, 3);
}
TEST(NodesAgainstTheReference, ConservativeIsExactWithExactRequests) {
  agree(Backfill::conservative, oracle::Backfill::conservative, true, 4, 120);
}
TEST(NodesAgainstTheReference, ConservativeIsExactWithOverestimatedRequests) {
  agree(Backfill::conservative, oracle::Backfill::conservative, false, 5, 120);
}

// Three nodes; the first is down for upkeep from 10,000 on (the second's turn would come at 20,000). The second has one
// small job until 12,000, the third is full until 14,000, so the head, two nodes from 10,500 on, is due at 14,000. A
// small job that ends just then may pass it; one that ends 100 s later may not, and starts when the head has ended.
TEST(NodesAgainstTheReference, ANodeThatIsDownIsNotForeseen) {
  Scenario s = cluster_of(3, 18000 * ticks_per_second);
  s.scheduler.backfill = Backfill::easy;
  OutageSpec upkeep;
  upkeep.name = "upkeep";
  upkeep.nodes = 1;
  upkeep.every = 30000 * ticks_per_second;
  upkeep.length = LawSpec::constant(100000);
  s.reliability.outages = {upkeep};
  const Study study(s, {job(0, 8, 9500), job(1, 1, 11999), job(2, 8, 13998), job(10500, 16, 100), job(10600, 1, 3400),
                        job(10700, 1, 3400)});
  Diary diary;
  study.run<1>(0, 0, &diary);
  std::vector<Tick> expected;
  for (const Tick second : {0, 1, 2, 14000, 10600, 14100}) expected.push_back(second * ticks_per_second);
  EXPECT_EQ(diary.start, expected);
}

}  // namespace
}  // namespace nadc::test
