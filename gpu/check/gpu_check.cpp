// nadc-gpu-check BLOB [--seconds S] [--no-benchmark]: judges a machine alone. Runs every row that a study blob holds a
// hash for on every backend and width, compares bit for bit, does the same with the screening ledger, then measures
// events a second of all cores and, against the batch size, of the device. Prints one JSON object. Exit code: 0 all
// rows agree, 1 some do not, 2 wrong usage, 3 the file is no study blob.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "gpu/ensemble.hpp"
#include "gpu/screening.hpp"
#include "gpu/study_blob.hpp"
#include "models/raw.hpp"
#include "sim/error.hpp"

namespace {

using namespace nadc;

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      result += ' ';
    else
      result += c;
  }
  return result + "\"";
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

// An object or a list under construction.
class Json {
 public:
  explicit Json(char open) : text_(1, open), close_(open == '{' ? '}' : ']') {}
  Json& add(const std::string& key, const std::string& value) { return raw(quoted(key) + ": " + value); }
  Json& add(const std::string& key, std::uint64_t value) { return add(key, std::to_string(value)); }
  Json& add(const std::string& value) { return raw(value); }
  std::string done() const { return text_ + close_; }

 private:
  Json& raw(const std::string& item) {
    if (text_.size() > 1) text_ += ", ";
    text_ += item;
    return *this;
  }
  std::string text_;
  char close_;
};

struct Way {
  std::string name;
  EnsembleOptions options;
};

std::vector<Way> ways() {
  std::vector<Way> list;
  for (const Backend backend : available_backends()) {
    EnsembleOptions options;
    options.backend = backend;
    if (backend != Backend::cuda) {
      list.push_back({name_of(backend), options});
      continue;
    }
    options.lane_width = LaneWidth::warp;
    list.push_back({"cuda-warp", options});
    options.fast_bytes = 0;
    list.push_back({"cuda-warp-global", options});
    options = {};
    options.backend = backend;
    options.lane_width = LaneWidth::thread;
    const std::vector<LaneWidth> widths = lane_widths();
    if (std::find(widths.begin(), widths.end(), options.lane_width) != widths.end())
      list.push_back({"cuda-thread", options});
  }
  return list;
}

std::uint64_t events_of(const World& world, const Row& row) {
  return Raw(RawShape(world), const_cast<void*>(row.raw)).end[RawShape::events];
}

struct Timing {
  double seconds = 0;
  std::uint64_t events = 0;
  EnsembleReport report;
};

Timing timed(const BlobStudy& study, std::uint32_t replicas, const EnsembleOptions& options) {
  std::vector<Task> tasks;
  for (std::uint32_t r = 0; r < replicas; ++r)
    tasks.push_back({r % static_cast<std::uint32_t>(study.points.size()), r});
  Timing timing;
  const auto start = std::chrono::steady_clock::now();
  timing.report = run_ensemble(study.world(), study.points, tasks, options, [&](const Row& row) {
    if (row.raw) timing.events += events_of(study.world(), row);
  });
  timing.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return timing;
}

std::string timing_json(std::uint32_t replicas, const Timing& timing) {
  return Json('{')
      .add("replicas", replicas)
      .add("seconds", number(timing.seconds))
      .add("events_per_s", number(static_cast<double>(timing.events) / timing.seconds))
      .add("replicas_per_s", number(replicas / timing.seconds))
      .add("failed", timing.report.failed)
      .add("reruns", timing.report.reruns)
      .add("resident", timing.report.resident)
      .add("launches", timing.report.launches)
      .add("state_bytes", timing.report.state_bytes)
      .add("fast_bytes", timing.report.fast_bytes)
      .done();
}

// Growing batches until one takes longer than the limit.
std::string benchmark(const BlobStudy& study, const Way& way, double limit) {
  Json list('[');
  const bool device = way.options.backend == Backend::cuda;
  const auto cores = static_cast<std::uint32_t>(hardware_threads());
  timed(study, device ? 1 : cores, way.options);  // warm-up
  for (std::uint32_t replicas = device ? 1 : cores; replicas <= 1u << 18; replicas *= 4) {
    const Timing timing = timed(study, replicas, way.options);
    list.add(timing_json(replicas, timing));
    if (timing.seconds * 4 > limit) break;
  }
  return list.done();
}

// The screening ledger's answers on every backend against the plain loop's, and how many come in a second.
constexpr std::uint32_t screening_runs = 4096;
std::string check_screening(const BlobStudy& study, std::uint64_t& wrong) {
  Json list('[');
  if (study.world().trace.count > 0) return list.done();
  const std::vector<ScreeningPlan> plans = plan_screening(study.world(), study.points, 5000, {});
  std::vector<Task> tasks;
  const auto points = static_cast<std::uint32_t>(study.points.size());
  for (std::uint32_t i = 0; i < screening_runs; ++i) tasks.push_back({i % points, i / points});
  const std::vector<Screening> expected = run_screening(study.world(), study.points, plans, tasks, {});
  for (const Backend backend : available_backends()) {
    run_screening(study.world(), study.points, plans, std::span(tasks).first(1), {backend, 0});  // warm-up
    const auto start = std::chrono::steady_clock::now();
    const std::vector<Screening> found = run_screening(study.world(), study.points, plans, tasks, {backend, 0});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::uint64_t equal = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
      equal += std::memcmp(&found[i], &expected[i], sizeof(Screening)) == 0;
    wrong += found.size() - equal;
    list.add(Json('{')
                 .add("study", quoted(study.name))
                 .add("way", quoted(name_of(backend)))
                 .add("runs", static_cast<std::uint64_t>(found.size()))
                 .add("equal", equal)
                 .add("runs_per_s", number(static_cast<double>(found.size()) / seconds))
                 .done());
    std::fprintf(stderr, "screening %s on %s: %llu of %zu runs equal\n", study.name.c_str(), name_of(backend),
                 static_cast<unsigned long long>(equal), found.size());
  }
  return list.done();
}

int run(const std::string& path, double seconds, bool with_benchmark) {
  const std::vector<BlobStudy> studies = read_study_blob(path);
  Json machine('{');
  for (const Backend backend : {Backend::serial, Backend::omp, Backend::tbb, Backend::cuda})
    machine.add(name_of(backend), quoted(describe(backend)));
  std::uint64_t wrong = 0;
  Json checks('[');
  for (const BlobStudy& study : studies)
    for (const Way& way : ways()) {
      std::vector<Task> tasks;
      std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> expected;
      for (const ExpectedRow& row : study.rows) {
        tasks.push_back(row.task);
        expected[{row.task.point, row.task.replica}] = row.hash;
      }
      std::uint64_t equal = 0;
      std::string first_difference;
      std::string failure;
      try {
        run_ensemble(study.world(), study.points, tasks, way.options, [&](const Row& row) {
          const std::uint64_t hash =
              row.raw ? hash_of(study.world(), Raw(RawShape(study.world()), const_cast<void*>(row.raw))) : 0;
          if (row.raw && hash == expected[{row.task.point, row.task.replica}])
            ++equal;
          else if (first_difference.empty())
            first_difference =
                row.raw ? "point " + std::to_string(row.task.point) + " replica " + std::to_string(row.task.replica)
                        : row.error;
        });
      } catch (const Error& error) {
        failure = error.problems().front().message;
      }
      wrong += tasks.size() - equal;
      Json check('{');
      check.add("study", quoted(study.name)).add("way", quoted(way.name));
      check.add("rows", tasks.size()).add("equal", equal);
      if (!first_difference.empty()) check.add("first_difference", quoted(first_difference));
      if (!failure.empty()) check.add("failure", quoted(failure));
      checks.add(check.done());
      std::fprintf(stderr, "%s on %s: %llu of %zu rows equal %s%s\n", study.name.c_str(), way.name.c_str(),
                   static_cast<unsigned long long>(equal), tasks.size(), first_difference.c_str(), failure.c_str());
    }
  Json screening('[');
  for (const BlobStudy& study : studies) screening.add(check_screening(study, wrong));
  Json timings('[');
  if (with_benchmark && wrong == 0)
    for (const BlobStudy& study : studies)
      for (const Way& way : ways()) {
        if (way.name == "cuda-warp-global") continue;
        std::fprintf(stderr, "timing %s on %s\n", study.name.c_str(), way.name.c_str());
        timings.add(Json('{')
                        .add("study", quoted(study.name))
                        .add("way", quoted(way.name))
                        .add("runs", benchmark(study, way, seconds))
                        .done());
      }
  std::printf("%s\n", Json('{')
                          .add("blob", quoted(path))
                          .add("machine", machine.done())
                          .add("hardware_threads", static_cast<std::uint64_t>(hardware_threads()))
                          .add("agree", wrong == 0 ? "true" : "false")
                          .add("checks", checks.done())
                          .add("screening", screening.done())
                          .add("timings", timings.done())
                          .done()
                          .c_str());
  return wrong == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  std::string path;
  double seconds = 20;
  bool with_benchmark = true, usable = true;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--no-benchmark") == 0) {
      with_benchmark = false;
    } else if (std::strcmp(words[i], "--seconds") == 0 && i + 1 < count) {
      char* end = nullptr;
      seconds = std::strtod(words[++i], &end);
      usable = usable && *end == '\0' && seconds > 0;
    } else if (path.empty() && words[i][0] != '-') {
      path = words[i];
    } else {
      usable = false;
    }
  }
  if (path.empty() || !usable) {
    std::fprintf(stderr, "usage: nadc-gpu-check BLOB [--seconds S] [--no-benchmark]\n");
    return 2;
  }
  try {
    return run(path, seconds, with_benchmark);
  } catch (const nadc::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
