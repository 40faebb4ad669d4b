#include "models/policy/bid_metrics.hpp"

#include "models/policy/bid.hpp"

namespace nadc {
namespace {

constexpr std::string_view leaves_out =
    "Years unlike the one measured; interest during construction, replacement of nodes, a minimum tax.";

struct BidMetric {
  MetricInfo info;
  double Bid::*value;
};

const BidMetric table[] = {
    {{"bid_irr", "1",
      "Return a year on the equity of a private operator (policy.bid); none where bid_irr_rates is not 1, "
      "as a buy-back or a year of losses may bring about.",
      leaves_out},
     &Bid::irr},
    {{"bid_irr_without_credit", "1", "The same without the tax credit.", leaves_out}, &Bid::irr_without_credit},
    {{"bid_irr_rates", "1", "How many rates of return make the operator's flows worth nothing.", leaves_out},
     &Bid::rates},
    {{"bid_mirr", "1",
      "Modified rate of return a year: payments discounted, returns carried to the end, both at policy.bid.hurdle; "
      "above the hurdle exactly where the present value is positive.",
      leaves_out},
     &Bid::mirr},
    {{"bid_npv_krw", "KRW", "Present value of the operator's flows at its hurdle rate.", leaves_out}, &Bid::npv},
    {{"bid_debt_cover_min", "1", "Operating cash after tax over debt service, in the worst year.", leaves_out},
     &Bid::cover},
    {{"bid_price_krw", "KRW hour-1",
      "Price of a GPU-hour delivered, in the first year, at which the operator just earns its hurdle rate; whether "
      "debt is covered at it is not asked.",
      leaves_out},
     &Bid::price},
    {{"bid_tax_krw", "KRW", "Tax on the profit, over all years, after the credit.", leaves_out}, &Bid::tax},
    {{"bid_credit_krw", "KRW", "Tax credit used, over all years.", leaves_out}, &Bid::credit},
    {{"nobody_bids", "1",
      "1 when the operator earns less than its hurdle rate or does not cover its debt; its mean is a probability.",
      leaves_out},
     &Bid::nobody},
};

}  // namespace

std::span<const MetricInfo> bid_metrics() {
  static const std::vector<MetricInfo> infos = [] {
    std::vector<MetricInfo> list;
    for (const BidMetric& metric : table) list.push_back(metric.info);
    return list;
  }();
  return infos;
}

void add_bid_metrics(std::vector<double>& values, const MoneyParams& money, const Account& account, double gpu_hours) {
  BidBase base;
  base.nodes = static_cast<double>(account.capex - account.building);
  base.state_share =
      base.nodes > 0 ? static_cast<double>(account.state_capex - account.state_building) / base.nodes : 0.0;
  base.lifetime = static_cast<double>(money.lifetime) / static_cast<double>(ticks_per_year);
  base.residual = static_cast<double>(money.residual_ppm) / 1e6;
  base.income = account.a_year(account.income);
  base.cost = account.a_year(account.opex);
  base.gpu_hours = account.years > 0 ? gpu_hours / account.years : 0.0;
  const Bid bid = bid_of(money.bid, base);
  for (const BidMetric& metric : table) values.push_back(bid.*metric.value);
}

}  // namespace nadc
