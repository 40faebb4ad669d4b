// What nadc says on stderr while it works: log lines by level, and one progress line with rate and time left.
//
// The progress line shows only on a terminal and not with --quiet; it is rewritten at most five times a second, and
// removed before a log line and at the end. Colour follows --color, then NO_COLOR (any value but empty) and TERM=dumb,
// then whether stderr is a terminal. update() costs one clock read and may be called from any thread, as may log lines.
//
// For programs the stream can be JSON instead, one object a line, at most one a second and stage, and a last one:
//   {"event":"progress","stage":"replicas","done":120,"total":4096,"found":0,"failed":0,"elapsed_s":12.5,
//    "per_s":9.6,"left_s":414,"at_most":false}        total and left_s: null where unknown
//   {"event":"log","level":"warning","text":"…"}      levels: error, warning, info, detail, debug
// --quiet then hides log lines below warnings, and no progress.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "app/io/metrics_file.hpp"

namespace nadc {

enum class Verbosity { quiet, normal, verbose, debug };  // --quiet: warnings and errors only; -v; -v -v
enum class ColorChoice { automatic, on, off };

struct Console {
  std::FILE* stream = stderr;
  Verbosity verbosity = Verbosity::normal;
  bool terminal = false;
  bool color = false;
  bool json = false;
};

// Looks at the stream and the environment.
Console make_console(std::FILE* stream, Verbosity verbosity, ColorChoice color);
// auto, always or never; error (kind usage) otherwise.
ColorChoice parse_color(std::string_view name);

class Log {
 public:
  explicit Log(Console console) : console_(console) {}

  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();  // writes the metrics file for the last time

  void debug(std::string_view text) { line({Verbosity::debug, "debug", "debug: ", "2"}, text); }
  void detail(std::string_view text) { line({Verbosity::verbose, "detail", "", ""}, text); }
  void info(std::string_view text) { line({Verbosity::normal, "info", "", ""}, text); }
  void warn(std::string_view text) { line({Verbosity::quiet, "warning", "warning: ", "33"}, text); }
  void error(std::string_view text) { line({Verbosity::quiet, "error", "error: ", "31"}, text); }
  const Console& console() const { return console_; }

  // Progress goes into a metrics file as well, from now on. Errors as of MetricsFile.
  void keep_metrics(const std::string& path, Labels labels);

 private:
  friend class Progress;
  struct Level {
    Verbosity least;
    const char* name;
    std::string_view label;
    const char* color;
  };
  void line(const Level& level, std::string_view text);
  void show(const std::string& status);        // the progress line; empty removes it
  void tell(const ProgressReport& report);     // a line of JSON
  void measure(const ProgressReport& report);  // into the metrics file
  void write_metrics(MetricsFile::Command state);

  Console console_;
  std::mutex mutex_;
  bool shown_ = false;
  std::unique_ptr<MetricsFile> metrics_;
};

class Progress {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  // `done` of `total` units named in the plural ("replicas"); total 0 where it is unknown; already: done before
  // (resumed), which the rate leaves out.
  Progress(Log& log, std::string what, std::uint64_t total, std::uint64_t already = 0,
           Clock clock = std::chrono::steady_clock::now);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() {
    try {
      finish();
    } catch (...) {  // a line that could not be said ends nothing
    }
  }

  // Once, some seconds after the start, it says how long the rest takes where that is worth saying; on a terminal a
  // line shows it all the time.
  void update(std::uint64_t done, std::uint64_t failed = 0);
  void total_is_a_bound() { bound_ = true; }  // less may do
  void finish();                              // removes the line, and says the last for programs

  // "replicas  1,200 of 8,000 (15 %)  412/s  16 s left", for the given time since the start [s].
  std::string describe(std::uint64_t done, double elapsed) const;

 private:
  ProgressReport report(std::uint64_t done, std::uint64_t failed, double elapsed) const;
  bool due(std::atomic<std::int64_t>& next, std::int64_t now, std::int64_t interval);

  Log& log_;
  std::string what_;
  std::uint64_t total_, already_;
  Clock clock_;
  std::chrono::steady_clock::time_point start_;
  // Of the next rewriting, line of JSON and metrics file, since the start [ns].
  std::atomic<std::int64_t> next_{0}, next_json_{0}, next_metrics_{0};
  std::atomic<std::uint64_t> done_{0}, failed_{0};
  bool finished_ = false;
  std::atomic<bool> forecast_{false};  // has been given
  bool bound_ = false;
};

// "45 s", "3 min 20 s", "2 h 05 min", "3 d 4 h"; the argument in [s].
std::string human_duration(double seconds);

}  // namespace nadc
