#include "models/reliability/checkpoint.hpp"
#include "models/reliability/closed_forms.hpp"
#include "models/reliability/components.hpp"
#include "models/validation.hpp"

namespace nadc {

std::vector<ValidationRow> validate_reliability() {
  constexpr const char* rsc = "arXiv 2410.21680, as cited by two public notes";
  std::vector<ValidationRow> rows;
  const double llama3_rate = fleet_rates[2].rate;

  rows.push_back(
      {"reliability/mttf", "RSC-1 rate at 16,384 GPUs", mttf_hours(2048, fleet_rates[0].rate), 1.80, 0.02, "h", rsc});
  rows.push_back({"reliability/mttf", "RSC-1 rate at 131,072 GPUs", mttf_hours(16384, fleet_rates[0].rate), 0.23, 0.022,
                  "h", "arXiv 2410.21680 (0.23 is printed with two digits: ± 2.2 %)"});
  rows.push_back({"reliability/mttf", "Llama 3 on 16,384 H100", mttf_hours(llama3_nodes, llama3_rate), 3.09, 0.02, "h",
                  std::string(llama3_source)});
  rows.push_back({"reliability/rates", "Llama 3, failures per 1,000 node-days", llama3_rate, 3.79, 0.005,
                  "1/1000 node-days", std::string(llama3_source)});
  rows.push_back({"reliability/rates", "Llama 3, unexpected interruptions by component, summed",
                  static_cast<double>(llama3_unexpected()), 419, 0.0, "1", std::string(llama3_source)});

  // 405·10⁹ parameters at 13 bytes into a store of 2 TB/s (Llama 3 report: Tectonic sustains 2 TB/s); a node writes at
  // most 25 GB/s (one 200G port: assumption); 10 min to restart (models guide: 5–20 min).
  const CheckpointStore store{BytesPerSecond(2e12), BytesPerSecond(25e9), Seconds(1.0)};
  const Seconds save = write_time(store, checkpoint_size(405e9), llama3_nodes);
  const Seconds mttf(3600.0 * mttf_hours(llama3_nodes, llama3_rate));
  const Seconds restart(10.0 * 60.0);
  rows.push_back({"reliability/ettr", "Llama 3: effective training time, published as above 0.90",
                  expected_ettr(best_interval(mttf, save, restart), mttf, save, restart), 0.95, 0.05 / 0.95, "1",
                  "Llama 3 report, section 3.3.4; save from 13 B/parameter at 2 TB/s, restart 10 min: assumption"});
  const Seconds best = best_interval(mttf, save, restart);
  rows.push_back({"reliability/interval", "Young against the exact optimum, Llama 3", young_interval(mttf, save).value,
                  best.value, 0.10, "s", "exact optimum of Daly's exponential model"});
  rows.push_back({"reliability/interval", "availability form against the exact optimum, Llama 3",
                  (availability_period(mttf, save, restart) - save).value, best.value, 0.10, "s",
                  "exact optimum of Daly's exponential model"});
  // One machine, one crew, no spares: MTTF / (MTTF + MTTR).
  rows.push_back({"reliability/repair", "machine-repair queue with one machine",
                  machine_repair(1, 0, 1, 90, 10, Standby::cold).mean_running, 0.9, 1e-12, "1",
                  "renewal availability"});
  return rows;
}

}  // namespace nadc
