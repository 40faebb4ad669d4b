#include "app/io/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <utility>

#include "app/io/table.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::int64_t rewrite_interval = 200'000'000;  // [ns]
constexpr double forecast_after = 3;                    // [s]
constexpr double forecast_worth = 10;                   // shorter waits are not forecast [s]

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

void Log::line(Verbosity least, std::string_view label, const char* color, std::string_view text) {
  if (console_.verbosity < least) return;
  const std::lock_guard lock(mutex_);
  std::string out;
  if (std::exchange(shown_, false)) out += "\r\033[K";
  if (console_.color && *color)
    out += fmt::format("\033[{}m{}\033[0m", color, label);
  else
    out += label;
  out += text;
  if (out.empty() || out.back() != '\n') out += '\n';
  std::fwrite(out.data(), 1, out.size(), console_.stream);
  std::fflush(console_.stream);
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

void Progress::update(std::uint64_t done) {
  const Console& console = log_.console();
  if (console.verbosity == Verbosity::quiet) return;
  const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_() - start_).count();
  const double elapsed = static_cast<double>(now) * 1e-9;
  if (elapsed >= forecast_after && done > already_ && total_ > 0 && !forecast_.exchange(true)) {
    const double rate = static_cast<double>(done - already_) / elapsed;
    const double left = done < total_ ? static_cast<double>(total_ - done) / rate : 0;
    if (left >= forecast_worth)
      log_.info(fmt::format("at {} {} a second the rest takes about {}{}", human_number(rate, 3), what_,
                            human_duration(left), bound_ ? " at most" : ""));
  }
  if (!console.terminal) return;
  std::int64_t due = next_.load(std::memory_order_relaxed);
  if (now < due || !next_.compare_exchange_strong(due, now + rewrite_interval)) return;
  log_.show(describe(done, elapsed));
}

void Progress::finish() { log_.show({}); }

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
