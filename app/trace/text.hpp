// Text of trace files: whole files (gzip or not), delimited records, numbers, calendar times. Inside app/trace only.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/trace/trace.hpp"
#include "sim/error.hpp"

namespace nadc::trace {

Place in_file(const std::string& path, int line = 0, int column = 0, std::string_view source_line = {});

// The file's text without a byte-order mark. Throws Error (input) when it cannot be read, is empty, or is a cut gzip.
std::string read_text(const std::string& path);

// Finite numbers of the whole text; nothing for anything else.
std::optional<double> to_number(std::string_view text);
// Whole numbers up to 10^9 in magnitude, "8.0" too.
std::optional<std::int64_t> to_count(std::string_view text);

// "2023-03-01 09:42:51+08:00": blank or T between date and time, fraction and offset optional, a trailing Z.
struct CalendarTime {
  double unix_s = 0;  // [s] of the wall clock shown, as if it were UTC
  double offset_s = 0;
  bool has_offset = false;
  double instant_s() const { return unix_s - offset_s; }  // comparable between times of different offsets
};
std::optional<CalendarTime> to_time(std::string_view text);

// "2-03:04:05", "03:04:05" or "04:05" as Slurm writes spans of time: days, hours, minutes, seconds. [s]
std::optional<double> to_span(std::string_view text);

// [s] that wall clocks of the zone (a name such as Asia/Seoul) are ahead of UTC at that instant; nothing for a name
// that this machine's zone files do not have. Not for several threads at once.
std::optional<double> utc_offset(const std::string& zone, double unix_s);

std::string_view trim(std::string_view text);
std::string lower(std::string_view text);

// A fault of the record at hand; caught by the reader of the file, which knows the line.
struct Malformed {
  std::string message, hint;
  int column = 0;    // from 1; 0: the whole record
  std::string path;  // key path in a JSON file
};

// Records of separated fields. With quotes as in RFC 4180: "" inside quotes is one quote, line ends may be quoted.
class Records {
 public:
  enum class Quotes { none, rfc4180 };
  Records(std::string_view text, char separator, Quotes quotes) : text_(text), separator_(separator), quotes_(quotes) {}

  // Moves to the next record that is not blank; false at the end. Throws Malformed on an unclosed quote.
  bool next();

  const std::vector<std::string>& fields() const { return fields_; }
  int line() const { return line_; }  // of the record's first character, from 1
  int column(std::size_t field) const { return starts_[field] + 1; }
  std::string_view source_line() const { return source_line_; }

 private:
  std::string_view text_;
  char separator_;
  Quotes quotes_;
  std::size_t at_ = 0;
  int line_ = 0, next_line_ = 1;
  std::vector<std::string> fields_;
  std::vector<int> starts_;
  std::string_view source_line_;
};

// Collects the faults of a file: strict throws them together (at most `limit`), lenient counts them.
class Faults {
 public:
  Faults(std::string file, Strictness strictness, Trace& trace)
      : file_(std::move(file)), strictness_(strictness), trace_(trace) {}

  void add(const Malformed& fault, int line, std::string_view source_line);
  const std::string& file() const { return file_; }
  void finish();  // throws Error (input) when there was any under strict reading

 private:
  static constexpr std::size_t limit = 20;
  std::string file_;
  Strictness strictness_;
  Trace& trace_;
  std::vector<Problem> problems_;
};

}  // namespace nadc::trace
