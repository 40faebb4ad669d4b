// Residuals of the step-time model on the shared tables.
// usage: network_steptime_residuals [FOLDER with the three tables]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "models/network/step_rows.hpp"
#include "tests/models/network/shared_data.hpp"

int main(int argc, char** argv) {
  using namespace nadc;
  const std::string folder = argc > 1 ? argv[1] : shared_file("reference");
  const std::vector<StepRow> rows = read_step_rows(folder);
  if (rows.empty()) {
    std::printf("no tables in '%s': skipped\n", folder.c_str());
    return 0;
  }
  std::printf("%-10s %-34s %5s %3s %3s %3s %4s %3s %4s %10s %10s %8s\n", "table", "row", "gpus", "TP", "PP", "CP", "DP",
              "VP", "mb", "measured s", "model s", "error");
  std::map<std::string, double> worst;
  for (const StepRow& row : rows) {
    const StepTime t = step_time(row.request);
    const double error = t.step_s / row.measured_s - 1.0;
    std::printf("%-10s %-34s %5lld %3d %3d %3d %4d %3d %4d %10.4f %10.4f %7.1f%%\n", row.table.c_str(),
                row.name.c_str(), static_cast<long long>(row.request.gpus), t.layout.tp, t.layout.pp, t.layout.cp,
                t.layout.dp, t.layout.vp, t.layout.micro_batch, row.measured_s, t.step_s, 100.0 * error);
    double& w = worst[row.request.gpu.name];
    w = std::max(w, std::fabs(error));
  }
  for (const auto& [gpu, error] : worst) std::printf("worst on %s: %.1f %%\n", gpu.c_str(), 100.0 * error);
}
