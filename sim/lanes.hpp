// A lane group: the few collective operations through which the event loop touches arrays. One source then runs as a
// plain loop (width 1: a host thread, or one device thread a replica) or as a warp (width 32: one warp a replica).
//
// Contract. Code between these calls is uniform: every lane computes the same scalars from the same memory. Memory is
// written only through put, once and for_each, which begin and end with a barrier of the group; scalars in registers
// are simply replicated. All reductions are over integers, so a result does not depend on the width. On the host, width
// 32 is emulated lane by lane in chunks of 32, which is how a test runs the warp's index arithmetic without a GPU.
#pragma once
#include <cstdint>

#include "sim/index.hpp"
#include "sim/platform.hpp"

namespace nadc {

struct KeyAt {
  std::uint64_t key;
  std::uint32_t index;
};
template <class Id> struct KeyOf {
  std::uint64_t key;
  Id index;
};

// Where a running sum first reaches its target: the index, and the sum of all items before it.
struct PrefixAt {
  std::uint32_t index;
  std::uint64_t before;
};

template <int Width> struct Lanes {
  static_assert(Width == 1 || Width == 32, "a lane group is one thread or one warp");
  static constexpr int width = Width;

  // This lane's number on the device; on the host one thread plays all lanes.
  NADC_HD static std::uint32_t lane() {
#if NADC_DEVICE_CODE
    return Width == 1 ? 0u : (threadIdx.x & 31u);
#else
    return 0;
#endif
  }

  NADC_HD static void barrier() {
#if NADC_DEVICE_CODE
    if constexpr (Width == 32) __syncwarp();
#endif
  }

  // Runs f on one lane, after all lanes have read what it may overwrite.
  template <class F> NADC_HD void once(F&& f) const {
    barrier();
    if (lane() == 0) f();
    barrier();
  }

  // Stores one value.
  template <class T> NADC_HD void put(T* where, T value) const {
    barrier();
    if (lane() == 0) *where = value;
    barrier();
  }

  // Calls f(i) for every i in [0, n). Calls on different i touch different memory.
  template <class F> NADC_HD void for_each(std::uint32_t n, F&& f) const {
    barrier();
    for (std::uint32_t i = lane(); i < n; i += stride) f(i);
    barrier();
  }

  // Sum of f(i) over [0, n).
  template <class F> NADC_HD std::uint64_t sum(std::uint32_t n, F&& f) const {
    std::uint64_t total = 0;
    for (std::uint32_t i = lane(); i < n; i += stride) total += f(i);
#if NADC_DEVICE_CODE
    if constexpr (Width == 32)
      for (int d = 16; d > 0; d >>= 1) total += __shfl_xor_sync(all, total, d);
#endif
    return total;
  }

  // The smallest f(i) over [0, n) and the lowest i that has it; {UINT64_MAX, n} when n is 0.
  template <class F> NADC_HD KeyAt min_at(std::uint32_t n, F&& f) const {
    KeyAt best{UINT64_MAX, n};
    for (std::uint32_t i = lane(); i < n; i += stride) {
      const std::uint64_t key = f(i);
      if (key < best.key || best.index == n) best = KeyAt{key, i};
    }
#if NADC_DEVICE_CODE
    if constexpr (Width == 32)
      for (int d = 16; d > 0; d >>= 1) {
        const KeyAt other{__shfl_xor_sync(all, best.key, d), __shfl_xor_sync(all, best.index, d)};
        if (other.key < best.key || (other.key == best.key && other.index < best.index)) best = other;
      }
#endif
    return best;
  }

  // The lowest i in [begin, n) for which f(i) holds; n when there is none.
  template <class F> NADC_HD std::uint32_t find_first(std::uint32_t begin, std::uint32_t n, F&& f) const {
    if constexpr (Width == 1) {
      for (std::uint32_t i = begin; i < n; ++i)
        if (f(i)) return i;
      return n;
    } else {
      for (std::uint32_t base = begin; base < n; base += 32) {
        const std::uint32_t hits = ballot(base, n, f);
        if (hits) return base + static_cast<std::uint32_t>(lowest_bit(hits));
      }
      return n;
    }
  }

  // The lowest i in [0, n) at which f(0) + … + f(i) ≥ target; {n, whole sum} when it is never reached. target ≥ 1.
  template <class F> NADC_HD PrefixAt find_prefix(std::uint32_t n, std::uint64_t target, F&& f) const {
    std::uint64_t before = 0;
    if constexpr (Width == 1) {
      for (std::uint32_t i = 0; i < n; ++i) {
        const std::uint64_t item = f(i);
        if (before + item >= target) return {i, before};
        before += item;
      }
      return {n, before};
    } else {
      for (std::uint32_t base = 0; base < n; base += 32) {
#if NADC_DEVICE_CODE
        const std::uint32_t i = base + lane();
        const std::uint64_t item = i < n ? f(i) : 0;
        std::uint64_t upto = item;
        for (int d = 1; d < 32; d <<= 1) {
          const std::uint64_t left = __shfl_up_sync(all, upto, d);
          if (lane() >= static_cast<std::uint32_t>(d)) upto += left;
        }
        const std::uint32_t hits = __ballot_sync(all, before + upto >= target);
        if (hits) {
          const int at = lowest_bit(hits);
          const std::uint64_t ahead = before + __shfl_sync(all, upto - item, at);
          return {base + static_cast<std::uint32_t>(at), ahead};
        }
        before += __shfl_sync(all, upto, 31);
#else
        std::uint64_t upto[32], running = 0;
        for (std::uint32_t l = 0; l < 32; ++l) upto[l] = running += base + l < n ? f(base + l) : 0;
        for (std::uint32_t l = 0; l < 32 && base + l < n; ++l)
          if (before + upto[l] >= target) return {base + l, before + (l ? upto[l - 1] : 0)};
        before += running;
#endif
      }
      return {n, before};
    }
  }

  // ---- the same over indices of a kind; of min_at, find_prefix and find_first the answer is one, or the last when
  // there is none

  template <class Id, class F> NADC_HD void for_each(Ids<Id> ids, F&& f) const {
    for_each(ids.count(), [&](std::uint32_t i) { f(ids.first + i); });
  }
  template <class Id, class F> NADC_HD std::uint64_t sum(Ids<Id> ids, F&& f) const {
    return sum(ids.count(), [&](std::uint32_t i) { return f(ids.first + i); });
  }
  template <class Id, class F> NADC_HD KeyOf<Id> min_at(Ids<Id> ids, F&& f) const {
    const KeyAt least = min_at(ids.count(), [&](std::uint32_t i) { return f(ids.first + i); });
    return {least.key, ids.first + least.index};
  }
  template <class Id, class F> NADC_HD Id find_prefix(Ids<Id> ids, std::uint64_t target, F&& f) const {
    return ids.first + find_prefix(ids.count(), target, [&](std::uint32_t i) { return f(ids.first + i); }).index;
  }
  template <class Tag, class F> NADC_HD Index<Tag> find_first(Index<Tag> begin, Index<Tag> end, F&& f) const {
    return Index<Tag>(find_first(begin.value, end.value, [&](std::uint32_t i) { return f(Index<Tag>(i)); }));
  }

  // Bit l is f(base + l), for base + l < n. Width 32 only.
  template <class F> NADC_HD std::uint32_t ballot(std::uint32_t base, std::uint32_t n, F&& f) const {
    static_assert(Width == 32);
#if NADC_DEVICE_CODE
    const std::uint32_t i = base + lane();
    return __ballot_sync(all, i < n && f(i));
#else
    std::uint32_t bits = 0;
    for (std::uint32_t l = 0; l < 32 && base + l < n; ++l) bits |= static_cast<std::uint32_t>(f(base + l) ? 1 : 0) << l;
    return bits;
#endif
  }

 private:
  static constexpr std::uint32_t all = 0xffffffffu;
#if NADC_DEVICE_CODE
  static constexpr std::uint32_t stride = Width;
#else
  static constexpr std::uint32_t stride = 1;
#endif
};

}  // namespace nadc
