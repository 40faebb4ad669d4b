// What the estimators need of distributions beyond sim/statistics.hpp and sim/law_shapes.hpp.
#pragma once
#include <span>

namespace nadc {

double normal_probability(double z);                         // P(Z <= z), Boost.Math behind
double student_t_tail(double t, double degrees_of_freedom);  // P(T > t), likewise

// Quantile p in [0, 1] of sorted values, linear between neighbours (type 7 of Hyndman and Fan 1996, the default of
// NumPy and xarray, so that notebooks agree to the last digit). NaN when there are none. Next to an infinite neighbour
// it takes the nearer value, never inf - inf.
double interpolated_quantile(std::span<const double> sorted, double p);

}  // namespace nadc
