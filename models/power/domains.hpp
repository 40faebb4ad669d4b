// Power in the loop: what is drawn, by partition and by domain (limits.hpp); may a job start, at which level do jobs
// run; windows of reduced power; connections; the meter (meter.hpp). All IT power, in milliwatts.
#pragma once
#include <cstddef>
#include <cstdint>

#include "models/loop/agenda.hpp"
#include "models/loop/carver.hpp"
#include "models/loop/frame.hpp"
#include "models/loop/ledger.hpp"
#include "models/power/draw.hpp"
#include "models/power/limits.hpp"
#include "models/power/meter.hpp"
#include "models/world.hpp"
#include "sim/platform.hpp"

namespace nadc {

// f(domain) for the domains of a partition: its site, and its cluster if that has a limit of its own.
template <class F> NADC_HD inline void for_domains(const PartitionWorld& partition, F&& f) {
  f(domain_of(partition.site));
  if (partition.own_domain.valid()) f(partition.own_domain);
}

// What a job of the class draws above idle at full clocks, on `gpus` GPUs of partition p.
template <int Width>
NADC_HD inline std::int64_t full_draw(const Frame<Width>& f, ClassId klass, PartitionId p, std::uint32_t gpus) {
  const double intensity = f.classes[klass].intensity;
  return Draws::visit(f.point.draw,
                      [&](const auto& policy) { return policy.job(f.part_params[p].draw, gpus, intensity); });
}

template <int Width> class PowerDomains {
 public:
  using F = Frame<Width>;

  NADC_HD void layout(Carver& carver, Heat heat, const World& world) {
    if (heat == Heat::cold) domains_ = carver.take_by<DomainId, PowerDomain>(world.domains);
  }
  NADC_HD void start(const F& f, Agenda<Width>& agenda) {
    f.lanes.for_each(f.domains(), [&](DomainId d) { domains_[d] = PowerDomain{}; });
    if (f.metered) next_reading(f, agenda);
    if (f.point.windows.count) agenda.set(f, EventKind::window, at(&f.point, f.point.windows)[0].from);
  }

  NADC_HD const PowerDomain& operator[](DomainId d) const { return domains_[d]; }
  NADC_HD static const DomainParams& params(const F& f, DomainId d) { return at(&f.point, f.point.domains)[d]; }
  NADC_HD std::int64_t power_mw() const { return power_mw_; }

  // ---- what is drawn

  // What the nodes of a partition draw without jobs, and its jobs at full clocks and now, changes at this tick.
  NADC_HD void change_draw(const F& f, PartitionId p, std::int64_t base, std::int64_t full, std::int64_t drawn) {
    power_mw_ += base + drawn;
    if (!f.powered) return;
    f.lanes.once([&] {
      for_domains(f.parts[p], [&](DomainId d) {
        PowerDomain& domain = domains_[d];
        domain.base_mw += base;
        domain.full_mw += full;
        domain.drawn_mw += drawn;
        if (base != 0 || full != 0) domain.dirty = 1;
        domain.meter -= static_cast<UInt128>(f.now) * static_cast<UInt128>(static_cast<Int128>(base + drawn));
      });
    });
  }

  // Greatest power at the end of a moment, and greatest draw of one job, since the period began.
  NADC_HD void note_power(const F& f) {
    if (power_mw_ > peaks_.power_mw && f.now < f.world.horizon) peaks_.power_mw = power_mw_;
  }
  NADC_HD void note_start(std::int64_t full_mw) {
    if (full_mw > peaks_.swing_mw) peaks_.swing_mw = full_mw;
  }
  NADC_HD PowerPeaks peaks() const { return peaks_; }
  NADC_HD void forget_peaks() { peaks_ = {}; }

  // ---- limits

  // The level at which jobs of a partition run.
  NADC_HD std::uint32_t level_of(const F& f, PartitionId p) const {
    std::uint32_t level = full_level;
    if (f.point.limited)
      for_domains(f.parts[p], [&](DomainId d) {
        if (domains_[d].level < level) level = domains_[d].level;
      });
    return level;
  }

  // A job that draws `full` at full clocks may start in the partition.
  NADC_HD bool has_room(const F& f, PartitionId p, std::int64_t full) const {
    bool room = true;
    for_domains(f.parts[p],
                [&](DomainId d) { room = room && domains_[d].has_room(params(f, d), full, f.point.lowest_level); });
    return room;
  }

  // The first job in the queue does not start in the partition for want of power: marks the domains that lack it.
  NADC_HD void hold_back(const F& f, PartitionId p, std::int64_t full) {
    f.lanes.once([&] {
      for_domains(f.parts[p], [&](DomainId d) {
        if (!domains_[d].has_room(params(f, d), full, f.point.lowest_level)) domains_[d].held = domains_[d].dirty = 1;
      });
    });
  }
  NADC_HD void forget_held(const F& f) {
    f.lanes.for_each(f.domains(), [&](DomainId d) {
      if (domains_[d].held) domains_[d].dirty = 1;
      domains_[d].held = 0;
    });
  }

  // The level at which the jobs of a domain keep its limit, and the least that they can take.
  NADC_HD std::uint32_t level_kept(const F& f, DomainId d) const {
    return domains_[d].level_for(params(f, d), domains_[d].full_mw);
  }
  NADC_HD static std::uint32_t least_level(const F& f, DomainId d) {
    return params(f, d).at_limit == AtLimit::preempt ? full_level : f.point.lowest_level;
  }
  // From now on a domain's jobs run at this level. True: it is another.
  NADC_HD bool settle(const F& f, Ledger<Width>& ledger, DomainId d, std::uint32_t level) {
    const bool changed = level != domains_[d].level;
    const std::uint32_t capped = level < full_level || domains_[d].held;
    f.lanes.once([&] {
      PowerDomain& domain = domains_[d];
      domain.level = level;
      domain.dirty = 0;
      if (domain.capped != capped) ledger.cap_changes(f, d, capped);
      domain.capped = capped;
    });
    return changed;
  }

  // ---- connections

  NADC_HD void connect(const F& f, const GridParams& step) {
    f.lanes.once([&] {
      PowerDomain& domain = domains_[domain_of(step.site)];
      domain.grid_mw += step.adds_mw;
      domain.dirty = 1;
    });
  }
  // A node that may draw so much is switched on, if the site's connection carries it.
  NADC_HD bool reserve(const F& f, SiteId site, std::int64_t mw) {
    PowerDomain& domain = domains_[domain_of(site)];
    if (domain.committed_mw + mw > domain.grid_mw) return false;
    f.lanes.once([&] { domain.committed_mw += mw; });
    return true;
  }

  // ---- events

  // A window of reduced power begins or ends.
  NADC_HD void turn_window(const F& f, Agenda<Width>& agenda) {
    const WindowStep* steps = at(&f.point, f.point.windows);
    while (windows_ < f.point.windows.count && steps[windows_].from <= f.now) {
      const WindowStep& step = steps[windows_++];
      f.lanes.once([&] {
        domains_[step.domain].window_ppm = step.share_ppm;
        domains_[step.domain].dirty = 1;
      });
    }
    agenda.set(f, EventKind::window, windows_ < f.point.windows.count ? steps[windows_].from : never);
  }

  // The meter is read at every full interval and at the end of every stretch.
  NADC_HD void read_meter(const F& f, Agenda<Width>& agenda, const Ledger<Width>& ledger) {
    const Raw raw = ledger.raw(f);
    f.lanes.for_each(f.sites(), [&](SiteId s) {
      PowerDomain& site = domains_[domain_of(s)];
      const UInt128 begun =
          static_cast<UInt128>(f.now) * static_cast<UInt128>(static_cast<Int128>(site.base_mw + site.drawn_mw));
      const UInt128 energy = site.meter + begun;
      const std::size_t row = std::size_t{stretch_} * f.shape.sites + s.value;
      raw.metered[row * meter_bins + meter_bin(calendar_of(f.world, f.point, s), f.now - 1)] += energy;
      site.meter = 0 - begun;
      // A demand interval that a stretch cuts counts in that in which it ends.
      site.interval += energy;
      const Tick interval = at(&f.point, f.point.energy)[s].demand_interval;
      if ((f.now + f.world.week_offset) % interval == 0 || f.now == f.world.horizon) {
        const auto mean = static_cast<std::uint64_t>(site.interval / static_cast<UInt128>(interval));
        if (mean > raw.meter_peak[row]) raw.meter_peak[row] = mean;
        site.interval = 0;
      }
    });
    if (f.now == at(&f.world, f.world.stretches)[stretch_].end) ++stretch_;
    if (stretch_ < f.shape.stretches)
      next_reading(f, agenda);
    else
      agenda.cancel(f, EventKind::meter);
  }

 private:
  NADC_HD void next_reading(const F& f, Agenda<Width>& agenda) {
    const Tick full = next_reading_after(f.world.week_offset, f.now, f.world.meter_interval);
    const Tick end = at(&f.world, f.world.stretches)[stretch_].end;
    agenda.set(f, EventKind::meter, full < end ? full : end);
  }

  By<DomainId, PowerDomain> domains_;
  std::int64_t power_mw_ = 0;
  PowerPeaks peaks_{};
  std::uint32_t stretch_ = 0;  // of the meter
  std::uint32_t windows_ = 0;  // passed
};

}  // namespace nadc
