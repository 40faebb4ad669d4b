// Where the rows of a sweep go: a part file, or memory. Opening finds what is finished already.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/io/progress.hpp"
#include "app/io/sweep_file.hpp"
#include "app/sweep/sweep.hpp"

namespace nadc {

// The rows of a shard in the order in which they run.
class RowOrder {
 public:
  RowOrder(const SweepGrid& grid, Shard shard);

  std::uint64_t size() const { return end_ - begin_; }
  // Place in the order of this shard; none for a row of another.
  std::optional<std::uint64_t> place(std::uint64_t lever, std::uint64_t sample, std::uint64_t replica) const;
  std::optional<std::uint64_t> place(std::uint64_t row) const;
  std::vector<std::uint64_t> ascending_rows() const;

 private:
  std::uint64_t levers_, samples_, replicas_, begin_, end_;
};

class RowStore {
 public:
  // Errors as of run_sweep.
  RowStore(const Study& study, const SweepRows& rows, const SweepRequest& request, const Header& header, Log& log);

  bool finished() const { return finished_; }
  RowState state(std::uint64_t place) const { return states_[place]; }
  std::uint64_t found() const { return found_; }
  const RowOrder& order() const { return order_; }

  void put(std::uint64_t row, RowState state, std::span<const double> values);
  // Site metric `metric` of a row that is done: kept for all rows without a file, else for the watched metrics only.
  double value(std::size_t metric, std::uint64_t row) const;

  void checkpoint();
  void publish();
  std::vector<double> take_site() { return std::move(site_); }

 private:
  void open(const Study& study, const SweepRequest& request, const Header& header, Log& log);
  void refuse_another_study(const SweepRequest& request, const Header& header, Log& log) const;
  void take_over(const std::string& file, const Study& study, const Header& header, Log& log);
  void read_watched();
  std::size_t slot(std::size_t metric) const;

  const SweepRows& rows_;
  RowOrder order_;
  Shard shard_;
  std::string path_;
  std::optional<SweepPart> part_;
  std::vector<RowState> states_;      // by place
  std::vector<std::size_t> metrics_;  // kept in site_
  std::vector<double> site_;          // (lever, kept metric, sample, replica)
  bool finished_ = false;
  std::uint64_t found_ = 0;
  std::chrono::steady_clock::time_point synced_ = std::chrono::steady_clock::now();
};

// Site metrics that the stopping rule watches, by number; empty without a rule. A selection watches its own.
std::vector<std::size_t> watched_metrics(const StudySpec& spec);

}  // namespace nadc
