// The ICMP errors a router owes to the sender of a packet it does not forward (RFC 792, RFC
// 1812 4.3, RFC 4443).
#pragma once

#include <cstdint>
#include <expected>

#include "base/bytes.h"
#include "net/packet.h"

namespace sallyport::net {

enum class IcmpErrorKind : std::uint8_t {
  kNetUnreachable,   // no route: v4 3/0, v6 1/0
  kHostUnreachable,  // v4 3/1, v6 1/3
  kPortUnreachable,  // v4 3/3, v6 1/4
  kAdminProhibited,  // v4 3/13, v6 1/1
  kTooBig,           // v4 3/4 (RFC 1191), v6 2/0
  kTimeExceeded,     // TTL or hop limit: v4 11/0, v6 3/0
};

// Why no error may be sent (RFC 1122 3.2.2, RFC 1812 4.3.2.7, RFC 4443 2.4e). Errors answered with
// errors, or to many, are how storms begin.
enum class NoIcmpError : std::uint8_t {
  kAboutIcmpError,    // or a redirect
  kLaterFragment,     // only the first one is answered for
  kGroupDestination,  // multicast or broadcast; but kTooBig is sent for IPv6 multicast
  kBogusSource,       // the source does not name a single host
  kCount,
};

// The most an error takes: the least IPv6 MTU (RFC 4443 2.4c). An IPv4 error stays below 576 (RFC
// 1812 4.3.2.3).
inline constexpr std::size_t kMaxIcmpErrorSize = 1280;

// Writes the IP packet into `out`, which holds kMaxIcmpErrorSize bytes; gives the part it filled.
// `offender` is the packet as its sender sent it, not yet translated, and did not come as a
// link-layer broadcast. `from` is an address of ours in its family. `mtu` is that of the next hop,
// and looked at for kTooBig only. How often is up to net/rate_limit.h (RFC 4443 2.4f).
std::expected<base::MutableBytes, NoIcmpError> write_icmp_error(const Packet& offender,
                                                                IcmpErrorKind kind,
                                                                std::uint32_t mtu,
                                                                const IpAddress& from,
                                                                base::MutableBytes out);

}  // namespace sallyport::net
