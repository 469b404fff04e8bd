#include "net/ip_builder.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "net/checksum.h"

namespace sallyport::net {
namespace {

using base::store_u16;

void write_ipv4(const IpHeader& header, base::MutableBytes packet) {
  packet[0] = 0x45;
  packet[1] = header.traffic_class;
  store_u16(packet, 2, static_cast<std::uint16_t>(packet.size()));
  store_u16(packet, 6, 0x4000);
  packet[8] = header.ttl;
  packet[9] = static_cast<std::uint8_t>(header.protocol);
  store_address(packet, 12, header.source);
  store_address(packet, 16, header.destination);
  store_u16(packet, 10, internet_checksum(packet.first(header.size())));
}

void write_ipv6(const IpHeader& header, base::MutableBytes packet) {
  base::store_u32(packet, 0, std::uint32_t{6} << 28 | std::uint32_t{header.traffic_class} << 20);
  store_u16(packet, 4, static_cast<std::uint16_t>(packet.size() - header.size()));
  packet[6] = static_cast<std::uint8_t>(header.protocol);
  packet[7] = header.ttl;
  store_address(packet, 8, header.source);
  store_address(packet, 24, header.destination);
}

}  // namespace

void IpHeader::write(base::MutableBytes packet) const {
  CHECK(packet.size() >= size() && packet.size() <= Packet::kMaxLength);
  std::ranges::fill(packet.first(size()), std::uint8_t{0});
  if (source.is_v4()) {
    write_ipv4(*this, packet);
  } else {
    write_ipv6(*this, packet);
  }
}

std::uint16_t IpHeader::transport_checksum(base::Bytes transport) const {
  if (protocol == IpProtocol::kIcmp) return internet_checksum(transport);
  ChecksumSum sum = pseudo_header_sum(source, destination, static_cast<std::uint8_t>(protocol),
                                      static_cast<std::uint32_t>(transport.size()));
  sum.add(transport);
  return sum.checksum();
}

}  // namespace sallyport::net
