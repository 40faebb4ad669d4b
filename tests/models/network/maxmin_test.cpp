#include "models/network/maxmin.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "models/network/flows.hpp"
#include "sim/error.hpp"
#include "tests/models/network/shared_data.hpp"

namespace nadc {
namespace {

double ulps(double a, double b) {
  return a == b ? 0.0
                : std::fabs(a - b) / (std::nextafter(std::max(std::fabs(a), std::fabs(b)), INFINITY) -
                                      std::max(std::fabs(a), std::fabs(b)));
}

TEST(MaxMin, SharesOneLinkByWeight) {
  MaxMin solver(1, 90.0);
  const MaxMin::Link link[] = {0};
  const auto a = solver.add(link), b = solver.add(link, 2.0);
  solver.solve();
  EXPECT_DOUBLE_EQ(solver.rate(a), 30.0);
  EXPECT_DOUBLE_EQ(solver.rate(b), 60.0);
}

TEST(MaxMin, SolvesTheTextbookLine) {
  // Three links in a row of 1, 2 and 1; one flow over all, one on each: 1/2; 1/2, 3/2, 1/2.
  const double capacity[] = {1.0, 2.0, 1.0};
  MaxMin solver(capacity);
  const MaxMin::Link all[] = {0, 1, 2}, first[] = {0}, second[] = {1}, third[] = {2};
  const auto f = solver.add(all), f0 = solver.add(first), f1 = solver.add(second), f2 = solver.add(third);
  solver.solve();
  EXPECT_DOUBLE_EQ(solver.rate(f), 0.5);
  EXPECT_DOUBLE_EQ(solver.rate(f0), 0.5);
  EXPECT_DOUBLE_EQ(solver.rate(f1), 1.5);
  EXPECT_DOUBLE_EQ(solver.rate(f2), 0.5);
  solver.remove(f0);
  solver.set_capacity(2, 0.25);
  solver.solve();  // link 2: 1/8 each; link 1 is left with 15/8
  EXPECT_DOUBLE_EQ(solver.rate(f), 0.125);
  EXPECT_DOUBLE_EQ(solver.rate(f1), 1.875);
}

TEST(MaxMin, TakesAFractionOfASprayedFlow) {
  const double capacity[] = {10.0, 4.0, 4.0};
  MaxMin solver(capacity);
  const LinkUse sprayed[] = {{0, 1.0}, {1, 0.5}, {2, 0.5}};
  const auto f = solver.add(sprayed);
  solver.solve();
  EXPECT_DOUBLE_EQ(solver.rate(f), 8.0);
}

TEST(MaxMin, StallsAFlowOverALinkThatIsDown) {
  MaxMin solver(2, 10.0);
  const MaxMin::Link both[] = {0, 1}, one[] = {0};
  const auto f = solver.add(both), g = solver.add(one);
  solver.solve();
  solver.set_capacity(1, 0.0);
  solver.solve();
  EXPECT_EQ(solver.rate(f), 0.0);
  EXPECT_DOUBLE_EQ(solver.rate(g), 10.0);
  solver.set_capacity(1, 10.0);
  solver.solve();
  EXPECT_DOUBLE_EQ(solver.rate(f), 5.0);
}

TEST(MaxMin, RefusesWhatHasNoAnswer) {
  MaxMin solver(1, 1.0);
  EXPECT_THROW(solver.add(std::span<const MaxMin::Link>{}), Error);
  const MaxMin::Link unknown[] = {7};
  EXPECT_THROW(solver.add(unknown), Error);
  const MaxMin::Link link[] = {0};
  EXPECT_THROW(solver.add(link, 0.0), Error);
  EXPECT_THROW(solver.set_capacity(0, -1.0), Error);
  EXPECT_THROW(MaxMin(1, std::nan("")), Error);
}

// Random routes over random links; arrivals, departures, capacity changes; after every event the certificate holds and
// the rates are those of a second solver that starts from nothing.
class RandomEvents : public ::testing::TestWithParam<int> {};

TEST_P(RandomEvents, KeepTheCertificateAndAgreeWithScratch) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  const auto below = [&](std::uint64_t n) { return static_cast<std::uint32_t>(random() % n); };
  const auto real = [&](double lo, double hi) { return std::uniform_real_distribution<double>(lo, hi)(random); };
  const std::uint32_t links = 8 + below(60);
  const bool equal = GetParam() % 3 == 0;            // equal capacities make exact ties
  const bool nearly = equal && GetParam() % 2 == 0;  // and ties within rounding
  const auto some_capacity = [&] { return equal ? 50e9 * (nearly ? 1.0 + 1e-14 * below(20) : 1.0) : real(1e9, 1e11); };
  std::vector<double> capacity(links);
  for (double& c : capacity) c = some_capacity();
  MaxMin solver(capacity);
  struct Kept {
    MaxMin::Flow flow;
    std::vector<LinkUse> uses;
    double weight;
  };
  std::vector<Kept> kept;
  double worst = 0.0;
  for (int event = 0; event < 300; ++event) {
    const int batch = 1 + static_cast<int>(below(3));
    for (int i = 0; i < batch; ++i) {
      const std::uint32_t what = below(10);
      if (what < 5 || kept.empty()) {
        Kept k{0, {}, equal ? 1.0 : real(0.1, 8.0)};
        const std::uint32_t length = 1 + below(6);
        for (std::uint32_t n = 0; n < length; ++n) k.uses.push_back({below(links), equal ? 1.0 : real(0.05, 1.0)});
        k.flow = solver.add(k.uses, k.weight);
        kept.push_back(k);
      } else if (what < 9) {
        const std::uint32_t at = below(kept.size());
        solver.remove(kept[at].flow);
        kept[at] = kept.back();
        kept.pop_back();
      } else {
        const std::uint32_t link = below(links);
        capacity[link] = below(8) == 0 ? 0.0 : nearly ? some_capacity() : real(1e9, 1e11);
        solver.set_capacity(link, capacity[link]);
      }
    }
    solver.solve();
    const MaxMin::Certificate certificate = solver.certificate(1e-11);
    ASSERT_LT(certificate.overload, 1e-11) << "event " << event;
    ASSERT_EQ(certificate.uncertified, 0u) << "event " << event;
    MaxMin scratch(capacity);
    std::vector<MaxMin::Flow> same;
    for (const Kept& k : kept) same.push_back(scratch.add(k.uses, k.weight));
    scratch.solve_from_scratch();
    for (std::size_t i = 0; i < kept.size(); ++i) {
      worst = std::max(worst, ulps(solver.rate(kept[i].flow), scratch.rate(same[i])));
    }
    ASSERT_LE(worst, MaxMin::agreement_ulp) << "event " << event;
  }
  RecordProperty("worst_ulp", std::to_string(worst));
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomEvents, ::testing::Range(1, 121));

// Link 1 carries a flow that rises at link 0 and one that link 2 holds up to now; it binds neither before.
TEST(MaxMin, BringsDownAFlowOnALinkThatBoundNothing) {
  for (const double rise : {20.0, 25.0}) {  // at 25 link 0 and link 1 tie
    const double capacity[] = {rise, 50.0, 31.25};
    MaxMin solver(capacity);
    const MaxMin::Link through[] = {0, 1}, beside[] = {0}, held[] = {1, 2};
    const auto f = solver.add(through), g = solver.add(beside), h = solver.add(held);
    solver.solve();
    EXPECT_DOUBLE_EQ(solver.rate(h), 31.25);
    solver.remove(g);
    solver.solve();
    EXPECT_DOUBLE_EQ(solver.rate(f), rise);
    EXPECT_DOUBLE_EQ(solver.rate(h), 50.0 - rise);
  }
}

// What the sweep is for: nothing is given a level in vain, apart from ties.
TEST(MaxMin, GivesLevelsOnlyToFlowsThatMove) {
  std::mt19937_64 random(7);
  MaxMin solver(200, 50e9);
  std::vector<MaxMin::Flow> flows;
  for (int i = 0; i < 1500; ++i) {
    std::vector<MaxMin::Link> route;
    for (int n = 0; n < 5; ++n) route.push_back(static_cast<MaxMin::Link>(random() % 200));
    flows.push_back(solver.add(route, std::uniform_real_distribution<double>(0.5, 2.0)(random)));
  }
  solver.solve();
  for (MaxMin::Flow flow : flows) {
    solver.remove(flow);
    solver.solve();
  }
  const MaxMin::Counters& done = solver.counters();
  EXPECT_GT(done.changed_flows, 20000u);
  EXPECT_LT(static_cast<double>(done.filled_flows), 1.01 * static_cast<double>(done.changed_flows));
}

TEST(LevelQueue, PopsInOrderWhileItIsPushedInto) {
  std::mt19937_64 random(3);
  LevelQueue queue;
  const auto keep = [](const LevelQueue::Item&) { return true; };
  const auto above = [&](double floor) {  // ties, near neighbours and far ones, over more than one turn of the ring
    const std::uint64_t what = random() % 4;
    if (what == 0) return floor;
    const double octaves = std::uniform_real_distribution<double>(0.0, what == 1   ? 0.01
                                                                       : what == 2 ? 1.0
                                                                                   : 40.0)(random);
    return (floor + 1.0) * std::exp2(octaves);
  };
  for (int turn = 0; turn < 20; ++turn) {
    std::multiset<double> expected;
    double now = 0.0;
    for (int step = 0; step < 2000; ++step) {
      for (std::uint64_t n = step < 1000 ? random() % 3 : 0; n > 0 && now < 1e200; --n) {
        const double key = above(now);
        queue.push(key, 0);
        expected.insert(key);
      }
      if (!queue.ready(keep)) {
        ASSERT_TRUE(expected.empty());
        continue;
      }
      ASSERT_LE(queue.floor(), *expected.begin());
      now = queue.pop().key;
      ASSERT_EQ(now, *expected.begin());
      expected.erase(expected.begin());
    }
    queue.clear([](std::uint32_t) {});
    EXPECT_FALSE(queue.ready(keep));
  }
}

TEST(Flows, EndWhenTheirBytesAreMoved) {
  Flows flows(1, 10.0);
  const Flows::Link link[] = {0};
  const auto small = flows.add(link, 10.0), large = flows.add(link, 30.0);
  EXPECT_DOUBLE_EQ(flows.next_completion(), 2.0);  // 5 B/s each
  flows.advance(2.0);
  ASSERT_EQ(flows.completed().size(), 1u);
  EXPECT_EQ(flows.completed()[0], small);
  EXPECT_DOUBLE_EQ(flows.bytes_left(large), 20.0);
  flows.advance(3.0);
  EXPECT_DOUBLE_EQ(flows.bytes_left(large), 10.0);
  EXPECT_DOUBLE_EQ(flows.next_completion(), 4.0);
  EXPECT_THROW(flows.advance(5.0), Error);
  EXPECT_THROW(flows.advance(1.0), Error);
}

TEST(Flows, WaitForALinkToComeBack) {
  Flows flows(1, 10.0);
  const Flows::Link link[] = {0};
  flows.add(link, 20.0);
  (void)flows.next_completion();
  flows.advance(1.0);
  flows.set_capacity(0, 0.0);
  EXPECT_TRUE(std::isinf(flows.next_completion()));
  flows.advance(11.0);
  flows.set_capacity(0, 5.0);
  EXPECT_DOUBLE_EQ(flows.next_completion(), 13.0);
}

TEST(Flows, SolveOnceForEqualCompletions) {
  Flows flows(2, 10.0);
  const Flows::Link a[] = {0}, b[] = {1};
  flows.add(a, 10.0), flows.add(a, 10.0), flows.add(b, 20.0);
  flows.advance(flows.next_completion());
  EXPECT_EQ(flows.completed().size(), 3u);
  EXPECT_EQ(flows.rates().counters().solves, 1u);
}

struct Reference {
  const char* file;
  const char* makespan;
  const char* sum;
};

// SimGrid 3.32's answers (network/model:CM02, no cross-traffic).
class SimGrid : public ::testing::TestWithParam<Reference> {};
TEST_P(SimGrid, GivesTheSameNineDigits) {
  NADC_SHARED_OR_SKIP(path, std::string("network/") + GetParam().file);
  const FlowOutcome outcome = run_to_completion(read_flow_instance(path));
  char text[64];
  std::snprintf(text, sizeof text, "%.9g", outcome.makespan_s);
  EXPECT_EQ(std::string(text), GetParam().makespan);
  EXPECT_NEAR(outcome.sum_completion_s, std::atof(GetParam().sum), 1e-9 * outcome.sum_completion_s);
}
INSTANTIATE_TEST_SUITE_P(Instances, SimGrid,
                         ::testing::Values(Reference{"perm1024.txt", "0.0819912688", "18.972867833"},
                                           Reference{"p4096x1.txt", "0.0667726993", "77.4592351264"},
                                           Reference{"p1024x2.txt", "0.106965911", "56.1110879015"}));

}  // namespace
}  // namespace nadc
