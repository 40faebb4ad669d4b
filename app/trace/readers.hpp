// One reader a format; read_trace picks among them. Inside app/trace only.
#pragma once
#include <string_view>

#include "app/trace/text.hpp"
#include "app/trace/trace.hpp"

namespace nadc::trace {

// Where a reader puts what it finds. Readers of calendar times leave them in submit_s, [s] of the wall clock as if it
// were UTC, and set `calendar`; the caller then counts from the first one.
struct Reading {
  Trace& trace;
  Faults& faults;
  Processors processors = Processors::gpus;
  bool calendar = false;
  std::optional<double> offset_s{};  // [s] ahead of UTC, of the first time that says so
  std::int64_t odd_durations = 0;    // rows whose stated duration is not end − start
  std::int64_t shares_of_gpus = 0;   // rows that ask for a part of one GPU
  std::int64_t lost_attempts = 0;    // attempts without both times
  std::int64_t late_requests = 0;    // rows that ran longer than they asked for
  std::int64_t no_limits = 0;        // rows whose request is unlimited
  std::int64_t no_requests = 0;      // rows whose request is not known
  std::int64_t dependent = 0;        // rows submitted when an earlier one had ended

  void drop(Drop reason) { ++trace.dropped[reason]; }
  // Submission on the clock of the first time that had an offset; as it stands without one.
  double on_one_clock(const CalendarTime& time) {
    if (!time.has_offset) return time.unix_s;
    if (!offset_s) offset_s = time.offset_s;
    return time.unix_s - time.offset_s + *offset_s;
  }
};

// completed, failed or cancelled; empty for what is none of them.
std::string to_state(std::string_view text);

// Puts the row into the trace, or counts why it cannot be one: its GPUs, then its duration.
void keep(Reading& reading, TraceRow row);

}  // namespace nadc::trace
