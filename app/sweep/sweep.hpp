// Runs the rows of a study, (lever, sample, replica), on one of the backends of gpu/ensemble.hpp, and keeps them.
//
// Order: samples, in each the replicas, in each the levers, so that what is there at any moment can be compared in
// pairs. Shard I of N is the I-th of N equal pieces of that order. With a results file, rows go to PATH.part as they
// come and survive a kill from the last checkpoint on (every few seconds); at the end the part becomes PATH. Rows are
// pure functions of the study: how they were split, resumed or extended never shows in the file.
//
// A replica that fails, or a sample whose values do not fit together, is a failed row; the others go on.
// A stopping rule works in rounds of replicas over all levers and samples; rows behind the stop are skipped. So does a
// selection, over the levers that may still be best; an observation is a replica's mean over the samples in which all
// of them have a value.
//
// Memory: without a file the site metrics of every row; with one 18 bytes a row, and 256 MiB of points at most.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/io/progress.hpp"
#include "app/sweep/rows.hpp"
#include "gpu/ensemble.hpp"
#include "sim/experiment/sequential_selection.hpp"

namespace nadc {

struct Shard {
  std::uint64_t index = 1, count = 1;  // index from 1
};

enum class Resume { refuse, allow };  // what to do with an unfinished or finished sweep of the same study at the path

enum class Overwrite { same_study, anything };  // which finished results at the path may be replaced

struct SelectRequest {
  std::size_t metric = 0;  // of the whole
  SelectionSpec spec;      // most: the study's replicas
};

struct SweepRequest {
  Backend backend = Backend::serial;
  int threads = 0;         // 0: as many as the machine has; of cuda, beside the cards
  std::vector<int> cards;  // cuda; empty: all that can be used
  std::string output;
  Shard shard;
  Resume resume = Resume::refuse;
  Overwrite overwrite = Overwrite::same_study;
  std::string extend;  // file whose finished rows are taken over
  std::optional<SelectRequest> select;
  std::string command_line;
};

struct SweepOutcome {
  bool interrupted = false;
  bool was_finished = false;        // there was nothing to do
  std::uint64_t rows = 0;           // of this part of the study
  std::uint64_t found = 0;          // finished before: resumed or taken over
  std::uint64_t made = 0;           // now, failures included
  std::uint64_t skipped = 0;        // by the stopping rule, or the selection
  std::uint64_t used_replicas = 0;  // a point, the most of a lever
  bool precise = false;             // the stopping rule was satisfied
  std::optional<SequentialSelection> selection;
  std::vector<std::string> failures;  // one line each
  std::vector<double> site;           // (lever, metric, sample, replica), only without an output
  std::string backend, device;
  EnsembleReport ensemble;  // sums and maxima over the calls
  std::uint64_t events = 0;
  double wall_s = 0;
};

// Errors: Error (usage, input) before anything runs or is written; Error (failed) when the device or the disk fails,
// after which the part can be resumed.
SweepOutcome run_sweep(const Study& study, const SweepRows& rows, const SweepRequest& request, Log& log,
                       const std::atomic<bool>& stop);

// The backend of a name: auto, cuda, cuda:0,2 (these cards), tbb, omp or serial. For auto the best that can run the
// study; says on the log which feature keeps it off the GPU.
Backend choose_backend(const std::string& name, const Study& study, Log& log);
std::vector<int> cards_of(const std::string& name);  // those named; Error (usage) for what is no list of numbers

}  // namespace nadc
