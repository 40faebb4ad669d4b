// What a bid comes to, as metrics of the whole: one table, in which models/metrics.cpp looks.
#pragma once
#include <span>
#include <vector>

#include "models/metrics.hpp"
#include "models/policy/money.hpp"

namespace nadc {

std::span<const MetricInfo> bid_metrics();
// Adds their values, in order. gpu_hours: delivered in the time that the account is of.
void add_bid_metrics(std::vector<double>& values, const MoneyParams& money, const Account& account, double gpu_hours);

}  // namespace nadc
