// How the parts of a replica share one block of memory that the caller hands in. Each lays out its arrays through a
// carver: first the hot ones of all parts, then the cold. With no block it only measures.
#pragma once
#include <cstddef>

#include "sim/index.hpp"
#include "sim/platform.hpp"

namespace nadc {

// A small block that is faster than the rest: shared memory of a device. Arrays go there while they fit, the hot ones
// first; with none (the host) all stand in the one block.
struct FastBlock {
  void* memory = nullptr;
  std::size_t bytes = 0;
};

enum class Heat { hot, cold };

// Hands out arrays one after another, 16-byte aligned.
class Carver {
 public:
  NADC_HD explicit Carver(void* block, FastBlock fast) : block_(static_cast<std::byte*>(block)), fast_(fast) {}
  NADC_HD void* take_bytes(std::size_t bytes) {
    const std::size_t rounded = (bytes + 15) / 16 * 16;
    if (rounded <= fast_.bytes - fast_used_) {
      void* taken = static_cast<std::byte*>(fast_.memory) + fast_used_;
      fast_used_ += rounded;
      return taken;
    }
    void* taken = block_ ? block_ + used_ : nullptr;
    used_ += rounded;
    return taken;
  }
  template <class T> NADC_HD T* take(std::size_t count) { return static_cast<T*>(take_bytes(sizeof(T) * count)); }
  template <class Id, class T> NADC_HD By<Id, T> take_by(std::size_t count) { return {take<T>(count)}; }
  // Of the block; what went to the fast one is not counted.
  NADC_HD std::size_t used() const { return used_; }
  NADC_HD bool measures() const { return block_ == nullptr && fast_.memory == nullptr; }

 private:
  std::byte* block_;
  FastBlock fast_;
  std::size_t used_ = 0, fast_used_ = 0;
};

}  // namespace nadc
