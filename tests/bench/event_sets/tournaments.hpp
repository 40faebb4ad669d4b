// Winner tournaments over slots, as candidates for the event set. Every node of a D-ary tree knows the best slot below
// it; a change of one leaf replays its path to the root, whose sibling loads do not depend on each other.
#pragma once
#include <bit>
#include <cstdint>
#include <vector>

#include "sim/event_set.hpp"
#include "tests/bench/event_sets/candidate.hpp"

namespace nadc::bench {

// Whether a replay goes on to the root or ends at the first node that keeps its winner.
enum class Replay { whole_path, until_unchanged };

// Takes the lower of two pairs without a branch: who wins is a coin toss at every level, and a mispredicted branch
// costs ten times the select.
inline void take_lower(std::uint64_t& key, std::uint64_t& slot, std::uint64_t other_key, std::uint64_t other_slot) {
#if defined(__x86_64__)
  std::uint64_t scratch = other_key;
  asm("cmpq %[slot], %[other_slot]\n\t"
      "sbbq %[key], %[scratch]\n\t"
      "cmovb %[other_key], %[key]\n\t"
      "cmovb %[other_slot], %[slot]"
      : [key] "+&r"(key), [slot] "+&r"(slot), [scratch] "+&r"(scratch)
      : [other_key] "r"(other_key), [other_slot] "r"(other_slot)
      : "cc");
#else
  const bool wins = other_key < key || (other_key == key && other_slot < slot);
  key = wins ? other_key : key;
  slot = wins ? other_slot : slot;
#endif
}

// Nodes hold {key, slot}: D·internal + 1 nodes of 16 bytes.

template <int Log, Replay replay> class PairTournament {
 public:
  explicit PairTournament(std::uint32_t capacity) {
    internal_ = capacity > 1 ? (capacity - 1 + degree - 2) / (degree - 1) : 1;
    // Sibling groups start on a multiple of their size.
    storage_.assign(std::size_t{internal_} * degree + degree + 4, Node{UINT64_MAX, UINT32_MAX});
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data() + 1) / sizeof(Node);
    nodes_ = storage_.data() + (4 - address % 4) % 4;
    for (std::uint32_t slot = 0; slot < capacity; ++slot) nodes_[internal_ + slot].slot = slot;
    for (std::uint32_t i = internal_; i-- > 0;) nodes_[i].slot = nodes_[degree * i + 1].slot;
  }
  void set(std::uint32_t slot, std::uint64_t key) {
    std::uint32_t i = internal_ + slot;
    Node best{key, slot};
    nodes_[i].key = key;
    while (i > 0) {
      const std::uint32_t parent = (i - 1) >> Log;
      const Node* child = nodes_ + (degree * parent + 1);
      const std::uint32_t mine = (i - 1) & (degree - 1);
      Node others = child[mine ^ 1];
      if constexpr (degree == 4) {
        const Node a = child[mine ^ 2], b = child[mine ^ 3];
        take_lower(others.key, others.slot, a.key, a.slot);
        take_lower(others.key, others.slot, b.key, b.slot);
      }
      if constexpr (degree == 8)
        for (std::uint32_t k = 2; k < 8; ++k) {
          const Node a = child[mine ^ k];
          take_lower(others.key, others.slot, a.key, a.slot);
        }
      take_lower(best.key, best.slot, others.key, others.slot);
      i = parent;
      if constexpr (replay == Replay::until_unchanged)
        if (nodes_[i].slot == best.slot && nodes_[i].key == best.key) return;
      nodes_[i] = best;
    }
  }
  void cancel(std::uint32_t slot) { set(slot, UINT64_MAX); }
  Top top() const { return {nodes_[0].key, static_cast<std::uint32_t>(nodes_[0].slot)}; }

 private:
  static constexpr std::uint32_t degree = 1u << Log;
  struct Node {
    std::uint64_t key;
    std::uint64_t slot;
  };
  std::vector<Node> storage_;
  Node* nodes_ = nullptr;
  std::uint32_t internal_ = 0;
};

// Nodes hold the winning slot alone (4 bytes); keys are looked up through it.
template <int Log, Replay replay> class SlotTournament {
 public:
  explicit SlotTournament(std::uint32_t capacity) {
    internal_ = capacity > 1 ? (capacity - 1 + degree - 2) / (degree - 1) : 1;
    keys_.assign(capacity + 1, UINT64_MAX);
    slots_.assign(std::size_t{internal_} * degree + 1, capacity);
    for (std::uint32_t slot = 0; slot < capacity; ++slot) slots_[internal_ + slot] = slot;
    for (std::uint32_t i = internal_; i-- > 0;) slots_[i] = slots_[degree * i + 1];
  }
  void set(std::uint32_t slot, std::uint64_t key) {
    const std::uint64_t* keys = keys_.data();
    std::uint32_t* slots = slots_.data();
    std::uint32_t i = internal_ + slot;
    keys_[slot] = key;
    std::uint64_t best = slot;
    while (i > 0) {
      const std::uint32_t parent = (i - 1) >> Log;
      const std::uint32_t* child = slots + (degree * parent + 1);
      const std::uint32_t mine = (i - 1) & (degree - 1);
      std::uint64_t others = child[mine ^ 1];
      std::uint64_t least = keys[others];
      for (std::uint32_t k = 2; k < degree; ++k) {
        const std::uint64_t a = child[mine ^ k];
        const std::uint64_t at = keys[a];
        take_lower(least, others, at, a);
      }
      take_lower(key, best, least, others);
      i = parent;
      if constexpr (replay == Replay::until_unchanged)
        if (slots[i] == best && best != slot) return;
      slots[i] = static_cast<std::uint32_t>(best);
    }
  }
  void cancel(std::uint32_t slot) { set(slot, UINT64_MAX); }
  Top top() const { return {keys_[slots_[0]], slots_[0]}; }

 private:
  static constexpr std::uint32_t degree = 1u << Log;
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> slots_;
  std::uint32_t internal_ = 0;
};

// How the lower pair is selected: as the event set does, or by masks in portable C++.
enum class Select { as_event_set, masks };

// Binary, padded to a power of two, so that every replay has the same length and the sibling's side settles ties. With
// whole paths and the event set's selection this is sim/event_set.hpp itself.
template <Replay replay, Select how> class PaddedTournament {
 public:
  explicit PaddedTournament(std::uint32_t capacity) {
    size_ = std::bit_ceil(capacity < 2 ? 2u : capacity);
    keys_.assign(size_, UINT64_MAX);
    winner_.resize(size_);
    for (std::uint32_t node = size_ - 1; node > 0; --node)
      winner_[node] = node >= size_ / 2 ? 2 * node - size_ : winner_[2 * node];
  }
  void set(std::uint32_t slot, std::uint64_t key) {
    std::uint64_t* const keys = keys_.data();
    std::uint32_t* const winner = winner_.data();
    keys[slot] = key;
    std::uint64_t best = slot;
    std::uint32_t node = size_ + slot;
    lower(key, best, keys[slot ^ 1], slot ^ 1, node & 1);
    for (node >>= 1; node > 1; node >>= 1) {
      if constexpr (replay == Replay::until_unchanged)
        if (winner[node] == best && best != slot) return;
      winner[node] = static_cast<std::uint32_t>(best);
      const std::uint32_t other = winner[node ^ 1];
      lower(key, best, keys[other], other, node & 1);
    }
    winner[1] = static_cast<std::uint32_t>(best);
  }
  void cancel(std::uint32_t slot) { set(slot, UINT64_MAX); }
  Top top() const { return {keys_[winner_[1]], winner_[1]}; }

 private:
  static void lower(std::uint64_t& key, std::uint64_t& slot, std::uint64_t other_key, std::uint64_t other_slot,
                    std::uint32_t left) {
    if constexpr (how == Select::as_event_set) {
      event_set_detail::take_lower(key, slot, other_key, other_slot, left);
    } else {
      // The borrow of other − left − key, spread over a word.
      const UInt128 ahead = static_cast<UInt128>(other_key) - left;
      const auto mask = static_cast<std::uint64_t>((ahead - key) >> 64);
      key ^= (key ^ other_key) & mask;
      slot ^= (slot ^ other_slot) & mask;
    }
  }
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> winner_;
  std::uint32_t size_ = 0;
};

}  // namespace nadc::bench
