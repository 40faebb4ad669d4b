// Would a private operator bid for the centre? Its yearly cash flows, from a steady year that the simulation measured.
//
//   year 0    capital = nodes + building; debt = its share of it; the rest is equity, paid by the state and the
//             partner as they share the capital (policy.ownership)
//   year y    fees · (1 + price trend)^(y−1) − running cost · (1 + cost trend)^(y−1) = operating cash
//             taxable: operating cash − straight-line depreciation − interest, less losses carried forward, which may
//             take at most `loss_offset` of a year's profit; tax is reduced by what is left of the credit, a share of
//             the price of the nodes
//             debt service: an equal payment at the end of each year (capital_recovery() of the debt)
//             to equity: operating cash − tax − debt service, by share; a shortfall is paid in likewise
//   year b    buy-back: the partner pays the state what it paid in, with interest compounded, and owns all from then on
//   last      book value of nodes and building, by share
// IRR and present value are those of the partner's flows. It bids when the present value at its hurdle rate is not
// negative and in every year with debt operating cash − tax covers the debt service `cover` times.
//
// Neglected: working capital, interest during construction, replacement of nodes (they must live as long as the
// operation), a minimum tax, expiry of losses and credits. Capital, GPUs and demand are there at once.
// Internal rate of return and debt service cover as in Yescombe 2013, Principles of Project Finance, chapters 10
// and 12.
#pragma once
#include <span>
#include <vector>

#include "models/policy/money_params.hpp"

namespace nadc {

// What the simulation says of a steady year [KRW].
struct BidBase {
  double nodes = 0;                            // price of all that is paid before the end
  double state_share = 0;                      // of it
  double lifetime = 0;                         // of the nodes [years]
  double residual = 0;                         // relative to the price
  double income = 0, cost = 0, gpu_hours = 0;  // a year
};

struct BidYear {
  double operating = 0, depreciation = 0, interest = 0, tax = 0, credit = 0, service = 0;  // [KRW]
  double partner = 0;  // what the partner gets, or pays
};

// The years 0 (capital) to the last; the partner's flow of year 0 is what it pays in, negative.
std::vector<BidYear> bid_sheet(const BidParams& terms, const BidBase& base);

// The rates between −90 % and +1,000 % a year at which flows at 0, 1, 2, … years are worth nothing, ascending. A
// buy-back or a year of losses makes the flows change their sign more than once: then there may be none, or several.
std::vector<double> rates_of_return(std::span<const double> flows);
// The one rate; NaN when there is none, or more than one.
double internal_rate_of_return(std::span<const double> flows);
// Modified: what is paid in discounted to now, what is got carried to the end, both at the same rate (Lin 1976). One
// rate whatever the signs; NaN without a payment or a return.
double modified_rate_of_return(std::span<const double> flows, double rate);

struct Bid {
  double irr, irr_without_credit;  // a year
  double rates;                    // how many rates of return there are; irr is told of exactly one
  double mirr;                     // a year, at the hurdle rate
  double npv;                      // [KRW] of the partner's flows at the hurdle rate
  double cover;                    // the least over the years with debt; NaN without debt
  double price;                    // [KRW] of a GPU-hour, in the first year, at which npv is 0; NaN without GPU-hours
  double tax, credit;              // [KRW] paid and used, over all years
  double nobody;                   // 1: it does not bid
};

// All NaN when nobody is asked, there is no capital, or the state has all of it.
Bid bid_of(const BidParams& terms, const BidBase& base);

}  // namespace nadc
