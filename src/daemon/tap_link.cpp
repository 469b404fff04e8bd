#include "daemon/tap_link.h"

#include "base/buffer.h"
#include "net/ethernet.h"

namespace sallyport::daemon {
namespace {

using io::VnetHeader;

// virtio counts from the start of the frame, net from that of the IP header.
constexpr std::uint16_t kEthernetHeader = net::EthernetHeader::kSize;

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

net::Offload offload_of(const VnetHeader& header) {
  net::Offload offload;
  offload.gso = to_gso(header.gso);
  offload.segment_size = offload.gso == net::Gso::kNone ? 0 : header.segment_size;
  offload.needs_checksum = header.needs_checksum;
  if (header.needs_checksum && header.checksum_start >= kEthernetHeader) {
    offload.checksum_start = static_cast<std::uint16_t>(header.checksum_start - kEthernetHeader);
    offload.checksum_offset = header.checksum_offset;
  }
  return offload;
}

VnetHeader header_of(const net::Offload& offload, std::size_t header_length) {
  VnetHeader header;
  header.gso = from_gso(offload.gso);
  header.segment_size = offload.segment_size;
  header.needs_checksum = offload.needs_checksum;
  header.checksum_valid = offload.checksum_valid && !offload.needs_checksum;
  if (offload.needs_checksum) {
    header.checksum_start = static_cast<std::uint16_t>(offload.checksum_start + kEthernetHeader);
    header.checksum_offset = offload.checksum_offset;
  }
  if (offload.gso != net::Gso::kNone)
    header.header_length = static_cast<std::uint16_t>(header_length);
  return header;
}

// One frame at a time is between the kernel and the gateway.
base::MutableBytes frame_space() {
  static base::Buffer space(VnetHeader::kSize + io::TapDevice::kMaxFrame);
  return space.bytes();
}

}  // namespace

TapLink::TapLink(io::EventLoop& loop, io::TapDevice device, std::function<void(TapLink&)> readable)
    : device_(std::move(device)),
      watch_(loop, device_.fd(), io::FdWatch::Readiness::kReadable,
             [this, readable = std::move(readable)] { readable(*this); }) {}

void TapLink::read(gateway::Router& router, base::Now now, std::size_t budget) {
  for (; budget > 0; --budget) {
    if (!router.outside().has_room() || !router.inside().has_room()) return;
    const io::TapDevice::Frame frame = device_.read(frame_space());
    if (frame.bytes.empty()) return;
    router.handle_inside(now, client_, frame.bytes, offload_of(frame.header));
  }
}

void TapLink::deliver(const gateway::InsideBatch& batch,
                      std::span<const gateway::InsideBatch::Frame> frames) {
  for (const gateway::InsideBatch::Frame& frame : frames) {
    // What stands before the payload: Ethernet and the packet's own headers. The kernel only takes
    // it as a hint.
    const std::size_t headers = kEthernetHeader + frame.offload.checksum_start + 20u;
    device_.write(header_of(frame.offload, headers), batch.pieces_of(frame));
  }
}

}  // namespace sallyport::daemon
