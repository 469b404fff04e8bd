#include "net/partial_datagram.h"

#include <algorithm>

#include "base/endian.h"
#include "net/checksum.h"
#include "net/ip_builder.h"
#include "net/ipv6_extension.h"

namespace sallyport::net {
namespace {

using base::store_u16;

constexpr std::size_t kFragmentHeader = 8;
constexpr std::uint8_t kNotEct = 1 << 0;
constexpr std::uint8_t kCongestionExperienced = 1 << 3;

base::Bytes data_of(const Packet& fragment) {
  return fragment.bytes.subspan(fragment.is_v4() ? fragment.transport_at
                                                 : fragment.fragment_header_at + kFragmentHeader);
}

std::uint8_t ecn_bit(const Packet& fragment) {
  return static_cast<std::uint8_t>(1 << (fragment.traffic_class & 3));
}

}  // namespace

PartialDatagram::PartialDatagram(const Packet& fragment, base::Instant deadline)
    : version_(fragment.version),
      protocol_(fragment.is_v4() ? std::optional(fragment.protocol) : std::nullopt),
      id_(fragment.fragment.id),
      source_(fragment.source),
      destination_(fragment.destination),
      deadline_(deadline) {}

bool PartialDatagram::includes(const Packet& fragment) const {
  return version_ == fragment.version && id_ == fragment.fragment.id &&
         protocol_.value_or(fragment.protocol) == fragment.protocol && source_ == fragment.source &&
         destination_ == fragment.destination;
}

std::vector<PartialDatagram::Piece>::const_iterator PartialDatagram::piece_behind(
    std::uint32_t offset) const {
  return std::ranges::upper_bound(pieces_, offset, {}, &Piece::end);
}

std::optional<ReassemblyDrop> PartialDatagram::judge(const Packet& fragment) const {
  if (dropped_) return ReassemblyDrop::kAfterDrop;
  const base::Bytes data = data_of(fragment);
  const std::uint32_t offset = fragment.fragment.offset;
  const auto end = static_cast<std::uint32_t>(offset + data.size());
  const auto behind = piece_behind(offset);
  if (behind != pieces_.end() && behind->offset < end) {
    const bool same = behind->offset == offset && std::ranges::equal(behind->data, data);
    return same ? ReassemblyDrop::kDuplicate : ReassemblyDrop::kOverlap;
  }
  const bool moves_end = end_ != 0 && (end > end_ || !fragment.fragment.more);
  const bool cuts_off = !fragment.fragment.more && behind != pieces_.end();
  if (moves_end || cuts_off) return ReassemblyDrop::kEnd;
  if (pieces_.size() == kMaxFragments) return ReassemblyDrop::kTooMany;
  const unsigned ecn = ecn_seen_ | ecn_bit(fragment);
  if ((ecn & kNotEct) != 0 && (ecn & kCongestionExperienced) != 0) {
    return ReassemblyDrop::kCongestion;
  }
  return std::nullopt;
}

void PartialDatagram::add(const Packet& fragment) {
  const base::Bytes data = data_of(fragment);
  const std::uint32_t offset = fragment.fragment.offset;
  pieces_.insert(piece_behind(offset), Piece{offset, {data.begin(), data.end()}});
  received_ += static_cast<std::uint32_t>(data.size());
  ecn_seen_ |= ecn_bit(fragment);
  if (!fragment.fragment.more) end_ = pieces_.back().end();
  if (offset != 0) return;
  const std::size_t size = fragment.is_v4() ? fragment.transport_at : fragment.fragment_header_at;
  header_.assign(fragment.bytes.begin(),
                 fragment.bytes.begin() + static_cast<std::ptrdiff_t>(size));
  if (fragment.is_v4()) return;
  next_header_ = fragment.bytes[size];
  header_[next_header_field(fragment.bytes, size)] = next_header_;
}

// No two pieces overlap and none lies behind the end, so the sizes tell.
bool PartialDatagram::is_complete() const {
  return end_ != 0 && received_ == end_;
}

std::optional<std::vector<std::uint8_t>> PartialDatagram::assemble() const {
  const std::size_t uncounted = version_ == 4 ? 0 : ip_header_size(/*v4=*/false);
  if (header_.size() - uncounted + end_ > Packet::kMaxLength) return std::nullopt;
  std::vector<std::uint8_t> packet;
  packet.reserve(header_.size() + end_);
  packet.insert(packet.end(), header_.begin(), header_.end());
  for (const Piece& piece : pieces_) {
    packet.insert(packet.end(), piece.data.begin(), piece.data.end());
  }
  if (version_ == 4) {
    write_ipv4_header(packet);
  } else {
    write_ipv6_header(packet);
  }
  return packet;
}

// RFC 3168 5.3: the mark of one fragment is the mark of the whole.
bool PartialDatagram::is_congested() const {
  return (ecn_seen_ & kCongestionExperienced) != 0;
}

void PartialDatagram::write_ipv4_header(base::MutableBytes packet) const {
  if (is_congested()) packet[1] |= 0x03;
  store_u16(packet, 2, static_cast<std::uint16_t>(packet.size()));
  store_u16(packet, 6, 0);
  store_u16(packet, 10, 0);
  store_u16(packet, 10, internet_checksum(packet.first(header_.size())));
}

void PartialDatagram::write_ipv6_header(base::MutableBytes packet) const {
  if (is_congested()) packet[1] |= 0x30;
  store_u16(packet, 4, static_cast<std::uint16_t>(packet.size() - ip_header_size(/*v4=*/false)));
}

void PartialDatagram::drop() {
  dropped_ = true;
  pieces_ = std::vector<Piece>();
  header_ = std::vector<std::uint8_t>();
}

}  // namespace sallyport::net
