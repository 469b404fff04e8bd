// The steps of parse_packet(), each for one layer of headers. Not for other use: what they leave
// half done only packet.cpp knows.
#pragma once

#include <cstdint>
#include <optional>

#include "net/packet.h"

namespace sallyport::net {

enum class ParseMode : std::uint8_t {
  kWhole,
  // As an ICMP error quotes it: cut short, and with the header checksum some router left.
  kQuoted,
};

// No value: all is well so far.
using Problem = std::optional<PacketError>;

// The IP header and IPv6's extension headers in packet.bytes, which is cut to the packet's own
// length.
Problem parse_ip_header(Packet& packet, ParseMode mode);

// What follows them, unless the packet is a later fragment.
Problem parse_transport_header(Packet& packet, ParseMode mode);

// A header that ends behind the packet. In a first fragment that is an attempt to hide it from
// filters.
inline PacketError cut_header(const Packet& packet, PacketError otherwise) {
  return packet.fragment.more ? PacketError::kTinyFragment : otherwise;
}

}  // namespace sallyport::net
