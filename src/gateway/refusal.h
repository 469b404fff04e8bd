// Why a packet of a client's, or one for a client, went no further. Each refusal is counted under
// its reason, for all and for each client; none is logged.
#pragma once

#include <string_view>

namespace sallyport::gateway {

enum class Refusal {
  // From inside.
  kMalformedFrame,   // no Ethernet frame, or one of a type that nobody here speaks
  kSpoofedMac,       // not the client's own hardware address
  kSpoofedAddress,   // not the client's own IP address
  kMalformedPacket,  // headers that do not add up, source routes, impossible fragments
  kTunnelDown,       // the tunnel is not up
  kNoIpv4InTunnel,   // the tunnel has no such address
  kNoIpv6InTunnel,
  kNotServed,            // the tunnel's server does not carry that network
  kInternalDestination,  // another client, the gateway itself, or Qubes' own address ranges
  kGroupDestination,     // multicast and broadcast stay on their link
  kBogusDestination,     // loopback, link-local, 0.0.0.0/8, 240.0.0.0/4
  kByRule,               // the qube's firewall rules, or none have been written yet
  kNoResolver,           // DNS, and the tunnel has no resolver
  kProtocolNotCarried,   // neither TCP, UDP nor echo
  kNoSuchFlow,           // TCP in mid-stream, or an ICMP error about nothing we know
  kNoRoomForFlow,        // the client's share of the flow table is used up
  kTtlExceeded,
  kTooBig,       // beyond the tunnel's MTU, and not to be fragmented
  kBadFragment,  // overlapping, late or too many
  kNotSealed,    // no data key that may still be used
  // From outside.
  kOutsideMalformed,
  kOutsideUnsolicited,  // answers nothing that a client asked
  kOutsideNotForUs,     // another address than the tunnel's
  kOutsideBogusSource,
  kOutsideBadFragment,
  kOutsideTtlExceeded,
  kOutsideTooBig,      // does not fit the client's link
  kOutsideSuperseded,  // an acknowledgement, by a later one of the same batch
  kClientGone,         // the client has just been detached
  kCount,
};

// As in `status`: "tunnel down".
std::string_view describe(Refusal refusal);

}  // namespace sallyport::gateway
