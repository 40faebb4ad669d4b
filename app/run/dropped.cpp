#include "app/run/dropped.hpp"

#include <cmath>
#include <string_view>

#include "app/io/table.hpp"
#include "models/metrics.hpp"

namespace nadc {
namespace {

double value_of(std::span<const double> site, std::string_view name) {
  for (std::size_t i = 0; i < site.size(); ++i)
    if (site_metrics()[i].name == name) return site[i];
  return 0;
}

std::string count(double jobs) {
  return human_number(jobs == std::floor(jobs) ? static_cast<std::int64_t>(jobs) : std::llround(std::ceil(jobs)));
}

}  // namespace

std::string dropped_text(std::span<const double> site) {
  const double all = value_of(site, "jobs_dropped");
  if (!(all > 0)) return "";
  struct Cause {
    const char *metric, *text;
  };
  constexpr Cause causes[] = {
      {"jobs_dropped_size", "larger than the machine"},
      {"jobs_dropped_partition", "no partition serves their class or group"},
      {"jobs_dropped_wall", "larger than their group's quota can ever be (access.admit: quota)"},
      {"jobs_dropped_power", "draw more than a power limit ever lets in"},
      {"jobs_turned_away", "the queue was full (scheduler.queue)"},
  };
  std::string list;
  double rest = all;
  const auto add = [&](double jobs, const char* text) {
    if (jobs > 0) list += (list.empty() ? "" : "; ") + count(jobs) + ' ' + text;
  };
  for (const Cause& cause : causes) {
    add(value_of(site, cause.metric), cause.text);
    rest -= value_of(site, cause.metric);
  }
  add(rest > 1e-6 ? rest : 0, "unusable rows of the trace");
  return count(all) + (all == 1 ? " job was" : " jobs were") + " dropped: " + list;
}

std::string window_text(std::span<const std::string> levers, std::span<const double> window_full_shares) {
  std::string where;
  std::size_t many = 0;
  for (std::size_t i = 0; i < levers.size(); ++i) {
    if (!(window_full_shares[i] >= 0.01)) continue;
    if (++many > 5) continue;
    where += (where.empty() ? "" : ", ") + human_number(100 * window_full_shares[i], 2) + " % of the time" +
             (levers.size() > 1 ? " under \"" + levers[i] + '"' : "");
  }
  if (many == 0) return "";
  if (many > 5) where += " and " + std::to_string(many - 5) + " more";
  return where +
         ": jobs that might start stood behind scheduler.window, unseen; waits depend on its depth, and "
         "scheduler.window=0 looks at all";
}

}  // namespace nadc
