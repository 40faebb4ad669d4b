#include <nlohmann/json.hpp>

#include "app/network/network_json.hpp"
#include "models/network/bill.hpp"
#include "sim/error.hpp"

namespace nadc {

using nlohmann::ordered_json;

void append_bill(ordered_json& rows, const NetworkSize& size, const SizingInputs& inputs, double spares) {
  if (!(spares >= 0.0 && spares <= 100.0))
    throw Error(ErrorKind::usage, "spares outside 0 to 100 %", "2 is one in fifty, and at least one of each item");
  BillInputs request;
  request.sizing = inputs;
  request.spare_share = spares / 100.0;
  for (const BillLine& line : bill_of(size, request)) {
    const double count = static_cast<double>(line.count);
    rows.push_back(
        {{"topology",
          size.spec.name.empty() || size.fabric != "compute" ? std::string(name_of(size.spec.kind)) : size.spec.name},
         {"fabric", size.fabric},
         {"gpus", size.spec.gpus},
         {"radix", size.spec.radix},
         {"tier", line.tier},
         {"kind", line.kind},
         {"item", line.item},
         {"count", line.count},
         {"spares", line.spares},
         {"length_m", line.kind == "cable" ? ordered_json(line.metres) : ordered_json()},
         {"typical_kw", count * line.typical_w / 1000.0},
         {"most_kw", count * line.most_w / 1000.0},
         {"cost_krw", line.cost_krw ? ordered_json(*line.cost_krw) : ordered_json()}});
  }
}

}  // namespace nadc
