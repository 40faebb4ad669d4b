// What a candidate for the event set offers: constructed with a capacity; set(slot, key) pushes or re-keys;
// cancel(slot); top() gives the least key, ties by the lowest slot, and UINT64_MAX when nothing is pending. Time never
// runs backwards past a key that was taken from the top, except where a candidate says that it copes.
#pragma once
#include <cstdint>

namespace nadc::bench {

struct Top {
  std::uint64_t key;
  std::uint32_t slot;
};

}  // namespace nadc::bench
