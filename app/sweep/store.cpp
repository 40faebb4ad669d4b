#include "app/sweep/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "app/io/atomic_file.hpp"
#include "app/io/sweep_layout.hpp"
#include "app/io/table.hpp"
#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr std::chrono::seconds checkpoint_interval{4};

// Keys of the points of a file, by lever × samples + sample; NaN where no row tells.
std::vector<double> keys_of(const SweepReader& reader) {
  const SweepSchema& schema = reader.schema();
  const auto key =
      std::find_if(schema.points.begin(), schema.points.end(), [](const Variable& v) { return v.name == "point_key"; });
  std::vector<double> keys(schema.grid.levers.size() * schema.grid.samples, std::numeric_limits<double>::quiet_NaN());
  if (key == schema.points.end()) return keys;
  constexpr std::uint64_t step = 1 << 20;
  for (std::uint64_t first = 0; first < reader.rows(); first += step) {
    const std::uint64_t count = std::min(step, reader.rows() - first);
    const std::vector<std::uint64_t> numbers = reader.numbers(first, count);
    const std::vector<double> values = reader.read(*key, first, count);
    for (std::uint64_t i = 0; i < count; ++i)
      if (values[i] == values[i]) keys[numbers[i] / schema.grid.replicas] = values[i];
  }
  return keys;
}

}  // namespace

RowOrder::RowOrder(const SweepGrid& grid, Shard shard)
    : levers_(grid.levers.size()), samples_(grid.samples), replicas_(grid.replicas) {
  // 128 bits: rows × shards may not fit in 64.
  const auto cut = [&](std::uint64_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(grid.rows()) * i / shard.count);
  };
  begin_ = cut(shard.index - 1);
  end_ = cut(shard.index);
}

std::optional<std::uint64_t> RowOrder::place(std::uint64_t lever, std::uint64_t sample, std::uint64_t replica) const {
  const std::uint64_t at = (sample * replicas_ + replica) * levers_ + lever;
  if (at < begin_ || at >= end_) return std::nullopt;
  return at - begin_;
}

std::optional<std::uint64_t> RowOrder::place(std::uint64_t row) const {
  const std::uint64_t point = row / replicas_;
  return place(point / samples_, point % samples_, row % replicas_);
}

std::vector<std::uint64_t> RowOrder::ascending_rows() const {
  std::vector<std::uint64_t> rows;
  rows.reserve(size());
  for (std::uint64_t lever = 0; lever < levers_; ++lever) {
    // Places of one lever are a range of (sample, replica): at = cell × levers + lever within [begin, end).
    const std::uint64_t first = begin_ > lever ? (begin_ - lever + levers_ - 1) / levers_ : 0;
    const std::uint64_t last = end_ > lever ? (end_ - lever + levers_ - 1) / levers_ : 0;
    for (std::uint64_t cell = first; cell < last; ++cell) rows.push_back(lever * samples_ * replicas_ + cell);
  }
  return rows;
}

std::vector<std::size_t> watched_metrics(const StudySpec& spec) {
  std::vector<std::size_t> watched;
  if (!spec.design.stopping) return watched;
  for (const OutcomeSpec& outcome : spec.outcomes) {
    if (!outcome.of.empty())
      throw Error(ErrorKind::input, "design.stopping cannot watch " + label_of(outcome) + ": it watches the whole site",
                  "leave out design.stopping, or the outcome");
    for (std::size_t i = 0; i < site_metrics().size(); ++i)
      if (site_metrics()[i].name == outcome.metric) watched.push_back(i);
  }
  if (watched.empty())
    throw Error(ErrorKind::input, "design.stopping watches the outcomes, and the study has none",
                "list them under outcomes");
  return watched;
}

RowStore::RowStore(const Study& study, const SweepRows& rows, const SweepRequest& request, const Header& header,
                   Log& log)
    : rows_(rows), order_(rows.grid(), request.shard), shard_(request.shard), path_(request.output) {
  states_.assign(order_.size(), RowState::missing);
  metrics_ = watched_metrics(study.spec());
  if (request.select) metrics_ = {request.select->metric};
  if (path_.empty()) {
    metrics_.resize(site_metrics().size());
    std::iota(metrics_.begin(), metrics_.end(), std::size_t{0});
  }
  site_.assign(metrics_.size() * rows.grid().rows(), std::numeric_limits<double>::quiet_NaN());
  if (!path_.empty()) open(study, request, header, log);
}

void RowStore::open(const Study& study, const SweepRequest& request, const Header& header, Log& log) {
  const SweepSchema& schema = rows_.schema();
  const std::vector<std::uint64_t> numbers = order_.ascending_rows();
  bool refill = false;  // what stands at the path is this sweep, but not all of it
  if (request.resume == Resume::allow && SweepPart::exists(path_)) {
    part_ = SweepPart::resume(path_, header, schema, numbers);
  } else {
    std::error_code error;
    if (request.resume == Resume::allow && std::filesystem::exists(path_, error)) {
      const SweepReader reader(path_);
      const std::string why = sweep_layout::difference(sweep_layout::identity(header, schema),
                                                       sweep_layout::identity(reader.header(), reader.schema()));
      if (!why.empty())
        throw Error(ErrorKind::input, fmt::format("cannot resume: the file is of another sweep ({})", why),
                    "choose another output, or replace the file: --overwrite without --resume", in_file(path_));
      const std::vector<std::uint64_t> stored = reader.numbers(0, reader.rows());
      const std::vector<RowState> states = reader.states(0, reader.rows());
      const std::vector<bool> sound = sound_rows(reader);
      std::uint64_t have = 0, damaged = 0;
      for (std::size_t i = 0; i < stored.size(); ++i) {
        have += sound[i] && states[i] != RowState::missing && order_.place(stored[i]).has_value();
        damaged += !sound[i];
      }
      if (damaged > 0)
        log.warn(fmt::format("{}: {} {} not match {}: made anew", path_, damaged, damaged == 1 ? "row does" : "rows do",
                             damaged == 1 ? "its check" : "their checks"));
      finished_ = have == order_.size() && reader.is_part() == (shard_.count > 1);
      found_ = have;
      if (finished_) return;
      refill = true;
    }
    if (!refill && request.overwrite == Overwrite::same_study) refuse_another_study(request, header, log);
    part_ = SweepPart::create(path_, header, schema, numbers);
    if (refill)
      part_->import(
          path_, [&](std::uint64_t row) { return std::optional(row); }, SweepPart::Damaged::leave_out);
    if (!request.extend.empty()) {
      try {
        take_over(request.extend, study, header, log);
      } catch (...) {  // nothing ran yet: leave no empty part behind
        part_.reset();
        std::error_code ignored;
        std::filesystem::remove(resolved(path_) + ".part", ignored);
        throw;
      }
    }
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    // A failure may have been the machine's: it is tried again.
    const RowState state = part_->states()[i];
    states_[*order_.place(numbers[i])] = state == RowState::done ? state : RowState::missing;
  }
  found_ = static_cast<std::uint64_t>(std::count(states_.begin(), states_.end(), RowState::done));
  if (found_ > 0) {
    part_->checkpoint();
    read_watched();
  }
}

// Finished results of another study are not replaced unasked; those of this study are, also by another version of the
// program, whose scenario has other keys.
void RowStore::refuse_another_study(const SweepRequest& request, const Header& header, Log& log) const {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path_, error) || std::filesystem::file_size(path_, error) == 0) return;
  if (!request.extend.empty() && std::filesystem::equivalent(path_, request.extend, error)) return;
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::usage, "will not overwrite " + what, "give another name, or replace them with --overwrite",
                in_file(path_));
  };
  std::optional<SweepReader> reader;
  try {
    reader.emplace(path_);
  } catch (const Error& unreadable) {
    refuse(fmt::format("results that are no whole sweep ({})", unreadable.problems().front().message));
  }
  const Header& there = reader->header();
  if (there.title != header.title) refuse(fmt::format("the finished results of another study, \"{}\"", there.title));
  const Provenance &a = there.provenance, &b = header.provenance;
  const auto of = [&](const std::string& why) {
    refuse(fmt::format("finished results of \"{}\" {}", there.title, why));
  };
  if (a.seed != b.seed) of(fmt::format("with seed {}; this is {}", a.seed, b.seed));
  const SweepGrid &old_grid = reader->schema().grid, &grid = rows_.grid();
  if (old_grid.levers != grid.levers || old_grid.samples != grid.samples || old_grid.replicas != grid.replicas)
    of(fmt::format(
        "with {} levers, {} samples and {} replicas; this has {}, {} and {}{}", old_grid.levers.size(),
        old_grid.samples, old_grid.replicas, grid.levers.size(), grid.samples, grid.replicas,
        old_grid.levers.size() == grid.levers.size() && old_grid.levers != grid.levers ? ", other ones" : ""));
  if (a.version == b.version && a.git_hash == b.git_hash && a.scenario_sha256() != b.scenario_sha256())
    of("with other values of its keys");
  log.info(fmt::format("{}: replaces the results of the same study, made {}", path_, a.finished));
}

void RowStore::take_over(const std::string& file, const Study& study, const Header& header, Log& log) {
  const SweepReader reader(file);
  const Provenance &here = header.provenance, &there = reader.header().provenance;
  const auto refuse = [&](const std::string& why, const std::string& hint) {
    throw Error(ErrorKind::input, "cannot extend: " + why, hint, in_file(file));
  };
  if (here.version != there.version || here.git_hash != there.git_hash)
    refuse(fmt::format("the file was made by nadc {} ({}), this is {} ({})", there.version, there.git_hash,
                       here.version, here.git_hash),
           "rows of two programs are not one study; run it anew");
  if (here.seed != there.seed)
    refuse(fmt::format("its seed is {}, the study's is {}", there.seed, here.seed), "use the same seed");
  const std::uint64_t samples = rows_.grid().samples, old_samples = reader.schema().grid.samples;
  if (study.spec().design.sampling == Sampling::lhs && samples != old_samples && !study.uncertain().empty())
    refuse(fmt::format("a Latin hypercube of {} samples shares no point with one of {}", samples, old_samples),
           "use sobol or random sampling for studies that grow");

  std::unordered_map<std::uint64_t, std::uint64_t> point_of_key;  // lever × samples + sample, here
  for (std::uint64_t lever = 0; lever < rows_.grid().levers.size(); ++lever)
    for (std::uint64_t sample = 0; sample < samples; ++sample)
      point_of_key.emplace(static_cast<std::uint64_t>(rows_.encode_point(lever, sample)[0]), lever * samples + sample);
  const std::vector<double> old_keys = keys_of(reader);
  const std::uint64_t old_replicas = reader.schema().grid.replicas, replicas = rows_.grid().replicas;
  const std::uint64_t taken = part_->import(file, [&](std::uint64_t row) -> std::optional<std::uint64_t> {
    const double key = old_keys[row / old_replicas];
    const std::uint64_t replica = row % old_replicas;
    if (!(key >= 0) || replica >= replicas) return std::nullopt;
    const auto point = point_of_key.find(static_cast<std::uint64_t>(key));
    if (point == point_of_key.end()) return std::nullopt;
    return point->second * replicas + replica;
  });
  if (taken == 0)
    refuse("no finished row of the file belongs to this study",
           "something that all levers share has changed, such as the greatest size of the fleet, the horizon or the "
           "trace; then every history is new: run without --extend");
  log.info(fmt::format("{} finished rows are taken from {}", human_number(static_cast<std::int64_t>(taken)), file));
}

void RowStore::read_watched() {
  if (metrics_.empty()) return;
  const SweepReader reader(resolved(path_) + ".part");
  const std::vector<std::uint64_t> numbers = reader.numbers(0, reader.rows());
  const SweepGrid& grid = rows_.grid();
  for (std::size_t k = 0; k < metrics_.size(); ++k) {
    const std::vector<double> values = reader.read(rows_.schema().metrics[metrics_[k]], 0, reader.rows());
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (states_[*order_.place(numbers[i])] == RowState::done) {
        const std::uint64_t cells = grid.samples * grid.replicas, lever = numbers[i] / cells;
        site_[(lever * metrics_.size() + k) * cells + numbers[i] % cells] = values[i];
      }
  }
}

void RowStore::put(std::uint64_t row, RowState state, std::span<const double> values) {
  states_[*order_.place(row)] = state;
  if (state == RowState::done && !metrics_.empty()) {
    const std::uint64_t cells = rows_.grid().samples * rows_.grid().replicas, lever = row / cells;
    for (std::size_t k = 0; k < metrics_.size(); ++k)
      site_[(lever * metrics_.size() + k) * cells + row % cells] = values[metrics_[k]];
  }
  if (!part_) {
    if (state == RowState::skipped && !metrics_.empty()) {
      const std::uint64_t cells = rows_.grid().samples * rows_.grid().replicas, lever = row / cells;
      for (std::size_t k = 0; k < metrics_.size(); ++k)
        site_[(lever * metrics_.size() + k) * cells + row % cells] = std::numeric_limits<double>::quiet_NaN();
    }
    return;
  }
  part_->put(row, state, values);
  if (std::chrono::steady_clock::now() - synced_ >= checkpoint_interval) checkpoint();
}

double RowStore::value(std::size_t metric, std::uint64_t row) const {
  const std::uint64_t cells = rows_.grid().samples * rows_.grid().replicas, lever = row / cells;
  return site_[(lever * metrics_.size() + slot(metric)) * cells + row % cells];
}

std::size_t RowStore::slot(std::size_t metric) const {
  return static_cast<std::size_t>(std::find(metrics_.begin(), metrics_.end(), metric) - metrics_.begin());
}

void RowStore::checkpoint() {
  if (part_) part_->checkpoint();
  synced_ = std::chrono::steady_clock::now();
}

void RowStore::publish() {
  if (!part_) return;
  if (shard_.count > 1)
    part_->publish_part();
  else
    part_->publish_grid(MissingRows::refuse);
}

}  // namespace nadc
