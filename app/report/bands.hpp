// Quantile bands of the series that a sweep keeps by row (outputs.series), over the samples and replicas of a lever.
//
// Quantiles interpolate between the two nearest rows (Hyndman and Fan's type 7, numpy's default), of all rows that are
// done, each alike. A lever with more values than 8 million in a series is read at every k-th row. Memory: those.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "app/compare/comparison.hpp"

namespace nadc {

// The start, the middle of every stretch in seconds from it, and by series (of a group: one each) and lever the
// quantiles 5, 25, 50, 75 and 95 % by stretch. Null when no file has series; levers of files whose stretches differ
// from the first's are left without.
nlohmann::ordered_json bands_json(const SweepSet& set);

}  // namespace nadc
