// How large packets from inside may be: by what the two ends agreed, and by what the path between
// them takes (docs/protocol.md, "Sizes").
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/mss_policy.h"

namespace sallyport::gateway {

struct PacketLimits {
  // IP packets. A larger one is cut, or its sender is told this number.
  std::uint16_t v4 = 1500;
  std::uint16_t v6 = 1500;
  // The IP packet that TCP should make at most.
  std::uint16_t tcp = 1440;

  friend bool operator==(const PacketLimits&, const PacketLimits&) = default;
};

// `room` is what the data channel puts around a whole packet. `path_mtu` is the largest IP packet
// that is known to arrive at the server; nothing where a stream, or nobody, takes care of that. It
// may be as absurd as an ICMP message of anybody can make it: it never makes a packet larger than
// the ends agreed, nor smaller than every host must take, 576 bytes (RFC 791) and 1280 (RFC 8200).
PacketLimits packet_limits(const openvpn::TunnelOptions& options, const openvpn::OuterPath& path,
                           const openvpn::SealRoom& room, std::optional<std::size_t> path_mtu);

}  // namespace sallyport::gateway
