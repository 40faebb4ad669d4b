#include "models/power/tariff.hpp"

#include <algorithm>
#include <string>

#include "sim/error.hpp"

namespace nadc {
namespace {

constexpr Int128 microjoules_per_kwh = Int128(3600) * 1000 * 1000 * 1000;  // 3.6e12

std::int64_t rounded(Int128 numerator, Int128 denominator) {
  const bool negative = numerator < 0;
  const Int128 magnitude = negative ? -numerator : numerator;
  const Int128 whole = (magnitude + denominator / 2) / denominator;
  return static_cast<std::int64_t>(negative ? -whole : whole);
}

std::array<Band, 24> bands(std::initializer_list<std::pair<unsigned, unsigned>> mid,
                           std::initializer_list<std::pair<unsigned, unsigned>> peak) {
  std::array<Band, 24> hours{};
  hours.fill(Band::off_peak);
  for (auto [from, to] : mid) std::fill(hours.begin() + from, hours.begin() + to, Band::mid_peak);
  for (auto [from, to] : peak) std::fill(hours.begin() + from, hours.begin() + to, Band::on_peak);
  return hours;
}

std::array<std::array<Band, 24>, 3> week(const std::array<Band, 24>& working) {
  std::array<Band, 24> saturday = working, holiday{};
  std::replace(saturday.begin(), saturday.end(), Band::on_peak, Band::mid_peak);
  holiday.fill(Band::off_peak);
  return {working, saturday, holiday};
}

}  // namespace

std::int32_t price_at(const Tariff& tariff, unsigned month, DayKind day, unsigned hour) {
  if (month < 1 || month > 12 || hour > 23)
    throw Error(ErrorKind::usage,
                "no such hour in a year: month " + std::to_string(month) + ", hour " + std::to_string(hour));
  const auto season = static_cast<std::size_t>(tariff.season_of_month[month - 1]);
  const auto band = static_cast<std::size_t>(tariff.band[season][static_cast<std::size_t>(day)][hour]);
  return tariff.deci_won_per_kwh[season][band];
}

CostUnits energy_cost(const Tariff& tariff, const CivilStart& start, Tick from, Tick to, std::int64_t milliwatts) {
  CostUnits cost = 0;
  while (from < to) {
    const CivilHour hour = start.at(from);
    const Tick end = std::min(to, start.next_hour(from));
    cost += energy_cost(Int128(milliwatts) * (end - from), price_at(tariff, hour.month, hour.day_kind, hour.hour));
    from = end;
  }
  return cost;
}

std::int64_t MonthBill::energy_won() const { return rounded(energy, microjoules_per_kwh * 10); }

std::int64_t MonthBill::demand_won(const Tariff& tariff) const {
  return rounded(Int128(tariff.demand_won_per_kw_month) * peak_milliwatts, 1000 * 1000);
}

const Tariff& korea_industrial_gap2_hva1() {
  static const Tariff tariff = [] {
    Tariff t;
    t.name = "korea-industrial-gap2-hva1";
    for (unsigned m = 1; m <= 12; ++m)
      t.season_of_month[m - 1] = m >= 6 && m <= 8    ? Season::summer
                                 : m >= 11 || m <= 2 ? Season::winter
                                                     : Season::spring_autumn;
    t.deci_won_per_kwh = {{{957, 1215, 1550}, {957, 1005, 1197}, {1031, 1200, 1494}}};
    const auto warm = week(bands({{8, 22}}, {{11, 12}, {13, 18}}));
    const auto cold = week(bands({{8, 22}}, {{9, 12}, {16, 19}}));
    t.band = {warm, warm, cold};
    t.demand_won_per_kw_month = 6490;
    t.source =
        "cncityenergy.com tariff table from 2024-10-24; bands of spring, autumn, winter and weekends: assumption";
    return t;
  }();
  return tariff;
}

Tariff flat_tariff(std::int32_t deci_won_per_kwh, std::int64_t demand_won_per_kw_month, std::string_view source) {
  Tariff t;
  t.name = "flat";
  for (auto& season : t.deci_won_per_kwh) season.fill(deci_won_per_kwh);
  t.demand_won_per_kw_month = demand_won_per_kw_month;
  t.source = source;
  return t;
}

}  // namespace nadc
