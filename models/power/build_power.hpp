// From what a scenario says about power to what the loop and finalize() read. Host.
//
// A limit at the meter becomes a limit of IT power: divided by the PUE of a constant plant, or the greatest IT load
// whose facility power stays below it in the warmest hour of the climate, so that the meter's limit holds in every
// hour.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/scenario.hpp"
#include "models/world.hpp"
#include "sim/blob.hpp"
#include "sim/law.hpp"

namespace nadc {

// Domains of a study: its sites, then the clusters to which some lever gives a limit of their own.
struct DomainNames {
  std::vector<std::string> sites;
  std::vector<std::string> clusters;  // "site/cluster"

  SiteId site(const std::string& name);  // adds it
  void add_cluster(const std::string& site, const std::string& cluster);
  DomainId own_domain(const std::string& site, const std::string& cluster) const;  // invalid: none
  std::uint32_t size() const { return static_cast<std::uint32_t>(sites.size() + clusters.size()); }
};

// Calendar months, cut at the ends of periods; the last ends at the horizon.
std::vector<MeterStretch> meter_stretches(std::int64_t start, const std::vector<Tick>& period_ends);

// Between two readings of the meter: an hour, or what the tariffs' demand intervals have in common.
Tick meter_interval(const Scenario& scenario);

// Local time from Monday 00:00 to the start.
Tick week_offset(std::int64_t start);

// Power domains, and the highest IT limit that each will have before the horizon [mW].
struct PowerLimits {
  VectorBy<DomainId, DomainParams> domains;
  VectorBy<DomainId, std::int64_t> highest_mw;
};

// Throws Error (input) that names the key. full_draw_w: of all planned nodes, by site. Fills the power part of the
// point; lets `tables` know the laws of the connections' delays. Gives the domains.
PowerLimits add_power(Point& point, BlobWriter<Point>& writer, const Scenario& scenario,
                      const std::vector<SiteSpec>& sites, const DomainNames& names,
                      const VectorBy<SiteId, double>& full_draw_w, const std::vector<ClassParams>& classes,
                      Tick horizon, LawTables& tables);

// Speed of a job whose GPUs may draw this share of their power above idle, in 1/65,536.
std::uint32_t speed_at_share(double communication, double share);

}  // namespace nadc
