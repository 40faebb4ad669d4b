// Traces that are tables with named columns: csv, Helios, Acme, openb, Slurm.
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "app/trace/readers.hpp"

namespace nadc::trace {
namespace {

// One record seen through the names of its columns.
class Row {
 public:
  Row(const std::vector<std::string>& names, const Records& records) : names_(names), records_(records) {}

  bool has(std::string_view name) const { return find(name) >= 0; }

  std::string_view text(std::string_view name) const {
    const int i = find(name);
    return i < 0 ? std::string_view{} : trim(records_.fields()[static_cast<std::size_t>(i)]);
  }

  // Finite number; absent (empty) is nothing.
  std::optional<double> number(std::string_view name, std::string_view meaning) const {
    const std::string_view field = text(name);
    if (field.empty()) return std::nullopt;
    const auto value = to_number(field);
    if (!value) fail(name, "is not a number", meaning);
    return value;
  }
  double needed_number(std::string_view name, std::string_view meaning) const {
    const auto value = number(name, meaning);
    if (!value) fail(name, "is empty", meaning);
    return *value;
  }
  std::int64_t count(std::string_view name, std::string_view meaning) const {
    const std::string_view field = text(name);
    const auto value = to_count(field);
    if (!value) fail(name, field.empty() ? "is empty" : "is not a whole number up to 10^9", meaning);
    if (*value < 0) fail(name, "is negative", meaning);
    return *value;
  }
  // [s] of the wall clock; nothing for an empty field, None or Unknown.
  std::optional<double> time(std::string_view name, double* offset_s = nullptr) const {
    const std::string_view field = text(name);
    const std::string word = lower(field);
    if (word.empty() || word == "none" || word == "unknown" || word == "nan" || word == "nat" || word == "null")
      return std::nullopt;
    const auto value = to_time(field);
    if (!value) fail(name, "is not a time", "a time such as 2023-03-01 09:42:51, or nothing");
    if (offset_s != nullptr) *offset_s = value->offset_s;
    return value->unix_s;
  }
  // The instant, comparable between rows of different offsets.
  std::optional<double> instant(std::string_view name) const {
    double offset = 0;
    const auto wall = time(name, &offset);
    return wall ? std::optional<double>(*wall - offset) : std::nullopt;
  }

  [[noreturn]] void fail(std::string_view name, std::string_view what, std::string_view expected) const {
    const int i = find(name);
    std::string message(name);
    message.append(" ").append(what);
    if (!text(name).empty()) message.append(" (\"").append(text(name).substr(0, 60)).append("\")");
    throw Malformed{std::move(message), "expected " + std::string(expected),
                    i < 0 ? 0 : records_.column(static_cast<std::size_t>(i)), ""};
  }

 private:
  int find(std::string_view name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    return at == names_.end() ? -1 : static_cast<int>(at - names_.begin());
  }

  const std::vector<std::string>& names_;
  const Records& records_;
};

struct Layout {
  char separator = ',';
  Records::Quotes quotes = Records::Quotes::rfc4180;
  std::vector<std::string_view> needed{};      // columns without which the format is another one
  std::vector<std::string_view> headerless{};  // the order of columns when the first line is no header; may be empty
  std::string_view header_mark = {};           // a column name by which a header line is known, when headerless
};

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void read_table(std::string_view text, const Layout& layout, Reading& reading,
                const std::function<void(const Row&)>& read_row) {
  Records records(text, layout.separator, layout.quotes);
  std::vector<std::string> names;
  bool in_header = true;
  const auto take_names = [&](const std::vector<std::string>& fields) {
    for (const std::string& field : fields) names.emplace_back(trim(field));
    for (std::string_view need : layout.needed)
      if (std::find(names.begin(), names.end(), need) == names.end())
        throw Malformed{
            "the header has no column " + std::string(need) + " (it has " + joined(names).substr(0, 200) + ")",
            "is this really a " + reading.trace.format + " trace?", 0, ""};
    for (const std::string& name : names)
      if (!name.empty() && std::count(names.begin(), names.end(), name) > 1)
        throw Malformed{"the header names the column " + name + " twice", "rename one of them", 0, ""};
  };
  for (;;) {
    try {
      if (!records.next()) break;
      const auto& fields = records.fields();
      if (names.empty()) {
        const bool header =
            layout.headerless.empty() || std::find(fields.begin(), fields.end(), layout.header_mark) != fields.end();
        if (header) {
          take_names(fields);
          in_header = false;
          continue;
        }
        names.assign(layout.headerless.begin(), layout.headerless.end());
        in_header = false;
      }
      // sacct -p (not -P) ends every line with one more separator.
      const bool trailing = layout.separator == '|' && fields.size() == names.size() + 1 && fields.back().empty();
      if (fields.size() != names.size() && !trailing)
        throw Malformed{
            "the line has " + std::to_string(fields.size()) + " fields, the header " + std::to_string(names.size()),
            "expected " + joined(names).substr(0, 200), 0, ""};
      read_row(Row(names, records));
    } catch (const Malformed& fault) {
      if (in_header)  // no line can be understood without it
        throw Error(ErrorKind::input, fault.message, fault.hint,
                    in_file(reading.faults.file(), records.line(), fault.column, records.source_line()));
      reading.faults.add(fault, records.line(), records.source_line());
    }
  }
}

// "billing=64,cpu=64,gres/gpu:a100=4,gres/gpu=4,node=1": the plain entry, else the sum of the typed ones.
std::int64_t gpus_of_tres(const Row& row, std::string_view column) {
  std::string_view list = row.text(column);
  std::int64_t plain = -1, typed = 0;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view entry = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    constexpr std::string_view mark = "gres/gpu";
    if (entry.substr(0, mark.size()) != mark || entry.size() == mark.size()) continue;
    const std::size_t equals = entry.find('=');
    const char next = entry[mark.size()];
    if (next != '=' && next != ':') continue;  // gres/gpumem, gres/gpuutil
    const auto value = equals == std::string_view::npos ? std::nullopt : to_count(entry.substr(equals + 1));
    if (!value || *value < 0) row.fail(column, "has an entry without a count", "entries such as gres/gpu=8");
    if (next == '=')
      plain = *value;
    else
      typed += *value;
  }
  return plain >= 0 ? plain : typed;
}

}  // namespace

void read_csv(std::string_view text, Reading& reading) {
  const Layout layout{.needed = {"job_id", "submit_s", "gpus", "duration_s"}};
  read_table(text, layout, reading, [&](const Row& row) {
    TraceRow job;
    job.job_id = row.text("job_id");
    job.submit_s = row.needed_number("submit_s", "seconds from the start of the trace");
    job.gpus = row.count("gpus", "a number of GPUs");
    job.duration_s = row.needed_number("duration_s", "seconds that the job ran");
    if (job.duration_s < 0) row.fail("duration_s", "is negative", "seconds that the job ran");
    const auto request = row.number("request_s", "seconds that the job asked for, or nothing");
    if (request && *request < 0) row.fail("request_s", "is negative", "seconds that the job asked for, or nothing");
    job.request_s = request.value_or(job.duration_s);
    job.user = row.text("user");
    job.group = row.text("group");
    job.klass = row.text("class");
    job.state = row.text("state");
    if (!job.state.empty() && to_state(job.state).empty())
      row.fail("state", "is no final state", "completed, failed, cancelled, or nothing");
    job.state = to_state(job.state);
    keep(reading, std::move(job));
  });
}

void read_helios_or_acme(std::string_view text, Reading& reading) {
  reading.calendar = true;
  const Layout layout{.needed = {"job_id", "user", "gpu_num", "state", "submit_time", "start_time", "end_time"}};
  read_table(text, layout, reading, [&](const Row& row) {
    TraceRow job;
    job.job_id = row.text("job_id");
    job.user = row.text("user");
    job.group = row.text("vc");    // Helios
    job.klass = row.text("type");  // Acme
    job.gpus = row.count("gpu_num", "a number of GPUs");
    job.state = to_state(row.text("state"));
    double offset = 0;
    const auto submit = row.time("submit_time", &offset);
    if (!submit) row.fail("submit_time", "is missing", "a time such as 2020-04-01 00:08:31");
    job.submit_s = *submit;
    const auto start = row.instant("start_time"), end = row.instant("end_time");
    const auto stated = row.number("duration", "seconds that the job ran, or nothing");
    if (job.gpus == 0) return reading.drop(Drop::no_gpus);
    if (!start && !stated) return reading.drop(Drop::never_started);
    if (!end && !stated) return reading.drop(Drop::unfinished);
    job.duration_s = stated ? *stated : *end - *start;
    if (stated && start && end && std::abs(*stated - (*end - *start)) > 1.5) ++reading.odd_durations;
    job.request_s = job.duration_s;
    keep(reading, std::move(job));
  });
}

void read_openb(std::string_view text, Reading& reading) {
  const Layout layout{.needed = {"name", "num_gpu", "gpu_milli", "creation_time", "deletion_time", "scheduled_time"}};
  read_table(text, layout, reading, [&](const Row& row) {
    TraceRow job;
    job.job_id = row.text("name");
    job.klass = row.text("qos");
    job.gpus = row.count("num_gpu", "a number of GPUs");
    job.state = to_state(row.text("pod_phase"));
    job.submit_s = row.needed_number("creation_time", "seconds from the start of the trace");
    const auto start = row.number("scheduled_time", "seconds from the start of the trace, or nothing");
    const auto end = row.number("deletion_time", "seconds from the start of the trace, or nothing");
    const auto share = row.number("gpu_milli", "thousandths of a GPU");
    if (job.gpus == 0) return reading.drop(Drop::no_gpus);
    if (!start) return reading.drop(Drop::never_started);
    if (!end) return reading.drop(Drop::unfinished);
    if (share && *share > 0 && *share < 1000) ++reading.shares_of_gpus;
    job.duration_s = *end - *start;
    job.request_s = job.duration_s;
    keep(reading, std::move(job));
  });
}

void read_slurm(std::string_view text, Reading& reading) {
  reading.calendar = true;
  Layout layout{
      .separator = '|', .quotes = Records::Quotes::none, .needed = {"JobIDRaw", "State", "Submit", "Start", "End"}};
  layout.headerless.assign(slurm_columns.begin(), slurm_columns.end());
  layout.header_mark = "JobIDRaw";
  read_table(text, layout, reading, [&](const Row& row) {
    TraceRow job;
    job.job_id = row.text("JobIDRaw");
    if (job.job_id.find('.') != std::string::npos) return reading.drop(Drop::partial);
    job.user = row.text("User");
    job.group = row.text("Account");
    job.klass = row.text("Partition");
    const std::string_view state = row.text("State");
    job.state = to_state(state);
    const auto submit = row.time("Submit");
    if (!submit) row.fail("Submit", "is missing", "a time such as 2024-05-01T12:00:00");
    job.submit_s = *submit;
    job.gpus = gpus_of_tres(row, row.text("AllocTRES").empty() ? "ReqTRES" : "AllocTRES");
    const auto start = row.time("Start"), end = row.time("End");
    const auto elapsed = row.number("ElapsedRaw", "seconds that the job ran");
    const auto minutes =
        to_number(row.text("TimelimitRaw"));  // a word such as UNLIMITED or Partition_Limit is no limit
    if (job.gpus == 0) return reading.drop(Drop::no_gpus);
    if (state.substr(0, 7) == "PENDING") return reading.drop(Drop::unfinished);
    if (!start) return reading.drop(job.state.empty() ? Drop::unfinished : Drop::never_started);
    if (!end) return reading.drop(Drop::unfinished);
    job.duration_s = elapsed ? *elapsed : *end - *start;
    job.request_s = minutes && *minutes > 0 ? *minutes * 60 : job.duration_s;
    keep(reading, std::move(job));
  });
}

}  // namespace nadc::trace
