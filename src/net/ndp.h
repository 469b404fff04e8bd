// Neighbour discovery for IPv6 (RFC 4861): solicitations in, advertisements out. Nothing that
// others advertise is learned, and routers are not solicited.
#pragma once

#include <expected>
#include <optional>

#include "base/bytes.h"
#include "net/ethernet.h"
#include "net/packet.h"

namespace sallyport::net {

// RFC 4861 7.1.1 tells which solicitations are silently discarded.
enum class NdpError : std::uint8_t {
  kNotSolicitation,  // another ICMPv6 message
  kHopLimit,         // below 255: it has crossed a router
  kFormat,           // code not 0, too short, or an option of size zero
  kChecksum,
  kTarget,  // multicast, or an IPv4-mapped address
  kSender,  // a link-layer address that is not the frame's, or one in a probe
  kGroup,   // a probe that does not go to its target's solicited-node group
  kCount,
};

struct NeighbourSolicitation {
  MacAddress sender_mac;
  // :: in a probe of duplicate address detection (RFC 4862 5.4).
  IpAddress sender;
  IpAddress target;
};

inline constexpr std::size_t kNeighbourAdvertisementFrameSize = EthernetHeader::kSize + 40 + 32;

// `frame_source` is the Ethernet source of the frame that `packet` came in.
std::expected<NeighbourSolicitation, NdpError> parse_neighbour_solicitation(
    const Packet& packet, const MacAddress& frame_source);

// The whole frame that tells the asker that `target` is at `mac` and a router (RFC 4861 4.4),
// solicited unless the asker has no address yet, and overriding what it knew. Needs
// kNeighbourAdvertisementFrameSize bytes, and returns the part of `out` it filled.
base::MutableBytes write_neighbour_advertisement(const NeighbourSolicitation& solicitation,
                                                 const MacAddress& mac, base::MutableBytes out);

}  // namespace sallyport::net
