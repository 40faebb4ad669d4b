// A study as a file for nadc-gpu-check (gpu/study_blob.hpp): its world, its points, and the hash of every row as this
// machine computes it.
#pragma once
#include <atomic>
#include <string>

#include "app/sweep/sweep.hpp"

namespace nadc {

// Runs all rows with the request's backend and threads, and writes the file when they are there. Rows that fail are
// left out. False when stopped, and nothing is written. Errors: Error (usage) when the path cannot be written or the
// study has more rows than a file may hold, Error (failed) when writing fails.
bool export_blob(const std::string& path, const Study& study, const SweepRows& rows, const SweepRequest& request,
                 Log& log, const std::atomic<bool>& stop);

}  // namespace nadc
