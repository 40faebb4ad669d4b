// A relocatable block of plain data: slices are offsets from its first byte, so that it can be copied to a device, to
// a file or to another process as it is.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "sim/contract.hpp"
#include "sim/error.hpp"
#include "sim/index.hpp"
#include "sim/platform.hpp"

namespace nadc {

// count elements of T, offset bytes after the start of the block. Id: the index (sim/index.hpp) that alone reads them.
template <class T, class Id = std::uint32_t> struct Slice {
  std::uint32_t offset = 0;
  std::uint32_t count = 0;

  NADC_HD Ids<Id> ids() const { return range<Id>(count); }
  // As BlobWriter gives it.
  template <class Tag>
  requires std::is_same_v<Id, std::uint32_t>
  operator Slice<T, Index<Tag>>() const { return {offset, count}; }
};

template <class T> NADC_HD const T* at(const void* block, Slice<T> slice) {
  return reinterpret_cast<const T*>(static_cast<const std::byte*>(block) + slice.offset);
}
template <class T, class Tag> NADC_HD By<Index<Tag>, const T> at(const void* block, Slice<T, Index<Tag>> slice) {
  return {reinterpret_cast<const T*>(static_cast<const std::byte*>(block) + slice.offset)};
}

// Builds a block behind a header of type Header, which stands at its start.
template <class Header> class BlobWriter {
  static_assert(std::is_trivially_copyable_v<Header>);

 public:
  BlobWriter() : bytes_(aligned(sizeof(Header))) {}

  template <class T> Slice<T> append(std::span<const T> items) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignment);
    const std::size_t offset = bytes_.size();
    if (offset > most_bytes || items.size_bytes() > most_bytes)
      throw Error(ErrorKind::input, "the study's data do not fit into a block of 4 GiB", "use a shorter trace");
    bytes_.resize(aligned(offset + items.size_bytes()));
    for (std::size_t i = 0; i < items.size(); ++i) put(offset + i * sizeof(T), items[i]);
    return {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(items.size())};
  }
  template <class Tag, class T> Slice<T, Index<Tag>> append(const VectorBy<Index<Tag>, T>& items) {
    return append(std::span<const T>(items));
  }
  template <class T> Slice<T> append(const std::vector<T>& items) { return append(std::span<const T>(items)); }

  std::vector<std::byte> finish(const Header& header) && {
    put(0, header);
    return std::move(bytes_);
  }

 private:
  // Bytes between members are zero, so that equal blocks are equal byte by byte.
  template <class T> void put(std::size_t offset, T item) {
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
    __builtin_clear_padding(&item);
#endif
    std::memcpy(bytes_.data() + offset, &item, sizeof(T));
  }

  static constexpr std::size_t alignment = 16;
  static constexpr std::size_t most_bytes = 0xffffffff;  // offsets are 32-bit
  static std::size_t aligned(std::size_t n) { return (n + alignment - 1) / alignment * alignment; }

  std::vector<std::byte> bytes_;
};

}  // namespace nadc
