// The terms on which a private operator is asked to bid, made once a point. models/policy/bid.hpp says what they mean.
#pragma once
#include <cstdint>

#include "sim/time.hpp"

namespace nadc {

struct BidParams {
  std::int64_t years;  // of operation; 0: nobody is asked
  std::int64_t debt_years, buy_back_year;
  double debt, interest;  // share of the capital; a year
  double buy_back_interest;
  std::int64_t building_krw;
  Tick building_lifetime;
  double tax, credit, loss_offset;
  double price_trend, cost_trend;  // a year
  double hurdle, cover;
};

}  // namespace nadc
