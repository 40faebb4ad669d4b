// Hold model over the event set and its rivals: N pending; a step takes the minimum and pushes it again after an
// exponential increment; one step in ten also re-keys a random other slot. Prints ns a step, CPU time, median of the
// runs.
//
//   event_set_bench [--quick] [--only NAME] [sizes…]      default sizes: 100 1000 10000 100000 1000000
//
// "re-arm" pushes the popped slot again with one set(); "pop, push" cancels it first. Every structure must take the
// same events in the same order: the checksums are compared. std::priority_queue has no re-keys, so it is timed
// without.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "sim/event_set.hpp"
#include "tests/bench/event_sets/calendar.hpp"
#include "tests/bench/event_sets/heaps.hpp"
#include "tests/bench/event_sets/ladder.hpp"
#include "tests/bench/event_sets/radix_heap.hpp"
#include "tests/bench/event_sets/tournaments.hpp"

namespace nadc::bench {
namespace {

enum class Step { rearm, pop_push };
enum class Rekeys { none, tenth };
enum class Order { checked, other };  // other: takes other events, so the checksum differs

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// xorshift64 and a table of 1,024 exponential quantiles: under 2 ns a draw.
class Source {
 public:
  Source() {
    for (int i = 0; i < 1024; ++i) quantile_[i] = static_cast<std::uint32_t>(-std::log((i + 0.5) / 1024.0) * 1048576.0);
  }
  std::uint64_t next() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    return state_;
  }
  std::uint64_t ticks() {
    const std::uint64_t r = next();
    return quantile_[r >> 54] + (r & 0x3ff);
  }

 private:
  std::uint64_t state_ = 88172645463325252u;
  std::uint32_t quantile_[1024];
};

std::uint64_t key_of(std::uint64_t tick, std::uint32_t slot) { return (tick << 3) | (slot & 3u); }

struct Result {
  double ns;
  std::uint64_t checksum;
};

template <class Set> Result hold(std::uint32_t pending, std::uint64_t steps, Step step, Rekeys rekeys) {
  Source source;
  auto set = std::make_unique<Set>(pending);
  std::uint64_t checksum = 14695981039346656037u;
  for (std::uint32_t slot = 0; slot < pending; ++slot) set->set(slot, key_of(source.ticks(), slot));
  std::uint32_t until_rekey = 10;
  const auto run = [&](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const Top top = set->top();
      checksum = (checksum * 1099511628211u) ^ top.key ^ top.slot;
      if (step == Step::pop_push) set->cancel(top.slot);
      const std::uint64_t now = top.key >> 3;
      set->set(top.slot, key_of(now + source.ticks(), top.slot));
      if (rekeys == Rekeys::tenth && --until_rekey == 0) {
        until_rekey = 10;
        const auto other = static_cast<std::uint32_t>(((source.next() >> 32) * pending) >> 32);
        set->set(other, key_of(now + source.ticks(), other));
      }
    }
  };
  run(std::max<std::uint64_t>(std::min<std::uint64_t>(2 * pending, steps), 20000));
  const double start = cpu_seconds();
  run(steps);
  return {(cpu_seconds() - start) / static_cast<double>(steps) * 1e9, checksum};
}

class StandardQueue {
 public:
  explicit StandardQueue(std::uint32_t) {}
  void set(std::uint32_t slot, std::uint64_t key) { queue_.push({key, slot}); }
  void cancel(std::uint32_t) { queue_.pop(); }
  Top top() const { return queue_.top(); }

 private:
  struct Later {
    bool operator()(const Top& x, const Top& y) const { return x.key > y.key || (x.key == y.key && x.slot > y.slot); }
  };
  std::priority_queue<Top, std::vector<Top>, Later> queue_;
};

template <int Width> class Ours {
 public:
  explicit Ours(std::uint32_t capacity) : memory_(EventSet<Width>::bytes(capacity) / sizeof(Block)) {
    events_.init({}, memory_.data(), capacity);
  }
  void set(std::uint32_t slot, std::uint64_t key) { events_.set({}, slot, key); }
  void cancel(std::uint32_t slot) { events_.cancel({}, slot); }
  Top top() const {
    const NextEvent next = events_.top({});
    return {next.key, next.slot};
  }

 private:
  struct alignas(16) Block {
    std::uint64_t words[2];
  };
  std::vector<Block> memory_;
  EventSet<Width> events_;
};

class Nothing {
 public:
  explicit Nothing(std::uint32_t) {}
  void set(std::uint32_t slot, std::uint64_t key) { top_ = {key, slot}; }
  void cancel(std::uint32_t) {}
  Top top() const { return top_; }

 private:
  Top top_{0, 0};
};

struct Row {
  const char* name;
  Result (*run)(std::uint32_t, std::uint64_t, Step, Rekeys);
  Step step;
  Rekeys rekeys;
  Order order;
};

}  // namespace
}  // namespace nadc::bench

int main(int argc, char** argv) {
  using namespace nadc::bench;
  std::vector<std::uint32_t> sizes;
  bool quick = false;
  const char* only = "";
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0)
      quick = true;
    else if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc)
      only = argv[++i];
    else
      sizes.push_back(static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)));
  }
  if (sizes.empty()) sizes = {100, 1000, 10000, 100000, 1000000};
  std::vector<Row> rows;
  const auto add = [&rows](const char* name, Result (*run)(std::uint32_t, std::uint64_t, Step, Rekeys)) {
    const Order order = rows.empty() ? Order::other : Order::checked;  // the first row is the harness alone
    for (const Step step : {Step::rearm, Step::pop_push}) rows.push_back({name, run, step, Rekeys::tenth, order});
  };
  add("the harness alone", hold<Nothing>);
  add("sim/event_set.hpp", hold<Ours<1>>);
  add("sim/event_set.hpp at width 32", hold<Ours<32>>);
  add("padded tournament 2, stop", hold<PaddedTournament<Replay::until_unchanged, Select::as_event_set>>);
  add("padded tournament 2, masks", hold<PaddedTournament<Replay::whole_path, Select::masks>>);
  add("tournament 2, key and slot", hold<PairTournament<1, Replay::whole_path>>);
  add("tournament 2, key and slot, stop", hold<PairTournament<1, Replay::until_unchanged>>);
  add("tournament 4, key and slot", hold<PairTournament<2, Replay::whole_path>>);
  add("tournament 4, key and slot, stop", hold<PairTournament<2, Replay::until_unchanged>>);
  add("tournament 8, key and slot, stop", hold<PairTournament<3, Replay::until_unchanged>>);
  add("tournament 2, slot", hold<SlotTournament<1, Replay::whole_path>>);
  add("tournament 2, slot, stop", hold<SlotTournament<1, Replay::until_unchanged>>);
  add("tournament 4, slot, stop", hold<SlotTournament<2, Replay::until_unchanged>>);
  add("heap 2", hold<Heap<2>>);
  add("heap 4", hold<Heap<4>>);
  add("heap 8", hold<Heap<8>>);
  add("calendar", hold<Calendar>);
  add("ladder", hold<Ladder>);
  add("radix heap", hold<RadixHeap>);
  rows.push_back({"std::priority_queue, no re-keys", hold<StandardQueue>, Step::pop_push, Rekeys::none, Order::other});

  std::printf("%-34s %-9s", "ns a step", "step");
  for (const std::uint32_t size : sizes) std::printf(" %9u", size);
  std::printf("\n");
  std::vector<std::uint64_t> expected(sizes.size(), 0);
  int wrong = 0;
  for (const Row& row : rows) {
    if (std::strstr(row.name, only) == nullptr) continue;
    std::printf("%-34s %-9s", row.name, row.step == Step::rearm ? "re-arm" : "pop, push");
    for (std::size_t s = 0; s < sizes.size(); ++s) {
      const std::uint64_t steps = quick ? 50000 : std::max<std::uint64_t>(300000, sizes[s]);
      std::vector<double> ns;
      std::uint64_t checksum = 0;
      for (int run = 0; run < (quick || sizes[s] > 50000 ? 3 : 7); ++run) {
        const Result result = row.run(sizes[s], steps, row.step, row.rekeys);
        ns.push_back(result.ns);
        checksum = result.checksum;
      }
      std::sort(ns.begin(), ns.end());
      std::printf(" %9.1f", ns[ns.size() / 2]);
      if (row.order == Order::checked) {
        if (expected[s] == 0) expected[s] = checksum;
        if (checksum != expected[s]) std::printf(" (wrong order)"), ++wrong;
      }
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return wrong == 0 ? 0 : 1;
}
