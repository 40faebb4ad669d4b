// Levers of one or more sweep files side by side, against a baseline lever.
//
// Rows pair by (sample, replica): rows that both levers have done, of files that share seed and sampled values, saw the
// same world, so differences are taken pair by pair (sim/experiment/compare.hpp). Files of other seeds or samples are
// compared all the same, with a warning that pairs share nothing.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/io/sweep_file.hpp"
#include "app/study/study.hpp"
#include "app/sweep/summary.hpp"
#include "sim/experiment/compare.hpp"
#include "sim/experiment/estimate.hpp"
#include "sim/experiment/selection.hpp"

namespace nadc {

// What the study in a file names as its outcomes, and how it laid out its samples; none, and the defaults, for a
// scenario.
std::vector<OutcomeSpec> outcomes_of(const SweepReader& file);
DesignSettings design_of(const SweepReader& file);

// Where a file holds an outcome: a variable, and the place in its axis of the group, class, domain or period (the first
// axis that has the name wins). Nothing when it has none such.
struct OutcomePlace {
  const Variable* variable;
  std::uint64_t place = 0;
};
std::optional<OutcomePlace> place_of(const SweepSchema& schema, const OutcomeSpec& outcome);

struct ComparedLever {
  std::string label;  // the lever's name, with its file's name before it when two files have it
  std::size_t file = 0;
  std::uint64_t lever = 0;  // in the file
};

// Sweep files, read only.
class SweepSet {
 public:
  // Errors: Error (input) for what is no sweep, or is a part of one.
  explicit SweepSet(const std::vector<std::string>& files);

  const std::vector<ComparedLever>& levers() const { return levers_; }
  // By label, by name where one file has it, or a file's name for its first lever. Error (usage) with the nearest.
  std::size_t find(const std::string& name) const;
  const SweepReader& file(std::size_t i) const { return *files_[i]; }
  std::size_t files() const { return files_.size(); }
  // Samples and replicas that all files have.
  std::uint64_t samples() const { return samples_; }
  std::uint64_t replicas() const { return replicas_; }
  // (samples(), replicas()) values of a variable without added axes, NaN where the row is not done. Empty when the
  // lever's file does not have the variable.
  std::vector<double> column(std::size_t lever, const std::string& variable) const;
  // The same of an outcome, which may be that of a group, class, domain or period.
  std::vector<double> column(std::size_t lever, const OutcomeSpec& outcome) const;
  // Unit of an outcome. Error (usage) with the nearest name when no file has it.
  std::string unit_of(const OutcomeSpec& outcome) const;
  // Why rows of the files do not share their worlds; empty when they do.
  std::string pairing_problem() const;
  // How the samples of the first file are laid out; plain for a scenario.
  DesignLayout layout() const;
  // What the studies in the files name, each metric once; the first file wins.
  std::vector<OutcomeSpec> outcomes() const;

 private:
  std::vector<double> cells(std::size_t lever, const Variable& variable, std::uint64_t place) const;

  std::vector<std::string> names_;
  std::vector<std::unique_ptr<SweepReader>> files_;
  std::vector<ComparedLever> levers_;
  std::uint64_t samples_ = 0, replicas_ = 0;
};

// Won for a US dollar in each lever's scenario.
std::vector<DollarRate> dollar_rates(const SweepSet& set);

// What texts ask for ("metric", "metric@group", each with ":lower" or ":higher" behind to say what is better), else
// what the studies in the files name, else a few that always matter. Error (usage) for a metric that no file has.
std::vector<OutcomeSpec> chosen_outcomes(const SweepSet& set, const std::vector<std::string>& texts);

struct LeverDifference {
  std::size_t lever;
  Comparison comparison;       // a: this lever, b: the baseline
  std::uint64_t left_out = 0;  // pairs of rows that are done where one has no value
};

struct OutcomeComparison {
  OutcomeSpec outcome;
  std::string unit;                          // as stored; "1" for none
  std::vector<Estimate> levers;              // (lever)
  std::vector<Unseen> unseen;                // (lever)
  std::vector<LeverDifference> differences;  // of every other lever; p-values adjusted by Holm's method among them
  std::optional<LeverSelection> selection;   // when asked for
};

// outcomes: as chosen_outcomes() takes them.
enum class Select { no, yes };  // the levers that may be the best of all (sim/experiment/selection.hpp)
std::vector<OutcomeComparison> compare_levers(const SweepSet& set, std::size_t baseline,
                                              const std::vector<std::string>& outcomes, Select select = Select::no);
// The same of outcomes that were chosen already.
std::vector<OutcomeComparison> compare_outcomes(const SweepSet& set, std::size_t baseline,
                                                const std::vector<OutcomeSpec>& outcomes, Select select = Select::no);
// Each outcome of the whole that every member of an axis ("group", "class", "domain", "period") has too, once a member.
// Error (usage) for an axis that the file does not have, and when no outcome has it.
std::vector<OutcomeSpec> by_member(const SweepSet& set, const std::vector<OutcomeSpec>& outcomes,
                                   const std::string& axis);
// What the selection says, to quote; empty without one.
std::string selection_sentence(const SweepSet& set, const OutcomeComparison& outcome);

// One sentence to quote: which lever is better, by how much, how surely; or how much more it takes to tell.
std::string sentence(const SweepSet& set, std::size_t baseline, const OutcomeComparison& outcome,
                     const LeverDifference& difference);

// "60 more samples, or 3 more replicas a sample"; empty when decided, or when no size helps.
std::string more_needed(const SweepSet& set, const Comparison& comparison);

// The uncertain scalars that were sampled, each with the range of its values: "path: 1,300 to 1,500 KRW".
std::vector<std::string> sampled_ranges(const SweepSet& set);

// experiments.csv and outcomes.csv in the folder, which is made: one line a row that is done, in the same order. axes:
// adds the metrics of their members, as wait_mean_s@start-up.
void write_flat_tables(const SweepSet& set, const std::string& folder, const std::vector<std::string>& axes = {});

}  // namespace nadc
