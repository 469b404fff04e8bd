// Lowers the maximum segment size that a TCP handshake announces, so that no segment is too long
// for the tunnel.
#pragma once

#include <cstdint>

#include "net/packet.h"

namespace sallyport::net {

// The greatest MSS whose segments fit an inner MTU: less 40 for IPv4, 60 for IPv6 (RFC 9293 3.7.1;
// TCP options are the sender's own to subtract). 0 when nothing fits.
constexpr std::uint16_t max_mss(std::size_t mtu, bool v4) {
  const std::size_t headers = v4 ? 40 : 60;
  if (mtu <= headers) return 0;
  return static_cast<std::uint16_t>(mtu - headers < 0xffff ? mtu - headers : 0xffff);
}

// Others have no such option to lower, and need no limit looked up.
inline bool may_announce_mss(const Packet& packet) {
  return packet.is_tcp() && packet.tcp.has(TcpFlags::kSyn);
}

// Lowers the MSS option of a SYN to `max`, checksum included, partial or complete; true when it
// did. It never raises one, and adds none: the default of 536 or 1220 fits anywhere (RFC
// 9293 3.7.1, RFC 8200 5). Any other packet, and options that do not add up, stay as they are.
bool clamp_mss(Packet& packet, std::uint16_t max);

}  // namespace sallyport::net
