// Fingerprints: SHA-256 (OpenSSL) of a scenario's text, CRC-32 (zlib) of result rows and files.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nadc {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);

// Of the bytes of the values; a NaN counts with its bits.
std::uint32_t crc32(std::span<const double> values);
// Of bytes, going on from the CRC-32 of those before; 0 begins.
std::uint32_t crc32_bytes(std::uint32_t before, std::span<const char> bytes);

}  // namespace nadc
