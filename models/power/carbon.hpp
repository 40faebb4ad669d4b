// Carbon of making the machine: cradle to gate, spread evenly over the lifetime (assumption; transport and end of life
// neglected). The carbon of running it is energy_metrics.hpp's.
#pragma once
#include "sim/time.hpp"

namespace nadc {

// 164 kg a GPU: NVIDIA's product carbon footprint of the HGX H100 baseboard (1,312 kg for eight, cradle to gate), from
// memory; used for every kind, ± 50 %: assumption. Host 1,500 kg: assumption.
inline constexpr double embodied_kg_per_gpu = 164.0;
inline constexpr double embodied_kg_per_host = 1500.0;
inline constexpr double embodied_lifetime_hours =
    5.0 * static_cast<double>(ticks_per_year) / static_cast<double>(ticks_per_hour);  // assumption: 4 to 7 years

// [tCO2eq] of one accelerator with its part of the hosts. A rack of 72 counts one host for each four GPUs (its trays).
constexpr double embodied_t_per_gpu(int gpus_per_node) {
  const double of_host = gpus_per_node > 8 ? 4.0 : static_cast<double>(gpus_per_node);
  return (embodied_kg_per_gpu + embodied_kg_per_host / of_host) / 1000.0;
}

}  // namespace nadc
