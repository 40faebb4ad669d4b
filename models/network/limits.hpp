// What the network's models take: beyond these a number is refused with its limit, because sums would lose their
// digits, memory would run out, or nothing that exists is that large.
#pragma once
#include <cstdint>

namespace nadc {

inline constexpr double most_message_bytes = 1e18;           // of a collective or a flow, at least one byte
inline constexpr double least_gbps = 1e-3, most_gbps = 1e6;  // of a link, 1 Mbit/s to 1 Pbit/s
inline constexpr double most_oversubscription = 1e3;         // and at least its inverse
inline constexpr std::int64_t most_ranks = 10'000'000;       // of a collective
inline constexpr std::int64_t most_rows = 100'000;           // sizes × ranks of one answer
inline constexpr std::int64_t most_flows = 2'000'000;        // of a pattern, each queue pair counted
inline constexpr std::int64_t most_graph_gpus = 1'000'000;   // of a graph that is built; sizes need none
inline constexpr std::int64_t most_links = 100'000'000;      // of a flow file

}  // namespace nadc
