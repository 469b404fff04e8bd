#include "net/merge.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "net/checksum_update.h"
#include "net/ip_builder.h"
#include "net/ports.h"
#include "net/transport_checksum.h"

namespace sallyport::net {
namespace {

using base::load_u16;
using base::load_u32;
using base::store_u16;

constexpr std::uint8_t kEndOfRun = TcpFlags::kPsh | TcpFlags::kFin;

// Plain data. Urgent data, resets, handshakes and the sender's CWR keep the places they have.
bool is_data_segment(const TcpFacts& tcp) {
  constexpr std::uint8_t kAllowed = TcpFlags::kAck | TcpFlags::kEce | kEndOfRun;
  return tcp.has(TcpFlags::kAck) && (tcp.flags & ~kAllowed) == 0;
}

// Without bytes behind it, which nobody would get to see. Answers to look-ups come one by one, and
// who asked may want each by itself.
bool is_whole_datagram(const Packet& packet) {
  return load_u16(packet.bytes, packet.transport_at + std::size_t{4}) ==
             packet.transport_length() &&
         packet.source_port != kDnsPort;
}

// What can be in a run at all. IP options and extension headers are too rare to be worth comparing.
bool is_candidate(const Packet& packet) {
  return !packet.is_fragment() && packet.transport_at == ip_header_size(packet.is_v4()) &&
         packet.payload_length() != 0 && packet.offload.gso == Gso::kNone &&
         !packet.offload.needs_checksum &&
         (packet.is_tcp() ? is_data_segment(packet.tcp) : is_whole_datagram(packet));
}

// Everything that a super-packet's one header has to say for both: all of the TCP header but
// sequence number, checksum and the flags that end a run.
bool same_tcp_header(base::Bytes one, base::Bytes other) {
  constexpr std::uint32_t kFlagsThatMayDiffer = std::uint32_t{kEndOfRun} << 16;
  return load_u32(one, 8) == load_u32(other, 8) &&
         ((load_u32(one, 12) ^ load_u32(other, 12)) & ~kFlagsThatMayDiffer) == 0 &&
         load_u16(one, 18) == load_u16(other, 18) &&
         std::ranges::equal(one.subspan(20), other.subspan(20));
}

// The run it starts can go on, and be split again by our own rules.
bool may_open(const Packet& candidate) {
  return candidate.is_udp() || ((candidate.tcp.flags & kEndOfRun) == 0 &&
                                candidate.payload_length() >= Offload::kMinTcpSegment);
}

base::Bytes tcp_header(const Packet& packet) {
  return packet.bytes.subspan(packet.transport_at, packet.payload_at - packet.transport_at);
}

Gso gso_of(const Packet& packet) {
  if (packet.is_udp()) return Gso::kUdp;
  return packet.is_v4() ? Gso::kTcp4 : Gso::kTcp6;
}

}  // namespace

void MergedRun::open(const Packet& segment) {
  packet_ = segment;
  count_ = 0;
  step_ = segment.payload_length();
  next_sequence_ = segment.tcp.sequence + step_;
  ended_ = false;
}

bool MergedRun::is_flow_of(const Packet& segment) const {
  return packet_.protocol == segment.protocol && packet_.source_port == segment.source_port &&
         packet_.destination_port == segment.destination_port && packet_.source == segment.source &&
         packet_.destination == segment.destination;
}

bool MergedRun::continues_with(const Packet& segment) const {
  if (segment.payload_length() > step_) return false;
  if (packet_.length + segment.payload_length() > Packet::kMaxLength) return false;
  if (packet_.ttl != segment.ttl || packet_.traffic_class != segment.traffic_class) return false;
  if (packet_.is_v4()) {
    if (packet_.dont_fragment != segment.dont_fragment) return false;
    // Splitting counts identifications up. Where fragmenting is forbidden they mean nothing (RFC
    // 6864 4.1).
    const auto next_id = static_cast<std::uint16_t>(packet_.fragment.id + count_ + 1);
    if (!packet_.dont_fragment && segment.fragment.id != next_id) return false;
  } else if (load_u32(packet_.bytes, 0) != load_u32(segment.bytes, 0)) {
    return false;  // another flow label
  }
  return packet_.is_udp() || continues_stream(segment);
}

bool MergedRun::continues_stream(const Packet& segment) const {
  if (segment.tcp.sequence != next_sequence_) return false;
  const base::Bytes header = tcp_header(segment);
  return header.size() == tcp_header(packet_).size() &&
         same_tcp_header(tcp_header(packet_), header);
}

void MergedRun::append(const Packet& segment) {
  const base::Bytes payload = segment.payload();
  payloads_[count_++] = payload;
  packet_.length += segment.payload_length();
  next_sequence_ += segment.payload_length();
  packet_.tcp.flags |= segment.tcp.flags & kEndOfRun;
  ended_ = payload.size() < step_ || (segment.tcp.flags & kEndOfRun) != 0;
}

bool MergedRun::is_complete() const {
  return ended_ || count_ == payloads_.size();
}

void MergedRun::close() {
  if (count_ == 0) return;
  const base::MutableBytes bytes = packet_.bytes;
  if (packet_.is_v4()) {
    ChecksumUpdate update;
    update.replace_u16(load_u16(bytes, 2), static_cast<std::uint16_t>(packet_.length));
    store_u16(bytes, 2, static_cast<std::uint16_t>(packet_.length));
    store_u16(bytes, 10, update.applied_to(load_u16(bytes, 10)));
  } else {
    store_u16(bytes, 4, static_cast<std::uint16_t>(packet_.transport_length()));
  }
  const bool udp = packet_.is_udp();
  packet_.offload = {.gso = gso_of(packet_),
                     .segment_size = static_cast<std::uint16_t>(step_),
                     .needs_checksum = true,
                     .checksum_start = packet_.transport_at,
                     .checksum_offset = static_cast<std::uint16_t>(udp ? 6 : 16)};
  const base::MutableBytes transport = bytes.subspan(packet_.transport_at);
  if (udp) {
    store_u16(transport, 4, static_cast<std::uint16_t>(packet_.transport_length()));
  } else {
    transport[13] = packet_.tcp.flags;
  }
  store_u16(transport, packet_.offload.checksum_offset, pseudo_header_of(packet_).folded());
}

std::uint8_t Merger::Slots::take(std::size_t position) {
  CHECK(position < size_);
  const std::uint8_t slot = slots_[position];
  std::ranges::copy(all().subspan(position + 1),
                    slots_.begin() + static_cast<std::ptrdiff_t>(position));
  --size_;
  return slot;
}

Merger::Merger() {
  for (std::uint8_t slot = 0; slot < runs_.size(); ++slot) free_.push(slot);
}

bool Merger::add(Packet& packet) {
  CHECK(ready_.empty());
  release_given();
  if (!takes(packet)) return false;
  const bool mergeable = is_candidate(packet) && transport_checksum_is_correct(packet);
  if (mergeable) packet.offload.checksum_valid = true;
  const auto open = open_.all();
  const auto found =
      std::ranges::find_if(open, [&](std::uint8_t slot) { return runs_[slot].is_flow_of(packet); });
  if (found != open.end()) {
    MergedRun& run = runs_[*found];
    const bool taken = mergeable && run.continues_with(packet);
    if (taken) run.append(packet);
    if (!taken || run.is_complete()) close(static_cast<std::size_t>(found - open.begin()));
    if (taken) return true;
  }
  if (!mergeable || !may_open(packet)) return false;
  if (open_.full()) close(0);
  const std::uint8_t slot = free_.take(0);
  runs_[slot].open(packet);
  open_.push(slot);
  return true;
}

void Merger::flush() {
  while (!open_.empty()) close(0);
}

MergedRun* Merger::next() {
  release_given();
  if (ready_.empty()) return nullptr;
  given_ = ready_.take(0);
  return &runs_[*given_];
}

void Merger::close(std::size_t position) {
  const std::uint8_t slot = open_.take(position);
  runs_[slot].close();
  ready_.push(slot);
}

void Merger::release_given() {
  if (!given_) return;
  free_.push(*given_);
  given_.reset();
}

}  // namespace sallyport::net
