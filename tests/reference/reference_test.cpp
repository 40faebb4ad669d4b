// The loop against the plain reference, job by job and moment by moment, on random worlds.
//   NADC_REFERENCE_WORLDS=N    how many (default: a thousand)
//   NADC_REFERENCE_FIRST=S     the first seed
//   NADC_REFERENCE_ONLY="…"    dimensions that stay plain unless named here, e.g. "backfill place": to narrow a search
//   NADC_REFERENCE_SHOW=N      how many differences are shown (default: 3)
//   NADC_REFERENCE_CASE="…"    one world, as a difference prints it
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <set>
#include <sstream>

#include "tests/reference/worlds.hpp"

namespace nadc::reference {
namespace {

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

// Which pairs of choices worlds had together.
class Pairs {
 public:
  void note(const Choices& choices) {
    for (std::size_t a = 0; a < choices.of.size(); ++a)
      for (std::size_t b = a + 1; b < choices.of.size(); ++b) met_.insert({a, choices.of[a], b, choices.of[b]});
  }
  // But a trace with demand that answers, which is no scenario, a budget with prices besides its own, and a quota that
  // moves where there is none.
  std::size_t all() const {
    std::size_t count = 0;
    for (std::size_t a = 0; a < dimensions().size(); ++a)
      for (std::size_t b = a + 1; b < dimensions().size(); ++b)
        count += dimensions()[a].choices.size() * dimensions()[b].choices.size();
    return count - 3;
  }
  std::size_t met() const { return met_.size(); }
  // Those that no world had, by name.
  std::vector<std::string> missed() const {
    std::vector<std::string> names;
    for (std::size_t a = 0; a < dimensions().size(); ++a)
      for (std::size_t b = a + 1; b < dimensions().size(); ++b)
        for (int i = 0; i < static_cast<int>(dimensions()[a].choices.size()); ++i)
          for (int j = 0; j < static_cast<int>(dimensions()[b].choices.size()); ++j)
            if (!met_.count({a, i, b, j})) names.push_back(name(a, i) + " with " + name(b, j));
    return names;
  }

 private:
  static std::string name(std::size_t dimension, int choice) {
    return std::string(dimensions()[dimension].name) + "=" + std::string(dimensions()[dimension].choices[choice]);
  }
  std::set<std::tuple<std::size_t, int, std::size_t, int>> met_;
};

// Sets dimensions back one by one, then leaves out jobs and time, while the difference stays.
std::string shrunk(Choices choices) {
  const auto differs = [](const Case& one) {
    try {
      return !compare(one).difference.empty();
    } catch (const Error&) {
      return false;  // no sound scenario any more
    }
  };
  for (bool less = true; less;) {
    less = false;
    for (int& choice : choices.of) {
      if (choice == 0) continue;
      const int before = choice;
      choice = 0;
      if (differs(case_of(choices)))
        less = true;
      else
        choice = before;
    }
  }
  Case one = case_of(choices);
  if (differs(as_trace(one))) one = as_trace(one);
  for (std::size_t step = one.jobs.size() / 2; step > 0; step /= 2)
    for (std::size_t first = 0; first + step <= one.jobs.size() && one.jobs.size() > step;) {
      Case fewer = one;
      fewer.jobs.erase(fewer.jobs.begin() + static_cast<std::ptrdiff_t>(first),
                       fewer.jobs.begin() + static_cast<std::ptrdiff_t>(first + step));
      // The first job of a trace is at tick 0.
      if (fewer.jobs[0].submit_s == one.jobs[0].submit_s && differs(fewer))
        one = fewer;
      else
        first += step;
    }
  std::ostringstream text;
  text << "NADC_REFERENCE_CASE=\"" << text_of(choices) << "\"\n";
  const Scenario& s = one.scenario;
  for (const SiteSpec& site : s.sites)
    for (const ClusterSpec& cluster : site.clusters)
      for (const TrancheSpec& tranche : cluster.tranches)
        text << "  " << site.name << '/' << cluster.name << ": " << tranche.gpus << " GPUs in nodes of " << tranche.node
             << ", pods of " << cluster.pod_nodes << ", limit " << site.power.limit.value << " W\n";
  for (std::size_t i = 0; i < one.jobs.size() && i < 40; ++i) {
    const TraceInput& job = one.jobs[i];
    text << "  " << i << ',' << job.submit_s << ',' << job.gpus << ',' << job.duration_s << ',' << job.request_s << ','
         << job.group << ',' << job.klass << '\n';
  }
  if (one.jobs.size() > 40) text << "  … of " << one.jobs.size() << " jobs\n";
  return text.str() + compare(one).difference;
}

TEST(Reference, AgreesWithTheLoopOnRandomWorlds) {
  const std::string one = from_environment("NADC_REFERENCE_CASE", "");
  if (!one.empty()) {
    const Choices choices = read_choices(one);
    EXPECT_EQ(compare(case_of(choices)).difference, "");
    return;
  }
  const std::uint64_t first = std::stoull(from_environment("NADC_REFERENCE_FIRST", "1"));
  const std::uint64_t worlds = std::stoull(from_environment("NADC_REFERENCE_WORLDS", "1000"));
  const std::string only = from_environment("NADC_REFERENCE_ONLY", "");
  const bool shrinks = from_environment("NADC_REFERENCE_SHRINK", "1") == "1";
  const std::uint64_t shown = std::stoull(from_environment("NADC_REFERENCE_SHOW", "3"));
  Pairs pairs;
  std::uint64_t starts = 0, stops = 0, moments = 0, totals = 0, differ = 0;
  for (std::uint64_t seed = first; seed < first + worlds; ++seed) {
    Choices choices = random_choices(seed);
    for (std::size_t d = 0; d < dimensions().size() && !only.empty(); ++d)
      if ((" " + only + " ").find(" " + std::string(dimensions()[d].name) + " ") == std::string::npos)
        choices.of[d] = 0;
    Comparison result;
    try {
      result = compare(case_of(choices));
    } catch (const Error& error) {
      ADD_FAILURE() << text_of(choices) << ": " << error.what();
      continue;
    }
    pairs.note(choices);
    starts += result.starts;
    stops += result.stops;
    moments += result.moments;
    totals += result.totals;
    if (result.difference.empty()) continue;
    if (++differ <= shown)
      ADD_FAILURE() << "NADC_REFERENCE_CASE=\"" << text_of(choices) << "\"\n"
                    << (shrinks ? "shrunk: " + shrunk(choices) : result.difference);
  }
  std::cout << worlds << " worlds, of which " << differ << " differ: " << starts << " starts, " << stops << " stops, "
            << moments << " states, " << totals << " totals; " << pairs.met() << " of " << pairs.all()
            << " pairs of choices met\n";
  const std::vector<std::string> missed = pairs.missed();
  for (std::size_t i = 0; i < missed.size() && i < 10 && only.empty(); ++i)
    std::cout << "  not met: " << missed[i] << '\n';
  EXPECT_EQ(differ, 0u);
  if (only.empty() && worlds >= 1000) {
    EXPECT_EQ(pairs.met(), pairs.all());
  }
}

}  // namespace
}  // namespace nadc::reference
