#include "packet_builder.h"

#include "base/byte_writer.h"
#include "base/check.h"
#include "base/endian.h"

namespace sallyport::testing {
namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmp6 = 58;

bool is_v4(base::Bytes packet) {
  return packet[0] >> 4 == 4;
}
std::size_t header_size(base::Bytes packet) {
  return is_v4(packet) ? (packet[0] & 15u) * 4 : 40;
}
std::uint8_t protocol_of(base::Bytes packet) {
  return is_v4(packet) ? packet[9] : packet[6];
}

// Where the transport checksum is; empty for protocols without one here, and for a packet that ends
// before it.
std::optional<std::size_t> checksum_at(base::Bytes packet) {
  std::size_t at = header_size(packet);
  switch (protocol_of(packet)) {
    case kTcp:
      at += 16;
      break;
    case kUdp:
      at += 6;
      break;
    case kIcmp:
    case kIcmp6:
      at += 2;
      break;
    default:
      return std::nullopt;
  }
  return at + 2 <= packet.size() ? std::optional(at) : std::nullopt;
}

std::uint16_t transport_sum(base::Bytes packet) {
  const std::uint16_t pseudo = protocol_of(packet) == kIcmp ? 0 : plain_pseudo_sum(packet);
  return plain_sum(packet.subspan(header_size(packet)), pseudo);
}

}  // namespace

base::IpAddress ip(std::string_view text) {
  const auto address = base::IpAddress::parse(text);
  CHECK(address.has_value());
  return *address;
}

ByteVector counting_bytes(std::size_t size, std::uint8_t first) {
  ByteVector bytes(size);
  for (std::uint8_t& byte : bytes) byte = first++;
  return bytes;
}

Ends ends(std::string_view source, std::uint16_t source_port, std::string_view destination,
          std::uint16_t destination_port) {
  return {ip(source), ip(destination), source_port, destination_port};
}

ByteVector ip_packet(const Ends& ends, std::uint8_t protocol, base::Bytes transport,
                     const IpOptions& ip) {
  base::ByteWriter out;
  if (ends.source.is_v4()) {
    const std::size_t header = 20 + ip.options.size();
    out.u8(static_cast<std::uint8_t>(0x40 | header / 4));
    out.u8(ip.traffic_class);
    out.u16(static_cast<std::uint16_t>(header + transport.size()));
    out.u16(ip.id);
    out.u16(ip.dont_fragment ? 0x4000 : 0);
    out.u8(ip.ttl);
    out.u8(protocol);
    out.u16(0);
  } else {
    out.u32(std::uint32_t{6} << 28 | std::uint32_t{ip.traffic_class} << 20 | ip.flow_label);
    out.u16(static_cast<std::uint16_t>(transport.size()));
    out.u8(protocol);
    out.u8(ip.ttl);
  }
  out.bytes(ends.source.wire());
  out.bytes(ends.destination.wire());
  if (ends.source.is_v4()) out.bytes(ip.options);
  out.bytes(transport);
  return with_new_checksums(out.written());
}

ByteVector tcp_packet(const Ends& ends, const TcpOptions& tcp, base::Bytes payload,
                      const IpOptions& ip) {
  base::ByteWriter out;
  out.u16(ends.source_port);
  out.u16(ends.destination_port);
  out.u32(tcp.sequence);
  out.u32(tcp.acknowledgement);
  out.u8(static_cast<std::uint8_t>((20 + tcp.options.size()) / 4 << 4));
  out.u8(tcp.flags);
  out.u16(tcp.window);
  out.u32(0);
  out.bytes(tcp.options);
  out.bytes(payload);
  return ip_packet(ends, kTcp, out.written(), ip);
}

ByteVector udp_packet(const Ends& ends, base::Bytes payload, const IpOptions& ip) {
  base::ByteWriter out;
  out.u16(ends.source_port);
  out.u16(ends.destination_port);
  out.u16(static_cast<std::uint16_t>(8 + payload.size()));
  out.u16(0);
  out.bytes(payload);
  return ip_packet(ends, kUdp, out.written(), ip);
}

ByteVector echo_packet(const Ends& ends, bool request, base::Bytes payload, const IpOptions& ip) {
  const bool v4 = ends.source.is_v4();
  base::ByteWriter out;
  out.u8(v4 ? (request ? 8 : 0) : (request ? 128 : 129));
  out.u8(0);
  out.u16(0);
  out.u16(ends.source_port);
  out.u16(7);
  out.bytes(payload);
  return ip_packet(ends, v4 ? kIcmp : kIcmp6, out.written(), ip);
}

ByteVector icmp_error_packet(const Ends& ends, std::uint8_t type, std::uint8_t code,
                             base::Bytes quote, std::uint32_t rest) {
  base::ByteWriter out;
  out.u8(type);
  out.u8(code);
  out.u16(0);
  out.u32(rest);
  out.bytes(quote);
  return ip_packet(ends, ends.source.is_v4() ? kIcmp : kIcmp6, out.written());
}

std::uint16_t plain_sum(base::Bytes bytes, std::uint32_t start) {
  std::uint32_t sum = start;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(sum);
}

std::uint16_t plain_pseudo_sum(base::Bytes packet) {
  const std::size_t transport = packet.size() - header_size(packet);
  const base::Bytes addresses = is_v4(packet) ? packet.subspan(12, 8) : packet.subspan(8, 32);
  ByteVector pseudo(addresses.begin(), addresses.end());
  for (const std::size_t part : {transport >> 8, transport & 255, std::size_t{0}}) {
    pseudo.push_back(static_cast<std::uint8_t>(part));
  }
  pseudo.push_back(protocol_of(packet));
  return plain_sum(pseudo);
}

bool checksums_are_right(base::Bytes packet) {
  if (is_v4(packet) && plain_sum(packet.first(header_size(packet))) != 0xffff) return false;
  const auto at = checksum_at(packet);
  if (!at) return true;
  const bool none = protocol_of(packet) == kUdp && base::load_u16(packet, *at) == 0;
  return none ? is_v4(packet) : transport_sum(packet) == 0xffff;
}

ByteVector with_new_checksums(base::Bytes packet) {
  ByteVector copy(packet.begin(), packet.end());
  if (is_v4(packet)) {
    base::store_u16(copy, 10, 0);
    const std::uint16_t sum = plain_sum(base::Bytes(copy).first(header_size(packet)));
    base::store_u16(copy, 10, static_cast<std::uint16_t>(~sum));
  }
  if (const auto at = checksum_at(packet)) {
    base::store_u16(copy, *at, 0);
    const auto checksum = static_cast<std::uint16_t>(~transport_sum(copy));
    const bool udp = protocol_of(packet) == kUdp;
    base::store_u16(copy, *at, udp && checksum == 0 ? 0xffff : checksum);
  }
  return copy;
}

ByteVector with_partial_checksum(base::Bytes packet) {
  ByteVector copy(packet.begin(), packet.end());
  const auto at = checksum_at(packet);
  CHECK(at.has_value());
  base::store_u16(copy, *at, plain_pseudo_sum(packet));
  return copy;
}

}  // namespace sallyport::testing
