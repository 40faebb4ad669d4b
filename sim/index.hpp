// Typed indices: a number that says which array it counts in, so that a partition cannot stand where a group belongs.
//
//   using GroupId = Index<struct GroupTag>;
//   By<GroupId, Tick> wait;                                  // (group)
//   for (const GroupId g : range<GroupId>(groups)) wait[g] = 0;
//
// An index is invalid by default, explicit from an integer, and takes part in no arithmetic but id ± n and id − id;
// what else is to be computed is computed of its value. Four bytes, the same as the integer, on host and device.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/platform.hpp"

namespace nadc {

template <class Tag> struct Index {
  static constexpr std::uint32_t none = 0xffffffffu;

  std::uint32_t value = none;

  Index() = default;
  NADC_HD constexpr explicit Index(std::uint32_t number) : value(number) {}

  NADC_HD constexpr bool valid() const { return value != none; }
  NADC_HD constexpr Index& operator++() {
    ++value;
    return *this;
  }
  NADC_HD constexpr Index& operator--() {
    --value;
    return *this;
  }

  friend NADC_HD constexpr Index operator+(Index i, std::uint32_t n) { return Index(i.value + n); }
  friend NADC_HD constexpr Index operator-(Index i, std::uint32_t n) { return Index(i.value - n); }
  friend NADC_HD constexpr std::uint32_t operator-(Index i, Index j) { return i.value - j.value; }
  friend NADC_HD constexpr bool operator==(Index i, Index j) { return i.value == j.value; }
  friend NADC_HD constexpr bool operator<(Index i, Index j) { return i.value < j.value; }
  friend NADC_HD constexpr bool operator>(Index i, Index j) { return i.value > j.value; }
  friend NADC_HD constexpr bool operator<=(Index i, Index j) { return i.value <= j.value; }
  friend NADC_HD constexpr bool operator>=(Index i, Index j) { return i.value >= j.value; }
};

// The indices [first, last).
template <class Id> struct Ids {
  struct Iterator {
    Id at;
    NADC_HD constexpr Id operator*() const { return at; }
    NADC_HD constexpr Iterator& operator++() {
      ++at;
      return *this;
    }
    NADC_HD constexpr bool operator!=(const Iterator& other) const { return !(at == other.at); }
  };

  Id first{0}, last{0};

  NADC_HD constexpr Iterator begin() const { return {first}; }
  NADC_HD constexpr Iterator end() const { return {last}; }
  NADC_HD constexpr std::uint32_t count() const { return last - first; }
};
template <class Id> NADC_HD constexpr Ids<Id> range(std::uint32_t count) { return {Id(0), Id(count)}; }

// An array that only its own kind of index reads. A pointer.
template <class Id, class T> struct By {
  T* data = nullptr;

  NADC_HD constexpr T& operator[](Id i) const { return data[i.value]; }
};

// The same that owns what it holds. Host.
template <class Id, class T> struct VectorBy : std::vector<T> {
  using std::vector<T>::vector;

  T& operator[](Id i) { return std::vector<T>::operator[](i.value); }
  const T& operator[](Id i) const { return std::vector<T>::operator[](i.value); }
  Ids<Id> ids() const { return range<Id>(static_cast<std::uint32_t>(this->size())); }
  Id push(T item) {  // gives the index of the item
    this->push_back(std::move(item));
    return ids().last - 1;
  }
};

// An index kept in fewer bytes, where a table travels so. Never invalid.
template <class Id, class Stored> struct Narrow {
  Stored value = 0;

  Narrow() = default;
  NADC_HD constexpr explicit Narrow(Id id) : value(static_cast<Stored>(id.value)) {}
  NADC_HD constexpr operator Id() const { return Id(value); }
  NADC_HD constexpr Id id() const { return Id(value); }

  friend NADC_HD constexpr bool operator==(Narrow i, Narrow j) { return i.value == j.value; }
  friend NADC_HD constexpr bool operator<(Narrow i, Narrow j) { return i.value < j.value; }
};

// Where an index stands in a bit mask of 64-bit words.
template <class Tag> NADC_HD constexpr std::uint32_t word_of(Index<Tag> i) { return i.value / 64; }
template <class Tag> NADC_HD constexpr std::uint64_t bit_of(Index<Tag> i) { return std::uint64_t{1} << (i.value % 64); }
template <class Id> NADC_HD constexpr bool has_bit(const std::uint64_t* mask, Id i) {
  return ((mask[word_of(i)] >> (i.value % 64)) & 1) != 0;
}

}  // namespace nadc
