// Means of a study's outcomes with the help of the screening ledger (models/screening.hpp) as control variate, two
// levels: the rows of the sweep, each with the ledger's answer to the same sample and replica, and many more samples of
// the ledger alone, whose mean stands in for the control's expectation (sim/experiment/control_variate.hpp).
//
// A unit is a sample (the mean over its replicas), or a replica when the study has one sample. Outcomes of every lever,
// and their differences to the first lever with the difference of the controls. Nothing of this goes into the results
// file, and no row changes. A control that does not help is refused with a reason, and the plain mean stands.
//
// Memory: a double a row and control, and one batch of points. Errors: Error (usage, input) of check_screening, before
// anything runs.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "app/io/progress.hpp"
#include "app/sweep/rows.hpp"
#include "app/sweep/summary.hpp"
#include "gpu/screening.hpp"
#include "sim/experiment/control_variate.hpp"

namespace nadc {

struct ScreeningRequest {
  std::uint64_t units = 0;     // samples (or replicas) of the ledger; 0: no screening
  double draws = 0;            // jobs that a run may draw one by one
  std::uint64_t replicas = 0;  // of the sweep, a sample, that count
  Backend backend = Backend::serial;
  int threads = 0;
};

struct ScreenedOutcome {
  std::size_t metric;          // of the site
  Screening::Outcome control;  // Screening::outcomes: none goes with it
  ControlledMean mean;
};

struct ScreenedLever {
  std::string lever;
  std::vector<ScreenedOutcome> outcomes;
  std::vector<ScreenedOutcome> differences;  // to the first lever; empty for it
};

struct ScreeningReport {
  std::uint64_t units = 0, runs = 0;
  bool over_samples = true;
  bool interrupted = false;
  double wall_s = 0;
  std::vector<ScreenedLever> levers;
};

// Throws when the study cannot be screened: a trace, a Latin hypercube, fewer units than the study itself has.
void check_screening(const Study& study, const SweepGrid& grid, const ScreeningRequest& request);

ScreeningReport screen_study(const Study& study, const SweepRows& rows, const ReadColumn& column,
                             const std::vector<std::size_t>& metrics, const ScreeningRequest& request, Log& log,
                             const std::atomic<bool>& stop);

// One line a lever and outcome: plain and screened mean, correlation, variance removed or why not.
std::string screening_table(const ScreeningReport& report, Format format);

}  // namespace nadc
