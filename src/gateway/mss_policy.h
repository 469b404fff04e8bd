// How large a packet from inside should be, so that sealed and wrapped it fits the path: OpenVPN's
// `mssfix` in all its forms (docs/protocol.md, "Sizes"), applied to the handshakes of TCP.
#pragma once

#include <cstdint>

#include "openvpn/data/seal_room.h"
#include "openvpn/profile/profile.h"
#include "openvpn/push/tunnel_options.h"

namespace sallyport::gateway {

struct OuterPath {
  bool ipv6 = false;
  openvpn::Transport transport = openvpn::Transport::kUdp;
  std::size_t relay_header = 0;  // of a SOCKS proxy, before each datagram
};
// What stands around a sealed packet on that path.
std::size_t outer_headers(OuterPath path);

// The largest inside IP packet that TCP should make. `room` is what the data channel
// puts around a packet. Never above the tunnel's MTU, never below what TCP needs.
std::uint16_t tcp_packet_limit(const openvpn::TunnelOptions& options, OuterPath path,
                               const openvpn::SealRoom& room);

}  // namespace sallyport::gateway
