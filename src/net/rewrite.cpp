#include "net/rewrite.h"

#include "base/check.h"
#include "base/endian.h"
#include "net/transport_checksum.h"

namespace sallyport::net {
namespace {

using base::load_u16;
using base::store_u16;

constexpr std::size_t kIpv4ChecksumAt = 10;

void update_ipv4_checksum(Packet& packet, const ChecksumUpdate& update) {
  store_u16(packet.bytes, kIpv4ChecksumAt,
            update.applied_to(load_u16(packet.bytes, kIpv4ChecksumAt)));
}

void replace_address(Packet& packet, std::size_t at, IpAddress& fact, const IpAddress& address) {
  CHECK(address.is_v4() == packet.is_v4());
  ChecksumUpdate update;
  update.replace_address(fact, address);
  if (packet.is_v4()) update_ipv4_checksum(packet, update);
  // ICMP over IPv4 is the one that sums no pseudo-header (RFC 792).
  if (!packet.is(IpProtocol::kIcmp)) {
    update_transport_checksum(packet, update, Covers::kPseudoHeader);
  }
  store_address(packet.bytes, at, address);
  fact = address;
}

void replace_transport_u16(Packet& packet, std::size_t at, std::uint16_t& fact,
                           std::uint16_t value) {
  ChecksumUpdate update;
  update.replace_u16(fact, value);
  update_transport_checksum(packet, update, Covers::kTransport);
  store_u16(packet.bytes, packet.transport_at + at, value);
  fact = value;
}

}  // namespace

void set_source(Packet& packet, const IpAddress& address) {
  replace_address(packet, packet.is_v4() ? 12 : 8, packet.source, address);
}

void set_destination(Packet& packet, const IpAddress& address) {
  replace_address(packet, packet.is_v4() ? 16 : 24, packet.destination, address);
}

void set_source_port(Packet& packet, std::uint16_t port) {
  CHECK(packet.is_tcp() || packet.is_udp());
  replace_transport_u16(packet, 0, packet.source_port, port);
}

void set_destination_port(Packet& packet, std::uint16_t port) {
  CHECK(packet.is_tcp() || packet.is_udp());
  replace_transport_u16(packet, 2, packet.destination_port, port);
}

void set_echo_id(Packet& packet, std::uint16_t id) {
  CHECK(packet.is_echo_request() || packet.is_echo_reply());
  replace_transport_u16(packet, 4, packet.icmp.id, id);
}

bool decrement_ttl(Packet& packet) {
  if (packet.ttl <= 1) return false;
  const std::uint8_t ttl = static_cast<std::uint8_t>(packet.ttl - 1);
  if (packet.is_v4()) {
    const std::uint16_t before = load_u16(packet.bytes, 8);
    ChecksumUpdate update;
    update.replace_u16(before, static_cast<std::uint16_t>(before - 0x0100));
    update_ipv4_checksum(packet, update);
    packet.bytes[8] = ttl;
  } else {
    packet.bytes[7] = ttl;
  }
  packet.ttl = ttl;
  return true;
}

}  // namespace sallyport::net
