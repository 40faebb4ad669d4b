#include "app/trace/trace.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "app/trace/readers.hpp"
#include "app/trace/text.hpp"

namespace nadc {

std::int64_t DropCounts::total() const { return std::accumulate(counts.begin(), counts.end(), std::int64_t{0}); }

namespace trace {
namespace {

constexpr double most_seconds = 1e10;

}  // namespace

std::string to_state(std::string_view text) {
  std::string word = lower(trim(text));
  word.resize(std::min(word.find(' '), word.size()));  // Slurm: "CANCELLED by 1234"
  if (word == "completed" || word == "pass" || word == "passed" || word == "succeeded" || word == "finished")
    return "completed";
  if (word == "cancelled" || word == "canceled" || word == "killed" || word == "revoked") return "cancelled";
  for (std::string_view failed :
       {"failed", "timeout", "node_fail", "out_of_memory", "boot_fail", "deadline", "preempted"})
    if (word == failed) return "failed";
  return {};
}

void keep(Reading& reading, TraceRow row) {
  for (const double seconds : {row.submit_s, row.duration_s, row.request_s})
    if (!(std::abs(seconds) <= most_seconds))
      throw Malformed{"a time of the job is beyond 300 years", "times are seconds", 0, ""};
  if (row.gpus <= 0) return reading.drop(Drop::no_gpus);
  if (row.duration_s < 0) return reading.drop(Drop::negative_duration);
  if (row.duration_s == 0) return reading.drop(Drop::zero_duration);
  if (row.request_s < row.duration_s) ++reading.late_requests;
  reading.trace.rows.push_back(std::move(row));
}

// A format is a reader, in a file of its own, and a row here.
void read_csv(std::string_view text, Reading& reading);
void read_swf(std::string_view text, Reading& reading);
void read_philly(std::string_view text, Reading& reading);
void read_helios_or_acme(std::string_view text, Reading& reading);
void read_openb(std::string_view text, Reading& reading);
void read_slurm(std::string_view text, Reading& reading);

namespace {

struct Reader {
  std::string_view format;
  void (*read)(std::string_view, Reading&);
  bool knows_cpus = false;
};
constexpr Reader readers[] = {
    {"csv", read_csv},
    {"swf", read_swf},
    {"philly", read_philly},
    {"helios", read_helios_or_acme, true},
    {"acme", read_helios_or_acme, true},
    {"openb", read_openb},
    {"slurm", read_slurm, true},
};

std::string list_of(std::span<const std::string_view> names, std::string_view last) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i)
    list += (i == 0 ? "" : i + 1 == names.size() ? std::string(last) : ", ") + std::string(names[i]);
  return list;
}

std::string detect(std::string_view text, const std::string& name) {
  const std::string_view start = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const std::string_view line = trim(start.substr(0, start.find('\n')));
  const auto has = [&](std::string_view word) { return line.find(word) != std::string_view::npos; };
  if (line.substr(0, 1) == "[" || line.substr(0, 1) == "{") return "philly";
  if (line.substr(0, 1) == ";") return "swf";
  if (has("JobIDRaw") || (has("JobID") && has("|")) || std::count(line.begin(), line.end(), '|') >= 15) return "slurm";
  if (has("submit_s") && has("gpus")) return "csv";
  if (has("gpu_milli")) return "openb";
  if (has("gpu_num")) return has(",vc,") ? "helios" : "acme";
  if (!has(",") && line.find_first_not_of("0123456789.-+eE \t") == std::string_view::npos && !line.empty())
    return "swf";
  throw Error(ErrorKind::input, "the format of the trace cannot be told from its first line",
              "name it with --from, or workload.format in a scenario: " + list_of(trace_formats().subspan(1), " or "),
              in_file(name, 1, 0, line));
}

// Sorts by submission, and counts calendar times from the first one.
void settle(Reading& reading) {
  Trace& trace = reading.trace;
  const auto earlier = [](const TraceRow& a, const TraceRow& b) { return a.submit_s < b.submit_s; };
  if (!std::is_sorted(trace.rows.begin(), trace.rows.end(), earlier)) {
    std::stable_sort(trace.rows.begin(), trace.rows.end(), earlier);
    trace.notes.push_back("The file is not in the order of submission; its jobs were sorted.");
  }
  if (!trace.rows.empty()) {
    const double first = trace.rows.front().submit_s;
    if (reading.calendar) {
      trace.origin_unix_s = first;
      trace.utc_offset_s = reading.offset_s;
    } else if (first < 0) {
      if (trace.origin_unix_s) *trace.origin_unix_s += first;
      trace.notes.push_back("Times before 0: all were moved by " + std::to_string(std::llround(-first)) +
                            " s, so that the first job is submitted at 0.");
    }
    if (reading.calendar || first < 0)
      for (TraceRow& row : trace.rows) row.submit_s -= first;
  }
  const auto note = [&](std::int64_t count, const char* what) {
    if (count > 0) trace.notes.push_back(std::string(what) + ": " + std::to_string(count) + ".");
  };
  note(reading.shares_of_gpus, "Jobs that ask for a share of one GPU, counted with a whole one");
  note(reading.odd_durations, "Jobs whose stated duration, which is used, is not end minus start");
  note(reading.lost_attempts, "Attempts without start or end, which add nothing to their job");
  note(reading.late_requests,
       "Jobs that ran longer than they asked for, whose request a replay raises to the duration unless it kills at the "
       "limit");
  note(reading.no_limits, "Jobs without a time limit, which ask for 365 days");
  note(reading.no_requests,
       "Jobs that do not say for how long they ask; the duration is taken, so backfilling knows when they end");
  note(reading.dependent,
       "Jobs that wait for an earlier one and a think time (fields 17 and 18), submitted when the log says all the "
       "same");
}

}  // namespace
}  // namespace trace

std::span<const std::string_view> trace_formats() {
  static const std::vector<std::string_view> formats = [] {
    std::vector<std::string_view> names{"auto"};
    for (const trace::Reader& reader : trace::readers) names.push_back(reader.format);
    return names;
  }();
  return formats;
}

Trace parse_trace(std::string_view text, const std::string& name, std::string_view format, Strictness strictness,
                  Processors processors) {
  const std::span<const std::string_view> known = trace_formats();
  if (std::find(known.begin(), known.end(), format) == known.end())
    throw Error(ErrorKind::usage, "unknown trace format \"" + std::string(format) + "\"",
                "one of " + trace::list_of(known, ", "));
  Trace result;
  result.format = format == "auto" ? trace::detect(text, name) : std::string(format);
  trace::Faults faults(name, strictness, result);
  trace::Reading reading{result, faults, processors};

  for (const trace::Reader& reader : trace::readers) {
    if (reader.format != result.format) continue;
    if (processors == Processors::cpus && !reader.knows_cpus)
      throw Error(ErrorKind::input, "a " + result.format + " trace does not say how many CPUs a job has",
                  "count CPUs in slurm, helios and acme traces", trace::in_file(name));
    reader.read(text, reading);
  }
  faults.finish();
  trace::settle(reading);
  return result;
}

Trace read_trace(const std::string& path, std::string_view format, Strictness strictness, Processors processors) {
  return parse_trace(trace::read_text(path), path, format, strictness, processors);
}

}  // namespace nadc
