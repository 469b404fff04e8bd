#include "net/packet.h"

#include "base/endian.h"
#include "net/packet_parts.h"

namespace sallyport::net {
namespace {

bool gso_fits(const Packet& packet, const Offload& offload) {
  if (!offload.needs_checksum || offload.segment_size == 0 || packet.payload_length() == 0) {
    return false;
  }
  if (offload.gso == Gso::kUdp) {
    return packet.is_udp() && packet.payload_length() <=
                                  std::uint32_t{offload.segment_size} * Offload::kMaxUdpSegments;
  }
  // A SYN takes a sequence number of its own, which no splitting accounts for.
  return packet.is_tcp() && !packet.tcp.has(TcpFlags::kSyn) &&
         packet.is_v4() == (offload.gso == Gso::kTcp4) &&
         offload.segment_size >= Offload::kMinTcpSegment;
}

Problem take_offload(Packet& packet, const Offload& offload) {
  if (offload.gso != Gso::kNone && !gso_fits(packet, offload)) return PacketError::kOffload;
  packet.offload = {.gso = offload.gso,
                    .needs_checksum = offload.needs_checksum,
                    .checksum_valid = offload.checksum_valid};
  if (offload.gso != Gso::kNone) packet.offload.segment_size = offload.segment_size;
  if (!offload.needs_checksum) return std::nullopt;
  if ((!packet.is_tcp() && !packet.is_udp()) || packet.is_fragment()) return PacketError::kOffload;
  if (packet.is_udp() && base::load_u16(packet.bytes, packet.transport_at + std::size_t{4}) !=
                             packet.transport_length()) {
    return PacketError::kOffload;
  }
  packet.offload.checksum_start = packet.transport_at;
  packet.offload.checksum_offset = packet.is_tcp() ? 16 : 6;
  const bool said = offload.checksum_start != 0 || offload.checksum_offset != 0;
  if (said && (offload.checksum_start != packet.offload.checksum_start ||
               offload.checksum_offset != packet.offload.checksum_offset)) {
    return PacketError::kOffload;
  }
  return std::nullopt;
}

std::expected<Packet, PacketError> parse(base::MutableBytes bytes, const Offload& offload,
                                         ParseMode mode) {
  // Filled in where it is returned: a copy of it would cost as much as the parsing.
  std::expected<Packet, PacketError> result;
  Packet& packet = *result;
  packet.bytes = bytes;
  Problem problem = parse_ip_header(packet, mode);
  if (!problem) problem = parse_transport_header(packet, mode);
  if (!problem) problem = take_offload(packet, offload);
  if (problem) result = std::unexpected(*problem);
  return result;
}

}  // namespace

bool Packet::is_icmp_error() const {
  if (is(IpProtocol::kIcmp6)) return icmp.type < 128;
  // Destination unreachable, source quench, redirect, time exceeded, parameter problem.
  return is(IpProtocol::kIcmp) &&
         (icmp.type == 3 || icmp.type == 4 || icmp.type == 5 || icmp.type == 11 || icmp.type == 12);
}

bool Packet::is_echo_request() const {
  return is_icmp() && icmp.code == 0 && icmp.type == (is_v4() ? 8 : 128);
}

bool Packet::is_echo_reply() const {
  return is_icmp() && icmp.code == 0 && icmp.type == (is_v4() ? 0 : 129);
}

std::expected<Packet, PacketError> parse_packet(base::MutableBytes bytes, const Offload& offload) {
  return parse(bytes, offload, ParseMode::kWhole);
}

std::expected<Packet, PacketError> parse_quoted_packet(base::MutableBytes bytes) {
  return parse(bytes, {}, ParseMode::kQuoted);
}

}  // namespace sallyport::net
