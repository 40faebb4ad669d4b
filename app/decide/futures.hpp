// A sweep as decisions see it: each outcome as a matrix (lever, future), and what was uncertain in each future.
//
// A future is a sample, its replicas averaged: they share its scalars, and what they differ in is chance that no choice
// can answer. In a file with one sample the futures are its replicas, and nothing is said of inputs. Futures pair:
// number f is the same world under every lever. Levers that have no value in a future have NaN there. In a study laid
// out pick-freeze (app/study/study.hpp, design.layout) only the rows A and B of each base point are futures: the others
// repeat their coordinates.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/compare/comparison.hpp"
#include "sim/experiment/compare.hpp"
#include "sim/experiment/matrix.hpp"

namespace nadc {

struct FutureOutcome {
  OutcomeSpec spec;
  std::string name;  // label_of(spec)
  std::string unit;  // as stored; "1" for none
  Better better = Better::lower;
  std::vector<double> values;            // (lever, future)
  std::vector<std::uint64_t> bounded{};  // (lever): rows that are lower bounds, counted as their value
  std::vector<double> blocks{};          // (lever, sample); empty unless laid out pick-freeze
};

struct FutureInput {
  std::string name;            // key path
  std::string unit;            // "1" for none
  std::vector<double> values;  // (future); NaN where no lever has it
  std::vector<bool> of_lever;  // (lever): whether the lever has it
  std::size_t dimension = 0;   // of the design
};

struct Futures {
  std::vector<std::string> levers;
  std::uint64_t samples = 0, replicas = 0;  // of the file
  std::uint64_t count = 0;                  // futures
  bool of_samples = true;                   // false: futures are replicas of one sample
  std::vector<FutureOutcome> outcomes;
  std::vector<FutureInput> inputs;  // those that vary
  std::uint64_t incomplete = 0;     // rows that are missing, failed or skipped
  std::uint64_t dimensions = 0;     // of the design

  MatrixView matrix(std::size_t outcome) const { return MatrixView(outcomes[outcome].values, levers.size(), count); }
};

// outcomes: as chosen_outcomes() takes them. Error (usage) for a metric that the file does not have.
Futures read_futures(const SweepSet& set, const std::vector<std::string>& outcomes);

}  // namespace nadc
