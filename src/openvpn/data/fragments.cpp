#include "openvpn/data/fragments.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"

namespace sallyport::openvpn {
namespace {

constexpr unsigned kSequenceShift = 2;
constexpr unsigned kNumberShift = 10;
constexpr unsigned kSizeShift = 15;
constexpr std::size_t kSizeStep = 4;
constexpr std::uint32_t kSizeMask = 0x3fff;

}  // namespace

FragmentHeader FragmentHeader::parse(std::span<const std::uint8_t, kFragmentHeaderSize> bytes) {
  const std::uint32_t word = base::load_u32(bytes, 0);
  FragmentHeader header;
  header.kind = static_cast<Kind>(word & 3);
  header.sequence = static_cast<std::uint8_t>(word >> kSequenceShift);
  header.number = static_cast<std::uint8_t>(word >> kNumberShift & (kMaxFragments - 1));
  header.piece_size = static_cast<std::uint16_t>((word >> kSizeShift & kSizeMask) * kSizeStep);
  return header;
}

void FragmentHeader::write(std::span<std::uint8_t, kFragmentHeaderSize> bytes) const {
  const std::uint32_t word = static_cast<std::uint32_t>(kind) |
                             static_cast<std::uint32_t>(sequence) << kSequenceShift |
                             static_cast<std::uint32_t>(number) << kNumberShift |
                             static_cast<std::uint32_t>(piece_size / kSizeStep) << kSizeShift;
  base::store_u32(bytes, 0, word);
}

std::optional<FragmentPlan> FragmentPlan::make(std::size_t packet_size, std::size_t piece_limit,
                                               std::uint8_t sequence) {
  CHECK(piece_limit >= kSizeStep);
  FragmentPlan plan;
  plan.packet_size_ = plan.piece_size_ = packet_size;
  plan.sequence_ = sequence;
  if (packet_size <= piece_limit) return plan;
  // Pieces of about the same size, so that all of them take the same way through the network.
  const std::size_t least = (packet_size + piece_limit - 1) / piece_limit;
  const std::size_t even = (packet_size + least - 1) / least;
  plan.piece_size_ =
      std::min((even + kSizeStep - 1) / kSizeStep, piece_limit / kSizeStep) * kSizeStep;
  plan.count_ = (packet_size + plan.piece_size_ - 1) / plan.piece_size_;
  if (plan.count_ > kMaxFragments) return std::nullopt;
  return plan;
}

std::size_t FragmentPlan::size(std::size_t index) const {
  const std::size_t begin = index * piece_size_;
  return kFragmentHeaderSize + std::min(piece_size_, packet_size_ - begin);
}

void FragmentPlan::write(std::size_t index, base::Bytes packet, base::MutableBytes out) const {
  CHECK(packet.size() == packet_size_ && out.size() == size(index) && index < count_);
  FragmentHeader header;
  if (count_ > 1) {
    const bool last = index + 1 == count_;
    header.kind = last ? FragmentHeader::Kind::kLast : FragmentHeader::Kind::kNotLast;
    header.sequence = sequence_;
    header.number = static_cast<std::uint8_t>(index);
    if (last) header.piece_size = static_cast<std::uint16_t>(piece_size_);
  }
  header.write(out.first<kFragmentHeaderSize>());
  std::ranges::copy(packet.subspan(index * piece_size_, out.size() - kFragmentHeaderSize),
                    out.begin() + kFragmentHeaderSize);
}

std::expected<std::optional<base::MutableBytes>, DropReason> FragmentReassembly::add(
    base::MutableBytes plaintext) {
  // As without fragmenting, an empty packet only shows that the peer lives.
  if (plaintext.empty()) return plaintext;
  if (plaintext.size() < kFragmentHeaderSize) return std::unexpected(DropReason::kBadFragment);
  const auto header = FragmentHeader::parse(plaintext.first<kFragmentHeaderSize>());
  const base::MutableBytes rest = plaintext.subspan(kFragmentHeaderSize);
  if (header.kind == FragmentHeader::Kind::kWhole) return rest;
  if (header.kind == FragmentHeader::Kind::kTest || rest.empty())
    return std::unexpected(DropReason::kBadFragment);
  return add_piece(header, rest);
}

std::expected<std::optional<base::MutableBytes>, DropReason> FragmentReassembly::add_piece(
    const FragmentHeader& header, base::Bytes piece) {
  const bool is_last = header.kind == FragmentHeader::Kind::kLast;
  // All pieces but the last are of one size, so each of them tells it.
  const std::size_t piece_size = is_last ? header.piece_size : piece.size();
  const std::size_t begin = header.number * piece_size;
  if (piece_size == 0 || piece_size % kSizeStep != 0 || begin + piece.size() > kMaxPacket ||
      (is_last && piece.size() > piece_size)) {
    return std::unexpected(DropReason::kBadFragment);
  }
  Waiting& waiting = waiting_[header.sequence % kWaiting];
  if (!waiting.used || waiting.sequence != header.sequence || waiting.piece_size != piece_size) {
    waiting = Waiting{};
    waiting.used = true;
    waiting.sequence = header.sequence;
    waiting.piece_size = piece_size;
    waiting.bytes.resize(kMaxPacket);
  }
  const std::uint32_t bit = std::uint32_t{1} << header.number;
  if ((waiting.have & bit) != 0 || (waiting.last && (is_last || header.number > *waiting.last)))
    return std::unexpected(DropReason::kBadFragment);
  std::ranges::copy(piece, waiting.bytes.begin() + static_cast<std::ptrdiff_t>(begin));
  waiting.have |= bit;
  if (is_last) {
    waiting.last = header.number;
    waiting.size = begin + piece.size();
  }
  if (!waiting.last) return std::nullopt;
  const std::uint64_t wanted = (std::uint64_t{2} << *waiting.last) - 1;
  if (waiting.have > wanted) {
    // A piece behind the last one: these never were one packet.
    waiting = Waiting{};
    return std::unexpected(DropReason::kBadFragment);
  }
  if (waiting.have != wanted) return std::nullopt;
  const base::MutableBytes space = memory_.space();
  if (!space.empty()) base::copy_bytes(base::Bytes(waiting.bytes).first(waiting.size), space);
  const std::size_t size = waiting.size;
  waiting = Waiting{};
  if (space.empty()) return std::unexpected(DropReason::kBatchFull);
  return memory_.keep(size);
}

void FragmentReassembly::batch_done(base::Instant now) {
  for (Waiting& waiting : waiting_) {
    if (!waiting.used) continue;
    if (!waiting.since) waiting.since = now;
    if (now - *waiting.since >= kLifetime) waiting = Waiting{};
  }
}

}  // namespace sallyport::openvpn
