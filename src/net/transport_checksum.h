// The checksum of a packet's TCP, UDP, ICMP or ICMPv6 part: found, judged, computed anew, kept up
// to date.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "net/checksum.h"
#include "net/checksum_update.h"
#include "net/packet.h"

namespace sallyport::net {

// Where in the packet the checksum is; none for other protocols, and none where a quote was cut.
std::optional<std::size_t> transport_checksum_at(const Packet& packet);

// The sum of the packet's pseudo-header; nothing for ICMP over IPv4, which has none (RFC 792).
ChecksumSum pseudo_header_of(const Packet& packet);

// `packet` is whole. A UDP checksum of zero is none (RFC 768), and not correct.
bool transport_checksum_is_correct(const Packet& packet);

// Computes it anew for `bytes`, a whole packet with the addresses and offsets of `facts`; its own
// length may be another. `facts` has a transport checksum.
void write_transport_checksum(base::MutableBytes bytes, const Packet& facts);

// Brings it up to date after fields it covers were changed: a complete checksum by any of them, a
// partial one (net/offload.h) only by those of the pseudo-header. Nothing happens to a packet
// without one.
enum class Covers : std::uint8_t { kPseudoHeader, kTransport };
void update_transport_checksum(Packet& packet, const ChecksumUpdate& update, Covers fields);

}  // namespace sallyport::net
