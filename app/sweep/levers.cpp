#include "app/sweep/levers.hpp"

#include <algorithm>
#include <numeric>

namespace nadc {

std::vector<std::uint32_t> parse_levers(const Study& study, const std::string& list) {
  std::vector<std::uint32_t> chosen;
  for (std::size_t begin = 0; begin < list.size();) {
    const Lever* best = nullptr;
    for (const Lever& lever : study.levers()) {
      const std::size_t end = begin + lever.name.size();
      const bool here = list.compare(begin, lever.name.size(), lever.name) == 0;
      if (here && (end == list.size() || list[end] == ',') && (!best || lever.name.size() > best->name.size()))
        best = &lever;
    }
    if (!best) study.lever(list.substr(begin, list.find(',', begin) - begin));  // throws with the nearest
    chosen.push_back(static_cast<std::uint32_t>(best - study.levers().data()));
    begin += best->name.size() + 1;
  }
  if (list.empty()) {
    chosen.resize(study.levers().size());
    std::iota(chosen.begin(), chosen.end(), 0u);
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

}  // namespace nadc
