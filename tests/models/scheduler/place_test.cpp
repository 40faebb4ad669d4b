#include "models/scheduler/place.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace nadc {
namespace {

// A partition with all its nodes in service.
template <int Width = 1> struct Machine {
  std::vector<std::byte> memory;
  PartitionGpus<Width> part;
  std::vector<std::uint64_t> set;
  Lanes<Width> lanes;

  Machine(std::uint32_t nodes, std::uint32_t gpus_per_node, std::uint32_t pod_nodes) {
    const NodeMapShape shape{nodes, gpus_per_node, pod_nodes};
    memory.resize(NodeMap<Width>::bytes(shape));
    part.map.init(lanes, memory.data(), shape);
    set.assign(shape.words(), 0);
    for (const NodeId n : range<NodeId>(nodes)) part.map.enter(lanes, n);
    part.free = nodes * gpus_per_node;
  }
  bool idle(std::uint32_t n) const {
    const NodeId node{n};
    return part.map.present(node) && part.map.free_gpus(node) == part.map.shape().gpus_per_node;
  }
  std::vector<std::uint32_t> nodes_in(const std::vector<std::uint64_t>& mask) const {
    std::vector<std::uint32_t> nodes;
    for (std::uint32_t n = 0; n < part.map.shape().nodes; ++n)
      if ((mask[n / 64] >> (n % 64)) & 1) nodes.push_back(n);
    return nodes;
  }
};

TEST(BestFit, PutsASmallJobOnTheFullestNodeThatStillHasRoom) {
  Machine<> m(3, 8, 2);
  m.part.map.take({}, NodeId(0), 2);  // 6 free
  m.part.map.take({}, NodeId(2), 5);  // 3 free
  m.part.free -= 7;
  EXPECT_EQ(BestFit{}.take(m.lanes, m.part, 3, nullptr).first, 2u);
  EXPECT_EQ(BestFit{}.take(m.lanes, m.part, 3, nullptr).first, 0u);
  EXPECT_EQ(BestFit{}.take(m.lanes, m.part, 4, nullptr).first, 1u);
  EXPECT_EQ(m.part.free, 24u - 7 - 10);
  EXPECT_FALSE(BestFit{}.fits(m.part, 5));  // 7 are free, 4 on one node at most
  EXPECT_TRUE(BestFit{}.fits(m.part, 4));
  EXPECT_TRUE(Pool{}.fits(m.part, 7));
}

TEST(BestFit, RoundsALargeJobUpToWholeNodesFromTheLowest) {
  Machine<> m(5, 8, 2);
  m.part.map.take({}, NodeId(0), 1);
  m.part.free -= 1;
  const Placement where = BestFit{}.take(m.lanes, m.part, 17, m.set.data());
  EXPECT_EQ(where.gpus, 24u);
  EXPECT_EQ(where.nodes, 3u);
  EXPECT_EQ(where.pods, 2u);  // node 1 of pod 0; nodes 2 and 3 of pod 1
  EXPECT_EQ(m.nodes_in(m.set), (std::vector<std::uint32_t>{1, 2, 3}));
  EXPECT_EQ(m.part.free, 39u - 24);
  EXPECT_FALSE(BestFit{}.fits(m.part, 9));
  m.part.map.give_set(m.lanes, where.first, where.last, where.nodes, m.set.data());
  EXPECT_EQ(m.part.map.idle_nodes(), 4u);
  EXPECT_EQ(m.nodes_in(m.set), (std::vector<std::uint32_t>{}));
}

// Pods of 4. Pod 0 has two idle nodes, pod 1 three, pod 2 four.
TEST(Pack, TakesThePodWithTheLeastRoomThatSufficesElseTheEmptiest) {
  Machine<> m(12, 8, 4);
  for (std::uint32_t n : {0u, 1u, 4u}) m.part.map.take({}, NodeId(n), 1);
  m.part.free -= 3;
  std::vector<std::uint64_t> set(1, 0);
  EXPECT_EQ(Pack{}.take(m.lanes, m.part, 24, set.data()).pods, 1u);
  EXPECT_EQ(m.nodes_in(set), (std::vector<std::uint32_t>{5, 6, 7}));
  std::vector<std::uint64_t> second(1, 0);
  const Placement where = Pack{}.take(m.lanes, m.part, 40, second.data());  // four from pod 2, one from pod 0
  EXPECT_EQ(where.pods, 2u);
  EXPECT_EQ(m.nodes_in(second), (std::vector<std::uint32_t>{2, 8, 9, 10, 11}));
}

// Pack spans the fewest pods that any choice can; both own exactly idle nodes; what they say of pods is true.
template <int Width> void keeps_its_promises() {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    const auto nodes = static_cast<std::uint32_t>(2 + random() % 200),
               pod = static_cast<std::uint32_t>(1 + random() % 40);
    Machine<Width> m(nodes, 4, pod);
    for (std::uint32_t n = 0; n < nodes; ++n)
      if (random() % 3 == 0) {
        const auto taken = static_cast<std::uint32_t>(1 + random() % 4);
        m.part.map.take(m.lanes, NodeId(n), taken);
        m.part.free -= taken;
      } else if (random() % 9 == 0) {
        m.part.map.leave(m.lanes, NodeId(n));
        m.part.free -= 4;
      }
    const std::uint32_t idle = m.part.map.idle_nodes();
    if (idle < 2) continue;
    const auto wish = static_cast<std::uint32_t>(2 + random() % (idle - 1));
    std::vector<std::uint32_t> room(m.part.map.shape().pods(), 0);
    std::vector<bool> was_idle(nodes);
    for (std::uint32_t n = 0; n < nodes; ++n) {
      was_idle[n] = m.idle(n);
      room[n / pod] += m.idle(n);
    }
    for (std::uint32_t p = 0; p < room.size(); ++p) ASSERT_EQ(m.part.map.idle_in_pod(PodId(p)), room[p]);
    std::sort(room.rbegin(), room.rend());
    std::uint32_t fewest = 0, sum = 0;
    while (sum < wish) sum += room[fewest++];
    const bool packed = round % 2;
    ASSERT_TRUE(BestFit{}.fits(m.part, wish * 4));
    ASSERT_FALSE(BestFit{}.fits(m.part, idle * 4 + 5));
    const Placement where = packed ? Pack{}.take(m.lanes, m.part, wish * 4, m.set.data())
                                   : BestFit{}.take(m.lanes, m.part, wish * 4, m.set.data());
    const auto owned = m.nodes_in(m.set);
    ASSERT_EQ(owned.size(), wish);
    std::vector<bool> pods(room.size());
    for (std::uint32_t n : owned) {
      ASSERT_TRUE(was_idle[n]);
      ASSERT_EQ(m.part.map.free_gpus(NodeId(n)), 0u);
      ASSERT_GE(n / 64, where.first);
      ASSERT_LE(n / 64, where.last);
      pods[n / pod] = true;
    }
    ASSERT_EQ(where.pods, static_cast<std::uint32_t>(std::count(pods.begin(), pods.end(), true)));
    if (packed) {
      ASSERT_EQ(where.pods, fewest) << round;
    }
    ASSERT_EQ(m.part.map.idle_nodes(), idle - wish);
    m.part.map.give_set(m.lanes, where.first, where.last, where.nodes, m.set.data());
    for (std::uint32_t n = 0; n < nodes; ++n) ASSERT_EQ(m.idle(n), was_idle[n]);
    std::vector<std::uint32_t> again(m.part.map.shape().pods(), 0);
    for (std::uint32_t n = 0; n < nodes; ++n) again[n / pod] += was_idle[n];
    for (std::uint32_t p = 0; p < again.size(); ++p) ASSERT_EQ(m.part.map.idle_in_pod(PodId(p)), again[p]);
  }
}
TEST(Placement, KeepsItsPromisesOnRandomMachines) { keeps_its_promises<1>(); }
TEST(Placement, KeepsItsPromisesAtWidthThirtyTwo) { keeps_its_promises<32>(); }

// Random part-node jobs, failures and returns against plain arrays, beyond one summary word (64 × 64 nodes) and, with
// 72 GPUs a node, beyond one word of levels.
void follows_a_plain_array(std::uint32_t full) {
  std::mt19937_64 random(9);
  const std::uint32_t nodes = 4500;
  const int whole = static_cast<int>(full);
  Machine<> m(nodes, full, 32);
  std::vector<int> free(nodes, whole);  // -1: not in service
  for (int step = 0; step < 20000; ++step) {
    const auto n = static_cast<std::uint32_t>(random() % 8 ? 4400 + random() % 100 : random() % nodes);
    if (free[n] < 0) {
      m.part.map.enter({}, NodeId(n));
      free[n] = whole;
    } else if (free[n] == whole && random() % 4 == 0) {
      m.part.map.leave({}, NodeId(n));
      free[n] = -1;
    } else if (free[n] > 0 && random() % 2) {
      const int gpus = 1 + static_cast<int>(random() % static_cast<std::uint64_t>(free[n]));
      m.part.map.take({}, NodeId(n), static_cast<std::uint32_t>(gpus));
      free[n] -= gpus;
    } else if (free[n] < whole) {
      m.part.map.give({}, NodeId(n), 1);
      ++free[n];
    }
    ASSERT_EQ(m.part.map.present(NodeId(n)), free[n] >= 0);
    if (step % 100) continue;
    std::vector<bool> some(full + 1);
    for (std::uint32_t level = 0; level <= full; ++level) {
      const auto first = std::find(free.begin(), free.end(), static_cast<int>(level));
      const auto count = std::count(free.begin(), free.end(), static_cast<int>(level));
      some[level] = count > 0;
      ASSERT_EQ(m.part.map.count(level), static_cast<std::uint32_t>(count));
      if (count > 0) {
        ASSERT_EQ(m.part.map.lowest({}, level).value, static_cast<std::uint32_t>(first - free.begin()));
      }
    }
    for (std::uint32_t gpus = 0; gpus <= full; ++gpus) {
      std::uint32_t up = gpus, down = 0;
      while (up <= full && !some[up]) ++up;
      for (std::uint32_t level = 0; level < gpus; ++level)
        if (some[level]) down = level;
      ASSERT_EQ(m.part.map.best_level(gpus), up);
      ASSERT_EQ(m.part.map.level_below(gpus), down);
    }
  }
}
TEST(NodeMap, FollowsAPlainArray) { follows_a_plain_array(8); }
TEST(NodeMap, FollowsAPlainArrayWithSeventyTwoGpusANode) { follows_a_plain_array(72); }

}  // namespace
}  // namespace nadc
