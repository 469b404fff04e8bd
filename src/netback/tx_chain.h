// One packet of a guest's as it lies in the Tx ring: a request, extra-infos, more requests. Each is
// copied once, and what is asked of them here is asked of the copies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "netback/offload.h"
#include "netback/ring_fault.h"
#include "netback/shared_ring.h"
#include "netback/tx_counters.h"
#include "netback/wire.h"

namespace sallyport::netback {

class TxChain {
 public:
  // Reads the packet whose first request is `first`, the ring's next one; what was read before is
  // forgotten. Writes what is owed for each of its slots, in order, to `responses`, which has room
  // for all slots that wait: kOkay, or kError for a packet that is refused. Nothing is consumed.
  std::optional<RingFault> read(const SharedRing& ring, const TxRequest& first,
                                std::span<TxResponse> responses);

  // All slots, those of extra-infos included.
  std::size_t slot_count() const { return slot_count_; }
  // Why it is not a packet that we take. Without, the parts hold exactly size() bytes, each within
  // its page.
  const std::optional<TxRefusal>& refusal() const { return refusal_; }
  std::size_t size() const { return size_; }
  const Offload& offload() const { return offload_; }
  // The requests with data, each with its own size.
  std::span<const TxRequest> parts() const { return std::span(parts_).first(part_count_); }

 private:
  std::optional<RingFault> read_extras(const SharedRing& ring, std::span<TxResponse> responses);
  std::optional<RingFault> read_more(const SharedRing& ring, std::span<TxResponse> responses);
  std::optional<RingFault> take_extra(const ExtraInfo& extra);
  std::optional<RingFault> judge();

  std::array<TxRequest, kMaxDataSlots> parts_;
  std::size_t part_count_ = 0;
  std::size_t slot_count_ = 0;
  std::size_t data_slots_ = 0;
  std::size_t size_ = 0;
  std::size_t later_sizes_ = 0;
  bool multicast_control_ = false;
  Offload offload_;
  std::optional<TxRefusal> refusal_;
};

}  // namespace sallyport::netback
