// Where two levers of a study change places along one key, by new runs: at each value both levers are swept over the
// same samples and replicas, all of them common random numbers, and the sign of the mean difference is followed
// (sim/experiment/bracket.hpp). Beyond what re-weighting reaches (nadc decide).
//
// An uncertain scalar with that key is held at the value.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/compare/comparison.hpp"
#include "app/sweep/sweep.hpp"
#include "sim/experiment/bracket.hpp"

namespace nadc {

struct KeyRange {
  std::string key, unit;  // unit: as it stands behind a number in a scenario; may be empty
  double low = 0, high = 0;
  std::string value(double x) const;  // "4.5 KRW/h"
};
// "policy.purchase.rents.hgx-b200=3.5..6", "policy.cost.lifetime=3 y..6 y". Error (usage) for anything else.
KeyRange parse_range(const std::string& text);

struct BreakEvenRequest {
  std::string study;
  std::vector<std::string> overrides;
  std::string levers;   // two, or empty where the study has two
  std::string outcome;  // as chosen_outcomes() takes it; empty: the study's first
  KeyRange range;
  BracketSearch search;  // within 0: a hundredth of the range
  std::string folder;    // where the sweeps are kept; what is finished there is not run again
  std::string device = "auto";
  int threads = 0;
  std::string command_line;
};

struct ValueTried {
  double at;
  LeverDifference difference;  // of the first lever to the second
  int sign;                    // of the mean; 0 without a value
};

struct PlaceChange {
  Bracket bracket;
  // Of the values tried, the nearest on either side at which the difference is decided; none.
  std::optional<double> decided_below, decided_above;
};

struct BreakEven {
  std::string first, second, unit;  // unit: of the outcome
  OutcomeSpec outcome;
  KeyRange range;
  double within = 0;
  std::uint64_t samples = 0, replicas = 0, failed = 0;
  std::vector<ValueTried> values;  // ascending
  std::vector<PlaceChange> changes;
};

// Nothing when it was interrupted. Errors: Error, as of Study and run_sweep.
std::optional<BreakEven> break_even(const BreakEvenRequest& request, Log& log, const std::atomic<bool>& stop);

// To quote, one sentence a change, or one that there is none.
std::vector<std::string> sentences(const BreakEven& found);

}  // namespace nadc
