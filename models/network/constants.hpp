// The constants of collectives as a file, and their fit to a measured log.
//
// Fitted: what every call costs before the first byte (launch), one factor on the latencies, one on the efficiencies;
// least squares of the logarithm of time over all lines, so that 1 MB weighs as much as 8 GB. Of the two links the one
// that binds at these ranks takes the factors: NVLink inside a domain, the NIC between domains. Three numbers, so a log
// needs four sizes or more; what it has only at large sizes leaves launch and latencies as they were.
// Search: pattern search from several starts, deterministic. Errors: ErrorKind::input for too few sizes.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "models/network/collective.hpp"
#include "models/network/nccl_log.hpp"
#include "sim/field.hpp"

namespace nadc {

struct CollectiveConstants {
  double launch_us = 0, nvlink_latency_us = 1.5, network_latency_us = 5;
  double nvlink_efficiency = 0.822, in_switch_efficiency = 0.636, nic_efficiency = 0.94;
  std::string source;
  static const FieldTable& fields();
  void apply(FabricView& view) const;
  static CollectiveConstants of(const FabricView& view);
};

struct ConstantsFit {
  CollectiveConstants constants;
  double rms_before = 0.0, rms_after = 0.0;      // of the logarithm
  double worst_before = 0.0, worst_after = 0.0;  // largest |time over measured − 1|
};
ConstantsFit fit_constants(std::span<const NcclLine> lines, CollectiveKind kind, CollectiveAlgorithm algorithm,
                           std::int64_t ranks, const FabricView& view);

}  // namespace nadc
