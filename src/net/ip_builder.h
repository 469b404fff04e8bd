// Builds the packets that the gateway itself sends to its clients: errors, resets, advertisements.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "net/address.h"
#include "net/packet.h"

namespace sallyport::net {

constexpr std::size_t ip_header_size(bool v4) {
  return v4 ? 20 : 40;
}

struct IpHeader {
  IpAddress source;
  // Of the same family as `source`.
  IpAddress destination;
  IpProtocol protocol{};
  std::uint8_t ttl = 64;
  std::uint8_t traffic_class = 0;

  std::size_t size() const { return ip_header_size(source.is_v4()); }
  // Writes the header of a packet that fills `packet` (at most 65535 bytes). IPv4 says DF with
  // identification 0, which an atomic datagram may (RFC 6864 4.1).
  void write(base::MutableBytes packet) const;
  // The sum over pseudo-header and `transport`, whose checksum field is zero; over `transport`
  // alone for ICMP.
  std::uint16_t transport_checksum(base::Bytes transport) const;
};

}  // namespace sallyport::net
