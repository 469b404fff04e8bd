#include "daemon/vnet_offload.h"

namespace sallyport::daemon {
namespace {

using io::VnetHeader;

constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;

net::Gso to_gso(VnetHeader::Gso gso) {
  switch (gso) {
    case VnetHeader::Gso::kTcp4:
      return net::Gso::kTcp4;
    case VnetHeader::Gso::kTcp6:
      return net::Gso::kTcp6;
    case VnetHeader::Gso::kUdp:
      return net::Gso::kUdp;
    case VnetHeader::Gso::kUdpOld:  // not offered, so never used
    case VnetHeader::Gso::kNone:
      break;
  }
  return net::Gso::kNone;
}

VnetHeader::Gso from_gso(net::Gso gso) {
  switch (gso) {
    case net::Gso::kNone:
      return VnetHeader::Gso::kNone;
    case net::Gso::kTcp4:
      return VnetHeader::Gso::kTcp4;
    case net::Gso::kTcp6:
      return VnetHeader::Gso::kTcp6;
    case net::Gso::kUdp:
      return VnetHeader::Gso::kUdp;
  }
  return VnetHeader::Gso::kNone;
}

}  // namespace

net::Offload offload_of(const VnetHeader& header, std::size_t link_header) {
  net::Offload offload;
  offload.gso = to_gso(header.gso);
  offload.segment_size = offload.gso == net::Gso::kNone ? std::uint16_t{0} : header.segment_size;
  offload.needs_checksum = header.needs_checksum;
  if (header.needs_checksum && header.checksum_start >= link_header) {
    offload.checksum_start = static_cast<std::uint16_t>(header.checksum_start - link_header);
    offload.checksum_offset = header.checksum_offset;
  }
  return offload;
}

VnetHeader vnet_header_of(const net::Offload& offload, std::size_t link_header) {
  VnetHeader header;
  header.gso = from_gso(offload.gso);
  header.segment_size = offload.segment_size;
  header.needs_checksum = offload.needs_checksum;
  header.checksum_valid = offload.checksum_valid && !offload.needs_checksum;
  if (offload.needs_checksum) {
    header.checksum_start = static_cast<std::uint16_t>(offload.checksum_start + link_header);
    header.checksum_offset = offload.checksum_offset;
  }
  // What stands before the payload. The kernel only takes it as a hint.
  if (offload.gso != net::Gso::kNone) {
    const std::size_t transport = offload.gso == net::Gso::kUdp ? kUdpHeader : kTcpHeader;
    header.header_length =
        static_cast<std::uint16_t>(link_header + offload.checksum_start + transport);
  }
  return header;
}

}  // namespace sallyport::daemon
