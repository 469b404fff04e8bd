// Appends big-endian wire data to a vector that the writer owns until take().
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace sallyport::base {

class ByteWriter {
 public:
  ByteWriter() = default;
  // Room for `capacity` bytes up front; purely an optimisation.
  explicit ByteWriter(std::size_t capacity) { out_.reserve(capacity); }

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { big_endian(value); }
  void u32(std::uint32_t value) { big_endian(value); }
  void u64(std::uint64_t value) { big_endian(value); }
  void bytes(Bytes value) { out_.insert(out_.end(), value.begin(), value.end()); }

  std::size_t size() const { return out_.size(); }
  Bytes written() const { return out_; }
  std::vector<std::uint8_t> take() { return std::move(out_); }

 private:
  template <class T>
  void big_endian(T value) {
    for (std::size_t i = sizeof(T); i-- > 0;)
      out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }

  std::vector<std::uint8_t> out_;
};

}  // namespace sallyport::base
