// The little linear algebra that designs and regressions need: dense symmetric matrices, row-major, order n.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace nadc {

// Lower factor L with A = L Lᵀ, or nothing when A is not positive definite (a pivot at most `tolerance` × its
// diagonal). O(n³). Only the lower triangle of A is read.
std::optional<std::vector<double>> cholesky(std::span<const double> a, std::size_t n, double tolerance = 1e-12);

// Inverse of a symmetric positive definite matrix, or nothing. O(n³).
std::optional<std::vector<double>> inverse(std::span<const double> a, std::size_t n, double tolerance = 1e-12);

// The correlation matrix nearest to A in the Frobenius norm whose eigenvalues are all at least `floor`: alternating
// projections with Dykstra's correction (Higham 2002, IMA J. Numer. Anal. 22, algorithm 3.3), eigenvectors by cyclic
// Jacobi rotations. Tens of iterations of O(n³).
std::vector<double> nearest_correlation(std::span<const double> a, std::size_t n, double floor = 1e-3);

}  // namespace nadc
