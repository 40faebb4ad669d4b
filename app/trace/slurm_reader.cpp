// What sacct prints: a record a job, fields between '|'. Source: the sacct manual page, "Job Accounting Fields".
#include <array>

#include "app/trace/readers.hpp"
#include "app/trace/table.hpp"

namespace nadc::trace {
namespace {

// Slurm's backfill plans jobs without a limit for a year.
constexpr double no_limit_s = 365.0 * 86400;

std::optional<std::int64_t> count_after(std::string_view entry, char mark) {
  const std::size_t at = entry.rfind(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto value = to_count(entry.substr(at + 1));
  return value && *value >= 0 ? value : std::nullopt;
}

// "billing=64,cpu=64,gres/gpu:a100=4,gres/gpu=4,node=1": the plain entry of the resource, else the sum of the typed
// ones; nothing when there is none.
std::optional<std::int64_t> of_tres(const Row& row, std::string_view column, std::string_view resource) {
  std::string_view list = row.text(column);
  std::optional<std::int64_t> plain, typed;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view entry = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (entry.substr(0, resource.size()) != resource || entry.size() == resource.size()) continue;
    const char next = entry[resource.size()];
    if (next != '=' && next != ':') continue;  // gres/gpumem, gres/gpuutil
    const auto value = count_after(entry, '=');
    if (!value) row.fail(column, "has an entry without a count", "entries such as gres/gpu=8");
    if (next == '=')
      plain = *value;
    else
      typed = typed.value_or(0) + *value;
  }
  return plain ? plain : typed;
}

// "gpu:8", "gpu:a100:4(S:0-1),nic:1", "gres:gpu:2", "gpu": the sum of the entries; one where no count is said.
std::optional<std::int64_t> of_gres(const Row& row, std::string_view column) {
  std::string list;
  int depth = 0;
  for (const char c : row.text(column)) {
    depth += c == '(';
    if (depth == 0) list += c;
    depth -= c == ')';
  }
  std::optional<std::int64_t> sum;
  std::string_view rest = list;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    std::string_view entry = trim(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    for (const std::string_view prefix : {"gres:", "gres/"})
      if (entry.substr(0, prefix.size()) == prefix) entry.remove_prefix(prefix.size());
    if (entry != "gpu" && entry.substr(0, 4) != "gpu:" && entry.substr(0, 4) != "gpu=") continue;
    const auto after_colon = count_after(entry, ':'), after_equals = count_after(entry, '=');
    sum = sum.value_or(0) + (after_colon ? *after_colon : after_equals.value_or(1));
  }
  return sum;
}

std::optional<std::int64_t> count_of(const Row& row, std::initializer_list<std::string_view> columns,
                                     std::string_view meaning) {
  for (const std::string_view column : columns)
    if (!row.text(column).empty()) return row.count(column, meaning);
  return std::nullopt;
}

// What was given, else what was asked for.
std::int64_t gpus_of(const Row& row) {
  const auto given = of_tres(row, "AllocTRES", "gres/gpu");
  if (given) return *given;
  if (const auto gres = of_gres(row, "AllocGRES")) return *gres;
  if (!row.text("AllocTRES").empty()) return 0;  // a list that names no GPU
  if (const auto asked = of_tres(row, "ReqTRES", "gres/gpu")) return *asked;
  const auto of_node = of_gres(row, "ReqGRES");
  if (!of_node) return 0;
  return *of_node * count_of(row, {"NNodes", "AllocNodes", "ReqNodes"}, "a number of nodes").value_or(1);
}

std::int64_t cpus_of(const Row& row) {
  for (const std::string_view column : {"AllocTRES", "ReqTRES"})
    if (const auto cpus = of_tres(row, column, "cpu")) return *cpus;
  return count_of(row, {"AllocCPUS", "NCPUS", "ReqCPUS"}, "a number of CPUs").value_or(0);
}

std::optional<double> span(const Row& row, std::string_view column) {
  const std::string_view text = row.text(column);
  if (text.empty()) return std::nullopt;
  const auto value = to_span(text);
  if (!value) row.fail(column, "is no span of time", "days-hours:minutes:seconds, such as 1-12:00:00");
  return value;
}

// [s] that the job asked for; nothing where the file does not say, or leaves it to the partition.
std::optional<double> limit_of(const Row& row) {
  for (const std::string_view column : {"TimelimitRaw", "Timelimit"}) {
    const std::string word = lower(row.text(column));
    if (word.empty()) continue;
    if (word == "unlimited" || word == "infinite") return no_limit_s;
    if (word == "partition_limit" || word == "invalid") return std::nullopt;
    const auto seconds = column == "Timelimit" ? span(row, column) : row.number(column, "minutes");
    if (!seconds || *seconds <= 0) return std::nullopt;
    return column == "Timelimit" ? *seconds : *seconds * 60;
  }
  return std::nullopt;
}

}  // namespace

void read_slurm(std::string_view text, Reading& reading) {
  reading.calendar = true;
  const bool cpus = reading.processors == Processors::cpus;
  Layout layout{.separator = '|',
                .quotes = Records::Quotes::none,
                .needed = {"JobIDRaw|JobID", "State", "Submit", "Start", "End",
                           cpus ? "AllocTRES|ReqTRES|AllocCPUS|NCPUS|ReqCPUS" : "AllocTRES|ReqTRES|AllocGRES|ReqGRES"}};
  layout.headerless.assign(slurm_columns.begin(), slurm_columns.end());
  layout.header_mark = "Submit";
  read_table(text, layout, reading, [&](const Row& row) {
    TraceRow job;
    job.job_id = row.text(row.has("JobIDRaw") ? "JobIDRaw" : "JobID");
    if (job.job_id.find('.') != std::string::npos) return reading.drop(Drop::partial);
    job.user = row.text("User");
    job.group = row.text("Account");
    job.klass = row.text("Partition");
    const std::string_view state = row.text("State");
    job.state = to_state(state);
    const auto submit = row.time("Submit");
    if (!submit) row.fail("Submit", "is missing", "a time such as 2024-05-01T12:00:00");
    job.submit_s = reading.on_one_clock(*submit);
    job.gpus = cpus ? cpus_of(row) : gpus_of(row);
    const auto start = row.instant("Start"), end = row.instant("End");
    const auto raw = row.number("ElapsedRaw", "seconds that the job ran");
    const auto elapsed = raw ? raw : span(row, "Elapsed");
    if (job.gpus == 0) return reading.drop(Drop::no_gpus);
    if (state.substr(0, 7) == "PENDING") return reading.drop(Drop::unfinished);
    if (!start) return reading.drop(job.state.empty() ? Drop::unfinished : Drop::never_started);
    if (!end) return reading.drop(Drop::unfinished);
    job.duration_s = elapsed ? *elapsed : *end - *start;
    const auto limit = limit_of(row);
    if (job.duration_s > 0) {
      if (!limit) ++reading.no_requests;
      if (limit == no_limit_s) ++reading.no_limits;
    }
    job.request_s = limit.value_or(job.duration_s);
    keep(reading, std::move(job));
  });
}

}  // namespace nadc::trace
