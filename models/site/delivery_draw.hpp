// When nodes come. The loop (fleet_state.hpp) and the ledger (models/screening.hpp) ask the same draws.
#pragma once
#include <cstdint>

#include "models/world.hpp"
#include "sim/law.hpp"
#include "sim/platform.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace nadc {

// When the tranche comes, its delay drawn: the same under every lever. ordered: when it was, of one that is.
NADC_HD inline Tick delivery_date(const RandomKey& key, const double* tables, const TrancheParams& tranche,
                                  Tick ordered = 0) {
  const Uniforms u = draw(key, static_cast<std::uint32_t>(Stream::delivery), tranche.entity, 0);
  const Tick date = ordered + tranche.date + sample_ticks(tranche.delay, tables, u.word[0]);
  return date > 0 ? date : 0;
}

// That of a node of the partition; invalid where there is none.
NADC_HD inline TrancheId tranche_of(const Point& point, PartitionId partition, NodeId node) {
  const auto tranches = at(&point, point.tranches);
  for (const TrancheId t : point.tranches.ids())
    if (tranches[t].partition == partition && node >= tranches[t].first && node - tranches[t].first < tranches[t].count)
      return t;
  return {};
}

}  // namespace nadc
