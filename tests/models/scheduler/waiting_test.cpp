#include "models/scheduler/waiting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace nadc {
namespace {

std::vector<std::uint32_t> numbers(const auto& waiting) {
  std::vector<std::uint32_t> list;
  for (PlaceId i{0}; i < waiting.end(); ++i)
    if (waiting.present(i)) list.push_back(waiting[i].number);
  return list;
}

TEST(WaitingJob, TiesGoToTheEarlierSubmissionThenCellThenNumber) {
  WaitingJob a, b;
  a.key = b.key = 5;
  a.submit = 1, b.submit = 2, a.cell = CellId16(CellId(9));
  EXPECT_TRUE(a.before(b) && !b.before(a));
  b.submit = 1;
  EXPECT_TRUE(b.before(a) && !a.before(b));
  b.cell = CellId16(CellId(9)), a.number = 1;
  EXPECT_TRUE(b.before(a) && !a.before(b));
  b.number = 1;
  EXPECT_FALSE(a.before(b) || b.before(a));
  b.key = 4, a.submit = 0;
  EXPECT_TRUE(b.before(a));
}

constexpr std::uint32_t columns = 2, classes = 3;

// Against a sorted list, under random arrivals, departures, new keys, closings and spreadings of the gaps.
template <int Width> void follows_a_sorted_list() {
  std::mt19937_64 random(11);
  const std::uint32_t capacity = 150;
  std::vector<std::byte> memory(Waiting<Width>::bytes(capacity, columns));
  Waiting<Width> waiting;
  waiting.init({}, memory.data(), capacity, columns, classes);
  const Lanes<Width> lanes;
  std::vector<WaitingJob> list;
  using Gaps = typename Waiting<Width>::Gaps;
  int closings = 0, spreadings = 0, front = 0, sorted = 0;
  for (std::uint32_t step = 0; step < 9000; ++step) {
    if (random() % 64 == 0 && waiting.size() > 0) {
      // Everything before a mark moves up to it.
      const PlaceId mark(static_cast<std::uint32_t>(random() % (waiting.end().value + 1)));
      if (mark >= waiting.first()) {
        const std::uint32_t before = waiting.present_before(lanes, mark);
        waiting.close_front(lanes, mark);
        ASSERT_EQ(waiting.first(), mark - before);
        for (PlaceId i = waiting.first(); i < mark; ++i) ASSERT_TRUE(waiting.present(i));
        ++front;
      }
    }
    if (step >= 6000 && random() % 50 == 0) {  // new keys: by cell, as of groups, or by job
      const std::uint64_t salt = random();
      const auto key_of = [&](const WaitingJob& job) {
        const std::uint64_t what = salt % 2 ? job.cell.value : job.number;
        return static_cast<std::int64_t>(((what + 1) * salt >> 20) % 7);
      };
      waiting.rekey(lanes, key_of);
      for (WaitingJob& job : list) job.key = key_of(job);
      const auto before = [](const WaitingJob& a, const WaitingJob& b) { return a.before(b); };
      sorted += std::is_sorted(list.begin(), list.end(), before) ? 0 : 1;
      std::sort(list.begin(), list.end(), before);
    }
    if (random() % 100 < (step / 500 % 2 ? 40 : 60) && list.size() < capacity) {
      WaitingJob job;
      job.key = static_cast<std::int64_t>(random() % 10);
      job.number = step;
      job.cell = CellId16(CellId(static_cast<std::uint32_t>(random() % (2 * columns * classes))));
      job.gpus = 1 + static_cast<std::uint32_t>(random() % 8);
      job.most_held = job.gpus + static_cast<std::uint32_t>(random() % 8);
      job.request = static_cast<Tick>(random() % 64) << 10;
      waiting.trim();
      PlaceId place = waiting.place_of(job), room = waiting.room(lanes, place, 8);
      if (!room.valid()) {
        // Ranks keep their jobs.
        const std::vector<std::uint32_t> before = numbers(waiting);
        const PlaceId mark(static_cast<std::uint32_t>(random() % (waiting.end().value + 1)));
        std::uint32_t rank = 0;
        for (PlaceId i{0}; i < mark; ++i) rank += waiting.present(i);
        ASSERT_EQ(waiting.present_before(lanes, mark), rank);
        const Gaps gaps = place == waiting.end() ? Gaps::closed : Gaps::spread;
        ASSERT_TRUE(waiting.compact(lanes, gaps));
        for (std::uint32_t r = 0; r < before.size(); ++r)
          ASSERT_EQ(waiting[waiting.place_of_rank(r)].number, before[r]);
        ++(gaps == Gaps::closed ? closings : spreadings);
        place = waiting.place_of(job);
        room = waiting.room(lanes, place, waiting.any_reach);
      }
      ASSERT_TRUE(room.valid());
      waiting.insert(lanes, job, job.request, place, room);
      list.insert(std::upper_bound(list.begin(), list.end(), job,
                                   [](const WaitingJob& a, const WaitingJob& b) { return a.before(b); }),
                  job);
    } else if (!list.empty()) {
      const auto gone = static_cast<std::ptrdiff_t>(random() % list.size());
      for (PlaceId i{0}; i < waiting.end(); ++i)
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
    for (std::uint32_t b = 0; b * waiting.block < waiting.end().value; ++b)
      for (std::uint32_t c = 0; c < columns; ++c) {
        std::uint32_t least = UINT32_MAX;
        for (PlaceId i(b * waiting.block); i < std::min(waiting.end(), PlaceId((b + 1) * waiting.block)); ++i)
          if (waiting.present(i) && waiting[i].cell.value / classes % columns == c)
            least = std::min(least, waiting[i].most_held);
        ASSERT_EQ(waiting.least_held(b, c), least) << step;
      }
    // The first job in a range of places that asks for at most a limit.
    const auto limit = static_cast<std::uint32_t>(random() % 9);
    const PlaceId from(static_cast<std::uint32_t>(random() % (waiting.end().value + 1)));
    const PlaceId to = from + static_cast<std::uint32_t>(random() % (waiting.end() - from + 1));
    PlaceId first = from;
    while (first < to && !(waiting.present(first) && waiting[first].gpus <= limit)) ++first;
    ASSERT_EQ(waiting.find(lanes, from, to, limit), first);
    // By a filter: small enough for what is free, or for what is reserved and then short or spare.
    const WaitingFilter filter{limit / 2, limit, limit / 3, Waiting<Width>::brief(static_cast<Tick>(random() % 65536))};
    const auto passes = [&](const WaitingJob& job) {
      return job.gpus <= filter.free ||
             (job.gpus <= filter.reserved && (job.request >> 10 <= filter.longest || job.gpus <= filter.spare));
    };
    first = from;
    while (first < to && !(waiting.present(first) && passes(waiting[first]))) ++first;
    ASSERT_EQ(waiting.find(lanes, from, to, filter), first);
  }
  EXPECT_GT(closings, 1);
  EXPECT_GT(spreadings, 20);
  EXPECT_GT(front, 20);
  EXPECT_GT(sorted, 20);
}
TEST(Waiting, FollowsASortedList) { follows_a_sorted_list<1>(); }
TEST(Waiting, FollowsASortedListAtWidthThirtyTwo) { follows_a_sorted_list<32>(); }

TEST(Waiting, HasNoGapsToCloseWhenEveryPlaceHoldsAJob) {
  std::vector<std::byte> memory(Waiting<1>::bytes(2, 0));
  Waiting<1> waiting;
  waiting.init({}, memory.data(), 2, 0, 1);
  waiting.insert({}, WaitingJob{}, 0, PlaceId(0), PlaceId(0));
  waiting.insert({}, WaitingJob{}, 0, PlaceId(1), PlaceId(1));
  EXPECT_FALSE(waiting.room({}, PlaceId(2)).valid());
  EXPECT_FALSE(waiting.compact({}));
}

}  // namespace
}  // namespace nadc
