#include "app/trace/describe.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>
#include <unordered_set>

namespace nadc {
namespace {

double quantile(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto i = static_cast<std::size_t>(at);
  if (i + 1 >= sorted.size()) return sorted.back();
  return sorted[i] + (at - static_cast<double>(i)) * (sorted[i + 1] - sorted[i]);
}

DurationStatistics describe_durations(const std::vector<TraceRow>& rows) {
  std::vector<double> sorted;
  sorted.reserve(rows.size());
  double sum = 0, log_sum = 0;
  for (const TraceRow& row : rows) {
    sorted.push_back(row.duration_s);
    sum += row.duration_s;
    log_sum += std::log(row.duration_s);
  }
  std::sort(sorted.begin(), sorted.end());
  const auto n = static_cast<double>(rows.size());
  DurationStatistics d;
  d.mean_s = sum / n;
  d.p10_s = quantile(sorted, 0.10);
  d.p50_s = quantile(sorted, 0.50);
  d.p90_s = quantile(sorted, 0.90);
  d.p99_s = quantile(sorted, 0.99);
  d.max_s = sorted.back();
  d.log_mean = log_sum / n;
  double squares = 0;
  for (double s : sorted) squares += (std::log(s) - d.log_mean) * (std::log(s) - d.log_mean);
  d.log_sd = rows.size() > 1 ? std::sqrt(squares / (n - 1)) : 0;
  return d;
}

// Root of the likelihood equation 1/k = Σ x^k ln x / Σ x^k − mean(ln x), which falls in k: bisection on ln k.
std::optional<double> weibull_shape(const std::vector<double>& gaps) {
  std::vector<double> logs;
  for (double gap : gaps)
    if (gap > 0) logs.push_back(std::log(gap));
  if (logs.size() < 2) return std::nullopt;
  const auto [low, high] = std::minmax_element(logs.begin(), logs.end());
  if (*low == *high) return std::nullopt;
  const double top = *high;
  double mean = 0;
  for (double& x : logs) {
    x -= top;  // scale does not matter, and x^k stays at most 1
    mean += x;
  }
  mean /= static_cast<double>(logs.size());
  const auto excess = [&](double k) {
    double weights = 0, weighted = 0;
    for (double x : logs) {
      const double w = std::exp(k * x);
      weights += w;
      weighted += w * x;
    }
    return weighted / weights - mean - 1 / k;
  };
  double from = std::log(0.01), to = std::log(100.0);
  for (int i = 0; i < 40; ++i) {
    const double middle = (from + to) / 2;
    (excess(std::exp(middle)) < 0 ? from : to) = middle;
  }
  return std::exp((from + to) / 2);
}

constexpr std::int64_t hours_a_week = 168;

// Clock hour of a submission, counted from a Monday 00:00.
std::int64_t clock_hour(const Trace& trace, double submit_s) {
  constexpr double epoch_to_monday = 3 * 86400.0;  // 1970-01-01 was a Thursday
  const double origin = trace.origin_unix_s ? *trace.origin_unix_s + epoch_to_monday : 0;
  return static_cast<std::int64_t>(std::floor((origin + submit_s) / 3600));
}

void describe_hours(const Trace& trace, ArrivalStatistics& a) {
  const std::int64_t first = clock_hour(trace, trace.rows.front().submit_s);
  const std::int64_t last = clock_hour(trace, trace.rows.back().submit_s);
  const std::int64_t hours = last - first + 1;
  std::array<double, hours_a_week> counts{}, exposure{};
  const auto slot = [](std::int64_t hour) {
    return static_cast<std::size_t>(((hour % hours_a_week) + hours_a_week) % hours_a_week);
  };
  for (std::int64_t i = 0; i < hours_a_week; ++i)
    exposure[slot(first + i)] = static_cast<double>((hours - 1 - i + hours_a_week) / hours_a_week);

  double squares = 0;  // of the submissions in each clock hour; rows are sorted, so an hour is a run of rows
  for (std::size_t i = 0; i < trace.rows.size();) {
    const std::int64_t hour = clock_hour(trace, trace.rows[i].submit_s);
    std::size_t end = i;
    while (end < trace.rows.size() && clock_hour(trace, trace.rows[end].submit_s) == hour) ++end;
    const auto n = static_cast<double>(end - i);
    squares += n * n;
    counts[slot(hour)] += n;
    i = end;
  }
  const auto n = static_cast<double>(hours);
  const double mean = static_cast<double>(trace.rows.size()) / n;
  if (hours >= 2) a.hourly_dispersion = (squares - n * mean * mean) / (n - 1) / mean;

  for (std::size_t i = 0; i < counts.size(); ++i) a.hour_of_week[i] = exposure[i] > 0 ? counts[i] / exposure[i] : 0;
  const auto rate = [&](auto&& take) {
    double c = 0, e = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (take(i)) c += counts[i], e += exposure[i];
    return e > 0 ? c / e : 0;
  };
  if (hours >= 24) {
    double peak = 0, trough = INFINITY;
    for (std::size_t hour = 0; hour < 24; ++hour) {
      const double r = rate([&](std::size_t i) { return i % 24 == hour; });
      peak = std::max(peak, r);
      trough = std::min(trough, r);
    }
    if (trough > 0) a.peak_over_trough = peak / trough;
  }
  const double workday = rate([](std::size_t i) { return i < 120; });
  if (hours >= hours_a_week && workday > 0) a.weekend_factor = rate([](std::size_t i) { return i >= 120; }) / workday;
}

ArrivalStatistics describe_arrivals(const Trace& trace) {
  ArrivalStatistics a;
  const auto& rows = trace.rows;
  describe_hours(trace, a);
  if (rows.size() < 2) return a;
  std::vector<double> gaps;
  gaps.reserve(rows.size() - 1);
  for (std::size_t i = 1; i < rows.size(); ++i) gaps.push_back(rows[i].submit_s - rows[i - 1].submit_s);
  const auto n = static_cast<double>(gaps.size());
  const double span = rows.back().submit_s - rows.front().submit_s;
  a.mean_gap_s = span / n;
  a.jobs_per_day = span > 0 ? n / span * 86400 : 0;
  a.zero_gap_share = static_cast<double>(std::count(gaps.begin(), gaps.end(), 0.0)) / n;
  double squares = 0;
  for (double gap : gaps) squares += (gap - a.mean_gap_s) * (gap - a.mean_gap_s);
  if (gaps.size() > 1 && a.mean_gap_s > 0) a.cv = std::sqrt(squares / (n - 1)) / a.mean_gap_s;
  a.weibull_shape = weibull_shape(gaps);
  return a;
}

// "2026-07-01 13:00:00+09:00"; the offset where it is known.
std::string moment(double wall_s, const std::optional<double>& utc_offset_s) {
  using namespace std::chrono;
  if (!(std::abs(wall_s) < 1e11)) return {};
  const auto whole = static_cast<std::int64_t>(std::floor(wall_s));
  const sys_days day = floor<days>(sys_seconds{seconds{whole}});
  const year_month_day date{day};
  const auto second = static_cast<int>((sys_seconds{seconds{whole}} - day).count());
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600, second / 60 % 60,
                second % 60);
  std::string result = text.data();
  if (utc_offset_s) {
    const auto minutes = static_cast<int>(*utc_offset_s / 60);
    std::snprintf(text.data(), text.size(), "%c%02d:%02d", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                  std::abs(minutes) % 60);
    result += text.data();
  }
  return result;
}

}  // namespace

TraceSummary describe(const Trace& trace) {
  TraceSummary s;
  s.format = trace.format;
  s.dropped = trace.dropped;
  s.notes = trace.notes;
  s.jobs = static_cast<std::int64_t>(trace.rows.size());
  for (const SizeClass& c : size_classes) s.sizes.push_back({std::string(c.name)});
  for (const char* state : {"completed", "cancelled", "failed", "unknown"}) s.states.push_back({state});
  if (trace.rows.empty()) return s;

  std::unordered_map<std::string_view, double> by_user;
  std::unordered_set<std::string_view> groups;
  double total = 0;
  for (const TraceRow& row : trace.rows) {
    const double gpu_time = static_cast<double>(row.gpus) * row.duration_s;
    total += gpu_time;
    s.largest_gpus = std::max(s.largest_gpus, row.gpus);
    if (!row.user.empty()) by_user[row.user] += gpu_time;
    if (!row.group.empty()) groups.insert(row.group);
    const auto add = [&](Share& share) {
      ++share.jobs;
      share.gpu_time_share += gpu_time;
    };
    for (std::size_t i = 0; i < size_classes.size(); ++i)
      if (row.gpus >= size_classes[i].low && row.gpus <= size_classes[i].high) add(s.sizes[i]);
    const auto state =
        std::find_if(s.states.begin(), s.states.end(), [&](const Share& x) { return x.name == row.state; });
    add(state == s.states.end() ? s.states.back() : *state);
  }
  for (auto* shares : {&s.sizes, &s.states})
    for (Share& share : *shares) {
      share.job_share = static_cast<double>(share.jobs) / static_cast<double>(s.jobs);
      share.gpu_time_share /= total;
    }
  s.users = static_cast<std::int64_t>(by_user.size());
  s.groups = static_cast<std::int64_t>(groups.size());
  s.gpu_hours = total / 3600;
  s.span_s = trace.rows.back().submit_s - trace.rows.front().submit_s;
  if (trace.origin_unix_s) {
    s.first = moment(*trace.origin_unix_s + trace.rows.front().submit_s, trace.utc_offset_s);
    s.last = moment(*trace.origin_unix_s + trace.rows.back().submit_s, trace.utc_offset_s);
  }
  std::vector<double> user_times;
  for (const auto& [user, time] : by_user) user_times.push_back(time);
  std::sort(user_times.rbegin(), user_times.rend());
  for (std::size_t i = 0; i < std::min<std::size_t>(10, user_times.size()); ++i)
    s.top_ten_users_share += user_times[i] / total;
  s.durations = describe_durations(trace.rows);
  s.arrivals = describe_arrivals(trace);
  return s;
}

}  // namespace nadc
