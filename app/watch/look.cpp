#include "app/watch/look.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <regex>
#include <span>
#include <sstream>
#include <thread>

#include "app/compare/comparison.hpp"
#include "app/io/atomic_file.hpp"
#include "app/io/sweep_layout.hpp"
#include "models/metrics.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

namespace fs = std::filesystem;
using Moment = std::chrono::system_clock::time_point;

constexpr std::size_t failures_named = 5;
constexpr std::size_t points_kept = 30;  // of the rate
constexpr int tries = 3;                 // a writer that opens or ends the file changes it for a moment
constexpr std::chrono::milliseconds between_tries{50};

Moment parse_utc(const std::string& text) {
  std::tm time{};
  if (!strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time)) return {};
  return std::chrono::system_clock::from_time_t(timegm(&time));
}

std::optional<Moment> written_at(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return Moment(std::chrono::duration_cast<Moment::duration>(std::chrono::seconds(info.st_mtim.tv_sec) +
                                                             std::chrono::nanoseconds(info.st_mtim.tv_nsec)));
}

// Who holds the file's lock, as the kernel lists it: looking takes no lock. Nothing on another machine.
std::optional<std::int64_t> writer_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  const std::string place = fmt::format("{:02x}:{:02x}:{}", ::major(info.st_dev), ::minor(info.st_dev), info.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advice, mode, at;
    std::int64_t process = 0;
    if (words >> number >> kind >> advice >> mode >> process >> at && mode == "WRITE" && at == place && process > 0)
      return process;
  }
  return std::nullopt;
}

std::string without_part(const std::string& path) {
  return path.ends_with(".part") ? path.substr(0, path.size() - 5) : path;
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

struct Opened {
  WatchedFile file;
  std::unique_ptr<SweepReader> reader;  // none: not begun, or not readable
};

// FILE.h5 is there when all is done, FILE.h5.part until then; both for a merged file with gaps that is being filled.
Opened open_one(const std::string& name) {
  Opened opened;
  const std::string whole = without_part(name), part = whole + ".part";
  std::string problem;
  for (int i = 0; i < tries; ++i) {
    const std::string path = is_file(part) ? part : whole;
    opened.file.path = path;
    if (!is_file(path)) {
      opened.file.state = FileState::not_begun;
      return opened;
    }
    try {
      opened.file.written = written_at(path).value_or(Moment{});
      opened.reader = std::make_unique<SweepReader>(path, h5::Access::watch);
      opened.file.writer = path == part ? writer_of(path) : std::nullopt;
      opened.file.state = path == whole        ? FileState::finished
                          : opened.file.writer ? FileState::running
                                               : FileState::unfinished;
      return opened;
    } catch (const Error& error) {
      problem = error.problems().empty() ? error.what() : error.problems().front().message;
    }
    std::this_thread::sleep_for(between_tries);
  }
  opened.file.state = FileState::unreadable;
  opened.file.problem = problem;
  return opened;
}

// Names of the shards in a folder, those that have not begun included.
std::vector<std::string> shards_in(const std::string& folder) {
  const std::regex pattern(R"((.*shard-)(\d+)(-of-)(\d+)\.h5(\.part)?)");
  std::vector<std::string> names;
  std::smatch match;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  std::vector<std::string> there;
  for (const auto& entry : fs::directory_iterator(folder))
    if (const std::string name = entry.path().filename().string(); name.ends_with(".h5") || name.ends_with(".h5.part"))
      there.push_back(name);
  std::sort(there.begin(), there.end());
  for (const std::string& name : there) {
    if (!std::regex_match(name, match, pattern)) {
      add((fs::path(folder) / without_part(name)).string());
      continue;
    }
    for (unsigned long i = 1, count = std::min(std::stoul(match[4]), 1000000ul); i <= count && names.size() < count;
         ++i)
      add((fs::path(folder) / fmt::format("{}{}{}{}.h5", match[1].str(), i, match[3].str(), match[4].str())).string());
  }
  return names;
}

// Which rows are settled, and the values of an outcome, by number of the row.
class Joined {
 public:
  Joined(const SweepGrid& grid) : grid_(grid), states_(grid.rows(), RowState::missing), held_(grid.rows(), false) {}

  void add(const SweepReader& reader, RowCounts& counts) {
    const std::vector<RowState> states = reader.states(0, reader.rows());
    const std::vector<std::uint64_t> numbers = reader.numbers(0, reader.rows());
    counts.rows = states.size();
    for (std::size_t i = 0; i < states.size(); ++i) {
      counts.done += states[i] == RowState::done;
      counts.failed += states[i] == RowState::failed;
      counts.skipped += states[i] == RowState::skipped;
      held_[numbers[i]] = true;
      if (states[i] != RowState::missing) states_[numbers[i]] = states[i];
    }
    readers_.push_back({&reader, numbers, states});
  }

  RowCounts counts(bool whole_study) const {
    RowCounts sum;
    for (std::size_t i = 0; i < states_.size(); ++i) {
      sum.rows += whole_study || held_[i];
      sum.done += states_[i] == RowState::done;
      sum.failed += states_[i] == RowState::failed;
      sum.skipped += states_[i] == RowState::skipped;
    }
    return sum;
  }

  std::vector<std::string> failed() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < states_.size() && names.size() < failures_named; ++i)
      if (states_[i] == RowState::failed) names.push_back(grid_.describe(i));
    return names;
  }

  // Worlds, (sample × replicas + replica), in which no lever still has to run and one at least is done.
  std::vector<bool> settled_worlds() const {
    const std::uint64_t cells = grid_.samples * grid_.replicas;
    std::vector<bool> settled(cells, true), any(cells, false);
    for (std::size_t i = 0; i < states_.size(); ++i) {
      if (states_[i] == RowState::missing) settled[i % cells] = false;
      if (states_[i] == RowState::done) any[i % cells] = true;
    }
    for (std::size_t i = 0; i < cells; ++i) settled[i] = settled[i] && any[i];
    return settled;
  }

  // (lever, sample, replica), NaN elsewhere than in rows that are done, in those worlds.
  std::vector<double> values(const OutcomeSpec& outcome, const std::vector<bool>& worlds) const {
    std::vector<double> all(grid_.rows(), std::numeric_limits<double>::quiet_NaN());
    for (const Source& source : readers_) {
      const auto place = place_of(source.reader->schema(), outcome);
      if (!place) continue;
      const std::vector<double> stored = source.reader->read(*place->variable, 0, source.numbers.size());
      const std::size_t width = stored.size() / std::max<std::size_t>(source.numbers.size(), 1);
      for (std::size_t i = 0; i < source.numbers.size(); ++i)
        if (source.states[i] == RowState::done && worlds[source.numbers[i] % worlds.size()])
          all[source.numbers[i]] = stored[i * width + place->place];
    }
    return all;
  }

 private:
  struct Source {
    const SweepReader* reader;
    std::vector<std::uint64_t> numbers;
    std::vector<RowState> states;
  };
  SweepGrid grid_;
  std::vector<RowState> states_;
  std::vector<bool> held_;
  std::vector<Source> readers_;
};

std::vector<OutcomeSpec> main_outcomes(const SweepReader& reader) {
  std::vector<OutcomeSpec> chosen = outcomes_of(reader);
  if (chosen.empty())
    for (const std::size_t metric : shown_metrics({})) {
      const std::string name(site_metrics()[metric].name);
      chosen.push_back({name, usual_direction(name), std::numeric_limits<double>::quiet_NaN(), {}});
    }
  return chosen;
}

}  // namespace

std::string name_of(FileState state) {
  switch (state) {
    case FileState::not_begun:
      return "not begun";
    case FileState::unfinished:
      return "unfinished";
    case FileState::running:
      return "running";
    case FileState::finished:
      return "finished";
    case FileState::unreadable:
      return "not readable";
  }
  return {};
}

bool SweepLook::finished() const {
  return counts.left() == 0 && std::all_of(files.begin(), files.end(),
                                           [](const WatchedFile& file) { return file.state == FileState::finished; });
}

SweepLook look_at_sweep(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  bool folder = false;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (!is_file(without_part(path)) && !is_file(without_part(path) + ".part"))
        throw Error(ErrorKind::usage, "no such file, and no .part of it", "name what nadc sweep -o was given",
                    in_file(path));
      names.push_back(path);
      continue;
    }
    folder = true;
    const std::vector<std::string> shards = shards_in(path);
    if (shards.empty())
      throw Error(ErrorKind::usage, "no results of a sweep in the folder", "has a shard begun to run?", in_file(path));
    names.insert(names.end(), shards.begin(), shards.end());
  }
  SweepLook look;
  std::vector<Opened> opened;
  for (const std::string& name : names) opened.push_back(open_one(name));
  const auto first =
      std::find_if(opened.begin(), opened.end(), [](const Opened& one) { return one.reader != nullptr; });
  if (first == opened.end())
    throw Error(ErrorKind::input, opened.front().file.problem, "is it a sweep, of this version of nadc?",
                in_file(opened.front().file.path));
  const SweepReader& reader = *first->reader;
  look.title = reader.header().title;
  look.levers = reader.schema().grid.levers;
  const std::string identity = sweep_layout::identity(reader.header(), reader.schema());
  Joined joined(reader.schema().grid);
  look.started = Moment::max();
  for (Opened& one : opened) {
    if (one.reader) {
      const std::string other = sweep_layout::identity(one.reader->header(), one.reader->schema());
      if (const std::string why = sweep_layout::difference(other, identity); !why.empty())
        throw Error(ErrorKind::usage, "the files are of several sweeps (" + why + ")", "watch one sweep at a time",
                    in_file(one.file.path));
      joined.add(*one.reader, one.file.counts);
      look.started = std::min(look.started, parse_utc(one.reader->header().provenance.started));
      const std::string& end = one.reader->header().provenance.finished;
      if (one.file.state == FileState::finished && !end.empty()) one.file.written = parse_utc(end);
      look.written = std::max(look.written, one.file.written);
    }
    look.files.push_back(one.file);
  }
  look.counts = joined.counts(folder);
  look.failed = joined.failed();
  const DesignSettings design = design_of(reader);
  look.may_stop_early = design.stopping.has_value();
  look.pick_freeze = design.layout == DesignLayout::pick_freeze;

  const SweepGrid& grid = reader.schema().grid;
  const std::vector<bool> worlds = joined.settled_worlds();
  look.worlds = worlds.size();
  look.worlds_compared = static_cast<std::uint64_t>(std::count(worlds.begin(), worlds.end(), true));
  for (const OutcomeSpec& outcome : main_outcomes(reader)) {
    const auto place = place_of(reader.schema(), outcome);
    if (!place) continue;
    InterimOutcome interim{outcome, place->variable->units, {}};
    const std::vector<double> values = joined.values(outcome, worlds);
    for (std::size_t lever = 0; lever < grid.levers.size(); ++lever) {
      const std::span<const double> of_lever =
          std::span<const double>(values).subspan(lever * worlds.size(), worlds.size());
      const MatrixView rows(of_lever, grid.samples, grid.replicas);
      Estimate estimate = summarize(rows);
      if (outcome.of.empty()) estimate = within_range(estimate, outcome.metric);
      const std::vector<double> means = sample_means(rows);
      const auto samples =
          static_cast<std::uint64_t>(std::count_if(means.begin(), means.end(), [](double x) { return x == x; }));
      look.over = estimate.over;
      look.units = std::max(look.units, estimate.over == IntervalOver::samples ? samples : estimate.n);
      interim.levers.push_back(estimate);
    }
    look.outcomes.push_back(std::move(interim));
  }
  return look;
}

void RateOfRows::add(const SweepLook& look) {
  const std::uint64_t settled = look.counts.settled();
  if (!points_.empty() && points_.back().settled == settled) return;
  points_.push_back({look.written, settled});
  if (points_.size() > points_kept) points_.erase(points_.begin());
}

double RateOfRows::seconds() const {
  if (points_.size() < 2) return 0;
  return std::chrono::duration<double>(points_.back().written - points_.front().written).count();
}

std::optional<double> RateOfRows::per_second() const {
  if (seconds() <= 0 || points_.back().settled < points_.front().settled) return std::nullopt;
  return static_cast<double>(points_.back().settled - points_.front().settled) / seconds();
}

std::optional<double> average_rate(const SweepLook& look) {
  const double seconds = std::chrono::duration<double>(look.written - look.started).count();
  if (look.counts.settled() == 0 || seconds <= 0) return std::nullopt;
  return static_cast<double>(look.counts.settled()) / seconds;
}

}  // namespace nadc
