// The sections of a decision that look at what was uncertain. Each adds to too_few what it cannot say, and why.
#pragma once
#include <string>
#include <vector>

#include "app/decide/decide.hpp"
#include "app/decide/futures.hpp"

namespace nadc {

// Of every lever and outcome, by the inputs that the lever has.
std::vector<Sensitivity> sensitivity_of(const Futures& futures, std::vector<std::string>& too_few);

// Of every lever: one box for each threshold that it misses in some futures and not in all; where no threshold was
// stated, one for the worst quarter of each outcome.
std::vector<Discovery> discovery_of(const Futures& futures, const std::vector<SatisficingThreshold>& thresholds,
                                    std::vector<std::string>& too_few);

// Of every outcome that has two levers with a mean, first against second.
std::vector<SwitchingValues> switching_of(const Futures& futures, const std::vector<OutcomeRanking>& rankings,
                                          std::vector<std::string>& too_few);

std::vector<InformationOfOutcome> information_of(const Futures& futures, std::vector<std::string>& too_few);

}  // namespace nadc
