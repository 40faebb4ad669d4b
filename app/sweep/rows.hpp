// What a row of a sweep holds, and what its file says of itself.
//
// Metrics: those of the site, group_* and class_* with an axis each, period_* when there are several periods, or with
// outputs.series series_* along `time` in their place, and state_hash, the low 53 bits of the hash of all that the
// replica counted. Points: every uncertain scalar in the unit of its dimension (NaN where a lever does not have it),
// and point_key (app/sweep/fingerprint.hpp).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/io/sweep_file.hpp"
#include "app/study/study.hpp"
#include "app/sweep/fingerprint.hpp"
#include "models/metrics.hpp"

namespace nadc {

class SweepRows {
 public:
  // levers: numbers in the study, of those that take part, ascending. The study is built and lives as long as this.
  SweepRows(const Study& study, std::vector<std::uint32_t> levers);

  const SweepSchema& schema() const { return schema_; }
  const SweepGrid& grid() const { return schema_.grid; }
  std::uint32_t study_lever(std::uint64_t lever) const { return levers_[lever]; }

  // Values of a row in the order of its columns; of a failed replica without metrics, which are NaN.
  std::vector<double> encode(const World& world, const Point& block, const Raw& raw,
                             std::span<const double> point) const;
  std::vector<double> encode_failed(std::span<const double> point) const;
  // Values of a point in the order of its columns. Errors: Error (input) when the sample cannot be drawn.
  std::vector<double> encode_point(std::uint64_t lever, std::uint64_t sample) const;

  // Of the sweep's files. The scenario text ends with a fingerprint of the data files, so that a sweep is not resumed
  // or merged with other data under the same names.
  Header header(const std::string& backend, const std::string& device, const std::string& command_line) const;

 private:
  std::vector<double> encode(const Metrics& metrics, std::span<const double> series, std::uint64_t hash,
                             std::span<const double> point) const;

  const Study& study_;
  std::vector<std::uint32_t> levers_;
  PointKeys keys_;
  SweepSchema schema_;
  bool series_ = false;
};

}  // namespace nadc
