#include "net/segment.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "net/checksum.h"
#include "net/ip_builder.h"
#include "net/transport_checksum.h"

namespace sallyport::net {
namespace {

using base::store_u16;
using base::store_u32;

}  // namespace

Segmenter::Segmenter(const Packet& packet, std::span<const base::Bytes> rest)
    : packet_(packet), rest_(rest), step_(packet.payload_length()), count_(1) {
  CHECK(!rest.empty() || packet.bytes.size() == packet.length);
  if (packet.offload.gso == Gso::kNone) return;
  step_ = packet.offload.segment_size;
  count_ = rest.empty() ? (packet.payload_length() + step_ - 1) / step_ : 1 + rest.size();
}

base::Bytes Segmenter::payload(std::size_t index) const {
  CHECK(index < count_);
  // The pieces of a run are segments already.
  if (!rest_.empty()) return index == 0 ? base::Bytes(packet_.payload()) : rest_[index - 1];
  const base::Bytes all = packet_.payload();
  const std::size_t at = index * step_;
  return all.subspan(at, std::min(step_, all.size() - at));
}

void Segmenter::write(std::size_t index, base::MutableBytes out) const {
  const std::size_t header = packet_.payload_at;
  const base::Bytes data = payload(index);
  const base::MutableBytes segment = out.first(header + data.size());
  base::copy_bytes(packet_.bytes.first(header), segment);
  base::copy_bytes(data, segment.subspan(header));
  if (packet_.offload.gso != Gso::kNone) write_segment_header(index, segment);
  if (packet_.offload.needs_checksum) write_transport_checksum(segment, packet_);
}

// As if the sender had sent this segment alone.
void Segmenter::write_segment_header(std::size_t index, base::MutableBytes segment) const {
  if (packet_.is_v4()) {
    store_u16(segment, 2, static_cast<std::uint16_t>(segment.size()));
    store_u16(segment, 4, static_cast<std::uint16_t>(packet_.fragment.id + index));
    store_u16(segment, 10, 0);
    store_u16(segment, 10, internet_checksum(segment.first(packet_.transport_at)));
  } else {
    store_u16(segment, 4,
              static_cast<std::uint16_t>(segment.size() - ip_header_size(/*v4=*/false)));
  }
  const base::MutableBytes transport = segment.subspan(packet_.transport_at);
  if (packet_.is_udp()) {
    store_u16(transport, 4, static_cast<std::uint16_t>(transport.size()));
    return;
  }
  store_u32(transport, 4, packet_.tcp.sequence + static_cast<std::uint32_t>(index * step_));
  std::uint8_t flags = packet_.tcp.flags;
  // RFC 3168 6.1.2: the window was reduced once. What ends the data belongs behind its last byte.
  if (index != 0) flags &= static_cast<std::uint8_t>(~TcpFlags::kCwr);
  if (index + 1 != count_) flags &= static_cast<std::uint8_t>(~(TcpFlags::kFin | TcpFlags::kPsh));
  transport[13] = flags;
}

void finish_checksum(Packet& packet) {
  CHECK(packet.offload.gso == Gso::kNone && packet.bytes.size() == packet.length);
  if (!packet.offload.needs_checksum) return;
  write_transport_checksum(packet.bytes, packet);
  packet.offload = {.checksum_valid = true};
}

}  // namespace sallyport::net
