#include "netback/tx_chain.h"

namespace sallyport::netback {
namespace {

// Each type there is, once.
constexpr std::size_t kMaxExtras = 4;

bool crosses_page(const TxRequest& request) {
  return std::size_t{request.offset} + request.size > kPageSize;
}

}  // namespace

std::optional<RingFault> TxChain::read(const SharedRing& ring, const TxRequest& first,
                                       std::span<TxResponse> responses) {
  parts_[0] = first;
  part_count_ = data_slots_ = slot_count_ = 1;
  size_ = first.size;
  later_sizes_ = 0;
  multicast_control_ = false;
  refusal_.reset();
  offload_ = {.gso = Gso::kNone,
              .segment_size = 0,
              .blank_checksum = (first.flags & TxFlags::kCsumBlank) != 0,
              .data_validated = (first.flags & TxFlags::kDataValidated) != 0};
  responses[0] = {.id = first.id, .status = RspStatus::kOkay};

  std::optional<RingFault> fault;
  if ((first.flags & TxFlags::kExtraInfo) != 0) fault = read_extras(ring, responses);
  if (!fault && (first.flags & TxFlags::kMoreData) != 0) fault = read_more(ring, responses);
  if (!fault) fault = judge();
  if (!fault && refusal_) {
    for (TxResponse& response : responses.first(slot_count_))
      if (response.status == RspStatus::kOkay) response.status = RspStatus::kError;
  }
  return fault;
}

std::optional<RingFault> TxChain::read_extras(const SharedRing& ring,
                                              std::span<TxResponse> responses) {
  for (std::size_t count = 1;; ++count) {
    if (count > kMaxExtras) return RingFault::kTooManyExtras;
    if (slot_count_ >= ring.available_cached()) return RingFault::kIncompletePacket;
    const auto slot = ring.peek<TxExtraSlot>(static_cast<std::uint32_t>(slot_count_));
    // The slot has no id, and the frontend skips its response (netif.h, "Extra Info").
    responses[slot_count_++] = {.id = 0, .status = RspStatus::kNull};
    if (const auto fault = take_extra(slot.extra)) return fault;
    if ((slot.extra.flags & kExtraMore) == 0) return std::nullopt;
  }
}

std::optional<RingFault> TxChain::take_extra(const ExtraInfo& extra) {
  switch (extra.type) {
    case ExtraType::kGso:
      if (extra.gso_size == 0) return RingFault::kGsoSize;
      if (extra.gso_type != GsoType::kTcp4 && extra.gso_type != GsoType::kTcp6)
        return RingFault::kGsoType;
      offload_.gso = extra.gso_type == GsoType::kTcp4 ? Gso::kTcp4 : Gso::kTcp6;
      offload_.segment_size = extra.gso_size;
      return std::nullopt;
    case ExtraType::kMcastAdd:
    case ExtraType::kMcastDel:
      multicast_control_ = true;
      return std::nullopt;
    case ExtraType::kHash:  // a hint for a queue that we do not pick by it
      return std::nullopt;
    default:
      return RingFault::kInvalidExtra;
  }
}

std::optional<RingFault> TxChain::read_more(const SharedRing& ring,
                                            std::span<TxResponse> responses) {
  for (bool more = true; more;) {
    if (slot_count_ >= ring.available_cached()) return RingFault::kIncompletePacket;
    const auto request = ring.peek<TxRequest>(static_cast<std::uint32_t>(slot_count_));
    if (crosses_page(request)) return RingFault::kCrossesPage;
    responses[slot_count_++] = {.id = request.id, .status = RspStatus::kOkay};
    ++data_slots_;
    later_sizes_ += request.size;
    // Beyond the limit the slots are only counted, and answered.
    if (part_count_ < parts_.size()) parts_[part_count_++] = request;
    more = (request.flags & TxFlags::kMoreData) != 0;
  }
  return std::nullopt;
}

std::optional<RingFault> TxChain::judge() {
  if (multicast_control_) {
    refusal_ = TxRefusal::kMulticastControl;
  } else if (data_slots_ > kMaxDataSlots) {
    refusal_ = TxRefusal::kTooManySlots;
  } else if (size_ < kEthernetHeader) {
    refusal_ = TxRefusal::kTooShort;
  } else if (later_sizes_ > size_) {
    refusal_ = TxRefusal::kSizesDisagree;
  } else {
    // netif.h: "the actual size of fragment 1 can only be determined by subtracting the sizes of
    // fragments 2..N from the total packet size".
    parts_[0].size = static_cast<std::uint16_t>(size_ - later_sizes_);
    if (crosses_page(parts_[0])) return RingFault::kCrossesPage;
  }
  return std::nullopt;
}

}  // namespace sallyport::netback
