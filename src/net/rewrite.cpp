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

// An end of the packet: where its address and its port are, and the facts about them.
struct End {
  std::size_t address_at;
  IpAddress& address;
  std::size_t port_at;  // from the transport header
  std::uint16_t& port;
};

End source_of(Packet& packet) {
  return {packet.is_v4() ? 12u : 8u, packet.source, 0, packet.source_port};
}
End destination_of(Packet& packet) {
  return {packet.is_v4() ? 16u : 24u, packet.destination, 2, packet.destination_port};
}

// Gives what the transport checksum has to follow.
ChecksumUpdate replace_address(Packet& packet, const End& end, const IpAddress& address) {
  CHECK(address.is_v4() == packet.is_v4());
  ChecksumUpdate update;
  update.replace_address(end.address, address);
  if (packet.is_v4()) update_ipv4_checksum(packet, update);
  store_address(packet.bytes, end.address_at, address);
  end.address = address;
  return update;
}

void set_address(Packet& packet, const End& end, const IpAddress& address) {
  const ChecksumUpdate update = replace_address(packet, end, address);
  // ICMP over IPv4 is the one that sums no pseudo-header (RFC 792).
  if (!packet.is(IpProtocol::kIcmp)) {
    update_transport_checksum(packet, update, Covers::kPseudoHeader);
  }
}

void set_end(Packet& packet, const End& end, const IpAddress& address, std::uint16_t port) {
  CHECK(packet.is_tcp() || packet.is_udp());
  ChecksumUpdate update = replace_address(packet, end, address);
  if (packet.offload.needs_checksum) {
    update_transport_checksum(packet, update, Covers::kPseudoHeader);
  } else {
    update.replace_u16(end.port, port);
    update_transport_checksum(packet, update, Covers::kTransport);
  }
  store_u16(packet.bytes, packet.transport_at + end.port_at, port);
  end.port = port;
}

}  // namespace

void set_source(Packet& packet, const IpAddress& address) {
  set_address(packet, source_of(packet), address);
}

void set_destination(Packet& packet, const IpAddress& address) {
  set_address(packet, destination_of(packet), address);
}

void set_source(Packet& packet, const IpAddress& address, std::uint16_t port) {
  set_end(packet, source_of(packet), address, port);
}

void set_destination(Packet& packet, const IpAddress& address, std::uint16_t port) {
  set_end(packet, destination_of(packet), address, port);
}

void set_echo_id(Packet& packet, std::uint16_t id) {
  CHECK(packet.is_echo_request() || packet.is_echo_reply());
  ChecksumUpdate update;
  update.replace_u16(packet.icmp.id, id);
  update_transport_checksum(packet, update, Covers::kTransport);
  store_u16(packet.bytes, packet.transport_at + std::size_t{4}, id);
  packet.icmp.id = id;
}

void set_identification(Packet& packet, std::uint16_t id) {
  CHECK(packet.is_v4() && !packet.is_fragment());
  constexpr std::size_t kIdAt = 4;
  ChecksumUpdate update;
  update.replace_u16(load_u16(packet.bytes, kIdAt), id);
  update_ipv4_checksum(packet, update);
  store_u16(packet.bytes, kIdAt, id);
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
