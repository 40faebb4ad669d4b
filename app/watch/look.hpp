// The state of a sweep as its files tell it, while it runs or later: which rows are settled, and what they say so far.
//
// Files are opened for reading and without a lock, so a sweep never notices; what a process that writes holds back
// (rows of the last seconds) is not seen. Damage of single rows is not looked for: --resume and merge do that. Interim
// estimates are over the worlds, (sample, replica), in which no lever still has to run, so that levers are compared in
// the same worlds; intervals as of sim/experiment/estimate.hpp. They are no verdict: rows come in the order of the
// samples, and the answer moves with every look. Errors: Error (usage) when nothing is there or the files are of
// several studies; Error (input) when none can be read.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/io/sweep_file.hpp"
#include "app/study/study.hpp"
#include "sim/experiment/estimate.hpp"

namespace nadc {

enum class FileState { not_begun, unfinished, running, finished, unreadable };
std::string name_of(FileState state);

struct RowCounts {
  std::uint64_t rows = 0, done = 0, failed = 0, skipped = 0;
  std::uint64_t settled() const { return done + failed + skipped; }
  std::uint64_t left() const { return rows - settled(); }
};

struct WatchedFile {
  std::string path;  // as it was found: with or without .part
  FileState state = FileState::not_begun;
  std::string problem;  // of one that cannot be read
  RowCounts counts;
  std::chrono::system_clock::time_point written;  // last
  std::optional<std::int64_t> writer;             // process on this machine that holds the file
};

struct InterimOutcome {
  OutcomeSpec outcome;
  std::string unit;
  std::vector<Estimate> levers;
};

struct SweepLook {
  std::string title;
  std::vector<std::string> levers;
  std::vector<WatchedFile> files;
  RowCounts counts;                               // of the rows that the files hold, or of the study for a folder
  std::chrono::system_clock::time_point started;  // the first file
  std::chrono::system_clock::time_point written;  // the last row
  std::vector<std::string> failed;                // the first rows that failed, in words
  std::uint64_t worlds = 0, worlds_compared = 0;  // (sample, replica); those that no lever still has to run
  std::uint64_t units = 0;                        // samples with a value, or replicas of one sample
  IntervalOver over = IntervalOver::samples;
  bool may_stop_early = false;  // a stopping rule: less may do
  bool pick_freeze = false;     // samples repeat coordinates: intervals are too narrow
  std::vector<InterimOutcome> outcomes;

  bool finished() const;  // every file is, and no row is left
};

// The files of a sweep: FILE.h5, FILE.h5.part (either name finds the other), shards, or a folder of shards.
SweepLook look_at_sweep(const std::vector<std::string>& paths);

// Rows settled a second between the first and the last of some looks that saw new rows; nothing before there are two.
class RateOfRows {
 public:
  void add(const SweepLook& look);
  std::optional<double> per_second() const;
  double seconds() const;  // that it is over

 private:
  struct Point {
    std::chrono::system_clock::time_point written;
    std::uint64_t settled;
  };
  std::vector<Point> points_;
};

// From the first start to the last row, pauses counted; nothing where no row is settled.
std::optional<double> average_rate(const SweepLook& look);

}  // namespace nadc
