#include "models/scheduler/node_plan.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "models/scheduler/node_ends.hpp"

namespace nadc {
namespace {

// A node of 8 GPUs, 3 free; one job frees 3 at 10, another 2 at 20. So 6 are free from 10 on, all 8 from 20 on; when
// the second ends early, from 10 on.
TEST(NodeEnds, ANodeIsFreeWhenItsLastJobIsDue) {
  const WheelShape shape{32, 2};
  std::vector<std::byte> memory(ReleaseWheel<1>::bytes(shape)), heads(NodeEnds<1>::bytes(1));
  std::vector<Due> due(2 + 1);
  ReleaseWheel<1> wheel;
  NodeEnds<1> ends;
  wheel.init({}, memory.data(), shape, {due.data()});
  ends.init({}, heads.data(), 1, {due.data()}, DueId(2));
  const NodeId node{0};
  EXPECT_FALSE(ends.shared(node));
  ends.start({}, wheel, node, SlotId(1), 20, 2);
  ends.start({}, wheel, node, SlotId(0), 10, 3);
  EXPECT_EQ(ends.latest(node), 20);
  EXPECT_EQ(ends.released(node, 9), 0u);
  EXPECT_EQ(ends.released(node, 10), 3u);
  EXPECT_EQ(ends.room_at(node, 3, 6), 10);
  EXPECT_EQ(ends.room_at(node, 3, 7), 20);
  EXPECT_EQ(wheel.find({}, 0, 0, 1).at, 20);
  ends.end({}, wheel, node, SlotId(1));
  EXPECT_EQ(ends.latest(node), 10);
  EXPECT_EQ(wheel.find({}, 0, 0, 1).at, 10);
  ends.end({}, wheel, node, SlotId(0));
  EXPECT_FALSE(ends.shared(node));
  EXPECT_EQ(wheel.find({}, 0, 0, 1).at, never);
}

// Two nodes of 4 GPUs: on the first 1 is free, 4 from 10 on; the second is idle.
template <int Width> void plans_two_nodes() {
  const Lanes<Width> lanes;
  const NodeMapShape shape{2, 4, 1};
  std::vector<std::byte> memory(NodePlan<Width>::bytes(shape, 8));
  NodePlan<Width> plan;
  plan.init(lanes, memory.data(), shape, 8);
  plan.begin(lanes, 0, [](NodeId node) { return node == NodeId(0) ? 1u : 4u; });
  plan.release(NodeId(0), 10, 3);
  const auto reserve = [&](Tick length, std::uint32_t gpus, Tick expected, std::uint32_t node) {
    ASSERT_EQ(plan.earliest(lanes, 0, length, gpus), expected);
    const Placement where = plan.place(lanes, BestFit{}, expected, gpus);
    if (where.nodes == 0) {
      ASSERT_EQ(where.first, node);
    }
    plan.reserve(where, plan.set(), expected, expected + length);
  };
  reserve(5, 4, 0, 1);    // a node: the idle one
  reserve(5, 8, 10, 0);   // both nodes: when the first is free
  reserve(10, 1, 0, 0);   // one GPU until 10, beside the running jobs
  reserve(11, 1, 15, 0);  // a tick more would meet the two nodes' job
  reserve(5, 3, 5, 1);    // between the two jobs on the second node
  reserve(2, 3, 15, 0);   // 3 are left on the first, beside the job from 15 on: fuller than the idle second
  EXPECT_FALSE(plan.full());
}

TEST(NodePlan, FindsTheEarliestStartOnNodes) { plans_two_nodes<1>(); }
TEST(NodePlan, FindsItWithThirtyTwoLanes) { plans_two_nodes<32>(); }

TEST(NodePlan, SaysWhenItHasNoRoom) {
  const NodeMapShape shape{1, 4, 1};
  std::vector<std::byte> memory(NodePlan<1>::bytes(shape, 1));
  NodePlan<1> plan;
  plan.init({}, memory.data(), shape, 1);
  plan.begin({}, 0, [](NodeId) { return 0u; });
  plan.release(NodeId(0), 10, 4);
  EXPECT_FALSE(plan.full());
  EXPECT_EQ(plan.earliest({}, 0, 5, 1), 10);
  plan.reserve(plan.place({}, BestFit{}, 10, 1), plan.set(), 10, 15);
  EXPECT_TRUE(plan.full());
}

}  // namespace
}  // namespace nadc
