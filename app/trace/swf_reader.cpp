// Standard Workload Format: a line a job, 18 fields between blanks, −1 for unknown; comments start with ';'.
// Source: Feitelson, "The Standard Workload Format", Parallel Workloads Archive, version 2.2.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "app/trace/readers.hpp"

namespace nadc::trace {
namespace {

constexpr std::array<std::string_view, 18> names{"job number",
                                                 "submit time",
                                                 "wait time",
                                                 "run time",
                                                 "allocated processors",
                                                 "average CPU time",
                                                 "used memory",
                                                 "requested processors",
                                                 "requested time",
                                                 "requested memory",
                                                 "status",
                                                 "user",
                                                 "group",
                                                 "application",
                                                 "queue",
                                                 "partition",
                                                 "preceding job",
                                                 "think time"};

struct Fields {
  std::vector<std::string_view> text;
  std::vector<int> column;

  explicit Fields(std::string_view line) {
    std::size_t at = 0;
    for (;;) {
      at = line.find_first_not_of(" \t\r", at);
      if (at == std::string_view::npos) return;
      const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
      text.push_back(line.substr(at, end - at));
      column.push_back(static_cast<int>(at) + 1);
      at = end;
    }
  }

  [[noreturn]] void fail(int field, const std::string& what, const std::string& hint) const {
    const auto i = static_cast<std::size_t>(field - 1);
    throw Malformed{"field " + std::to_string(field) + " (" + std::string(names[i]) + ") " + what + " (\"" +
                        std::string(text[i].substr(0, 60)) + "\")",
                    hint, column[i], ""};
  }
  // Field numbers count from 1, as in the standard.
  double number(int field) const {
    const auto value = to_number(text[static_cast<std::size_t>(field - 1)]);
    if (!value) fail(field, "is not a number", "expected a number, or -1 for unknown");
    return *value;
  }
  // Unknown (−1) is nothing; any other negative number is a fault.
  std::optional<double> known(int field) const {
    const double value = number(field);
    if (value == -1) return std::nullopt;
    if (value < 0) fail(field, "is negative", "expected a number, or -1 for unknown");
    return value;
  }
  std::optional<std::int64_t> processors(int field) const {
    if (!known(field)) return std::nullopt;
    const auto value = to_count(text[static_cast<std::size_t>(field - 1)]);
    if (!value) fail(field, "is not a whole number up to 10^9", "expected a number of processors, or -1 for unknown");
    return value;
  }
  std::string name(int field) const {
    const std::string_view value = text[static_cast<std::size_t>(field - 1)];
    return value == "-1" ? std::string() : std::string(value);
  }
};

void read_line(std::string_view line, Reading& reading) {
  const Fields fields(line);
  if (fields.text.size() < names.size())
    throw Malformed{"the line has " + std::to_string(fields.text.size()) + " fields, SWF has 18",
                    "is the line cut short? unknown fields are written as -1", 0, ""};
  for (int field = 1; field <= 11; ++field) fields.number(field);

  TraceRow job;
  job.job_id = fields.text[0];
  const auto submit = fields.known(2);
  if (!submit) fields.fail(2, "is unknown", "every job needs its submit time, in seconds");
  job.submit_s = *submit;
  const auto run = fields.known(4);
  const auto allocated = fields.processors(5), requested = fields.processors(8);
  job.gpus = allocated && *allocated > 0 ? *allocated : requested.value_or(0);
  const auto request = fields.known(9);
  job.user = fields.name(12);
  job.group = fields.name(13);
  job.klass = fields.name(15);
  const double status = fields.number(11);
  if (status >= 2 && status <= 4) return reading.drop(Drop::partial);
  job.state = status == 1 ? "completed" : status == 0 ? "failed" : status == 5 ? "cancelled" : "";
  if (job.gpus == 0) return reading.drop(Drop::no_gpus);
  if (!run) return reading.drop(status == 5 ? Drop::never_started : Drop::unfinished);
  job.duration_s = *run;
  job.request_s = request && *request > 0 ? *request : *run;
  if (*run > 0) {
    if (job.request_s == *run && !(request && *request > 0)) ++reading.no_requests;
    if (to_number(fields.text[16]).value_or(-1) > 0) ++reading.dependent;
  }
  keep(reading, std::move(job));
}

}  // namespace

namespace {

// Header lines of the clock. UnixStartTime is an instant; the zone says what wall clocks showed then.
struct Clock {
  std::optional<double> start_unix_s, offset_s;
  std::string zone;

  void take(std::string_view header) {
    const auto value = [&](std::string_view key) -> std::optional<std::string_view> {
      if (header.substr(0, key.size()) != key) return std::nullopt;
      return trim(header.substr(key.size()));
    };
    if (const auto text = value("UnixStartTime:")) start_unix_s = to_number(*text);
    if (const auto text = value("TimeZone:")) offset_s = to_number(*text);
    if (const auto text = value("TimeZoneString:")) zone = *text;
  }
  // [s] that wall clocks are ahead of UTC at the instant; notes what had to be assumed.
  double offset_at(double unix_s, std::vector<std::string>& notes) const {
    if (const auto known = utc_offset(zone, unix_s)) return *known;
    if (offset_s && std::abs(*offset_s) <= 14 * 3600) return *offset_s;
    notes.push_back(zone.empty() ? "The log names no time zone: hours and weekdays are those of UTC."
                                 : "The time zone \"" + zone.substr(0, 60) +
                                       "\" is not known here: hours and weekdays are those of UTC.");
    return 0;
  }
};

}  // namespace

void read_swf(std::string_view text, Reading& reading) {
  Clock clock;
  int line_number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line_number;
    if (line.empty()) continue;
    if (line[0] == ';') {
      clock.take(trim(line.substr(1)));
      continue;
    }
    try {
      read_line(line, reading);
    } catch (const Malformed& fault) {
      reading.faults.add(fault, line_number, line);
    }
  }
  // Submit times count from the start of the log; some logs write the epoch itself.
  constexpr double epoch_from = 3e8;  // [s] nobody logs ten years in one file
  Trace& trace = reading.trace;
  const auto first = std::min_element(trace.rows.begin(), trace.rows.end(),
                                      [](const TraceRow& a, const TraceRow& b) { return a.submit_s < b.submit_s; });
  if (first != trace.rows.end() && first->submit_s > epoch_from) {
    reading.calendar = true;
    reading.offset_s = clock.offset_at(first->submit_s, trace.notes);
    for (TraceRow& row : trace.rows) row.submit_s += *reading.offset_s;
  } else if (clock.start_unix_s && first != trace.rows.end()) {
    trace.utc_offset_s = clock.offset_at(*clock.start_unix_s, trace.notes);
    trace.origin_unix_s = *clock.start_unix_s + *trace.utc_offset_s;
  }
}

}  // namespace nadc::trace
