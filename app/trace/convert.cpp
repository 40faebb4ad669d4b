#include "app/trace/convert.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <ostream>
#include <string>
#include <unordered_map>
#include <vector>

namespace nadc {
namespace {

std::string digits(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  std::string plain(text.data(), end.ptr);
  if (plain.find('e') == std::string::npos) return plain;
  // Whole numbers in full: programs that read SWF often know no exponents.
  const auto fixed = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return fixed.ec == std::errc{} ? std::string(text.data(), fixed.ptr) : plain;
}

// As RFC 4180: quoted when it must be.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void write_csv(std::ostream& out, const Trace& trace) {
  out << "job_id,submit_s,gpus,duration_s,request_s,user,group,class,state\n";
  for (const TraceRow& row : trace.rows)
    out << field(row.job_id) << ',' << digits(row.submit_s) << ',' << row.gpus << ',' << digits(row.duration_s) << ','
        << digits(row.request_s) << ',' << field(row.user) << ',' << field(row.group) << ',' << field(row.klass) << ','
        << field(row.state) << '\n';
}

// Numbers for names, in order of appearance from 1.
class Numbers {
 public:
  explicit Numbers(const char* kind) : kind_(kind) {}
  void add(const std::string& name) {
    if (!name.empty() && numbers_.emplace(name, static_cast<int>(names_.size()) + 1).second) names_.push_back(name);
  }
  std::string operator()(const std::string& name) const {
    return name.empty() ? "-1" : std::to_string(numbers_.at(name));
  }
  void print(std::ostream& out) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      std::string name = names_[i];
      for (char& c : name)
        if (c == '\n' || c == '\r') c = ' ';
      out << "; " << kind_ << ": " << i + 1 << ' ' << name << '\n';
    }
  }

 private:
  const char* kind_;
  std::unordered_map<std::string, int> numbers_;
  std::vector<std::string> names_;
};

void write_swf(std::ostream& out, const Trace& trace) {
  Numbers users("User"), groups("Group"), classes("Queue");
  std::int64_t largest = 0;
  for (const TraceRow& row : trace.rows) {
    users.add(row.user);
    groups.add(row.group);
    classes.add(row.klass);
    largest = std::max(largest, row.gpus);
  }
  out << "; Version: 2.2\n; MaxJobs: " << trace.rows.size() << "\n; MaxRecords: " << trace.rows.size() << '\n';
  out << "; MaxProcs: " << largest << "\n; Note: a processor is a GPU; converted from " << trace.format << '\n';
  if (trace.origin_unix_s) {
    // An instant, and the zone in which wall clocks showed what the trace says; UTC where it does not say.
    const double offset = trace.utc_offset_s.value_or(0);
    const auto hours = static_cast<int>(offset / 3600);
    out << "; UnixStartTime: " << digits(*trace.origin_unix_s - offset) << '\n';
    if (hours * 3600 == offset && hours >= -12)  // zones of whole hours count west of Greenwich
      out << "; TimeZoneString: " << (hours == 0 ? "UTC" : "Etc/GMT")
          << (hours == 0 ? "" : (hours > 0 ? "-" : "+") + std::to_string(std::abs(hours))) << '\n';
    out << "; TimeZone: " << digits(offset) << '\n';
    if (!trace.utc_offset_s) out << "; Note: the times are wall clock; how far that is from UTC is not known\n";
  }
  users.print(out);
  groups.print(out);
  classes.print(out);
  std::size_t number = 0;
  for (const TraceRow& row : trace.rows) {
    const char* status = row.state == "completed"   ? "1"
                         : row.state == "failed"    ? "0"
                         : row.state == "cancelled" ? "5"
                                                    : "-1";
    out << ++number << ' ' << digits(row.submit_s) << " -1 " << digits(row.duration_s) << ' ' << row.gpus << " -1 -1 "
        << row.gpus << ' ' << digits(row.request_s) << " -1 " << status << ' ' << users(row.user) << ' '
        << groups(row.group) << " -1 " << classes(row.klass) << " -1 -1 -1\n";
  }
}

}  // namespace

void write_trace(std::ostream& out, const Trace& trace, TraceTarget target) {
  target == TraceTarget::csv ? write_csv(out, trace) : write_swf(out, trace);
}

}  // namespace nadc
