// Traces that are tables with named columns: csv, Helios, Acme, openb.
#include <cmath>

#include "app/trace/readers.hpp"
#include "app/trace/table.hpp"

namespace nadc::trace {
namespace {

// CPUs where these are counted.
std::int64_t cpus_of(const Row& row, std::string_view column) {
  if (!row.has(column)) row.fail(column, "is no column of this file", "the CPUs of a job");
  return row.count(column, "a number of CPUs");
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
    if (!request) ++reading.no_requests;
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
    job.gpus =
        reading.processors == Processors::cpus ? cpus_of(row, "cpu_num") : row.count("gpu_num", "a number of GPUs");
    job.state = to_state(row.text("state"));
    const auto submit = row.time("submit_time");
    if (!submit) row.fail("submit_time", "is missing", "a time such as 2020-04-01 00:08:31");
    job.submit_s = reading.on_one_clock(*submit);
    const auto start = row.instant("start_time"), end = row.instant("end_time");
    const auto stated = row.number("duration", "seconds that the job ran, or nothing");
    if (job.gpus == 0) return reading.drop(Drop::no_gpus);
    if (!start && !stated) return reading.drop(Drop::never_started);
    if (!end && !stated) return reading.drop(Drop::unfinished);
    job.duration_s = stated ? *stated : *end - *start;
    if (stated && start && end && std::abs(*stated - (*end - *start)) > 1.5) ++reading.odd_durations;
    job.request_s = job.duration_s;
    ++reading.no_requests;
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
    ++reading.no_requests;
    keep(reading, std::move(job));
  });
}

}  // namespace nadc::trace
