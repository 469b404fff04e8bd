#include "daemon/tap_link.h"

#include "base/buffer.h"
#include "daemon/vnet_offload.h"
#include "net/ethernet.h"

namespace sallyport::daemon {
namespace {

using io::VnetHeader;

constexpr std::size_t kEthernetHeader = net::EthernetHeader::kSize;

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

InsideSource::Turn TapLink::read(gateway::Router& router, base::Now now, std::size_t budget) {
  Turn turn{.more = true};
  for (; budget > 0 && router.takes_more(); --budget) {
    const auto frame = device_.read(frame_space());
    if (!frame) gone_ = turn.gone = true;
    if (!frame || frame->bytes.empty()) {
      turn.more = false;
      break;
    }
    turn.bytes += frame->bytes.size();
    router.handle_inside(now, client_, frame->bytes, offload_of(frame->header, kEthernetHeader));
  }
  return turn;
}

void TapLink::deliver(const gateway::InsideBatch& batch,
                      std::span<const gateway::InsideBatch::Frame> frames) {
  for (const gateway::InsideBatch::Frame& frame : frames) {
    device_.write(vnet_header_of(frame.offload, kEthernetHeader), batch.pieces_of(frame));
  }
}

}  // namespace sallyport::daemon
