// Job traces: the records of real clusters, read from the formats that they are published in, as one list of jobs.
//
// A row is a job that ran: it asked for GPUs, started, and ended. Every other record is counted in `dropped` by its
// reason; nothing vanishes silently. A line that cannot be understood is an error with its file, line and what was
// expected there; Strictness::lenient counts such lines as `unparsable` instead.
//
// Formats (read as they are, or gzipped):
//   csv     job_id, submit_s, gpus, duration_s[, request_s, user, group, class, state], columns by name in any order
//   swf     Standard Workload Format; a processor is a GPU. Source: Feitelson, Parallel Workloads Archive, SWF v2.2
//   philly  JSON of Microsoft Philly; the duration of a job is the sum of its attempts, its GPUs their maximum
//   helios  CSV of SenseTime Helios
//   acme    CSV of Shanghai AI Laboratory Acme (Seren and Kalos)
//   openb   CSV of Alibaba openb; a pod that asks for a share of one GPU counts as one whole GPU (noted)
//   slurm   sacct -aXnP or -aXP output with the columns JobIDRaw or JobID, User, Account, …, TimelimitRaw or
//           Timelimit, ElapsedRaw or Elapsed, and AllocTRES, ReqTRES, AllocGRES (of the whole job) or ReqGRES (of each
//           node); a missing header line is understood as the order of `slurm_columns`. A job without a limit asks for
//           365 days, as Slurm's own backfill plans it.
//
// Times: submit_s counts from the first submission where the format has calendar times (`origin_unix_s` then says when
// that was), and as the file counts otherwise, with 0 for the first where that would be negative. Calendar times
// without an offset are the cluster's wall clock; where clocks were set back such a trace may be out of order by an
// hour, and only a duration that the file states is right. With offsets, and in SWF, times are instants, and the wall
// clock is the first one's offset ahead of UTC. Rows come sorted by submission, ties in file order. Cost: one pass, O(n
// log n) only if the file is out of order. Errors: nadc::Error, kind input (usage: unknown format).
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nadc {

struct TraceRow {
  std::string job_id;
  double submit_s = 0;    // [s]
  std::int64_t gpus = 0;  // whole GPUs over all nodes
  double duration_s = 0;  // [s] time that it ran
  double request_s = 0;   // [s] time that it asked for; the duration where that is unknown
  std::string user, group, klass;
  std::string state;  // completed, failed, cancelled, or empty where unknown
};

// Why a record is no row.
enum class Drop {
  zero_duration,
  negative_duration,  // ended before it started
  no_gpus,            // a CPU job
  never_started,
  unfinished,  // still running or waiting when the trace was taken
  partial,     // a step of a job, or one leg of a checkpointed job that has a summary record too
  unparsable,  // lenient reading only
};
inline constexpr std::array<std::string_view, 7> drop_names{
    "zero_duration", "negative_duration", "no_gpus", "never_started", "unfinished", "partial", "unparsable"};

struct DropCounts {
  std::array<std::int64_t, drop_names.size()> counts{};

  std::int64_t& operator[](Drop reason) { return counts[static_cast<std::size_t>(reason)]; }
  std::int64_t operator[](Drop reason) const { return counts[static_cast<std::size_t>(reason)]; }
  std::int64_t total() const;
};

struct Trace {
  std::vector<TraceRow> rows;
  DropCounts dropped;
  std::string format;
  std::optional<double> origin_unix_s;  // [s] wall clock of submit_s = 0, counted as if it were UTC
  std::optional<double> utc_offset_s;   // [s] that clock is ahead of UTC, where the file says
  std::vector<std::string> notes;       // what was assumed or looks odd, one sentence each
};

enum class Strictness { strict, lenient };

// What a job's size counts. Only slurm, helios and acme know CPUs.
enum class Processors { gpus, cpus };

std::span<const std::string_view> trace_formats();  // auto, and one a reader
inline constexpr std::array<std::string_view, 16> slurm_columns{
    "JobIDRaw", "User", "Account",    "Partition",    "QOS",    "State",   "Submit",    "Eligible",
    "Start",    "End",  "ElapsedRaw", "TimelimitRaw", "NNodes", "ReqTRES", "AllocTRES", "ExitCode"};

Trace read_trace(const std::string& path, std::string_view format = "auto", Strictness strictness = Strictness::strict,
                 Processors processors = Processors::gpus);

// The same for a text in memory; `name` stands for the file in messages.
Trace parse_trace(std::string_view text, const std::string& name, std::string_view format = "auto",
                  Strictness strictness = Strictness::strict, Processors processors = Processors::gpus);

}  // namespace nadc
