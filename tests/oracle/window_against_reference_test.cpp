// The window, job by job, against a scheduler that knows no data structure but a sorted list, on random traces on a
// pool: every order, every rule of access, every kind of backfill, windows of one job to all.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "tests/models/policies.hpp"
#include "tests/models/world_fixture.hpp"

namespace nadc::test {
namespace {

struct Row {
  std::int64_t submit, gpus, duration, request, group;
};

struct Rules {
  ChoiceValue order, admit;
  Backfill backfill;
  std::int64_t window, gpus;
  std::vector<std::int64_t> eighths;  // (group) quota
  std::vector<std::int64_t> priority;
};

// Starts of all jobs. At every second at which something ends or comes the whole queue is sorted and gone through from
// its head, twice where groups borrow:
//   * what access says is asked when a job is looked at; who may not start in this round takes no place;
//   * a job that may, and does not start, takes one of the window's places; when they are taken the round is over;
//   * none: the pass is over at the first job that does not fit. EASY: the first one is the head; who comes after it
//     starts if the head's earliest fit is then no later. Conservative: each job looked at gets its earliest start.
class Reference {
 public:
  Reference(const std::vector<Row>& rows, const Rules& rules) : rows_(rows), rules_(rules) {
    start_.assign(rows.size(), -1);
  }

  std::vector<std::int64_t> run() {
    std::size_t next = 0;
    while (next < rows_.size() || !running_.empty()) {
      now_ = next < rows_.size() ? rows_[next].submit : INT64_MAX;
      for (const std::size_t i : running_) now_ = std::min(now_, end_of(i));
      std::erase_if(running_, [&](std::size_t i) { return end_of(i) == now_; });
      for (; next < rows_.size() && rows_[next].submit == now_; ++next) queue_.push_back(next);
      std::sort(queue_.begin(), queue_.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
      pass();
    }
    return start_;
  }

  std::size_t longest_queue() const { return longest_; }

 private:
  enum class Says { no, yes, borrow };
  using Use = std::vector<std::tuple<std::int64_t, std::int64_t, std::int64_t>>;  // from, to, GPUs

  std::int64_t end_of(std::size_t i) const { return start_[i] + rows_[i].duration; }

  std::tuple<std::int64_t, std::int64_t, std::int64_t, std::size_t> key(std::size_t i) const {
    const Row& row = rows_[i];
    std::int64_t first = 0;
    if (Orders::holds<Fifo>(rules_.order)) first = row.submit;
    if (Orders::holds<ShortestFirst>(rules_.order)) first = row.request;
    if (Orders::holds<SmallestFirst>(rules_.order)) first = row.gpus;
    if (Orders::holds<PriorityFirst>(rules_.order)) first = -rules_.priority[static_cast<std::size_t>(row.group)];
    return {first, row.submit, row.group, i};
  }

  Says says(std::size_t i) const {
    if (Admits::holds<OpenQueue>(rules_.admit)) return Says::yes;
    std::int64_t held = rows_[i].gpus;
    for (const std::size_t other : running_)
      if (rows_[other].group == rows_[i].group) held += rows_[other].gpus;
    if (8 * held <= rules_.eighths[static_cast<std::size_t>(rows_[i].group)] * rules_.gpus) return Says::yes;
    return Admits::holds<GroupQuota>(rules_.admit) ? Says::no : Says::borrow;
  }

  Use use() const {
    Use use;
    for (const std::size_t i : running_) use.emplace_back(now_, start_[i] + rows_[i].request, rows_[i].gpus);
    return use;
  }
  // The first moment from which so many GPUs are free for so long.
  std::int64_t earliest(const Use& use, std::int64_t gpus, std::int64_t length) const {
    std::vector<std::int64_t> moments{now_};
    for (const auto& [from, to, held] : use) moments.push_back(to);
    std::sort(moments.begin(), moments.end());
    for (const std::int64_t at : moments) {
      std::vector<std::int64_t> inside{at};
      for (const auto& [from, to, held] : use)
        if (from > at && from < at + length) inside.push_back(from);
      const bool fits = std::all_of(inside.begin(), inside.end(), [&](std::int64_t t) {
        std::int64_t free = rules_.gpus;
        for (const auto& [from, to, held] : use) free -= from <= t && t < to ? held : 0;
        return free >= gpus;
      });
      if (fits) return at;
    }
    return INT64_MAX;
  }

  void pass() {
    longest_ = std::max(longest_, queue_.size());
    std::vector<std::size_t> heads;
    Use plan = use();
    std::vector<std::size_t> planned;
    for (const Says round : {Says::yes, Says::borrow}) {
      std::int64_t places = 0;
      for (const std::size_t i : std::vector<std::size_t>(queue_)) {
        if (start_[i] >= 0 || says(i) != round) continue;
        if (starts(i, heads, plan, planned)) {
          start_[i] = now_;
          running_.push_back(i);
          continue;
        }
        if (heads.empty()) heads.push_back(i);
        if (rules_.backfill == Backfill::none) break;
        if (++places == rules_.window) break;
      }
      if (rules_.backfill == Backfill::none && !heads.empty()) break;
    }
    std::erase_if(queue_, [&](std::size_t i) { return start_[i] >= 0; });
  }

  bool starts(std::size_t i, const std::vector<std::size_t>& heads, Use& plan,
              std::vector<std::size_t>& planned) const {
    const Row& row = rows_[i];
    if (rules_.backfill == Backfill::conservative) {
      if (std::count(planned.begin(), planned.end(), i)) return false;
      planned.push_back(i);
      const std::int64_t at = earliest(plan, row.gpus, row.request);
      plan.emplace_back(at, at + row.request, row.gpus);
      return at == now_;
    }
    Use with = use();
    if (earliest(with, row.gpus, 1) > now_) return false;
    if (heads.empty()) return true;
    const std::int64_t before = earliest(with, rows_[heads[0]].gpus, 1);
    with.emplace_back(now_, now_ + row.request, row.gpus);
    return earliest(with, rows_[heads[0]].gpus, 1) <= before;
  }

  const std::vector<Row>& rows_;
  const Rules& rules_;
  std::int64_t now_ = 0;
  std::size_t longest_ = 0;
  std::vector<std::int64_t> start_;
  std::vector<std::size_t> queue_, running_;
};

template <int Width>
std::vector<std::int64_t> loop_starts(const std::vector<Row>& rows, const Rules& rules, std::uint32_t room) {
  Scenario s = machine(rules.gpus, 1, 0);
  s.scheduler.order = rules.order;
  s.scheduler.backfill = rules.backfill;
  s.scheduler.window = rules.window;
  s.access.admit = rules.admit;
  for (std::size_t g = 0; g < rules.eighths.size(); ++g) {
    GroupSpec group;
    group.name = std::string(1, static_cast<char>('a' + g));
    group.quota = static_cast<double>(rules.eighths[g]) / 8;
    group.priority = rules.priority[g];
    s.workload.groups.push_back(group);
  }
  std::vector<TraceInput> jobs;
  for (const Row& row : rows)
    jobs.push_back(job(static_cast<double>(row.submit), row.gpus, static_cast<double>(row.duration),
                       static_cast<double>(row.request), std::string(1, static_cast<char>('a' + row.group))));
  const Study study(s, jobs);
  Capacity capacity = first_capacity(study.world(), study.point());
  capacity.waiting = room;
  Diary diary;
  study.run_with<Width>(capacity, 0, 0, &diary);
  diary.start.resize(rows.size(), -1);
  for (std::int64_t& start : diary.start) start = start < 0 ? -1 : start / ticks_per_second + rows[0].submit;
  return diary.start;
}

TEST(WindowAgainstTheReference, EveryStartIsTheSame) {
  std::mt19937_64 random(11);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  int bound = 0, rounds = 0;
  for (const Backfill backfill : {Backfill::none, Backfill::easy, Backfill::conservative})
    for (const ChoiceValue& order : policies<Orders, Fifo, ShortestFirst, SmallestFirst, PriorityFirst>())
      for (const ChoiceValue& admit : policies<Admits, OpenQueue, GroupQuota, BorrowedQuota>())
        for (const std::int64_t window : {1, 2, 3, 5, 12, 40, 0})
          for (int turn = 0; turn < 3; ++turn) {
            Rules rules{order, admit, backfill, window, 8 * (1 + below(4)), {}, {}};
            const std::int64_t groups = 1 + below(4);
            for (std::int64_t g = 0; g < groups; ++g) {
              rules.eighths.push_back(1 + below(8));
              rules.priority.push_back(below(3));
            }
            std::vector<Row> rows;
            const bool exact = below(2) != 0;
            std::int64_t at = 0;
            for (int i = 0; i < 160; ++i) {
              at += below(3) ? below(6) : 0;
              const std::int64_t group = below(groups);
              const std::int64_t most = Admits::holds<GroupQuota>(admit)
                                            ? rules.eighths[static_cast<std::size_t>(group)] * rules.gpus / 8
                                            : rules.gpus;
              const std::int64_t duration = 1 + below(40);
              rows.push_back({at, std::min(most, 1 + below(below(3) ? 4 : rules.gpus)), duration,
                              duration + (exact ? 0 : below(60)), group});
            }
            Reference reference(rows, rules);
            const std::vector<std::int64_t> expected = reference.run();
            const auto what = [&] {
              return "order " + name_in<Orders>(order) + " admit " + name_in<Admits>(admit) + " backfill " +
                     std::to_string(static_cast<int>(backfill)) + " window " + std::to_string(window) + " turn " +
                     std::to_string(turn);
            };
            ASSERT_EQ(loop_starts<1>(rows, rules, 1024), expected) << what();
            ASSERT_EQ(loop_starts<32>(rows, rules, 1), expected) << what();
            Rules whole = rules;
            whole.window = 0;
            bound += expected != Reference(rows, whole).run();
            ++rounds;
          }
  EXPECT_GT(bound, rounds / 3);  // the window mattered
}

}  // namespace
}  // namespace nadc::test
