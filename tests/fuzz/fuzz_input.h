// The bytes of a fuzz input as decisions: there is always a next one, after the end it is zero.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/byte_reader.h"

namespace sallyport::testing {

class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size) : reader_(base::Bytes(data, size)) {}

  bool done() const { return reader_.done(); }
  std::uint8_t u8() { return reader_.u8().value_or(0); }
  std::uint16_t u16() { return reader_.u16().value_or(0); }
  // Less than `limit`, which is at most 256.
  std::uint32_t below(std::uint32_t limit) { return u8() % limit; }
  // Up to `most` of the next bytes, in a buffer of exactly their size.
  std::vector<std::uint8_t> bytes(std::size_t most) {
    const base::Bytes taken = *reader_.take(std::min(most, reader_.remaining()));
    return {taken.begin(), taken.end()};
  }
  std::vector<std::uint8_t> rest() { return bytes(reader_.remaining()); }

 private:
  base::ByteReader reader_;
};

}  // namespace sallyport::testing
