#include "net/transport_checksum.h"

#include "base/check.h"
#include "base/endian.h"

namespace sallyport::net {
namespace {

using base::load_u16;
using base::store_u16;

// RFC 768: a UDP checksum that comes out as zero, which would say that there is none, is sent as
// all ones.
std::uint16_t as_sent(const Packet& packet, std::uint16_t checksum) {
  return packet.is_udp() && checksum == 0 ? 0xffff : checksum;
}

ChecksumSum pseudo_header_with(const Packet& packet, std::size_t transport_length) {
  if (packet.is(IpProtocol::kIcmp)) return {};
  return pseudo_header_sum(packet.source, packet.destination,
                           static_cast<std::uint8_t>(packet.protocol),
                           static_cast<std::uint32_t>(transport_length));
}

}  // namespace

std::optional<std::size_t> transport_checksum_at(const Packet& packet) {
  std::size_t at = packet.transport_at;
  if (packet.is_tcp()) {
    at += 16;
  } else if (packet.is_udp()) {
    at += 6;
  } else if (packet.is_icmp()) {
    at += 2;
  } else {
    return std::nullopt;
  }
  if (at + 2 > packet.bytes.size()) return std::nullopt;
  return at;
}

ChecksumSum pseudo_header_of(const Packet& packet) {
  return pseudo_header_with(packet, packet.transport_length());
}

bool transport_checksum_is_correct(const Packet& packet) {
  const auto at = transport_checksum_at(packet);
  if (!at || (packet.is_udp() && load_u16(packet.bytes, *at) == 0)) return false;
  ChecksumSum sum = pseudo_header_of(packet);
  sum.add(packet.bytes.subspan(packet.transport_at));
  return sum.is_correct();
}

void write_transport_checksum(base::MutableBytes bytes, const Packet& facts) {
  const auto at = transport_checksum_at(facts);
  CHECK(at.has_value());
  store_u16(bytes, *at, 0);
  const base::Bytes transport = bytes.subspan(facts.transport_at);
  ChecksumSum sum = pseudo_header_with(facts, transport.size());
  sum.add(transport);
  store_u16(bytes, *at, as_sent(facts, sum.checksum()));
}

void update_transport_checksum(Packet& packet, const ChecksumUpdate& update, Covers fields) {
  const auto at = transport_checksum_at(packet);
  if (!at) return;
  const std::uint16_t before = load_u16(packet.bytes, *at);
  if (packet.offload.needs_checksum) {
    if (fields == Covers::kPseudoHeader) {
      store_u16(packet.bytes, *at, update.applied_to_partial(before));
    }
    return;
  }
  if (packet.is_udp() && before == 0) return;
  store_u16(packet.bytes, *at, as_sent(packet, update.applied_to(before)));
}

}  // namespace sallyport::net
