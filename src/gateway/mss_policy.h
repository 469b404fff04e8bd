// How large a packet from inside should be, so that sealed and wrapped it fits the path: OpenVPN's
// `mssfix` in all its forms (docs/protocol.md, "Sizes"), applied to the handshakes of TCP.
#pragma once

#include <cstdint>

#include "openvpn/data/seal_room.h"
#include "openvpn/push/tunnel_options.h"
#include "openvpn/session/outer_path.h"

namespace sallyport::gateway {

// The largest inside IP packet that TCP should make. `room` is what the data channel
// puts around a packet. Never above the tunnel's MTU, never below what TCP needs.
std::uint16_t tcp_packet_limit(const openvpn::TunnelOptions& options,
                               const openvpn::OuterPath& path, const openvpn::SealRoom& room);

}  // namespace sallyport::gateway
