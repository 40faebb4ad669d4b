// What the page is drawn from: one JSON object a page. Numbers are those of the files; nothing is worked out twice.
#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/compare/comparison.hpp"

namespace nadc {

struct StudyPageRequest {
  std::vector<std::string> files;     // sweeps
  std::string baseline;               // empty: the first lever
  std::vector<std::string> outcomes;  // as nadc compare takes them; empty: those of the study
};
// Levers of sweeps: outcomes with intervals, paired differences, who is served how, and the sample means by which the
// page weighs anew. Errors: as of nadc compare.
nlohmann::ordered_json study_page(const StudyPageRequest& request);

// A results file of nadc run: metrics, series down-sampled with their extremes, power by month and hour, waits by size,
// and the jobs of the busiest day. Errors: Error (input) for a file of another kind.
nlohmann::ordered_json run_page(const std::string& file);

struct NetworkTraffic {
  std::string pattern = "permutation";  // or shift, all-to-all; none: no loads
  std::string routing = "ecmp";
};
// Topologies sized, with one of each thing down, and how loaded their links are while a pattern of traffic runs; gpus
// where the file does not say them. Errors: as of nadc network size.
nlohmann::ordered_json network_page(const std::vector<std::string>& topologies, std::optional<std::int64_t> gpus,
                                    const NetworkTraffic& traffic);

// Provenance of a results file as the page shows it.
nlohmann::ordered_json provenance_json(const std::string& file, const Header& header);

}  // namespace nadc
