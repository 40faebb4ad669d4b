// What the screening ledger costs and how well it follows full replicas of a study:
//   screening_bench STUDY [KEY=VALUE…] [--rows N] [--draws D] [--runs M]
// N rows a lever (sample i, replica 0; 64), correlation of every outcome with its control; then M screening runs
// (20,000) on every backend.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "app/study/study.hpp"
#include "gpu/screening.hpp"
#include "models/metrics.hpp"
#include "models/raw.hpp"
#include "sim/error.hpp"

namespace {

using namespace nadc;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double correlation(const std::vector<double>& y, const std::vector<double>& x) {
  double my = 0, mx = 0, yy = 0, xx = 0, xy = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    my += y[i] / static_cast<double>(y.size()), mx += x[i] / static_cast<double>(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    yy += (y[i] - my) * (y[i] - my);
    xx += (x[i] - mx) * (x[i] - mx);
    xy += (y[i] - my) * (x[i] - mx);
  }
  return xy / std::sqrt(xx * yy);
}

double mean(const std::vector<double>& y) {
  double sum = 0;
  for (const double v : y) sum += v;
  return sum / static_cast<double>(y.size());
}

int run(const std::string& file, const std::vector<std::string>& overrides, std::uint32_t rows, double draws,
        std::uint32_t runs) {
  Study study(file, overrides);
  study.build(std::nullopt);
  const World& world = study.builder().world();
  for (std::uint32_t lever = 0; lever < study.levers().size(); ++lever) {
    std::vector<std::vector<std::byte>> points;
    std::vector<Task> tasks;
    double start = now();
    for (std::uint32_t s = 0; s < rows; ++s) points.push_back(study.point(lever, s));
    const double for_points = now() - start;
    start = now();
    const std::vector<ScreeningPlan> plans = plan_screening(world, points, draws, {Backend::serial, 0});
    const double for_plans = now() - start;
    for (std::uint32_t s = 0; s < rows; ++s) tasks.push_back({s, 0});
    std::vector<std::vector<double>> y(site_metrics().size(), std::vector<double>(rows));
    EnsembleOptions options;
    options.backend = available_backends().front();
    start = now();
    run_ensemble(world, points, tasks, options, [&](const Row& row) {
      const auto& point = *reinterpret_cast<const Point*>(points[row.task.point].data());
      const Metrics metrics = finalize(world, point, Raw(RawShape(world), const_cast<void*>(row.raw)));
      for (std::size_t m = 0; m < y.size(); ++m) y[m][row.task.point] = metrics.site[m];
    });
    const double for_rows = now() - start;
    start = now();
    const std::vector<Screening> x = run_screening(world, points, plans, tasks, {Backend::serial, 0});
    const double for_runs = now() - start;
    std::printf(
        "lever %s: a full replica %.1f ms (all threads), a point %.1f us, a plan %.1f us, a screening run %.1f us; "
        "%u cells drawn, %.0f jobs\n",
        study.levers()[lever].name.c_str(), for_rows * 1e3 / rows, for_points * 1e6 / rows, for_plans * 1e6 / rows,
        for_runs * 1e6 / rows, plans[0].cells, plans[0].expected_draws);
    for (std::size_t m = 0; m < y.size(); ++m) {
      const Screening::Outcome outcome = control_of(site_metrics()[m].name);
      if (outcome == Screening::outcomes) continue;
      std::vector<double> control;
      for (const Screening& answer : x) control.push_back(answer.value[outcome]);
      std::printf("  %-26s %12.5g  %-24s %12.5g  correlation %.3f\n", std::string(site_metrics()[m].name).c_str(),
                  mean(y[m]), std::string(name_of(outcome)).c_str(), mean(control), correlation(y[m], control));
    }
    if (lever > 0) continue;
    tasks.clear();
    for (std::uint32_t i = 0; i < runs; ++i) tasks.push_back({i % rows, i / rows});
    for (const Backend backend : available_backends()) {
      start = now();
      run_screening(world, points, plans, tasks, {backend, 0});
      std::printf("  %s: %.0f runs/s\n", name_of(backend), runs / (now() - start));
    }
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::string> positional;
  double rows = 64, draws = 5000, runs = 20000;
  for (int i = 1; i < count; ++i) {
    double* option = std::strcmp(words[i], "--rows") == 0    ? &rows
                     : std::strcmp(words[i], "--draws") == 0 ? &draws
                     : std::strcmp(words[i], "--runs") == 0  ? &runs
                                                             : nullptr;
    if (!option)
      positional.emplace_back(words[i]);
    else if (i + 1 < count)
      *option = std::atof(words[++i]);
  }
  if (positional.empty() || rows < 2 || runs < 1) {
    std::fprintf(stderr, "usage: screening_bench STUDY [KEY=VALUE...] [--rows N] [--draws D] [--runs M]\n");
    return 2;
  }
  try {
    return run(positional[0], {positional.begin() + 1, positional.end()}, static_cast<std::uint32_t>(rows), draws,
               static_cast<std::uint32_t>(runs));
  } catch (const nadc::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.kind());
  }
}
