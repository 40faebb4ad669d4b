// A view of row-major numbers, shape (rows, columns). Owns nothing.
//
// Where an outcome of one lever is meant, rows are samples and columns are replicas. NaN everywhere means "this row has
// no value" (the replica failed, or the metric is not defined for it): it is left out, counted as missing, and never
// replaced. Infinities are values: a target that is never reached.
#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "sim/error.hpp"

namespace nadc {

class MatrixView {
 public:
  // Throws Error(usage) when the number of values is not rows × columns.
  MatrixView(std::span<const double> values, std::size_t rows, std::size_t columns)
      : values_(values), rows_(rows), columns_(columns) {
    if (values.size() != rows * columns)
      throw Error(ErrorKind::usage, "a matrix of " + std::to_string(rows) + " x " + std::to_string(columns) + " got " +
                                        std::to_string(values.size()) + " values");
  }
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  double operator()(std::size_t i, std::size_t j) const { return values_[i * columns_ + j]; }
  std::span<const double> row(std::size_t i) const { return values_.subspan(i * columns_, columns_); }
  std::span<const double> values() const { return values_; }

 private:
  std::span<const double> values_;
  std::size_t rows_;
  std::size_t columns_;
};

}  // namespace nadc
