#include "app/io/digest.hpp"

#include <openssl/evp.h>
#include <zlib.h>

#include "sim/error.hpp"

namespace nadc {

std::string sha256_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1)
    throw Error(ErrorKind::failed, "OpenSSL cannot compute SHA-256", "check OpenSSL's configuration (OPENSSL_CONF)");
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += digits[digest[i] >> 4];
    hex += digits[digest[i] & 15];
  }
  return hex;
}

std::uint32_t crc32(std::span<const double> values) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(values.data()), values.size_bytes()));
}

std::uint32_t crc32_bytes(std::uint32_t before, std::span<const char> bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace nadc
