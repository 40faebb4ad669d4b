#include "tests/reference/history.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace nadc::reference {

std::ostream& operator<<(std::ostream& out, const Event& event) {
  static const char* const what[] = {"ends", "is stopped", "starts"};
  out << "tick " << event.at << ": job " << event.number << " of cell " << event.cell << ' '
      << what[static_cast<int>(event.what)] << " in partition " << event.partition << " on " << event.gpus << " GPUs";
  if (event.nodes > 0)
    out << ", " << event.nodes << " whole nodes of " << event.pods << " pods";
  else
    out << " of node " << event.node;
  if (event.what != Happening::starts) out << ", " << event.lost << " ticks lost";
  return out;
}

std::ostream& operator<<(std::ostream& out, const State& state) {
  out << "from tick " << state.at << ": waiting " << state.waiting << ", running " << state.running << ", busy "
      << state.busy << ", in service " << state.in_service << ", down " << state.down << ", dark " << state.dark
      << ", spare " << state.spare << ", " << state.power_mw << " mW, free";
  for (const std::int16_t free : state.free) out << ' ' << free;
  return out;
}

namespace {

bool same(const Event& a, const Event& b) {
  return a.place_in_time() == b.place_in_time() && a.partition == b.partition && a.gpus == b.gpus && a.node == b.node &&
         a.nodes == b.nodes && a.pods == b.pods && std::abs(a.lost - b.lost) <= a.rounding;
}

template <class Entry> std::string said_at(const std::vector<Entry>& entries, Tick at) {
  std::ostringstream text;
  for (const Entry& entry : entries)
    if (entry.at == at) text << "    " << entry << '\n';
  return text.str().empty() ? "    nothing\n" : text.str();
}

}  // namespace

std::string first_difference(const History& reference, const History& loop) {
  const auto sorted = [](std::vector<Event> events) {
    std::stable_sort(events.begin(), events.end());
    return events;
  };
  const std::vector<Event> ours = sorted(reference.events), theirs = sorted(loop.events);
  Tick at = never;
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
    if (i < ours.size() && i < theirs.size() && same(ours[i], theirs[i])) continue;
    if (i < ours.size()) at = std::min(at, ours[i].at);
    if (i < theirs.size()) at = std::min(at, theirs[i].at);
    break;
  }
  for (std::size_t i = 0; i < std::max(reference.states.size(), loop.states.size()); ++i) {
    if (i < reference.states.size() && i < loop.states.size() && reference.states[i].at == loop.states[i].at &&
        reference.states[i].same_as(loop.states[i]))
      continue;
    if (i < reference.states.size()) at = std::min(at, reference.states[i].at);
    if (i < loop.states.size()) at = std::min(at, loop.states[i].at);
    break;
  }
  if (at == never) return "";
  return "  at tick " + std::to_string(at) + " the reference says\n" + said_at(ours, at) +
         said_at(reference.states, at) + "  and the loop\n" + said_at(theirs, at) + said_at(loop.states, at);
}

}  // namespace nadc::reference
