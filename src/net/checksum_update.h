// The incremental update of an Internet checksum (RFC 1624): the fields that change are named with
// their old and new values, then each checksum that covers them is brought up to date without a
// look at the rest of the data. A wrong checksum stays exactly as wrong: corruption is never
// hidden.
#pragma once

#include <cstdint>

#include "net/address.h"

namespace sallyport::net {

class ChecksumUpdate {
 public:
  // A field at an even offset of the summed data.
  void replace_u16(std::uint16_t from, std::uint16_t to) {
    // ~m + m' of RFC 1624 3, equation 3.
    sum_ += static_cast<std::uint16_t>(~from) + std::uint64_t{to};
  }
  void replace_u32(std::uint32_t from, std::uint32_t to) {
    replace_u16(static_cast<std::uint16_t>(from >> 16), static_cast<std::uint16_t>(to >> 16));
    replace_u16(static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(to));
  }
  // The addresses are of one family. The words that IPv4's mapped form adds are equal and cancel
  // out.
  void replace_address(const IpAddress& from, const IpAddress& to);

  // The new value of a checksum field.
  std::uint16_t applied_to(std::uint16_t checksum) const {
    return static_cast<std::uint16_t>(~applied_to_partial(static_cast<std::uint16_t>(~checksum)));
  }
  // The new value of a partial checksum field, which holds the plain sum (see net/offload.h).
  std::uint16_t applied_to_partial(std::uint16_t sum) const;

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace sallyport::net
