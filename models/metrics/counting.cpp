#include "models/metrics/counting.hpp"

#include <cmath>

#include "models/policy/money.hpp"
#include "models/power/carbon.hpp"

namespace nadc::metrics {

Counting::Counting(const World& world, const Point& point, const Raw& raw)
    : world_(world),
      point_(point),
      raw_(raw),
      shape_(world),
      partitions_(at(&point, point.partitions)),
      sites_(at(&point, point.energy)),
      demand_(metered_demand(world, {sites_.data, shape_.sites},
                             {raw.meter_peak, std::size_t{shape_.stretches} * shape_.sites})),
      triggers_(world, point, raw) {}

Tick Counting::end_of(std::uint32_t period) const {
  const Tick end = at(&world_, world_.period_ends)[period];
  return end < this->end() ? end : this->end();
}

void Counting::add_cell(Scope& scope, std::uint32_t period, CellId cell, std::uint32_t last) const {
  const std::size_t i = std::size_t{period} * shape_.cells + cell.value;
  for (std::uint32_t c = 0; c < cell_counts; ++c)
    if (!is_of_a_moment(c) || period == last) scope.jobs.n[c] += raw_.cell[i * cell_counts + c];
  scope.jobs.energy += raw_.cell_energy[i];
}

void Counting::carry_over(Scope& scope, CellId cell) const {
  for (std::uint32_t period = 0; period < first_measured(); ++period) {
    Scope before;
    add_cell(before, period, cell, period);
    const auto& n = before.jobs.n;
    scope.jobs.n[submitted] += n[submitted] - n[turned_away] - n[completed] - n[failed] - n[cancelled];
  }
}

void Counting::add_machine(Scope& scope, std::uint32_t period) const {
  for (const PartitionId p : range<PartitionId>(shape_.partitions)) {
    const std::size_t i = std::size_t{period} * shape_.partitions + p.value;
    for (std::uint32_t c = 0; c < partition_counts; ++c) scope.machine.n[c] += raw_.partition[i * partition_counts + c];
    scope.embodied_t += static_cast<double>(raw_.partition[i * partition_counts + installed_ticks]) / ticks_an_hour /
                        embodied_lifetime_hours * partitions_[p].embodied_t;
  }
}

// Of all sites [MWh], and by site; a job's share of a site follows the nodes' of the period, so that periods add up.
double Counting::add_it_energy(Scope& scope, std::uint32_t first, std::uint32_t end,
                               VectorBy<SiteId, double>& it_of_site) const {
  UInt128 all = 0;
  for (std::uint32_t period = first; period < end; ++period) {
    UInt128 nodes = 0, jobs = 0;
    VectorBy<SiteId, double> of_site(shape_.sites, 0.0);
    for (const PartitionId p : range<PartitionId>(shape_.partitions)) {
      const UInt128 energy = raw_.partition_energy[std::size_t{period} * shape_.partitions + p.value];
      nodes += energy;
      of_site[at(&world_, world_.partitions)[p].site] += static_cast<double>(energy);
    }
    for (const CellId c : range<CellId>(shape_.cells))
      jobs += raw_.cell_energy[std::size_t{period} * shape_.cells + c.value];
    const double it_peak_mw = static_cast<double>(raw_.peak_mw[period]) / 1e9;
    scope.it_peak_mw = std::fmax(scope.it_peak_mw, it_peak_mw);
    scope.swing_mw = std::fmax(scope.swing_mw, static_cast<double>(raw_.swing_mw[period]) / 1e9);
    for (const DomainId d : range<DomainId>(shape_.domains))
      scope.capped_hours +=
          static_cast<double>(
              raw_.domain[(std::size_t{period} * shape_.domains + d.value) * domain_counts + capped_ticks]) /
          ticks_an_hour;
    const double it_mwh = static_cast<double>(nodes + jobs) / microjoules_per_mwh;
    scope.it_mwh += it_mwh;
    all += nodes + jobs;
    const double of_nodes = static_cast<double>(nodes);
    for (const SiteId s : range<SiteId>(shape_.sites))
      it_of_site[s] += of_nodes > 0 ? it_mwh * of_site[s] / of_nodes : it_mwh / shape_.sites;
  }
  return static_cast<double>(all) / microjoules_per_mwh;
}

void Counting::add_metered(Scope& scope, std::uint32_t first, std::uint32_t end) const {
  const MeterStretch* stretches = at(&world_, world_.stretches);
  for (std::uint32_t t = 0; t < shape_.stretches; ++t) {
    if (stretches[t].period < first || stretches[t].period >= end) continue;
    EnergyUse use;
    double peak_mw = 0;  // of all sites, each at its own hour
    for (const SiteId s : range<SiteId>(shape_.sites)) {
      const std::size_t i = std::size_t{t} * shape_.sites + s.value;
      const EnergyUse of =
          metered_use(sites_[s], calendar_of(world_, point_, s), stretches[t], t == 0 ? 0 : stretches[t - 1].end,
                      {raw_.metered + i * meter_bins, meter_bins}, demand_.peak_mw[i], demand_.billed_mw[i]);
      use.add(of);
      peak_mw += of.peak_mw;
    }
    use.peak_mw = peak_mw;
    scope.use.add(use);
  }
}

// Metered sites have their own; else a job's share of a site follows the mean of all.
void Counting::add_energy(Scope& scope, std::uint32_t first, std::uint32_t end) const {
  VectorBy<SiteId, double> it_of_site(shape_.sites, 0.0);  // [MWh]
  const double it_mwh = add_it_energy(scope, first, end, it_of_site);
  if (shape_.stretches > 0) return add_metered(scope, first, end);
  if (shape_.sites == 1) it_of_site[SiteId(0)] = it_mwh;  // to the won, however it is cut
  EnergyUse use;
  for (const SiteId s : range<SiteId>(shape_.sites)) use.add(unmetered_use(sites_[s], it_of_site[s]));
  use.peak_mw = it_mwh > 0 ? scope.it_peak_mw * use.facility_mwh / it_mwh : 0.0;
  scope.use.add(use);
}

// installed: GPU-ticks.
double Counting::delivered_h100e_hours(std::uint32_t first, std::uint32_t end,
                                       VectorBy<PartitionId, std::uint64_t>& installed) const {
  double h100e = 0;
  installed.assign(shape_.partitions, 0);
  for (std::uint32_t period = first; period < end; ++period)
    for (const PartitionId p : installed.ids()) {
      const std::size_t i = std::size_t{period} * shape_.partitions + p.value;
      const std::uint64_t* counts = raw_.partition + i * partition_counts;
      installed[p] += counts[installed_ticks];
      h100e += signed_hours(counts[work_ticks]) * partitions_[p].h100e;
    }
  return h100e;
}

std::int64_t Counting::capital_charge(Tick from, Tick to) const {
  std::int64_t krw = building_charge_krw(point_.money.building_krw, point_.money, from, to);
  for (const Payment& payment : triggers_.payments()) krw += charge_of(payment.krw, payment.at, point_.money, from, to);
  return krw;
}

void Counting::add_cost(Scope& scope, std::uint32_t first, std::uint32_t end, Tick from, Tick to) const {
  VectorBy<PartitionId, std::uint64_t> installed;
  scope.h100e_hours = delivered_h100e_hours(first, end, installed);
  scope.upkeep = running_cost(triggers_.partition_money(), scope.use.won, installed);
  scope.capital_charge = capital_charge(from, to);
  scope.capex_paid = capex_paid_krw(point_.money, triggers_.payments(), from, to);
  scope.cost = won(scope.capital_charge + scope.upkeep.total());
}

void Counting::add_sketch(std::vector<std::uint64_t>& ended, std::vector<std::uint64_t>& open,
                          std::uint32_t sketch) const {
  const auto add = [&](std::vector<std::uint64_t>& counts, std::uint32_t number) {
    counts.resize(Sketch::bucket_count);
    for (std::uint32_t b = 0; b < Sketch::bucket_count; ++b)
      counts[b] += raw_.sketch[std::size_t{number} * Sketch::bucket_count + b];
  };
  add(ended, sketch);
  add(open, shape_.ended_sketches() + sketch);
}

}  // namespace nadc::metrics
