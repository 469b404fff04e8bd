// The ring by which a guest receives (xen/io/netif.h, "Guest receive"): it posts pages, we fill
// them. One round:
//
//   add(batch, frame)       for each frame: plans the copies into the pages posted
//   (the caller runs batch.copies() in one call)
//   finish(batch)           answers the guest; true: notify it, once
//
// Which of a vif's rings carries a frame is the sender's business (netif.h, "Multiple transmit and
// receive queues"); what keeps a flow's order is to stay with one.
//
// A fault is for good: every later call gives the same one. The caller shuts the vif.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "netback/frontend_features.h"
#include "netback/offload.h"
#include "netback/ring_fault.h"
#include "netback/rx_batch.h"
#include "netback/rx_counters.h"
#include "netback/shared_ring.h"

namespace sallyport::netback {

// A frame in pieces, in order. The first begins with the whole Ethernet header; none is empty; they
// are 1 to RxBatch::kMaxPieces.
struct RxFrame {
  std::span<const base::Bytes> pieces;
  Offload offload;
};

enum class RxPlan : std::uint8_t {
  kPlanned,
  // The guest has not posted enough: keep the frame and wait_for() its slots, or drop() it.
  kNoSlots,
  // The batch is: run and finish it, then add the frame again.
  kBatchFull,
  // This guest can not be given this frame; counted.
  kRefused,
};

class RxRing {
 public:
  // Picks up where the ring's last published response left it. The page outlives the ring.
  RxRing(RingPage page, const FrontendFeatures& features)
      : ring_(page, SharedRing::SlotWords::kRx), features_(features) {}

  // The slots a frame takes: one per started page, one more for a super-packet.
  static std::uint32_t slots_for(std::size_t frame_bytes, const Offload& offload);

  // Adds a frame to a batch that is empty or was filled from this ring only. The pieces stay as
  // they are until finish().
  std::expected<RxPlan, RingFault> add(RxBatch& batch, const RxFrame& frame);

  // Answers for every slot of the batch, after its copies ran, and empties it. A slot whose copy
  // failed is answered with NETIF_RSP_ERROR, upon which the guest drops that frame. True: notify
  // the guest. An empty batch is fine.
  bool finish(RxBatch& batch);

  // Asks for a notification once `slots` (1 to SharedRing::kSlots) pages are posted. True: they are
  // already. Only a frontend with rx_notify keeps that promise; for another, drop() the frame or
  // come back by a timer.
  std::expected<bool, RingFault> wait_for(std::uint32_t slots);

  // Counts a frame that the caller gives up.
  void drop() { counters_.refused.add(RxRefusal::kNoSlots); }

  const RxCounters& counters() const { return counters_; }

 private:
  std::optional<RxRefusal> refusal_of(const RxFrame& frame, std::size_t bytes) const;
  void plan(RxBatch& batch, const RxFrame& frame, std::size_t bytes);

  SharedRing ring_;
  FrontendFeatures features_;
  RxCounters counters_;
  std::optional<RingFault> fault_;
};

}  // namespace sallyport::netback
