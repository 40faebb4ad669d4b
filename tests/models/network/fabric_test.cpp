// Jobs that meet on a fabric: flow classes against a solve cable by cable, and rates and ends worked by hand.
#include "models/network/fabric.hpp"

#include <gtest/gtest.h>

#include <random>

#include "models/network/calibrate.hpp"
#include "sim/error.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc {
namespace {

using test::Diary;
using test::job;

TopologySpec tree(TopologyKind kind, std::int64_t gpus, int radix, double leaf = 1, double spine = 1, int tiers = 0,
                  int gpus_per_node = 8) {
  TopologySpec spec;
  spec.kind = kind;
  spec.gpus = gpus;
  spec.radix = radix;
  spec.tiers = tiers;
  spec.leaf_oversubscription = leaf;
  spec.spine_oversubscription = spine;
  spec.gpus_per_node = gpus_per_node;
  spec.nvlink_domain = gpus_per_node;
  return spec;
}

FabricSpec fabric(const TopologySpec& topology, double all_to_all, RoutingMode routing = RoutingMode::spray) {
  return {topology, routing, all_to_all};
}

std::vector<FabricNodes> nodes_of(const TopologySpec& t) {
  return {{0, 0, static_cast<std::uint32_t>(t.gpus / t.gpus_per_node), static_cast<std::uint32_t>(t.gpus_per_node), 4}};
}

// The same traffic flow by flow over every cable of the graph.
std::vector<LinkUse> cable_by_cable(Router& router, const Fabric& fabric, std::span<const std::uint32_t> nodes) {
  std::vector<double> amount(2 * router.topology().cables().size(), 0.0);
  std::vector<LinkUse> path;
  const auto send = [&](std::size_t shift, double part) {
    for (std::size_t i = 0; i < nodes.size(); ++i)
      for (std::uint32_t r = 0; r < fabric.rails(nodes[i]); ++r) {
        EXPECT_TRUE(router.route(fabric.first_gpu(nodes[i]) + r,
                                 fabric.first_gpu(nodes[(i + shift) % nodes.size()]) + r, 0, path));
        for (const LinkUse& use : path) amount[use.link] += part * use.fraction;
      }
  };
  const double spread = fabric.spec().all_to_all;
  send(1, 1.0 - spread);
  for (std::size_t k = 1; k < nodes.size(); ++k) send(k, spread / static_cast<double>(nodes.size() - 1));
  std::vector<LinkUse> uses;
  for (std::uint32_t link = 0; link < amount.size(); ++link)
    if (amount[link] > 0) uses.push_back({link, amount[link]});
  return uses;
}

TEST(FlowClasses, GiveTheRatesOfASolveCableByCable) {
  const TopologySpec shapes[] = {
      tree(TopologyKind::fat_tree, 384, 16, 3, 1, 3),        // nodes of 8 straddle leaves of 12
      tree(TopologyKind::fat_tree, 384, 16, 1, 3, 3),        // narrow above the spines
      tree(TopologyKind::fat_tree, 256, 16, 1, 1, 3),        // full bisection
      tree(TopologyKind::fat_tree, 192, 16, 3, 1, 2, 6),     // two tiers
      tree(TopologyKind::rail_fat_tree, 256, 32, 3),         // two units, one link each
      tree(TopologyKind::rail_fat_tree, 1024, 32, 1, 1, 3),  // pods that all rails share
      tree(TopologyKind::rail_planes, 512, 16, 3),           // eight trees
      tree(TopologyKind::dual_plane, 208, 16, 3, 1, 2),      // two trees at half rate
  };
  std::mt19937 random(7);
  int slowed = 0;
  for (const TopologySpec& shape : shapes) {
    for (const double spread : {0.0, 0.3, 1.0}) {
      const Fabric sprayed(fabric(shape, spread), nodes_of(shape));
      ASSERT_TRUE(sprayed.has_classes());
      ASSERT_EQ(sprayed.topology().shape().note, "");
      JobRouter classes(sprayed);
      Router router(sprayed.topology(), RoutingMode::spray);
      MaxMin few(classes.capacities()), all(sprayed.topology().capacities());
      std::vector<std::uint32_t> nodes(static_cast<std::size_t>(shape.gpus / shape.gpus_per_node));
      for (std::uint32_t n = 0; n < nodes.size(); ++n) nodes[n] = n;
      std::shuffle(nodes.begin(), nodes.end(), random);
      std::vector<std::pair<MaxMin::Flow, MaxMin::Flow>> jobs;
      for (std::size_t at = 0, size = 2; at + size <= nodes.size(); at += size, size = 2 + random() % 9) {
        std::vector<std::uint32_t> mine(nodes.begin() + static_cast<std::ptrdiff_t>(at),
                                        nodes.begin() + static_cast<std::ptrdiff_t>(at + size));
        std::sort(mine.begin(), mine.end());
        JobUse use;
        classes.use(mine, use);
        std::vector<LinkUse> links = use.shared;
        links.push_back({few.add_link(sprayed.nic()), use.own});
        jobs.emplace_back(few.add(links), all.add(cable_by_cable(router, sprayed, mine)));
      }
      few.solve();
      all.solve();
      for (const auto& [a, b] : jobs) {
        EXPECT_NEAR(few.rate(a) / all.rate(b), 1.0, 1e-9)
            << name_of(shape.kind) << " of " << shape.gpus << ", " << shape.leaf_oversubscription << ", " << spread
            << ": " << sprayed.topology().shape().note;
        slowed += few.rate(a) < 0.99 * sprayed.nic();
      }
    }
  }
  EXPECT_GT(slowed, 50);
}

TEST(FlowClasses, ARailTreeIsOneLinkAUnit) {
  const TopologySpec shape = tree(TopologyKind::rail_fat_tree, 512, 64, 2);
  const Fabric rails(fabric(shape, 0), nodes_of(shape));
  ASSERT_EQ(rails.tiers().size(), 1u);
  EXPECT_EQ(rails.tiers()[0].capacity.size(), static_cast<std::size_t>(rails.topology().shape().units));
}

TEST(Fabric, RefusesAClusterThatItDoesNotReach) {
  const TopologySpec shape = tree(TopologyKind::fat_tree, 64, 16);
  EXPECT_THROW(Fabric(fabric(shape, 0), {{0, 0, 9, 8, 4}}), Error);
  EXPECT_THROW(Fabric(fabric(tree(TopologyKind::rail_planes, 64, 16), 0), {{0, 0, 9, 4, 4}}), Error);
}

TEST(Fabric, EcmpNeverBeatsSpraying) {
  const TopologySpec shape = tree(TopologyKind::fat_tree, 256, 16, 1, 1, 3);
  const Fabric sprayed(fabric(shape, 0.5), nodes_of(shape));
  const Fabric hashed(fabric(shape, 0.5, RoutingMode::ecmp), nodes_of(shape));
  EXPECT_FALSE(hashed.has_classes());
  EXPECT_NE(sprayed.hash(), hashed.hash());
  JobRouter a(sprayed), b(hashed);
  JobUse use_a, use_b;
  const std::vector<std::uint32_t> nodes{0, 3, 5, 9, 17, 30};
  a.use(nodes, use_a);
  b.use(nodes, use_b);
  EXPECT_DOUBLE_EQ(use_a.spread_alone, 1.0);  // full bisection
  EXPECT_GT(use_b.spread_alone, 1.0);         // collisions
}

TEST(Fabric, AdaptiveRoutingLevelsAJobsFlows) {
  // On a tree as spraying does.
  const TopologySpec shape = tree(TopologyKind::rail_fat_tree, 256, 32, 3);
  const Fabric sprayed(fabric(shape, 0.5), nodes_of(shape));
  const Fabric adaptive(fabric(shape, 0.5, RoutingMode::adaptive), nodes_of(shape));
  ASSERT_TRUE(adaptive.has_classes());
  EXPECT_NE(sprayed.hash(), adaptive.hash());
  // On a dragonfly by detours: a job that sends from one group to another finds few cables between the two.
  TopologySpec fly = tree(TopologyKind::dragonfly, 0, 15);
  fly.gpus = 1056, fly.p = 4, fly.a = 8, fly.h = 4;
  std::vector<std::uint32_t> nodes{0, 1, 2, 3, 4, 5, 6, 7};  // 64 GPUs of two groups of 32
  const auto alone = [&](RoutingMode mode) {
    const Fabric fabric_of(fabric(fly, 1.0, mode), nodes_of(fly));
    EXPECT_FALSE(fabric_of.has_classes());
    JobRouter router(fabric_of);
    JobUse use;
    router.use(nodes, use);
    return use.spread_alone;
  };
  EXPECT_LT(alone(RoutingMode::adaptive), 0.5 * alone(RoutingMode::ecmp));
}

// ---- in the simulation

// Nodes of 2 GPUs, leaves of 4 GPUs over a trunk of 4:1: two nodes a leaf, and one cable's worth of uplinks for both.
// Radix 5: 4 down and 1 up.
struct TwoToOne {
  explicit TwoToOne(std::vector<TraceInput> jobs, std::int64_t gpus = 16, double communication = 0.5,
                    void (*change)(Scenario&) = nullptr)
      : study(scenario(gpus, communication, change), std::move(jobs)) {
    TopologySpec topology = tree(TopologyKind::fat_tree, gpus, 16, 4, 1, 2, 2);
    topology.radix = gpus <= 20 ? 5 : 20;
    auto set = std::make_shared<FabricSet>();
    set->fabrics.emplace_back(fabric(topology, 0.0),
                              std::vector<FabricNodes>{{0, 0, static_cast<std::uint32_t>(gpus / 2), 2, 2}});
    set->of_partition = {{0, 0}};
    flows = flow_service(set);
  }
  static Scenario scenario(std::int64_t gpus, double communication, void (*change)(Scenario&)) {
    Scenario s = test::machine(gpus, 2, 10 * ticks_per_day);
    s.fleet.pod_nodes = 2;
    Places::choose<BestFit>(s.scheduler.place);
    s.network.model = NetworkModel::flow;
    ClassSpec klass = test::job_class("all", LawSpec::constant(1), LawSpec::constant(1));
    klass.communication = communication;
    s.workload.classes.push_back(klass);
    if (change) change(s);
    return s;
  }
  template <class Observer> ReplicaResult run(Observer* observer, Capacity capacity) const {
    ReplicaRunner<1> runner;
    return runner.run(study.world(), study.point(), study.key(0), capacity, flows, observer);
  }
  template <class Observer> ReplicaResult run(Observer* observer) const {
    return run(observer, first_capacity(study.world(), study.point()));
  }
  test::Study study;
  FlowService flows;
};

// Leaf 0 holds nodes 0, 1; leaf 1 holds nodes 2, 3. A blocker takes node 0 for ever; job A of two nodes gets nodes 1
// and 2, so that its ring crosses both leaves: 2 NICs of each node over an uplink of one cable, rate 1/2. Job B of two
// nodes on 3 and 4 crosses leaf 1 as well: 4 NICs on one cable, rate 1/4 for both while both run.
TEST(FlowPace, TwoJobsOnOneTrunkRunAtTheRatesWorkedByHand) {
  // Node 0: a job of 2 GPUs, one node. A starts at 10 s with 1,000 s of work; B at 110 s with 100 s of work.
  const TwoToOne world({job(0, 2, 1e6), job(10, 4, 1000), job(110, 4, 100)});
  Diary diary;
  world.run(&diary);
  // c = 1/2. Alone: stretch 2, time factor 1.5. Together: stretch 4, time factor 2.5.
  // B: its ring crosses leaf 1 (shared with A) and leaf 2 (its own): 100 s × 2.5 = 250 s, until 360 s.
  EXPECT_EQ(diary.start[1], 10'000);
  EXPECT_EQ(diary.start[2], 110'000);
  EXPECT_NEAR(static_cast<double>(diary.end[2]), 360'000, 10);
  // A: 100 s alone do 66.667 s of work, 250 s together 100 s; the rest, 833.333 s of work, takes 1,250 s.
  EXPECT_NEAR(static_cast<double>(diary.end[1]), 1'610'000, 30);
}

// The same two jobs, of which 10 % is exposed and 60 % hides with room for 90 % more: at twice the time 1.1, the hidden
// part still fits; at four times 1.3 + 1.8 - 0.9 = 2.2.
TEST(FlowPace, HiddenCommunicationShowsOnceItNoLongerFits) {
  const TwoToOne world({job(0, 2, 1e6), job(10, 4, 1000), job(110, 4, 100)}, 16, 0.1, [](Scenario& s) {
    s.workload.classes[0].hidden_communication = 0.6;
    s.workload.classes[0].overlap_slack = 0.9;
  });
  Diary diary;
  world.run(&diary);
  EXPECT_NEAR(static_cast<double>(diary.end[2]), 330'000, 10);
  // 100 s at 1.1 and 220 s at 2.2 do 190.909 s of work; the other 809.091 s take 890 s.
  EXPECT_NEAR(static_cast<double>(diary.end[1]), 330'000 + 890'000, 30);
}

// Each of the four leaves in turn loses half of its uplinks for 20 s: leaf 0 at 100 s, leaf 1 at 200 s, and so on. A
// job on nodes 1 and 2 runs 1.5 times as long, and 2.5 times while either of its leaves is down to a half.
TEST(FlowPace, LostUplinksSlowTheJobsAboveThem) {
  const TwoToOne world({job(0, 2, 1e6), job(10, 4, 300)}, 16, 0.5, [](Scenario& s) {
    OutageSpec optic;
    optic.name = "optic";
    optic.nodes = 2;
    optic.every = 4 * 100 * ticks_per_second;
    optic.length = LawSpec::constant(20);
    optic.uplinks = 0.5;
    s.reliability.outages.push_back(optic);
  });
  Diary diary;
  const ReplicaResult result = world.run(&diary);
  // 90/1.5 + 20/2.5 + 80/1.5 + 20/2.5 s of work by 220 s; the other 170.667 s take 256 s.
  EXPECT_NEAR(static_cast<double>(diary.end[1]), 476'000, 30);
  EXPECT_EQ(diary.segments[1], 1);  // nothing was interrupted
  EXPECT_GT(world.study.site(result, "outages"), 3.0);
}

TEST(PodSpread, LostUplinksRaiseTheLoad) {
  Scenario s = test::machine(64, 2, 10 * ticks_per_day);
  s.fleet.pod_nodes = 4;
  Places::choose<BestFit>(s.scheduler.place);
  Paces::choose(s.network.pace, PodSpread{.penalty = 0, .contention = 1});
  ClassSpec klass = test::job_class("all", LawSpec::constant(1), LawSpec::constant(1));
  klass.communication = 1;
  s.workload.classes.push_back(klass);
  OutageSpec core;
  core.name = "core";
  core.nodes = 0;  // all nodes of the cluster
  core.every = 100 * ticks_per_second;
  core.length = LawSpec::constant(20);
  core.uplinks = 0.5;
  s.reliability.outages.push_back(core);
  const test::Study study(s, {job(0, 32, 160)});
  Diary diary;
  study.run<1, Diary>(0, 0, &diary);
  // Half of the machine across pods: 1.5 times as long; over half of the uplinks: twice. 100/1.5 + 20/2 s of work by
  // 120 s, the other 83.333 s take 125 s, of which 20 s at 200 s are slower: 80/1.5 + 20/2 by 220 s, then 30 s.
  EXPECT_NEAR(static_cast<double>(diary.end[0]), 250'000, 30);
}

TEST(FlowPace, AJobBelowOneLeafIsNotSlowed) {
  const TwoToOne world({job(0, 4, 1000), job(0, 4, 500)});  // nodes 0, 1 and 2, 3
  Diary diary;
  world.run(&diary);
  EXPECT_EQ(diary.end[0], 1'000'000);
  EXPECT_EQ(diary.end[1], 500'000);
}

TEST(FlowPace, JobsThatDoNotCommunicateMeetNobody) {
  const TwoToOne world({job(0, 2, 1e6), job(10, 4, 1000), job(110, 4, 100)}, 16, 0.0);
  Diary diary;
  world.run(&diary);
  EXPECT_EQ(diary.end[1], 1'010'000);
  EXPECT_EQ(diary.end[2], 210'000);
}

std::vector<TraceInput> crowd(std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<TraceInput> jobs;
  for (int i = 0; i < 300; ++i) jobs.push_back(job(random() % 40000, 1 + random() % 24, 10 + random() % 3000, 4000));
  return jobs;
}

TEST(FlowPace, ResultsDependOnNoObserverAndNoCapacity) {
  for (const std::uint32_t seed : {1u, 2u, 3u}) {
    TwoToOne world(crowd(seed), 64);
    NoObserver* const nobody = nullptr;
    test::Silent silent;
    Capacity tiny = first_capacity(world.study.world(), world.study.point());
    tiny.slots = 2;
    tiny.sets = 1;
    tiny.waiting = 2;
    const ReplicaResult plain = world.run(nobody);
    EXPECT_EQ(world.study.hash(plain), world.study.hash(world.run(&silent)));
    const ReplicaResult grown = world.run(nobody, tiny);
    EXPECT_GT(grown.reruns, 0u);
    EXPECT_EQ(world.study.hash(plain), world.study.hash(grown));
    EXPECT_GT(world.study.site(plain, "comm_slowdown_mean"), 1.05);
    // Without flows the same jobs run at full speed.
    EXPECT_EQ(world.study.site(world.study.run(), "comm_slowdown_mean"), 1.0);
  }
}

// Looks at the rates before every tick: those of a solve from scratch of what runs there.
struct Certifier : test::Silent {
  const Fabric* fabric = nullptr;
  std::size_t checked = 0;
  template <class D> void before(Tick, const D& datacenter) {
    JobRouter router(*fabric);
    MaxMin rates(router.capacities());
    std::vector<std::pair<SlotId, MaxMin::Flow>> flows;
    for (const SlotId slot : datacenter.slots()) {
      const RunningJob& run = datacenter.job_in(slot);
      if (run.rate == 0 || run.where.nodes <= 1) continue;
      std::vector<std::uint32_t> nodes;
      for (std::uint32_t n = 0; n < 64; ++n)
        if (datacenter.holds(slot, NodeId(n))) nodes.push_back(n);
      ASSERT_EQ(nodes.size(), run.where.nodes);
      JobUse use;
      router.use(nodes, use);
      std::vector<LinkUse> links = use.shared;
      links.push_back({rates.add_link(fabric->nic()), use.own});
      flows.emplace_back(slot, rates.add(links));
    }
    rates.solve_from_scratch();
    for (const auto& [slot, flow] : flows) {
      const RunningJob& run = datacenter.job_in(slot);
      const double stretch = std::max(1.0, fabric->nic() / rates.rate(flow));
      EXPECT_NEAR(static_cast<double>(run.rate), 65536.0 / (1.0 + 0.5 * (stretch - 1.0)), 1.0);
      ++checked;
    }
  }
};

TEST(FlowPace, RatesAreAtEveryTickThoseOfASolveFromScratch) {
  TwoToOne world(crowd(5), 64);
  Certifier certifier;
  certifier.fabric = &static_cast<const FabricSet*>(world.flows.fabrics.get())->fabrics[0];
  world.run(&certifier);
  EXPECT_GT(certifier.checked, 1000u);
}

// ---- the table

TEST(PaceTable, ReadsTheCellOfSizeSpreadAndLoad) {
  std::vector<std::uint16_t> surface(PaceSurface::cells, PaceSurface::one);
  surface[PaceSurface::cell(6, 3, 5)] = 3 * PaceSurface::one;
  const PaceTable table{128};
  EXPECT_EQ(table(PaceView{3, 5, 0.5, 7, surface.data()}), full_rate / 2);  // 5 to 8 nodes are one size
  EXPECT_EQ(table(PaceView{3, 6, 0.5, 7, surface.data()}), full_rate);
  EXPECT_EQ(table(PaceView{2, 5, 0.5, 7, surface.data()}), full_rate);
  EXPECT_EQ(table(PaceView{3, 5, 0.0, 7, surface.data()}), full_rate);
  EXPECT_EQ(table(PaceView{1, 5, 0.5, 1, surface.data()}), full_rate);
  // Half of the traffic all to all: of 64 GPUs on 8 nodes in 4 pods, 24 + 16 GPUs' worth crosses.
  EXPECT_EQ(table.upward(PaceView{4, 0, 0.5, 8, nullptr}, 64), 16 * (24 + 16));
  EXPECT_EQ(table.upward(PaceView{1, 0, 0.5, 8, nullptr}, 64), 0u);
}

TEST(PaceTable, GivesAWarpTheBitsOfAThread) {
  Scenario s = test::machine(64, 2, 10 * ticks_per_day);
  s.fleet.pod_nodes = 4;
  Places::choose<BestFit>(s.scheduler.place);
  s.scheduler.backfill = Backfill::easy;
  s.network.model = NetworkModel::table;
  ClassSpec klass = test::job_class("all", LawSpec::constant(1), LawSpec::constant(1));
  klass.communication = 0.5;
  s.workload.classes.push_back(klass);
  std::mt19937 random(3);
  std::vector<std::uint16_t>& surface = s.network.surfaces.emplace_back(PaceSurface::cells);
  for (std::uint16_t& cell : surface) cell = static_cast<std::uint16_t>(PaceSurface::one + random() % 4096);
  s.network.surface_of = {0};
  const test::Study study(s, crowd(9));
  const ReplicaResult thread = study.run<1>();
  EXPECT_EQ(study.hash(thread), study.hash(study.run<32>()));
  EXPECT_GT(study.site(thread, "comm_slowdown_mean"), 1.3);
}

TEST(SurfaceFit, FillsWhatNoRunMet) {
  SurfaceFit fit;
  fit.add(PaceSurface::cell(8, 2, 4), 2.0, 1.0);
  fit.add(PaceSurface::cell(8, 2, 4), 4.0, 1.0);
  fit.add(PaceSurface::cell(8, 2, 8), 5.0, 1.0);
  const std::vector<std::uint16_t> cells = fit.cells();
  EXPECT_EQ(fit.cells_met(), 2u);
  EXPECT_EQ(cells[PaceSurface::cell(8, 2, 4)], 3 * PaceSurface::one);
  EXPECT_EQ(cells[PaceSurface::cell(8, 2, 6)], 4 * PaceSurface::one);
  EXPECT_EQ(cells[PaceSurface::cell(8, 2, 0)], 3 * PaceSurface::one);
  EXPECT_EQ(cells[PaceSurface::cell(8, 2, 16)], 5 * PaceSurface::one);
  EXPECT_EQ(cells[PaceSurface::cell(512, 30, 16)], 5 * PaceSurface::one);
}

// As its header says: pods 1, 2, 3, 4, 5–6, 7–8, 9–12, 13–16, 17–32, more; nodes 1, 2, 3–4, 5–8, …
TEST(PaceSurface, StepsEndWhereTheyAreSaidTo) {
  const std::uint32_t last_pods[] = {1, 2, 3, 4, 6, 8, 12, 16, 32};
  for (std::uint32_t step = 0; step < 9; ++step) {
    EXPECT_EQ(PaceSurface::spread(last_pods[step]), step);
    EXPECT_EQ(PaceSurface::spread(last_pods[step] + 1), step + 1);
  }
  for (std::uint32_t step = 0; step + 1 < PaceSurface::sizes; ++step) {
    EXPECT_EQ(PaceSurface::size(1u << step), step);
    EXPECT_EQ(PaceSurface::size((1u << step) + 1), step + 1);
  }
}

TEST(PaceSurface, StepsCoverEveryJob) {
  EXPECT_EQ(PaceSurface::size(1), 0u);
  EXPECT_EQ(PaceSurface::size(2), 1u);
  EXPECT_EQ(PaceSurface::size(3), 2u);
  EXPECT_EQ(PaceSurface::size(4), 2u);
  EXPECT_EQ(PaceSurface::size(1u << 31), PaceSurface::sizes - 1);
  std::uint32_t last = 0;
  for (std::uint32_t pods = 1; pods < 100; ++pods) {
    EXPECT_GE(PaceSurface::spread(pods), last);
    last = PaceSurface::spread(pods);
  }
  EXPECT_EQ(last, PaceSurface::spreads - 1);
  EXPECT_LT(PaceSurface::cell(~0u, ~0u, 99), PaceSurface::cells);
}

}  // namespace
}  // namespace nadc
