// Quantiles of the reference distributions (Boost.Math behind), and exact quantiles of rows.
#pragma once
#include <span>

namespace nadc {

double normal_probability(double z);           // P(Z <= z)
double normal_quantile(double p);              // p in (0, 1)
double student_quantile(double p, double df);  // p in (0, 1), df > 0; df may be any real number

// Quantile p in [0, 1] of sorted values, linear between neighbours (type 7 of Hyndman and Fan 1996, the default of
// NumPy and R). NaN when there are none. Next to an infinite neighbour it takes the nearer value, never inf - inf.
double sorted_quantile(std::span<const double> sorted, double p);

}  // namespace nadc
