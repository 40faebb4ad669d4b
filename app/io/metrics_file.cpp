#include "app/io/metrics_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "app/io/atomic_file.hpp"

namespace nadc {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

double seconds_since_epoch(std::chrono::system_clock::time_point moment) {
  return std::chrono::duration<double>(moment.time_since_epoch()).count();
}

}  // namespace

double ProgressReport::left_s() const {
  if (total == 0) return std::numeric_limits<double>::quiet_NaN();
  if (done >= total) return 0;
  return rate() > 0 ? static_cast<double>(total - done) / rate() : std::numeric_limits<double>::quiet_NaN();
}

std::string open_metrics(const std::vector<MetricFamily>& families) {
  std::string text;
  for (const MetricFamily& family : families) {
    if (family.samples.empty()) continue;
    text += fmt::format("# TYPE {} {}\n", family.name, family.type);
    if (!family.unit.empty()) text += fmt::format("# UNIT {} {}\n", family.name, family.unit);
    text += fmt::format("# HELP {} {}\n", family.name, escaped(family.help));
    for (const MetricSample& sample : family.samples) {
      text += family.name + sample.suffix;
      for (std::size_t i = 0; i < sample.labels.size(); ++i)
        text +=
            fmt::format("{}{}=\"{}\"", i == 0 ? "{" : ",", sample.labels[i].first, escaped(sample.labels[i].second));
      text += (sample.labels.empty() ? " " : "} ") + number(sample.value) + "\n";
    }
  }
  return text + "# EOF\n";
}

MetricsFile::MetricsFile(std::string path, Labels labels) : path_(std::move(path)), labels_(std::move(labels)) {
  check_writable(path_);
  write(Command::running);
}

void MetricsFile::take(const ProgressReport& stage) {
  const auto at = std::find_if(stages_.begin(), stages_.end(),
                               [&](const ProgressReport& other) { return other.stage == stage.stage; });
  if (at == stages_.end())
    stages_.push_back(stage);
  else
    *at = stage;
}

void MetricsFile::write(Command state) {
  const auto with = [&](const std::string& name, const std::string& value) {
    Labels all = labels_;
    all.emplace_back(name, value);
    return all;
  };
  const auto by_stage = [&](auto&& value) {
    std::vector<MetricSample> samples;
    for (const ProgressReport& stage : stages_) samples.push_back({with("stage", stage.stage), value(stage)});
    return samples;
  };
  const auto count = [](std::uint64_t n) { return static_cast<double>(n); };
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  write_file(
      path_,
      open_metrics(
          {{"nadc_command_running",
            "gauge",
            "",
            "1 while the command runs, 0 when it has ended.",
            {{labels_, state == Command::running ? 1.0 : 0.0}}},
           {"nadc_command_start_timestamp_seconds",
            "gauge",
            "seconds",
            "When the command began, Unix time.",
            {{labels_, seconds_since_epoch(started_)}}},
           {"nadc_command_update_timestamp_seconds",
            "gauge",
            "seconds",
            "When this file was written, Unix time.",
            {{labels_, seconds_since_epoch(std::chrono::system_clock::now())}}},
           {"nadc_command_units", "gauge", "",
            "What a stage of the command has to do, such as replicas to run; NaN: unknown.",
            by_stage([&](const ProgressReport& s) { return s.total > 0 ? count(s.total) : unknown; })},
           {"nadc_command_units_done", "gauge", "", "Done of it, those found finished and those that failed included.",
            by_stage([&](const ProgressReport& s) { return count(s.done); })},
           {"nadc_command_units_found", "gauge", "", "Finished before the command began (resumed or taken over).",
            by_stage([&](const ProgressReport& s) { return count(s.found); })},
           {"nadc_command_units_failed", "gauge", "", "Failed of those done.",
            by_stage([&](const ProgressReport& s) { return count(s.failed); })},
           {"nadc_command_elapsed_seconds", "gauge", "seconds", "Since the stage began.",
            by_stage([](const ProgressReport& s) { return s.elapsed_s; })},
           {"nadc_command_remaining_seconds", "gauge", "seconds",
            "What the rest of the stage takes at the rate so far; NaN: unknown.",
            by_stage([](const ProgressReport& s) { return s.left_s(); })},
           {"nadc_command_messages",
            "counter",
            "",
            "Warnings and errors said so far.",
            {{with("level", "warning"), count(warnings_), "_total"},
             {with("level", "error"), count(errors_), "_total"}}}}));
}

}  // namespace nadc
