// Seam admit: may this job start now, by the rules of access? A job that may not is passed over until something ends,
// and does not block the jobs behind it. A job that borrows, because its group has its quota already, comes after all
// jobs that do not: the pass goes through the queue a second time for it, and what it takes delays no reservation of
// the first round. So a group below its quota gets what is given back first (new starts of borrowers stop while it
// waits, unless they are out of its way), nothing is taken from running jobs, and no quota leaves a GPU idle that
// somebody could use.
#pragma once
#include <cstdint>
#include <string_view>

#include "models/access/exact_share.hpp"
#include "sim/platform.hpp"
#include "sim/seam.hpp"

namespace nadc {

enum class Verdict : std::uint8_t { no, borrows, yes };

struct AdmitView {
  std::uint32_t gpus;        // that the job would hold
  std::uint32_t group_busy;  // GPUs that its group holds now
  std::uint32_t in_service;  // GPUs delivered and not down
  ExactShare group_quota;    // of the GPUs in service, that the group may hold

  NADC_HD bool within_quota() const { return group_quota.covers(group_busy + gpus, in_service); }
};

// The GPUs of a job that the group's quota just admits.
NADC_HD inline std::uint32_t most_within_quota(AdmitView view) {
  std::uint32_t low = 0, high = view.in_service + 1;  // the first is within the quota, or nothing is; the second is not
  while (high - low > 1) {
    view.gpus = low + (high - low) / 2;
    (view.within_quota() ? low : high) = view.gpus;
  }
  return low;
}

struct OpenQueue {
  static constexpr std::string_view name = "open";
  static constexpr std::string_view help = "Every job may start as soon as it fits.";
  static constexpr bool depends_on_use = false, may_borrow = false;
  NADC_HD Verdict operator()(const AdmitView&) const { return Verdict::yes; }
};

// Hard walls: a group never holds more than its share of the GPUs in service, even while others are idle.
struct GroupQuota {
  static constexpr std::string_view name = "quota";
  static constexpr std::string_view help = "A group holds at most its quota of the GPUs in service.";
  static constexpr bool depends_on_use = true, may_borrow = false;
  NADC_HD Verdict operator()(const AdmitView& view) const { return view.within_quota() ? Verdict::yes : Verdict::no; }
};

// Soft walls: beyond its quota a group uses what the others leave.
struct BorrowedQuota {
  static constexpr std::string_view name = "borrow";
  static constexpr std::string_view help = "Beyond its quota a group takes what jobs within theirs leave idle.";
  static constexpr bool depends_on_use = true, may_borrow = true;
  NADC_HD Verdict operator()(const AdmitView& view) const {
    return view.within_quota() ? Verdict::yes : Verdict::borrows;
  }
};

using Admits = Seam<OpenQueue, GroupQuota, BorrowedQuota>;

}  // namespace nadc
