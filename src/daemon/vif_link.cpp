#include "daemon/vif_link.h"

#include <vector>

#include "io/clock.h"
#include "net/ethernet.h"
#include "net/packet.h"
#include "net/segment.h"

namespace sallyport::daemon {
namespace {

constexpr std::size_t kEthernetHeader = net::EthernetHeader::kSize;

netback::Offload to_netback(const net::Offload& offload) {
  netback::Offload out;
  if (offload.gso == net::Gso::kTcp4) out.gso = netback::Gso::kTcp4;
  if (offload.gso == net::Gso::kTcp6) out.gso = netback::Gso::kTcp6;
  out.segment_size = offload.segment_size;
  out.blank_checksum = offload.needs_checksum;
  out.data_validated = offload.checksum_valid || offload.needs_checksum;
  return out;
}

bool is_v4(base::Bytes frame) {
  return frame.size() >= kEthernetHeader && frame[12] == 0x08;
}

}  // namespace

net::Offload offload_of(const netback::Offload& offload) {
  net::Offload out;
  if (offload.gso == netback::Gso::kTcp4) out.gso = net::Gso::kTcp4;
  if (offload.gso == netback::Gso::kTcp6) out.gso = net::Gso::kTcp6;
  out.segment_size = offload.segment_size;
  out.needs_checksum = offload.blank_checksum || offload.gso != netback::Gso::kNone;
  return out;
}

bool VifLink::takes(const net::Offload& offload, bool v4) const {
  if (offload.gso == net::Gso::kUdp) return false;
  if (offload.gso != net::Gso::kNone)
    return features_.sg && features_.accepts(to_netback(offload).gso);
  return !offload.needs_checksum ||
         (v4 ? features_.ipv4_csum_offload : features_.ipv6_csum_offload);
}

void VifLink::deliver(const gateway::InsideBatch& batch,
                      std::span<const gateway::InsideBatch::Frame> frames) {
  const base::Instant now = io::read_clock().mono;
  for (const gateway::InsideBatch::Frame& frame : frames) {
    const auto pieces = batch.pieces_of(frame);
    if (takes(frame.offload, is_v4(pieces.front()))) {
      backend_.send(now, vif_, {pieces, to_netback(frame.offload)});
    } else {
      send_finished(pieces, frame.offload);
    }
  }
  backend_.flush();
}

std::optional<RingStatus> VifLink::rings() const {
  RingStatus all;
  backend_.each_queue(vif_, [&all](const xen::VifQueue& queue) {
    all.tx += queue.tx_counters();
    all.rx += queue.rx_counters();
  });
  return all;
}

void VifLink::send_finished(std::span<const base::Bytes> pieces, const net::Offload& offload) {
  std::vector<std::uint8_t> whole;
  for (const base::Bytes piece : pieces) whole.insert(whole.end(), piece.begin(), piece.end());
  const base::MutableBytes frame(whole);
  const auto packet = net::parse_packet(frame.subspan(kEthernetHeader), offload);
  if (!packet) return;
  const net::Segmenter segments(*packet);
  const base::Instant now = io::read_clock().mono;
  for (std::size_t i = 0; i < segments.count(); ++i) {
    std::vector<std::uint8_t> segment(frame.begin(), frame.begin() + kEthernetHeader);
    segment.resize(kEthernetHeader + segments.size(i));
    segments.write(i, base::MutableBytes(segment).subspan(kEthernetHeader));
    const base::Bytes piece(segment);
    backend_.send(now, vif_, {std::span(&piece, 1), {}});
    backend_.flush();
  }
}

}  // namespace sallyport::daemon
