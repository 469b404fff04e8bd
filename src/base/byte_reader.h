// Reads big-endian wire data from a span. It can only shrink: there is no way back and no way past
// the end. Every read says by its optional whether the bytes were there; a parser ends with done()
// or takes rest().
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace sallyport::base {

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : rest_(bytes) {}

  std::optional<std::uint8_t> u8() { return big_endian<std::uint8_t>(); }
  std::optional<std::uint16_t> u16() { return big_endian<std::uint16_t>(); }
  std::optional<std::uint32_t> u32() { return big_endian<std::uint32_t>(); }
  std::optional<std::uint64_t> u64() { return big_endian<std::uint64_t>(); }

  // The next `count` bytes, borrowed from the input; nothing is consumed when there are fewer.
  std::optional<Bytes> take(std::size_t count) {
    if (count > rest_.size()) return std::nullopt;
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  // Everything not read yet, without consuming it.
  Bytes rest() const { return rest_; }
  std::size_t remaining() const { return rest_.size(); }
  bool done() const { return rest_.empty(); }

 private:
  template <class T>
  std::optional<T> big_endian() {
    if (rest_.size() < sizeof(T)) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) value = value << 8 | rest_[i];
    rest_ = rest_.subspan(sizeof(T));
    return static_cast<T>(value);
  }

  Bytes rest_;
};

}  // namespace sallyport::base
