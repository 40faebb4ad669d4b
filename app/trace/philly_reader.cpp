// Microsoft Philly: one JSON list of jobs. Jobs are taken one by one while the text is parsed, so memory stays small.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/trace/readers.hpp"

namespace nadc::trace {
namespace {

using nlohmann::json;

const json* member(const json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

std::string text_of(const json& object, const char* name, const std::string& path) {
  const json* value = member(object, name);
  if (value == nullptr) return {};
  if (!value->is_string())
    throw Malformed{"is " + std::string(value->type_name()), "expected a string", 0, path + "." + name};
  return value->get<std::string>();
}

std::optional<CalendarTime> time_of(const json& object, const char* name, const std::string& path) {
  const std::string text = text_of(object, name, path);
  if (text.empty() || text == "None") return std::nullopt;
  const auto time = to_time(text);
  if (!time)
    throw Malformed{"is no time (\"" + text.substr(0, 60) + "\")", "expected YYYY-MM-DD hh:mm:ss or null", 0,
                    path + "." + name};
  return time;
}

const json& list_of(const json& object, const char* name, const std::string& path) {
  static const json none = json::array();
  const json* value = member(object, name);
  if (value == nullptr) return none;
  if (!value->is_array())
    throw Malformed{"is " + std::string(value->type_name()), "expected a list", 0, path + "." + name};
  return *value;
}

void read_job(const json& record, std::int64_t index, Reading& reading) {
  std::string path = "[";
  path.append(std::to_string(index)).append("]");
  if (!record.is_object())
    throw Malformed{"is " + std::string(record.type_name()), "expected a job (an object)", 0, path};
  TraceRow job;
  job.job_id = text_of(record, "jobid", path);
  job.user = text_of(record, "user", path);
  job.group = text_of(record, "vc", path);
  job.state = to_state(text_of(record, "status", path));
  const auto submit = time_of(record, "submitted_time", path);
  if (!submit) throw Malformed{"is missing", "every job needs its submitted_time", 0, path + ".submitted_time"};
  job.submit_s = reading.on_one_clock(*submit);

  bool started = false, ended = false;
  std::int64_t number = 0;
  for (const json& attempt : list_of(record, "attempts", path)) {
    std::string attempt_path = path;
    attempt_path.append(".attempts[").append(std::to_string(number++)).append("]");
    if (!attempt.is_object())
      throw Malformed{"is " + std::string(attempt.type_name()), "expected an object", 0, attempt_path};
    std::int64_t gpus = 0;
    for (const json& server : list_of(attempt, "detail", attempt_path)) {
      if (!server.is_object())
        throw Malformed{"is " + std::string(server.type_name()), "expected an object", 0, attempt_path + ".detail"};
      gpus += static_cast<std::int64_t>(list_of(server, "gpus", attempt_path + ".detail").size());
    }
    job.gpus = std::max(job.gpus, gpus);
    const auto start = time_of(attempt, "start_time", attempt_path), end = time_of(attempt, "end_time", attempt_path);
    started |= start.has_value();
    if (start && end) {
      ended = true;
      job.duration_s += end->instant_s() - start->instant_s();
    } else {
      ++reading.lost_attempts;
    }
  }
  if (!started) return reading.drop(Drop::never_started);
  if (!ended) return reading.drop(Drop::unfinished);
  job.request_s = job.duration_s;
  ++reading.no_requests;
  keep(reading, std::move(job));
}

}  // namespace

void read_philly(std::string_view text, Reading& reading) {
  reading.calendar = true;
  std::int64_t index = 0;
  bool list = false;
  const auto take = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth == 0 && event == json::parse_event_t::array_start) list = true;
    const bool element = depth == 1 && (event == json::parse_event_t::object_end ||
                                        event == json::parse_event_t::array_end || event == json::parse_event_t::value);
    if (!list || !element) return true;
    try {
      read_job(parsed, index++, reading);
    } catch (const Malformed& fault) {
      reading.faults.add(fault, 0, {});
    }
    return false;
  };
  try {
    const json rest = json::parse(text.begin(), text.end(), take);
    if (!list)
      throw Error(ErrorKind::input, "the file holds " + std::string(rest.type_name()) + ", not a list of jobs",
                  "expected [{\"status\": …, \"jobid\": …, \"attempts\": […]}, …]",
                  in_file(reading.faults.file(), 1, 1));
  } catch (const json::parse_error& error) {
    const std::string_view before = text.substr(0, std::min(error.byte, text.size()));
    const int line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    std::string reason = error.what();  // "[json.exception…] parse error at line 1, column 2: reason"
    const std::size_t colon = reason.find(": ");
    if (colon != std::string::npos) reason.erase(0, colon + 2);
    throw Error(ErrorKind::input, "not JSON (" + reason.substr(0, 200) + ")", "is the file cut short?",
                in_file(reading.faults.file(), line, static_cast<int>(before.size() - line_start)));
  }
}

}  // namespace nadc::trace
