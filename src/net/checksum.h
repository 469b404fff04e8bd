// The Internet checksum (RFC 1071): the one's-complement sum of 16-bit words, as IPv4, TCP, UDP and
// ICMP use it. A sum is a value that pieces are added to; changing a header that is already summed
// is net/checksum_update.h.
#pragma once

#include <bit>
#include <cstdint>

#include "base/bytes.h"
#include "net/address.h"

namespace sallyport::net {

class ChecksumSum {
 public:
  // A piece of the summed data that begins at an even offset in it; only the last may have an odd
  // size (a zero byte is then thought behind it). Sums about 20 bytes per nanosecond.
  void add(base::Bytes bytes);
  // An address of either family, as a pseudo-header has it.
  void add(const IpAddress& address);
  // A field at an even offset, as its value.
  void add_u16(std::uint16_t value) { sum_ += in_memory_order(value); }
  void add_u32(std::uint32_t value) {
    add_u16(static_cast<std::uint16_t>(value >> 16));
    add_u16(static_cast<std::uint16_t>(value));
  }

  // The sum as a field value, not inverted: what a partial checksum field holds, and 0xffff for
  // data that includes its own correct checksum.
  std::uint16_t folded() const;
  // The value for a checksum field that was zero while it was summed.
  std::uint16_t checksum() const { return static_cast<std::uint16_t>(~folded()); }
  bool is_correct() const { return folded() == 0xffff; }

 private:
  // The sum is kept in the machine's byte order, which commutes with it (RFC 1071 2B).
  static constexpr std::uint16_t in_memory_order(std::uint16_t value) {
    return std::endian::native == std::endian::little ? std::byteswap(value) : value;
  }

  // Cannot overflow: a 64 KiB packet adds less than 2^47.
  std::uint64_t sum_ = 0;
};

std::uint16_t internet_checksum(base::Bytes bytes);

// The pseudo-header of TCP, UDP and ICMPv6 (RFC 9293 3.1, RFC 8200 8.1), to which the transport
// header and data are then added. `length` counts both of these. The addresses are of one family.
ChecksumSum pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                              std::uint8_t protocol, std::uint32_t length);

}  // namespace sallyport::net
