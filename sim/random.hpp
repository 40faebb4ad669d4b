// Random numbers without state: a draw is a pure function of what it describes.
//
// draw(key, stream, entity, n) is Philox4x32-10 with the counter {n, stream·2²⁴ + entity, sample, replica} and the seed
// as key: four 32-bit uniforms. Nothing in it names a policy, so two levers see the same world (common random numbers),
// and no order of evaluation can change a result. A stream is a purpose (arrivals of jobs, candidates of failures, …),
// an entity is what the draw is about (a class, a component, a node), n counts its draws. Equal bits on host and
// device. Errors: none; stream < 256 and entity < 2²⁴ are the caller's duty (higher bits of the entity would alias a
// stream). Source: J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011; code from the Random123
// library.
#pragma once
#if defined(__CUDACC__) && !defined(R123_CUDA_DEVICE)
#define R123_CUDA_DEVICE __host__ __device__
#endif
#include <Random123/philox.h>

#include <cstdint>

#include "sim/platform.hpp"

namespace nadc {

// One random history: the study's seed, the draw of its uncertain scalars, the replica.
struct RandomKey {
  std::uint64_t seed;
  std::uint32_t sample;
  std::uint32_t replica;
};

struct Uniforms {
  std::uint32_t word[4];  // independent, uniform on [0, 2³²)
};

inline constexpr std::uint32_t random_streams = 256;
inline constexpr std::uint32_t random_entities = 1u << 24;

NADC_HD inline Uniforms draw(const RandomKey& key, std::uint32_t stream, std::uint32_t entity, std::uint32_t n) {
  philox4x32_ctr_t counter;
  counter.v[0] = n;
  counter.v[1] = (stream << 24) | entity;
  counter.v[2] = key.sample;
  counter.v[3] = key.replica;
  philox4x32_key_t seed;
  seed.v[0] = static_cast<std::uint32_t>(key.seed);
  seed.v[1] = static_cast<std::uint32_t>(key.seed >> 32);
  const philox4x32_ctr_t drawn = philox4x32_R(10, counter, seed);
  return Uniforms{{drawn.v[0], drawn.v[1], drawn.v[2], drawn.v[3]}};
}

}  // namespace nadc
