// What each technique of a study buys, measured on the study itself, every ratio with a 95 % interval (bootstrap):
//   variance_bench STUDY [KEY=VALUE…] [--samples S] [--repeats R] [--screening N] [--levers A,B,C]
// R independent studies (seeds 1 to R) of S samples, one replica each, are run with random and with Sobol sampling.
//   common random numbers   (var a + var b) / var(a - b) over the R·S rows, first lever against each other one
//   Sobol                   variance of the S-sample mean, random over Sobol
//   control variate         variance of the S-sample mean, plain over screened with N samples (random sampling), and
//   how
//                           often the screened and the plain 95 % interval hold the screened mean of all R·S rows
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "app/study/study.hpp"
#include "gpu/screening.hpp"
#include "models/metrics.hpp"
#include "models/raw.hpp"
#include "sim/error.hpp"
#include "sim/experiment/control_variate.hpp"
#include "sim/statistics.hpp"

namespace {

using namespace nadc;

struct Settings {
  std::uint32_t samples = 16, repeats = 32, screening = 500;
  std::vector<std::string> levers;
};

double variance(const std::vector<double>& x) { return moments_of(x).variance(); }

// A ratio of what is computed from n units, with the percentile interval of 2,000 resamples.
std::string with_bootstrap(std::size_t n, const std::function<double(const std::vector<std::size_t>&)>& ratio) {
  std::vector<std::size_t> units(n);
  for (std::size_t i = 0; i < n; ++i) units[i] = i;
  const double value = ratio(units);
  std::mt19937_64 random(1);
  std::vector<double> resampled;
  for (int b = 0; b < 2000; ++b) {
    std::vector<std::size_t> drawn(n);
    for (std::size_t& unit : drawn) unit = random() % n;
    resampled.push_back(ratio(drawn));
  }
  std::sort(resampled.begin(), resampled.end());
  char text[96];
  std::snprintf(text, sizeof text, "%.3g (%.3g to %.3g)", value, resampled[50], resampled[1949]);
  return text;
}

std::vector<double> picked(const std::vector<double>& x, const std::vector<std::size_t>& units) {
  std::vector<double> y;
  for (const std::size_t i : units) y.push_back(x[i]);
  return y;
}

// Rows of one lever in one study: (metric)(sample).
using Rows = std::vector<std::vector<double>>;

Rows rows_of(const Study& study, std::uint32_t lever, std::uint32_t samples, const std::vector<std::size_t>& metrics) {
  const World& world = study.builder().world();
  std::vector<std::vector<std::byte>> points;
  std::vector<Task> tasks;
  for (std::uint32_t s = 0; s < samples; ++s) {
    points.push_back(study.point(lever, s));
    tasks.push_back({s, 0});
  }
  Rows rows(metrics.size(), std::vector<double>(samples));
  EnsembleOptions options;
  options.backend = available_backends().front();
  run_ensemble(world, points, tasks, options, [&](const Row& row) {
    if (!row.raw) throw Error(ErrorKind::failed, row.error);
    const auto& point = *reinterpret_cast<const Point*>(points[row.task.point].data());
    const Metrics all = finalize(world, point, Raw(RawShape(world), const_cast<void*>(row.raw)));
    for (std::size_t m = 0; m < metrics.size(); ++m) rows[m][row.task.point] = all.site[metrics[m]];
  });
  return rows;
}

int run(const std::string& file, const std::vector<std::string>& overrides, const Settings& settings) {
  Study study(file, overrides);
  std::vector<std::uint32_t> levers;
  for (const std::string& name : settings.levers) levers.push_back(study.lever(name));
  if (levers.empty())
    for (std::uint32_t l = 0; l < study.levers().size(); ++l) levers.push_back(l);
  std::vector<std::size_t> metrics;
  for (const OutcomeSpec& outcome : study.spec().outcomes)
    for (std::size_t i = 0; i < site_metrics().size(); ++i)
      if (site_metrics()[i].name == outcome.metric) metrics.push_back(i);
  const std::uint32_t S = settings.samples, R = settings.repeats;

  std::vector<std::string> random = overrides, sobol = overrides;
  random.push_back("design.sampling=random");
  sobol.push_back("design.sampling=sobol");
  const std::size_t n = metrics.size();
  std::vector<std::vector<std::vector<double>>> rows(levers.size(), std::vector<std::vector<double>>(n));
  std::vector<std::vector<double>> plain(n), of_sobol(n), screened(n), removed(n), correlation(n);
  std::vector<std::vector<ConfidenceInterval>> intervals(n), plain_intervals(n);
  std::vector<std::vector<double>> pairs(n), cheap(n);  // controls of all rows, and of all ledgers
  for (std::uint32_t r = 0; r < R; ++r) {
    Study independent(file, random), spread(file, sobol);
    independent.build(r + 1);
    spread.build(r + 1);
    const Rows even = rows_of(spread, levers[0], S, metrics);
    for (std::size_t l = 0; l < levers.size(); ++l) {
      const Rows here = rows_of(independent, levers[l], S, metrics);
      for (std::size_t m = 0; m < n; ++m) rows[l][m].insert(rows[l][m].end(), here[m].begin(), here[m].end());
    }
    const World& world = independent.builder().world();
    std::vector<std::vector<std::byte>> points;
    std::vector<Task> tasks;
    for (std::uint32_t s = 0; s < settings.screening; ++s) {
      points.push_back(independent.point(levers[0], s));
      tasks.push_back({s, 0});
    }
    const ScreeningOptions options{available_backends().front(), 0};
    const std::vector<Screening> ledger = run_screening(
        world, points, plan_screening(world, points, static_cast<double>(study.spec().design.screening_draws), options),
        tasks, options);
    for (std::size_t m = 0; m < n; ++m) {
      const Screening::Outcome control = control_of(site_metrics()[metrics[m]].name);
      std::vector<double> x;
      for (const Screening& answer : ledger) x.push_back(control == Screening::outcomes ? 0.0 : answer.value[control]);
      const std::vector<double> y(rows[0][m].end() - S, rows[0][m].end());
      const ControlledMean mean =
          controlled_mean(y, std::span(x).first(S), control_mean(MatrixView(x, settings.screening, 1)));
      plain[m].push_back(mean.plain_mean);
      screened[m].push_back(mean.mean);
      intervals[m].push_back(mean.ci95);
      plain_intervals[m].push_back(mean.plain_ci95);
      pairs[m].insert(pairs[m].end(), x.begin(), x.begin() + S);
      cheap[m].insert(cheap[m].end(), x.begin(), x.end());
      removed[m].push_back(mean.variance_removed);
      correlation[m].push_back(mean.correlation);
      of_sobol[m].push_back(moments_of(even[m]).mean);
    }
    std::fprintf(stderr, "\r%u of %u studies", r + 1, R);
  }
  std::fprintf(stderr, "\n");

  std::printf("%u studies of %u samples, lever %s; %u screening samples\n\n", R, S,
              study.levers()[levers[0]].name.c_str(), settings.screening);
  std::printf("| outcome |");
  for (std::size_t l = 1; l < levers.size(); ++l)
    std::printf(" common random numbers, %s |", study.levers()[levers[l]].name.c_str());
  std::printf(" Sobol | control variate | correlation | removed, as reported | coverage |\n|---|");
  for (std::size_t c = 0; c < levers.size() + 4; ++c) std::printf("---|");
  std::printf("\n");
  for (std::size_t m = 0; m < n; ++m) {
    std::printf("| %s |", std::string(site_metrics()[metrics[m]].name).c_str());
    for (std::size_t l = 1; l < levers.size(); ++l) {
      const std::vector<double>&a = rows[0][m], &b = rows[l][m];
      std::vector<double> difference;
      for (std::size_t i = 0; i < a.size(); ++i) difference.push_back(a[i] - b[i]);
      std::printf(" %s |", with_bootstrap(a.size(), [&](const std::vector<std::size_t>& units) {
                             return (variance(picked(a, units)) + variance(picked(b, units))) /
                                    variance(picked(difference, units));
                           }).c_str());
    }
    std::printf(" %s |", with_bootstrap(R, [&](const std::vector<std::size_t>& units) {
                           return variance(picked(plain[m], units)) / variance(picked(of_sobol[m], units));
                         }).c_str());
    std::printf(" %s |", with_bootstrap(R, [&](const std::vector<std::size_t>& units) {
                           return variance(picked(plain[m], units)) / variance(picked(screened[m], units));
                         }).c_str());
    const double truth =
        controlled_mean(rows[0][m], pairs[m], control_mean(MatrixView(cheap[m], cheap[m].size(), 1))).mean;
    const auto covered = [&](const std::vector<ConfidenceInterval>& list) {
      return static_cast<long>(std::count_if(
          list.begin(), list.end(), [&](const ConfidenceInterval& ci) { return ci.low <= truth && truth <= ci.high; }));
    };
    std::printf(" %.3f | %.0f %% | %ld, plain %ld of %u |\n", moments_of(correlation[m]).mean,
                100 * moments_of(removed[m]).mean, covered(intervals[m]), covered(plain_intervals[m]), R);
  }
  return 0;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

int main(int count, char** words) {
  Settings settings;
  std::vector<std::string> positional;
  for (int i = 1; i < count; ++i) {
    std::uint32_t* option = std::strcmp(words[i], "--samples") == 0     ? &settings.samples
                            : std::strcmp(words[i], "--repeats") == 0   ? &settings.repeats
                            : std::strcmp(words[i], "--screening") == 0 ? &settings.screening
                                                                        : nullptr;
    if (option && i + 1 < count)
      *option = static_cast<std::uint32_t>(std::atoi(words[++i]));
    else if (std::strcmp(words[i], "--levers") == 0 && i + 1 < count)
      settings.levers = split(words[++i]);
    else
      positional.emplace_back(words[i]);
  }
  if (positional.empty() || settings.samples < 10 || settings.repeats < 3 || settings.screening <= settings.samples) {
    std::fprintf(stderr,
                 "usage: variance_bench STUDY [KEY=VALUE...] [--samples S] [--repeats R] [--screening N] [--levers "
                 "A,B,C]\n");
    return 2;
  }
  try {
    return run(positional[0], {positional.begin() + 1, positional.end()}, settings);
  } catch (const nadc::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.kind());
  }
}
