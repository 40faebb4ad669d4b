#include "models/scheduler/waiting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace nadc {
namespace {

std::vector<std::uint32_t> numbers(const auto& waiting) {
  std::vector<std::uint32_t> list;
  for (std::uint32_t i = 0; i < waiting.end(); ++i)
    if (waiting.present(i)) list.push_back(waiting[i].number);
  return list;
}

TEST(WaitingJob, TiesGoToTheEarlierSubmissionThenCellThenNumber) {
  WaitingJob a, b;
  a.key = b.key = 5;
  a.submit = 1, b.submit = 2, a.cell = 9;
  EXPECT_TRUE(a.before(b) && !b.before(a));
  b.submit = 1;
  EXPECT_TRUE(b.before(a) && !a.before(b));
  b.cell = 9, a.number = 1;
  EXPECT_TRUE(b.before(a) && !a.before(b));
  b.number = 1;
  EXPECT_FALSE(a.before(b) || b.before(a));
  b.key = 4, a.submit = 0;
  EXPECT_TRUE(b.before(a));
}

// Against a sorted list, under random arrivals, departures and closings of the gaps.
template <int Width> void follows_a_sorted_list() {
  std::mt19937_64 random(11);
  const std::uint32_t capacity = 24;
  std::vector<std::byte> memory(Waiting<Width>::bytes(capacity));
  Waiting<Width> waiting;
  waiting.init({}, memory.data(), capacity);
  const Lanes<Width> lanes;
  std::vector<WaitingJob> list;
  int closings = 0;
  for (std::uint32_t step = 0; step < 4000; ++step) {
    if (random() % 2 && list.size() < capacity) {
      WaitingJob job;
      job.key = static_cast<std::int64_t>(random() % 10);
      job.number = step;
      job.gpus = 1 + static_cast<std::uint32_t>(random() % 8);
      job.request = static_cast<Tick>(random() % 64) << 10;
      if (waiting.full()) {
        // A mark keeps its job, or the place before which it stood.
        const auto mark = static_cast<std::uint32_t>(random() % (waiting.end() + 1));
        std::vector<std::uint32_t> before;
        for (std::uint32_t i = 0; i < mark; ++i)
          if (waiting.present(i)) before.push_back(waiting[i].number);
        const std::uint32_t moved = waiting.present_before(lanes, mark);
        ASSERT_TRUE(waiting.compact(lanes));
        ASSERT_EQ(moved, before.size());
        for (std::uint32_t i = 0; i < moved; ++i) ASSERT_EQ(waiting[i].number, before[i]);
        ++closings;
      }
      const std::uint32_t place = waiting.insert(lanes, job, job.request);
      ASSERT_EQ(waiting[place].number, step);
      list.insert(std::upper_bound(list.begin(), list.end(), job,
                                   [](const WaitingJob& a, const WaitingJob& b) { return a.before(b); }),
                  job);
    } else if (!list.empty()) {
      const auto gone = static_cast<std::ptrdiff_t>(random() % list.size());
      for (std::uint32_t i = 0; i < waiting.end(); ++i)
        if (waiting.present(i) && waiting[i].number == list[static_cast<std::size_t>(gone)].number) {
          waiting.remove(lanes, i);
          break;
        }
      list.erase(list.begin() + gone);
    }
    ASSERT_EQ(waiting.size(), list.size());
    std::vector<std::uint32_t> expected;
    for (const WaitingJob& job : list) expected.push_back(job.number);
    ASSERT_EQ(numbers(waiting), expected) << step;
    // The first job from a place on that asks for at most a limit.
    const auto limit = static_cast<std::uint32_t>(random() % 9);
    const auto from = static_cast<std::uint32_t>(random() % (waiting.end() + 1));
    std::uint32_t first = from;
    while (first < waiting.end() && !(waiting.present(first) && waiting[first].gpus <= limit)) ++first;
    ASSERT_EQ(waiting.find(lanes, from, limit), first);
    // By a filter: small enough for what is free, or for what is reserved and then short or spare.
    const WaitingFilter filter{limit / 2, limit, limit / 3, Waiting<Width>::brief(static_cast<Tick>(random() % 65536))};
    const auto passes = [&](const WaitingJob& job) {
      return job.gpus <= filter.free ||
             (job.gpus <= filter.reserved && (job.request >> 10 <= filter.longest || job.gpus <= filter.spare));
    };
    first = from;
    while (first < waiting.end() && !(waiting.present(first) && passes(waiting[first]))) ++first;
    ASSERT_EQ(waiting.find(lanes, from, filter), first);
  }
  EXPECT_GT(closings, 20);
}
TEST(Waiting, FollowsASortedList) { follows_a_sorted_list<1>(); }
TEST(Waiting, FollowsASortedListAtWidthThirtyTwo) { follows_a_sorted_list<32>(); }

TEST(Waiting, HasNoGapsToCloseWhenEveryPlaceHoldsAJob) {
  std::vector<std::byte> memory(Waiting<1>::bytes(2));
  Waiting<1> waiting;
  waiting.init({}, memory.data(), 2);
  waiting.insert({}, WaitingJob{}, 0);
  waiting.insert({}, WaitingJob{}, 0);
  EXPECT_TRUE(waiting.full());
  EXPECT_FALSE(waiting.compact({}));
}

}  // namespace
}  // namespace nadc
