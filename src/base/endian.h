// Big-endian fields at fixed places of a buffer whose length is already known to hold them: for
// headers that a view has checked once, and for the packet path. Unknown input is parsed with
// ByteReader.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace sallyport::base {

template <class T>
inline T load_big(Bytes from, std::size_t at) {
  T value;
  std::memcpy(&value, from.subspan(at, sizeof value).data(), sizeof value);
  if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
  return value;
}

template <class T>
inline void store_big(MutableBytes to, std::size_t at, T value) {
  if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
  std::memcpy(to.subspan(at, sizeof value).data(), &value, sizeof value);
}

inline std::uint16_t load_u16(Bytes from, std::size_t at) {
  return load_big<std::uint16_t>(from, at);
}
inline std::uint32_t load_u32(Bytes from, std::size_t at) {
  return load_big<std::uint32_t>(from, at);
}
inline std::uint64_t load_u64(Bytes from, std::size_t at) {
  return load_big<std::uint64_t>(from, at);
}
inline void store_u16(MutableBytes to, std::size_t at, std::uint16_t value) {
  store_big(to, at, value);
}
inline void store_u32(MutableBytes to, std::size_t at, std::uint32_t value) {
  store_big(to, at, value);
}
inline void store_u64(MutableBytes to, std::size_t at, std::uint64_t value) {
  store_big(to, at, value);
}

}  // namespace sallyport::base
