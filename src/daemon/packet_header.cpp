#include "daemon/packet_header.h"

namespace sallyport::daemon {
namespace {

using Gso = xen::PacketHeader::Gso;

Gso to_stream(net::Gso gso) {
  switch (gso) {
    case net::Gso::kNone:
      return Gso::kNone;
    case net::Gso::kTcp4:
      return Gso::kTcp4;
    case net::Gso::kTcp6:
      return Gso::kTcp6;
    case net::Gso::kUdp:
      return Gso::kUdp;
  }
  return Gso::kNone;
}

net::Gso from_stream(Gso gso) {
  switch (gso) {
    case Gso::kNone:
      return net::Gso::kNone;
    case Gso::kTcp4:
      return net::Gso::kTcp4;
    case Gso::kTcp6:
      return net::Gso::kTcp6;
    case Gso::kUdp:
      return net::Gso::kUdp;
  }
  return net::Gso::kNone;
}

}  // namespace

xen::PacketHeader header_of(const net::Offload& offload, std::size_t length) {
  xen::PacketHeader header;
  header.length = static_cast<std::uint16_t>(length);
  header.needs_checksum = offload.needs_checksum;
  header.checksum_valid = offload.checksum_valid && !offload.needs_checksum;
  header.gso = to_stream(offload.gso);
  header.segment_size = offload.segment_size;
  header.checksum_start = offload.checksum_start;
  header.checksum_offset = offload.checksum_offset;
  return header;
}

net::Offload offload_of(const xen::PacketHeader& header) {
  net::Offload offload;
  offload.gso = from_stream(header.gso);
  offload.segment_size = header.segment_size;
  offload.needs_checksum = header.needs_checksum;
  if (header.needs_checksum) {
    offload.checksum_start = header.checksum_start;
    offload.checksum_offset = header.checksum_offset;
  }
  return offload;
}

}  // namespace sallyport::daemon
