#include "netback/rx_ring.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "netback/rx_pieces.h"

namespace sallyport::netback {
namespace {

constexpr std::size_t kEtherTypeOffset = 12;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;

std::size_t size_of(const RxFrame& frame) {
  CHECK(!frame.pieces.empty() && frame.pieces.size() <= RxBatch::kMaxPieces);
  CHECK(frame.pieces.front().size() >= kEthernetHeader);
  CHECK(frame.offload.gso == Gso::kNone ||
        (frame.offload.segment_size > 0 && frame.offload.blank_checksum));
  std::size_t bytes = 0;
  for (const base::Bytes piece : frame.pieces) {
    CHECK(!piece.empty());
    bytes += piece.size();
  }
  return bytes;
}

std::uint16_t flags_of(const Offload& offload, bool first, bool more) {
  unsigned flags = more ? RxFlags::kMoreData : 0;
  if (first) {
    // As xen-netback has it: what is left blank is vouched for as well.
    if (offload.blank_checksum) flags |= RxFlags::kCsumBlank | RxFlags::kDataValidated;
    if (offload.data_validated) flags |= RxFlags::kDataValidated;
    if (offload.gso != Gso::kNone) flags |= RxFlags::kExtraInfo;
  }
  return static_cast<std::uint16_t>(flags);
}

std::size_t pages_for(std::size_t bytes) {
  return (bytes + kPageSize - 1) / kPageSize;
}

}  // namespace

std::uint32_t RxRing::slots_for(std::size_t frame_bytes, const Offload& offload) {
  return static_cast<std::uint32_t>(pages_for(frame_bytes) + (offload.gso != Gso::kNone));
}

std::optional<RxRefusal> RxRing::refusal_of(const RxFrame& frame, std::size_t bytes) const {
  if (bytes > kMaxRxFrame) return RxRefusal::kTooLong;
  if (bytes > kPageSize && !features_.sg) return RxRefusal::kNeedsSg;
  if (!features_.accepts(frame.offload.gso)) return RxRefusal::kNeedsGso;
  if (frame.offload.blank_checksum && frame.offload.gso == Gso::kNone) {
    const bool v6 = base::load_u16(frame.pieces.front(), kEtherTypeOffset) == kEtherTypeIpv6;
    if (v6 ? !features_.ipv6_csum_offload : !features_.ipv4_csum_offload)
      return RxRefusal::kNeedsCsum;
  }
  return std::nullopt;
}

std::expected<RxPlan, RingFault> RxRing::add(RxBatch& batch, const RxFrame& frame) {
  if (fault_) return std::unexpected(*fault_);
  CHECK(ring_.unanswered() == batch.slot_count_);
  const std::size_t bytes = size_of(frame);
  if (const auto refusal = refusal_of(frame, bytes)) {
    counters_.refused.add(*refusal);
    return RxPlan::kRefused;
  }
  if (batch.copy_count_ + frame.pieces.size() + pages_for(bytes) > RxBatch::kMaxCopies)
    return RxPlan::kBatchFull;
  const std::uint32_t slots = slots_for(bytes, frame.offload);
  if (ring_.available_cached() < slots) {
    const auto posted = ring_.available();
    if (!posted) {
      batch.clear();
      fault_ = posted.error();
      return std::unexpected(*fault_);
    }
    if (*posted < slots) return RxPlan::kNoSlots;
  }
  plan(batch, frame, bytes);
  return RxPlan::kPlanned;
}

void RxRing::plan(RxBatch& batch, const RxFrame& frame, std::size_t bytes) {
  batch.open_frame(bytes);
  RxPieces pieces(frame.pieces);
  for (std::size_t left = bytes; left > 0;) {
    const auto request = ring_.peek<RxRequest>(0);
    ring_.consume(1);
    const std::size_t size = std::min(left, kPageSize);
    left -= size;
    const bool first = left + size == bytes;
    batch.add_page(request, pieces, size, flags_of(frame.offload, first, left > 0));
    if (first && frame.offload.gso != Gso::kNone) {
      // The slot's page stays unused; the frontend posts it again.
      ring_.consume(1);
      batch.add_gso(frame.offload);
    }
  }
}

bool RxRing::finish(RxBatch& batch) {
  if (batch.empty()) return false;
  CHECK(!fault_ && ring_.unanswered() == batch.slot_count_);
  ++counters_.batches;
  counters_.slots += batch.slot_count_;
  counters_.copies += batch.copy_count_;
  for (const RxBatch::Frame& frame : std::span(batch.frames_).first(batch.frame_count_)) {
    if (batch.settle(frame)) {
      ++counters_.packets;
      counters_.bytes += frame.bytes;
    } else {
      counters_.refused.add(RxRefusal::kCopyFailed);
    }
  }
  for (const RxBatch::Slot& slot : std::span(batch.slots_).first(batch.slot_count_))
    std::visit([this](const auto& content) { ring_.respond(content); }, slot);
  batch.clear();
  const bool notify = ring_.publish();
  counters_.notifications += notify;
  return notify;
}

std::expected<bool, RingFault> RxRing::wait_for(std::uint32_t slots) {
  if (!fault_) {
    const auto enough = ring_.wait_for(slots);
    if (enough) return enough;
    fault_ = enough.error();
  }
  return std::unexpected(*fault_);
}

}  // namespace sallyport::netback
