#include "app/io/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/io/table.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t rewrite_interval = 200'000'000;    // [ns]
constexpr std::int64_t json_interval = 1'000'000'000;     // [ns]
constexpr std::int64_t metrics_interval = 5'000'000'000;  // [ns]
constexpr double forecast_after = 3;                      // [s]
constexpr double forecast_worth = 10;                     // shorter waits are not forecast [s]

// What is not UTF-8, such as an odd file name, is replaced.
std::string one_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::size_t terminal_columns(std::FILE* stream) {
  winsize size{};
  return ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// Cuts a line so that it does not wrap, between characters.
std::string fit(std::string text, std::size_t columns) {
  while (!text.empty() && display_width(text) >= columns) {
    while (text.size() > 1 && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
    text.pop_back();
  }
  return text;
}

}  // namespace

ColorChoice parse_color(std::string_view name) {
  if (name == "auto") return ColorChoice::automatic;
  if (name == "always") return ColorChoice::on;
  if (name == "never") return ColorChoice::off;
  throw Error(ErrorKind::usage, fmt::format("there is no colour choice \"{}\"", name), "use auto, always or never");
}

Console make_console(std::FILE* stream, Verbosity verbosity, ColorChoice color) {
  Console console{stream, verbosity, ::isatty(::fileno(stream)) == 1, false};
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term && std::string_view(term) == "dumb";
  const bool refused = (no_color && *no_color) || dumb;
  console.color = color == ColorChoice::on || (color == ColorChoice::automatic && console.terminal && !refused);
  if (dumb) console.terminal = false;  // it cannot rewrite a line
  return console;
}

Log::~Log() {
  if (metrics_) write_metrics(MetricsFile::Command::ended);
}

void Log::keep_metrics(const std::string& path, Labels labels) {
  const std::lock_guard lock(mutex_);
  metrics_ = std::make_unique<MetricsFile>(path, std::move(labels));
}

void Log::line(const Level& level, std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (metrics_ && level.least == Verbosity::quiet) metrics_->count_message(std::string_view(level.name) == "error");
  if (console_.verbosity < level.least) return;
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string out;
  if (console_.json) {
    out = one_line({{"event", "log"}, {"level", level.name}, {"text", text}});
  } else {
    if (std::exchange(shown_, false)) out += "\r\033[K";
    if (console_.color && *level.color)
      out += fmt::format("\033[{}m{}\033[0m", level.color, level.label);
    else
      out += level.label;
    out += text;
    out += '\n';
  }
  std::fwrite(out.data(), 1, out.size(), console_.stream);
  std::fflush(console_.stream);
}

void Log::tell(const ProgressReport& report) {
  const auto known = [](double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); };
  const std::string out = one_line({{"event", "progress"},
                                    {"stage", report.stage},
                                    {"done", report.done},
                                    {"total", report.total > 0 ? Json(report.total) : Json(nullptr)},
                                    {"found", report.found},
                                    {"failed", report.failed},
                                    {"elapsed_s", report.elapsed_s},
                                    {"per_s", report.rate()},
                                    {"left_s", known(report.left_s())},
                                    {"at_most", report.total_is_a_bound}});
  const std::lock_guard lock(mutex_);
  std::fwrite(out.data(), 1, out.size(), console_.stream);
  std::fflush(console_.stream);
}

void Log::measure(const ProgressReport& report) {
  {
    const std::lock_guard lock(mutex_);
    if (!metrics_) return;
    metrics_->take(report);
  }
  write_metrics(MetricsFile::Command::running);
}

// A full disk is no reason to end a sweep.
void Log::write_metrics(MetricsFile::Command state) {
  std::string problem;
  {
    const std::lock_guard lock(mutex_);
    if (!metrics_) return;
    try {
      metrics_->write(state);
      return;
    } catch (const std::exception& error) {
      problem = error.what();
      metrics_.reset();
    }
  }
  warn("the metrics file is no longer written: " + problem);
}

void Log::show(const std::string& status) {
  const std::lock_guard lock(mutex_);
  if (status.empty() && !shown_) return;
  const std::string out = "\r\033[K" + fit(status, terminal_columns(console_.stream));
  std::fwrite(out.data(), 1, out.size(), console_.stream);
  std::fflush(console_.stream);
  shown_ = !status.empty();
}

Progress::Progress(Log& log, std::string what, std::uint64_t total, std::uint64_t already, Clock clock)
    : log_(log), what_(std::move(what)), total_(total), already_(already), clock_(std::move(clock)), start_(clock_()) {}

ProgressReport Progress::report(std::uint64_t done, std::uint64_t failed, double elapsed) const {
  return {what_, done, total_, already_, failed, elapsed, bound_};
}

bool Progress::due(std::atomic<std::int64_t>& next, std::int64_t now, std::int64_t interval) {
  std::int64_t at = next.load(std::memory_order_relaxed);
  return now >= at && next.compare_exchange_strong(at, now + interval);
}

void Progress::update(std::uint64_t done, std::uint64_t failed) {
  const Console& console = log_.console();
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_() - start_).count();
  const double elapsed = static_cast<double>(now) * 1e-9;
  done_.store(done, std::memory_order_relaxed);
  failed_.store(failed, std::memory_order_relaxed);
  if (due(next_metrics_, now, metrics_interval)) log_.measure(report(done, failed, elapsed));
  if (console.json) {
    if (due(next_json_, now, json_interval)) log_.tell(report(done, failed, elapsed));
    return;
  }
  if (console.verbosity == Verbosity::quiet) return;
  if (elapsed >= forecast_after && done > already_ && total_ > 0 && !forecast_.exchange(true)) {
    const double rate = static_cast<double>(done - already_) / elapsed;
    const double left = done < total_ ? static_cast<double>(total_ - done) / rate : 0;
    if (left >= forecast_worth)
      log_.info(fmt::format("at {} {} a second the rest takes about {}{}", human_number(rate, 3), what_,
                            human_duration(left), bound_ ? " at most" : ""));
  }
  if (console.terminal && due(next_, now, rewrite_interval)) log_.show(describe(done, elapsed));
}

void Progress::finish() {
  log_.show({});
  if (std::exchange(finished_, true)) return;
  const ProgressReport last = report(std::max(done_.load(), already_), failed_.load(),
                                     std::chrono::duration<double>(clock_() - start_).count());
  if (log_.console().json) log_.tell(last);
  log_.measure(last);
}

std::string Progress::describe(std::uint64_t done, double elapsed) const {
  std::string text = fmt::format("{}  {}", what_, human_number(static_cast<std::int64_t>(done)));
  if (total_ > 0)
    text += fmt::format(" of {} ({:.0f} %)", human_number(static_cast<std::int64_t>(total_)),
                        std::floor(100.0 * static_cast<double>(done) / static_cast<double>(total_)));
  const double rate = elapsed > 0 && done > already_ ? static_cast<double>(done - already_) / elapsed : 0;
  if (rate <= 0) return text;
  text += fmt::format("  {}/s", human_number(rate, 3));
  if (total_ > done) text += fmt::format("  {} left", human_duration(static_cast<double>(total_ - done) / rate));
  return text;
}

std::string human_duration(double seconds) {
  if (!(seconds < 1e10)) return "a very long time";
  const auto s = static_cast<std::int64_t>(std::ceil(seconds));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  if (s < 86400) return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
  return fmt::format("{} d {} h", s / 86400, s / 3600 % 24);
}

}  // namespace nadc
