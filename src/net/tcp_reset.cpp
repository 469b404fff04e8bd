#include "net/tcp_reset.h"

#include <algorithm>

#include "base/endian.h"
#include "net/ip_builder.h"

namespace sallyport::net {
namespace {

using base::store_u16;
using base::store_u32;

constexpr std::size_t kTcpHeader = 20;

// SEG.LEN: SYN and FIN take a sequence number each (RFC 9293 3.4).
std::uint32_t sequence_length(const Packet& segment) {
  return segment.payload_length() + segment.tcp.has(TcpFlags::kSyn) +
         segment.tcp.has(TcpFlags::kFin);
}

}  // namespace

std::optional<base::MutableBytes> write_tcp_reset(const Packet& segment, base::MutableBytes out) {
  if (!segment.is_tcp() || segment.is_fragment() || segment.tcp.has(TcpFlags::kRst) ||
      !is_host(segment.source) || !is_host(segment.destination)) {
    return std::nullopt;
  }
  const IpHeader header{
      .source = segment.destination, .destination = segment.source, .protocol = IpProtocol::kTcp};
  const base::MutableBytes packet = out.first(header.size() + kTcpHeader);
  header.write(packet);
  const base::MutableBytes tcp = packet.subspan(header.size());
  std::ranges::fill(tcp, std::uint8_t{0});
  store_u16(tcp, 0, segment.destination_port);
  store_u16(tcp, 2, segment.source_port);
  tcp[12] = kTcpHeader / 4 << 4;
  // RFC 9293 3.10.7.1: a segment with ACK is answered at the place it acknowledges, one without by
  // acknowledging it.
  if (segment.tcp.has(TcpFlags::kAck)) {
    store_u32(tcp, 4, segment.tcp.acknowledgement);
    tcp[13] = TcpFlags::kRst;
  } else {
    store_u32(tcp, 8, segment.tcp.sequence + sequence_length(segment));
    tcp[13] = TcpFlags::kRst | TcpFlags::kAck;
  }
  store_u16(tcp, 16, header.transport_checksum(tcp));
  return packet;
}

}  // namespace sallyport::net
