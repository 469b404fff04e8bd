#include <algorithm>

#include "base/endian.h"
#include "net/checksum.h"
#include "net/packet_parts.h"

namespace sallyport::net {
namespace {

using base::load_u16;
using base::load_u32;

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kFragmentHeader = 8;

Problem check_ipv4_options(base::Bytes options) {
  constexpr std::uint8_t kEnd = 0;
  constexpr std::uint8_t kNoOperation = 1;
  constexpr std::uint8_t kLooseSourceRoute = 131;
  constexpr std::uint8_t kStrictSourceRoute = 137;
  while (!options.empty() && options[0] != kEnd) {
    if (options[0] == kNoOperation) {
      options = options.subspan(1);
      continue;
    }
    if (options[0] == kLooseSourceRoute || options[0] == kStrictSourceRoute) {
      return PacketError::kSourceRoute;
    }
    if (options.size() < 2 || options[1] < 2 || options[1] > options.size()) {
      return PacketError::kOptions;
    }
    options = options.subspan(options[1]);
  }
  return std::nullopt;
}

// Takes the packet's own length, and cuts off what follows it in the buffer.
Problem set_length(Packet& packet, std::size_t length, std::size_t header, ParseMode mode) {
  if (length < header) return PacketError::kTotalLength;
  if (length > packet.bytes.size() && mode == ParseMode::kWhole) return PacketError::kTotalLength;
  packet.length = static_cast<std::uint32_t>(length);
  packet.bytes = packet.bytes.first(std::min(length, packet.bytes.size()));
  return std::nullopt;
}

// `data_at` is where the fragment's share of the datagram starts.
Problem check_fragment(const Packet& packet, std::size_t data_at) {
  const std::size_t size = packet.length - data_at;
  if (packet.fragment.offset + size > Packet::kMaxLength) return PacketError::kFragment;
  // RFC 791 3.2, RFC 8200 4.5: only the last one may end anywhere.
  if (packet.fragment.more && size % 8 != 0) return PacketError::kFragment;
  if (packet.is_fragment() && size == 0) return PacketError::kFragment;
  return std::nullopt;
}

Problem parse_ipv4(Packet& packet, ParseMode mode) {
  packet.version = 4;
  if (packet.bytes.size() < kIpv4Header) return PacketError::kTruncated;
  const std::size_t header = (packet.bytes[0] & 0x0fu) * 4;
  if (header < kIpv4Header) return PacketError::kHeaderLength;
  if (header > packet.bytes.size()) return PacketError::kTruncated;
  if (const auto problem = set_length(packet, load_u16(packet.bytes, 2), header, mode)) {
    return problem;
  }
  const base::Bytes bytes = packet.bytes;
  if (mode == ParseMode::kWhole && internet_checksum(bytes.first(header)) != 0) {
    return PacketError::kHeaderChecksum;
  }
  if (header > kIpv4Header) {
    if (const auto problem = check_ipv4_options(bytes.first(header).subspan(kIpv4Header))) {
      return problem;
    }
  }
  packet.traffic_class = bytes[1];
  packet.fragment.id = load_u16(bytes, 4);
  const std::uint16_t flags_and_offset = load_u16(bytes, 6);
  packet.dont_fragment = (flags_and_offset & 0x4000) != 0;
  packet.fragment.more = (flags_and_offset & 0x2000) != 0;
  packet.fragment.offset = (flags_and_offset & 0x1fffu) * 8;
  packet.ttl = bytes[8];
  packet.protocol = IpProtocol{bytes[9]};
  packet.source = load_ipv4(bytes, 12);
  packet.destination = load_ipv4(bytes, 16);
  packet.transport_at = static_cast<std::uint16_t>(header);
  return packet.is_fragment() ? check_fragment(packet, header) : std::nullopt;
}

bool is_extension(IpProtocol protocol) {
  return protocol == IpProtocol::kHopByHop || protocol == IpProtocol::kRouting ||
         protocol == IpProtocol::kFragment || protocol == IpProtocol::kDestinationOptions;
}

Problem take_fragment_header(Packet& packet, std::size_t at) {
  if (packet.fragment_header_at != 0) return PacketError::kExtensionHeaders;
  packet.fragment_header_at = static_cast<std::uint16_t>(at);
  const std::uint16_t offset_and_more = load_u16(packet.bytes, at + 2);
  packet.fragment.offset = offset_and_more & 0xfff8u;
  packet.fragment.more = (offset_and_more & 1) != 0;
  packet.fragment.id = load_u32(packet.bytes, at + 4);
  return check_fragment(packet, at + kFragmentHeader);
}

// Walks to the transport header, or in a later fragment to the datagram's own bytes.
Problem walk_extensions(Packet& packet) {
  const base::Bytes bytes = packet.bytes;
  std::size_t at = kIpv6Header;
  IpProtocol next{bytes[6]};
  for (unsigned count = 0; is_extension(next) && packet.fragment.offset == 0; ++count) {
    if (count == Packet::kMaxExtensionHeaders) return PacketError::kExtensionHeaders;
    if (next == IpProtocol::kHopByHop && count != 0) return PacketError::kExtensionHeaders;
    if (bytes.size() - at < 8) return cut_header(packet, PacketError::kTruncated);
    const std::size_t size =
        next == IpProtocol::kFragment ? kFragmentHeader : (bytes[at + 1] + std::size_t{1}) * 8;
    if (size > bytes.size() - at) return cut_header(packet, PacketError::kTruncated);
    if (next == IpProtocol::kRouting && (bytes[at + 2] == 0 || bytes[at + 3] != 0)) {
      return PacketError::kSourceRoute;
    }
    if (next == IpProtocol::kFragment) {
      if (const auto problem = take_fragment_header(packet, at)) return problem;
    }
    next = IpProtocol{bytes[at]};
    at += size;
  }
  packet.protocol = next;
  packet.transport_at = static_cast<std::uint16_t>(at);
  return std::nullopt;
}

Problem parse_ipv6(Packet& packet, ParseMode mode) {
  packet.version = 6;
  if (packet.bytes.size() < kIpv6Header) return PacketError::kTruncated;
  const std::size_t length = kIpv6Header + load_u16(packet.bytes, 4);
  if (const auto problem = set_length(packet, length, kIpv6Header, mode)) return problem;
  const base::Bytes bytes = packet.bytes;
  packet.traffic_class = static_cast<std::uint8_t>(load_u16(bytes, 0) >> 4);
  packet.dont_fragment = true;
  packet.ttl = bytes[7];
  packet.source = load_ipv6(bytes, 8);
  packet.destination = load_ipv6(bytes, 24);
  if (packet.source.is_v4() || packet.destination.is_v4()) return PacketError::kMappedAddress;
  return walk_extensions(packet);
}

}  // namespace

Problem parse_ip_header(Packet& packet, ParseMode mode) {
  if (packet.bytes.empty()) return PacketError::kTruncated;
  switch (packet.bytes[0] >> 4) {
    case 4:
      return parse_ipv4(packet, mode);
    case 6:
      return parse_ipv6(packet, mode);
    default:
      return PacketError::kVersion;
  }
}

}  // namespace sallyport::net
