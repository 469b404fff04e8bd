#include "base/endian.h"
#include "net/packet_parts.h"

namespace sallyport::net {
namespace {

using base::load_u16;
using base::load_u32;

constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kIcmpHeader = 8;
// What every ICMP error quotes of a transport header at least (RFC 792).
constexpr std::size_t kQuotedTransport = 8;

Problem parse_tcp(Packet& packet, ParseMode mode) {
  const base::Bytes header = packet.bytes.subspan(packet.transport_at);
  if (header.size() < (mode == ParseMode::kWhole ? kTcpHeader : kQuotedTransport)) {
    return cut_header(packet, PacketError::kTransportHeader);
  }
  packet.source_port = load_u16(header, 0);
  packet.destination_port = load_u16(header, 2);
  packet.tcp.sequence = load_u32(header, 4);
  std::size_t size = kQuotedTransport;
  if (mode == ParseMode::kWhole) {
    packet.tcp.acknowledgement = load_u32(header, 8);
    packet.tcp.flags = header[13];
    size = (header[12] >> 4) * std::size_t{4};
    if (size < kTcpHeader) return PacketError::kTransportHeader;
    if (size > header.size()) return cut_header(packet, PacketError::kTransportHeader);
  }
  packet.payload_at = static_cast<std::uint16_t>(packet.transport_at + size);
  return std::nullopt;
}

Problem parse_udp(Packet& packet) {
  const base::Bytes header = packet.bytes.subspan(packet.transport_at);
  if (header.size() < kUdpHeader) return cut_header(packet, PacketError::kTransportHeader);
  packet.source_port = load_u16(header, 0);
  packet.destination_port = load_u16(header, 2);
  const std::uint16_t length = load_u16(header, 4);
  if (length < kUdpHeader) return PacketError::kUdpLength;
  if (!packet.is_fragment() && length > packet.transport_length()) return PacketError::kUdpLength;
  packet.payload_at = static_cast<std::uint16_t>(packet.transport_at + kUdpHeader);
  return std::nullopt;
}

Problem parse_icmp(Packet& packet) {
  const base::Bytes header = packet.bytes.subspan(packet.transport_at);
  if (header.size() < kIcmpHeader) return cut_header(packet, PacketError::kTransportHeader);
  packet.icmp = {.type = header[0], .code = header[1], .id = load_u16(header, 4)};
  packet.payload_at = static_cast<std::uint16_t>(packet.transport_at + kIcmpHeader);
  return std::nullopt;
}

}  // namespace

Problem parse_transport_header(Packet& packet, ParseMode mode) {
  packet.payload_at = packet.transport_at;
  if (packet.fragment.offset != 0) return std::nullopt;
  Problem problem;
  if (packet.protocol == IpProtocol::kTcp) {
    problem = parse_tcp(packet, mode);
  } else if (packet.protocol == IpProtocol::kUdp) {
    problem = parse_udp(packet);
  } else if (packet.protocol == (packet.is_v4() ? IpProtocol::kIcmp : IpProtocol::kIcmp6)) {
    problem = parse_icmp(packet);
  } else {
    return std::nullopt;
  }
  packet.has_transport = true;
  return problem;
}

}  // namespace sallyport::net
