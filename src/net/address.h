// IP addresses as they stand in packets, and what kind of address one is. The value itself is
// base::IpAddress. An IPv4-mapped address in an IPv6 header is refused by the packet parser, so the
// two families cannot be confused.
#pragma once

#include "base/bytes.h"
#include "base/ip_address.h"

namespace sallyport::net {

using base::IpAddress;

// The 4 or 16 bytes at `at`, in network order.
IpAddress load_ipv4(base::Bytes from, std::size_t at);
IpAddress load_ipv6(base::Bytes from, std::size_t at);
// Writes the 4 or 16 bytes of `address` to `at`.
void store_address(base::MutableBytes to, std::size_t at, const IpAddress& address);

// 0.0.0.0 and ::
bool is_unspecified(const IpAddress& address);
// 0.0.0.0/8, "this network" (RFC 1122 3.2.1.3a); in IPv6 only ::
bool is_this_network(const IpAddress& address);
// 127.0.0.0/8 and ::1
bool is_loopback(const IpAddress& address);
// 169.254.0.0/16 (RFC 3927) and fe80::/10
bool is_link_local(const IpAddress& address);
// 224.0.0.0/4 and ff00::/8
bool is_multicast(const IpAddress& address);
// 255.255.255.255
bool is_broadcast(const IpAddress& address);
// 240.0.0.0/4 without the broadcast address (RFC 1112 4): never assigned to a host
bool is_reserved(const IpAddress& address);

// Could name one host somewhere: none of unspecified, this network, loopback, multicast, broadcast,
// reserved. Only such an address may be the source of a packet that is forwarded or answered (RFC
// 1812 5.3.7, RFC 4443 2.4e).
bool is_host(const IpAddress& address);

}  // namespace sallyport::net
