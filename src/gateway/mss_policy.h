// How large a packet from inside should be, so that sealed and wrapped it fits the path: OpenVPN's
// `mssfix` in all its forms (docs/protocol.md, "Sizes"), applied to the handshakes of TCP.
#pragma once

#include <cstdint>

#include "openvpn/profile/profile.h"
#include "openvpn/push/tunnel_options.h"

namespace sallyport::gateway {

struct OuterPath {
  bool ipv6 = false;
  openvpn::Transport transport = openvpn::Transport::kUdp;
};

// The largest inside IP packet that TCP should make. `sealing_overhead` is what the data channel
// adds to a packet. Never above the tunnel's MTU, never below what TCP needs.
std::uint16_t tcp_packet_limit(const openvpn::TunnelOptions& options, OuterPath path,
                               std::size_t sealing_overhead);

}  // namespace sallyport::gateway
