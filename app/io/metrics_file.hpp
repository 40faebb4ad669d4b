// How far a command is, as an OpenMetrics text file: for the textfile collector of a Prometheus node exporter.
//
// Families nadc_command_*, each sample labelled with what the command works on, so that files of several commands can
// stand side by side. Only types that Prometheus' older text format knows too (gauge, counter), as that collector reads
// that; no time stamps, which it refuses. The file is replaced as a whole (app/io/atomic_file.hpp): a reader never sees
// half of it. A file that cannot be replaced any more is said once, and the work goes on.
// Source: OpenMetrics 1.0 (github.com/OpenObservability/OpenMetrics, 2020): "Overall structure", "Escaping", "Unit".
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nadc {

using Labels = std::vector<std::pair<std::string, std::string>>;

struct MetricSample {
  Labels labels;
  double value;
  std::string suffix = {};  // of the family's name: "_total" for a counter
};

struct MetricFamily {
  std::string name, type, unit, help;  // the name ends in the unit, where there is one
  std::vector<MetricSample> samples;   // none: the family is left out
};

// The text of an exposition, "# EOF" at its end.
std::string open_metrics(const std::vector<MetricFamily>& families);

// One stage of a command's work.
struct ProgressReport {
  std::string stage;        // what is counted, in the plural: "replicas"
  std::uint64_t done = 0;   // those found before and those that failed included
  std::uint64_t total = 0;  // 0: unknown
  std::uint64_t found = 0;  // finished before
  std::uint64_t failed = 0;
  double elapsed_s = 0;
  bool total_is_a_bound = false;

  double rate() const { return elapsed_s > 0 && done > found ? static_cast<double>(done - found) / elapsed_s : 0; }
  // [s]; NaN where it is unknown.
  double left_s() const;
};

class MetricsFile {
 public:
  // Writes it for the first time. Error (usage, failed) when that cannot be.
  MetricsFile(std::string path, Labels labels);

  void take(const ProgressReport& stage);
  void count_message(bool error) { ++(error ? errors_ : warnings_); }
  enum class Command { running, ended };
  // Error (failed) when it cannot be written.
  void write(Command state);

 private:
  std::string path_;
  Labels labels_;
  std::vector<ProgressReport> stages_;  // in the order of their beginning
  std::uint64_t warnings_ = 0, errors_ = 0;
  std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
};

}  // namespace nadc
