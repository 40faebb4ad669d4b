// What finalize() needs to count money, made once a point: whole won and parts per million.
#pragma once
#include <cstdint>

#include "models/policy/bid_params.hpp"
#include "sim/time.hpp"

namespace nadc {

// A tranche that is paid for before the end.
struct Payment {
  Tick at;  // 0 or later
  std::int64_t krw, state_krw;
};

struct PartitionMoney {
  std::int64_t maintenance_krw;  // of all nodes, a year
  std::int64_t rent_krw;         // of all rented and leased GPUs, a year
  std::int64_t gpus;             // in the end, bought and rented
  std::int64_t state_ppm;        // the state's part of its running cost
};

struct GroupMoney {
  double price;              // [KRW] of a GPU-hour
  double worth;              // [KRW] of a GPU-hour, to who uses it
  std::int64_t subsidy_ppm;  // the state's part of the price
  double award;              // GPU-hours that serve a member; 0: not counted
  std::int64_t members;
  std::uint32_t startups;  // 1: its members count as start-ups
  Tick within;             // of submission, when it needs its results
};

struct MoneyParams {
  std::int64_t envelope_krw, reserved_krw, spent_krw, unspent_krw;  // of the budget, all years
  std::int64_t short_krw;                                           // price of what did not fit into the envelope
  std::int64_t gpus_not_bought;
  std::int64_t coinvestment_krw, coinvested_gpus, tax_forgone_krw;
  std::int64_t coinvested_baseline_gpus, tax_forgone_baseline_krw;  // at the credit of before
  Tick coinvested_at;                                               // when it is paid; never: there is none
  double discount_rate;                                             // a year
  Tick lifetime;
  std::int64_t residual_ppm;
  std::int64_t maintenance_ppm;  // a year, of the price
  std::int64_t instalments;      // of a payment, a year apart; 0 and 1: at once
  double instalment_interest;
  std::int64_t building_krw, state_building_krw;  // paid at the start
  Tick building_lifetime;
  Tick programme;  // 0: not extrapolated
  BidParams bid;
};

}  // namespace nadc
