// Changes one field of a packet in place, with every checksum that covers it (RFC 1624) and with
// the fact in Packet. A complete checksum is updated, a partial one (net/offload.h) only for what
// the pseudo-header holds; a UDP checksum of zero means "none" (RFC 768) and stays so. Quotes in
// ICMP errors are rewritten the same way, as far as they reach; the ICMP message around them is
// then the caller's to sum.
#pragma once

#include <cstdint>

#include "net/packet.h"

namespace sallyport::net {

// The new address is of the packet's family.
void set_source(Packet& packet, const IpAddress& address);
void set_destination(Packet& packet, const IpAddress& address);

// The same together with the port, for packets with a TCP or UDP header: what NAT does to every
// packet.
void set_source(Packet& packet, const IpAddress& address, std::uint16_t port);
void set_destination(Packet& packet, const IpAddress& address, std::uint16_t port);

// For ICMP and ICMPv6 echo messages.
void set_echo_id(Packet& packet, std::uint16_t id);

// Of an IPv4 packet that is no fragment.
void set_identification(Packet& packet, std::uint16_t id);

// One hop (RFC 1812 5.3.1, RFC 8200 3). False, with nothing changed, when the packet must not be
// forwarded: the sender is then owed a time-exceeded error.
[[nodiscard]] bool decrement_ttl(Packet& packet);

}  // namespace sallyport::net
