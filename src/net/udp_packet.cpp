#include "net/udp_packet.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"

namespace sallyport::net {

void write_udp_packet(const Endpoint& source, const Endpoint& destination, base::Bytes payload,
                      base::MutableBytes packet) {
  const bool v4 = source.address.is_v4();
  CHECK(packet.size() == udp_packet_size(v4, payload.size()));
  const IpHeader header{source.address, destination.address, IpProtocol::kUdp};
  header.write(packet);
  const base::MutableBytes udp = packet.subspan(header.size());
  base::store_u16(udp, 0, source.port);
  base::store_u16(udp, 2, destination.port);
  base::store_u16(udp, 4, static_cast<std::uint16_t>(udp.size()));
  base::store_u16(udp, 6, 0);
  std::ranges::copy(payload, udp.begin() + 8);
  const std::uint16_t sum = header.transport_checksum(udp);
  // RFC 768: zero would say that there is none.
  base::store_u16(udp, 6, sum == 0 ? 0xffff : sum);
}

}  // namespace sallyport::net
