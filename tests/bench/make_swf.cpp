// Writes the synthetic traces that the scheduler benchmarks replay, as SWF or (by the file's ending) csv.
//   make_swf frontier FILE [--jobs 4320] [--seed 1]
//       A day of a machine of 9,472 nodes: node counts Weibull (shape 0.5, scale 22.5) rounded up and cut to 1…9,472,
//       run times exponential (mean 3,600 s), one arrival every 20 s.
//   make_swf backfill FILE [--jobs 100000] [--seed 1] [--load 0.87] [--overestimate 1]
//       The same jobs as a Poisson stream whose rate offers `load` of 9,472 processors over the whole trace. Requests
//       are the run time times a factor uniform in 1…overestimate.
// Run times are at least 1 ms and written to the millisecond. The same arguments give the same file.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr int machine = 9472;  // nodes of Frontier

struct Job {
  double submit_s, duration_s, request_s;
  int nodes;
};

struct Arguments {
  std::string kind, file;
  long jobs = 0;
  unsigned long long seed = 1;
  double load = 0.87, overestimate = 1;
};

[[noreturn]] void refuse(const char* why) {
  std::fprintf(
      stderr,
      "make_swf: %s\nusage: make_swf frontier|backfill FILE [--jobs N] [--seed N] [--load X] [--overestimate X]\n",
      why);
  std::exit(2);
}

Arguments parse(int argc, char** argv) {
  if (argc < 3) refuse("a kind and a file are needed");
  Arguments a;
  a.kind = argv[1];
  a.file = argv[2];
  if (a.kind != "frontier" && a.kind != "backfill") refuse("the kind is frontier or backfill");
  a.jobs = a.kind == "frontier" ? 4320 : 100000;
  for (int i = 3; i < argc; i += 2) {
    if (i + 1 >= argc) refuse("an option wants a value");
    char* end = nullptr;
    const double value = std::strtod(argv[i + 1], &end);
    if (end == argv[i + 1] || *end != 0 || !std::isfinite(value) || value < 0) refuse("a value is no number");
    if (std::strcmp(argv[i], "--jobs") == 0)
      a.jobs = static_cast<long>(value);
    else if (std::strcmp(argv[i], "--seed") == 0)
      a.seed = static_cast<unsigned long long>(value);
    else if (std::strcmp(argv[i], "--load") == 0)
      a.load = value;
    else if (std::strcmp(argv[i], "--overestimate") == 0)
      a.overestimate = value;
    else
      refuse("an option is unknown");
  }
  if (a.jobs < 1 || a.jobs > 100'000'000 || a.load <= 0 || a.overestimate < 1)
    refuse("jobs are 1 to 10^8, the load is above 0, the overestimate at least 1");
  return a;
}

std::vector<Job> make_jobs(const Arguments& a) {
  std::mt19937_64 bits(a.seed);
  // Inverse transforms of our own: the standard's distributions differ between libraries.
  const auto uniform = [&] { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; };
  const auto exponential = [&](double mean) { return -mean * std::log(uniform()); };
  const auto milliseconds = [](double s) { return std::max(1.0, std::round(s * 1000)) / 1000; };
  std::vector<Job> jobs;
  double node_seconds = 0, at = 0;
  for (long i = 0; i < a.jobs; ++i) {
    Job job{};
    const double size = 22.5 * std::pow(-std::log(uniform()), 1 / 0.5);
    job.nodes = static_cast<int>(std::clamp(std::ceil(size), 1.0, static_cast<double>(machine)));
    job.duration_s = milliseconds(exponential(3600));
    job.request_s = milliseconds(job.duration_s * (1 + (a.overestimate - 1) * uniform()));
    job.submit_s = a.kind == "frontier" ? 20.0 * static_cast<double>(i) : at;
    at += exponential(1);
    node_seconds += job.nodes * job.duration_s;
    jobs.push_back(job);
  }
  if (a.kind == "backfill") {
    const double stretch = node_seconds / (a.load * machine) / at;
    for (Job& job : jobs) job.submit_s = std::round(job.submit_s * stretch * 1000) / 1000;
  }
  return jobs;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments a = parse(argc, argv);
  const std::vector<Job> jobs = make_jobs(a);
  const bool csv = a.file.size() > 4 && a.file.substr(a.file.size() - 4) == ".csv";
  std::FILE* file = std::fopen(a.file.c_str(), "w");
  if (file == nullptr) {
    std::perror(a.file.c_str());
    return 1;
  }
  if (csv)
    std::fprintf(file, "job_id,submit_s,gpus,duration_s,request_s\n");
  else
    std::fprintf(
        file, "; Version: 2.2\n; MaxJobs: %zu\n; MaxProcs: %d\n; Note: synthetic, make_swf %s --jobs %ld --seed %llu\n",
        jobs.size(), machine, a.kind.c_str(), a.jobs, a.seed);
  double node_seconds = 0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Job& job = jobs[i];
    node_seconds += job.nodes * job.duration_s;
    if (csv)
      std::fprintf(file, "%zu,%.3f,%d,%.3f,%.3f\n", i + 1, job.submit_s, job.nodes, job.duration_s, job.request_s);
    else
      std::fprintf(file, "%zu %.3f -1 %.3f %d -1 -1 %d %.3f -1 1 -1 -1 -1 -1 -1 -1 -1\n", i + 1, job.submit_s,
                   job.duration_s, job.nodes, job.nodes, job.request_s);
  }
  if (std::ferror(file) != 0 || std::fclose(file) != 0) {
    std::perror(a.file.c_str());
    return 1;
  }
  std::fprintf(stderr, "%zu jobs in %.0f s, offered load %.4f of %d nodes\n", jobs.size(), jobs.back().submit_s,
               jobs.size() > 1 ? node_seconds / jobs.back().submit_s / machine : 0.0, machine);
}
