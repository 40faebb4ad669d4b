// ns a draw: the Philox call, one variate of each law (with its Philox word already at hand), recompiling a law, and a
// sketch bucket. "apart" draws do not wait for each other; "in turn" each uniform depends on the variate before it.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

#include "sim/law.hpp"
#include "sim/random.hpp"
#include "sim/statistics.hpp"

namespace {

using namespace nadc;

volatile std::uint64_t sink;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Median of seven runs, ns a call; body(i, running) gives the next running value.
template <class Body> double measure(std::uint32_t calls, Body&& body) {
  std::vector<double> ns;
  for (int run = 0; run < 7; ++run) {
    std::uint64_t running = 1;
    const double start = cpu_seconds();
    for (std::uint32_t i = 0; i < calls; ++i) running = body(i, running);
    ns.push_back((cpu_seconds() - start) / calls * 1e9);
    sink = running;
  }
  std::nth_element(ns.begin(), ns.begin() + 3, ns.end());
  return ns[3];
}

}  // namespace

int main() {
  LawTables tables;
  const LawSpec specs[] = {
      LawSpec::constant(3),
      LawSpec::uniform(1, 3),
      LawSpec::triangular(1, 2, 9),
      LawSpec::normal(100, 2),
      LawSpec::lognormal(201, 2.5).capped(1, 604800),
      LawSpec::weibull(0.5, 22.5),
      LawSpec::exponential(3600),
      LawSpec::gamma(2, 60),
      LawSpec::choice({{1, 54}, {2, 7}, {4, 7}, {8, 29}, {16, 1.5}, {32, 1}, {256, 0.5}}),
      LawSpec::empirical({{7, 0.1}, {134, 0.5}, {1352, 0.9}, {27491, 0.99}, {100000, 1}}),
  };
  std::printf("%-12s %8s %8s %10s %10s   ns\n", "law", "apart", "in turn", "compile", "recompile");
  for (const LawSpec& spec : specs) {
    const Law law = tables.compile(spec);
    const double* const table = tables.values().data();
    const auto variate = [&](std::uint32_t u) { return static_cast<std::uint64_t>(sample_ticks(law, table, u)); };
    const double apart =
        measure(500000, [&](std::uint32_t i, std::uint64_t sum) { return sum + variate(i * 2654435761u); });
    const double in_turn = measure(200000, [&](std::uint32_t i, std::uint64_t last) {
      return variate((i * 2654435761u) ^ static_cast<std::uint32_t>(last >> 40));
    });
    const double compile =
        measure(50000, [&](std::uint32_t, std::uint64_t sum) { return sum + bits_of(tables.compile(spec).a); });
    const double again = measure(
        50000, [&](std::uint32_t, std::uint64_t sum) { return sum + bits_of(LawTables::recompile(law, spec).a); });
    const std::string_view name = law_forms()[static_cast<std::size_t>(spec.kind)].name;
    std::printf("%-12.*s %8.1f %8.1f %10.1f %10.1f\n", static_cast<int>(name.size()), name.data(), apart, in_turn,
                compile, again);
  }
  const RandomKey key{1, 2, 3};
  std::printf("%-12s %8.1f\n", "philox",
              measure(500000, [&](std::uint32_t i, std::uint64_t sum) { return sum + draw(key, 4, 5, i).word[0]; }));
  std::printf("%-12s %8.1f\n", "bucket", measure(500000, [](std::uint32_t i, std::uint64_t sum) {
                return sum + Sketch::bucket(static_cast<std::uint64_t>(i) * i);
              }));
  std::printf("%-12s %8.1f\n", "exact_exp2",
              measure(500000, [](std::uint32_t i, std::uint64_t sum) { return sum + bits_of(exact_exp2(i * 1e-4)); }));
  std::printf("%-12s %8.1f\n", "exact_log2",
              measure(500000, [](std::uint32_t i, std::uint64_t sum) { return sum + bits_of(exact_log2(i + 1.0)); }));
  return 0;
}
