// From what a scenario or a trace says of jobs to what the loop draws them from. Host.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/scenario.hpp"
#include "models/study_names.hpp"
#include "models/world.hpp"
#include "sim/blob.hpp"
#include "sim/law.hpp"

namespace nadc {

// A row of a trace as the readers give it. A job without a name belongs to the only group or class; names that the
// scenario does not know go to workload.unknown_group and unknown_class.
struct TraceInput {
  double submit_s = 0;
  double duration_s = 0;
  double request_s = 0;
  std::int64_t gpus = 0;
  std::string group, klass;
  Outcome outcome = Outcome::completed;
};
struct TraceInputs {
  std::vector<TraceInput> jobs;           // in the order of the file
  std::uint64_t dropped = 0;              // rows that are no jobs
  std::optional<double> origin_unix_s{};  // [s] wall clock at submit_s = 0, as if it were UTC
  std::vector<std::string> notes{};       // of the reader
};

// Groups, classes and the domains that classes name.
void name_workload(StudyNames& names, const Scenario& scenario);

// Of each class its domain; their number for none.
VectorBy<ClassId, std::uint32_t> domains_of_classes(StudyNames& names, const std::vector<Scenario>& scenarios);

// The jobs of a trace by submission, from its first on. Adds the rows for names that the scenario lacks, and the group
// and the class `all` where there is none; trace: may be null. Throws Error (input).
std::vector<TraceJob> build_trace(StudyNames& names, const TraceInputs* trace, const WorkloadSpec& workload);

// No request is longer, as far as known.
Tick longest_request(const std::vector<TraceJob>& trace, const std::vector<Scenario>& scenarios);

// Throws Error (input), as the others.
VectorBy<ClassId, ClassParams> build_classes(const StudyNames& names, const WorkloadSpec& workload);

// (class, partition) speed in 1/65,536; gpu_power: as site/build_site.hpp.
std::vector<std::uint32_t> class_rates(const StudyNames& names, const Scenario& scenario,
                                       const VectorBy<PartitionId, double>& gpu_power);

// Cells, the week, and how demand answers.
void add_workload(Point& point, BlobWriter<Point>& writer, const StudyNames& names, const Scenario& scenario,
                  LawTables& tables);

}  // namespace nadc
