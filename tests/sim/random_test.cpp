#include "sim/random.hpp"

#include <gtest/gtest.h>

#include <set>

namespace nadc {
namespace {

// Known answers of Philox4x32-10 as published with Random123 (kat_vectors). The counter is {n, stream|entity, sample,
// replica}; the key is the seed, low word first.
Uniforms philox(const std::uint32_t (&counter)[4], std::uint32_t key0, std::uint32_t key1) {
  const RandomKey key{(static_cast<std::uint64_t>(key1) << 32) | key0, counter[2], counter[3]};
  return draw(key, counter[1] >> 24, counter[1] & 0xffffffu, counter[0]);
}

void expect_words(const Uniforms& drawn, const std::uint32_t (&expected)[4]) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(drawn.word[i], expected[i]) << "word " << i;
}

TEST(Random, DrawsAreTheKnownAnswersOfPhilox) {
  expect_words(philox({0, 0, 0, 0}, 0, 0), {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t ones = 0xffffffffu;
  expect_words(philox({ones, ones, ones, ones}, ones, ones), {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  expect_words(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0),
               {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST(Random, EveryArgumentChangesTheDraw) {
  const RandomKey key{1, 2, 3};
  std::set<std::uint32_t> seen;
  seen.insert(draw(key, 4, 5, 6).word[0]);
  seen.insert(draw({2, 2, 3}, 4, 5, 6).word[0]);
  seen.insert(draw({1 | (std::uint64_t{1} << 40), 2, 3}, 4, 5, 6).word[0]);
  seen.insert(draw({1, 3, 3}, 4, 5, 6).word[0]);
  seen.insert(draw({1, 2, 4}, 4, 5, 6).word[0]);
  seen.insert(draw(key, 5, 5, 6).word[0]);
  seen.insert(draw(key, 4, 6, 6).word[0]);
  seen.insert(draw(key, 4, 5, 7).word[0]);
  EXPECT_EQ(seen.size(), 8u);
  EXPECT_EQ(draw(key, 4, 5, 6).word[3], draw(key, 4, 5, 6).word[3]);
}

// Chi-square of 256 equal cells over 2^18 draws of neighbouring entities: 255 degrees of freedom, mean 255, sd 22.6.
// The seed is fixed; a fair generator leaves the band of 5 sd for fewer than one seed in 10^5.
TEST(Random, NeighbouringEntitiesFillAllCellsEvenly) {
  for (int word = 0; word < 4; ++word) {
    double cells[256] = {};
    constexpr std::uint32_t draws = 1u << 18;
    for (std::uint32_t i = 0; i < draws; ++i) ++cells[draw({42, 0, 0}, 1, i, 0).word[word] >> 24];
    double chi_square = 0.0;
    for (const double count : cells) chi_square += (count - draws / 256.0) * (count - draws / 256.0) / (draws / 256.0);
    EXPECT_GT(chi_square, 255 - 5 * 22.6);
    EXPECT_LT(chi_square, 255 + 5 * 22.6);
  }
}

}  // namespace
}  // namespace nadc
