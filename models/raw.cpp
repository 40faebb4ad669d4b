#include "models/raw.hpp"

namespace nadc {

std::uint64_t hash_of(const World& world, const Raw& raw) {
  // FNV-1a over 64-bit words.
  const RawShape shape(world);
  const auto* words = reinterpret_cast<const std::uint64_t*>(raw.cell_energy);
  std::uint64_t hash = 14695981039346656037ull;
  for (std::size_t i = 0; i < shape.bytes() / 8; ++i) hash = (hash ^ words[i]) * 1099511628211ull;
  return hash;
}

}  // namespace nadc
