// What is counted in a datacenter: the typed indices (sim/index.hpp) of its tables.
#pragma once
#include <cstdint>

#include "sim/index.hpp"

namespace nadc {

// Who sends jobs.
using GroupId = Index<struct GroupTag>;
using ClassId = Index<struct ClassTag>;
using CellId = Index<struct CellTag>;      // a group and a class
using SourceId = Index<struct SourceTag>;  // of arrivals: a cell, or the trace
using CellId16 = Narrow<CellId, std::uint16_t>;

// What there is.
using SiteId = Index<struct SiteTag>;
using PartitionId = Index<struct PartitionTag>;  // nodes of one kind in one cluster
using NodeId = Index<struct NodeTag>;            // of a partition
using StudyNodeId = Index<struct StudyNodeTag>;  // over all partitions, the same under every lever
using PodId = Index<struct PodTag>;              // of a partition
using TrancheId = Index<struct TrancheTag>;
using SurfaceId = Index<struct SurfaceTag>;    // of a fabric's response (models/network/pace.hpp)
using DomainId = Index<struct DomainTag>;      // of power: sites first, then clusters with a limit of their own
using GridStepId = Index<struct GridStepTag>;  // of a site's connection

// A site is the power domain of the same number.
NADC_HD constexpr DomainId domain_of(SiteId site) { return DomainId(site.value); }

// What happens to it.
using OutageId = Index<struct OutageTag>;    // a kind of outage
using ModeId = Index<struct ModeTag>;        // a kind of failure
using RepairId = Index<struct RepairTag>;    // an entry of what is broken at present
using TriggerId = Index<struct TriggerTag>;  // a rule on period metrics, the same under every lever

// Jobs.
using PlaceId = Index<struct PlaceTag>;  // in the queue
using SlotId = Index<struct SlotTag>;    // of a running job
using SetId = Index<struct SetTag>;      // of the nodes of a running job

}  // namespace nadc
