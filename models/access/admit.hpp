// Seam admit: may this job start now, by the rules of access? A job that may not is passed over until something ends,
// and does not block the jobs behind it.
#pragma once
#include <cstdint>
#include <string_view>

#include "sim/platform.hpp"
#include "sim/seam.hpp"

namespace nadc {

struct AdmitView {
  std::uint32_t gpus;        // that the job would hold
  std::uint32_t group_busy;  // GPUs that its group holds now
  std::uint32_t in_service;  // GPUs delivered and not down
  double group_quota;        // share of the GPUs in service that the group may hold
};

struct OpenQueue {
  static constexpr std::string_view name = "open";
  static constexpr std::string_view help = "Every job may start as soon as it fits.";
  static constexpr bool depends_on_use = false;
  NADC_HD bool operator()(const AdmitView&) const { return true; }
};

// Hard walls: a group never holds more than its share of the GPUs in service, even while others are idle.
struct GroupQuota {
  static constexpr std::string_view name = "quota";
  static constexpr std::string_view help = "A group holds at most its quota of the GPUs in service.";
  static constexpr bool depends_on_use = true;
  NADC_HD bool operator()(const AdmitView& view) const {
    return static_cast<double>(view.group_busy + view.gpus) <= view.group_quota * static_cast<double>(view.in_service);
  }
};

using Admits = Seam<OpenQueue, GroupQuota>;

}  // namespace nadc
