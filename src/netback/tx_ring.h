// The ring by which a guest sends (xen/io/netif.h, "Guest transmit"). One round, on a notification
// or when work is known to wait:
//
//   begin(batch, pool)      takes requests off the ring and says what to copy
//   (the caller runs batch.copies() in one call)
//   finish(batch)           answers the guest; true: notify it, once
//   batch.packets()         go their way; the pool is used again by the next begin()
//
// until begin() leaves the batch empty; then rearm(), and again if that says so. Who must stop
// before the ring is empty does not call rearm(): the guest then sends no notification, and whoever
// stopped comes back by itself. Also once after connecting, notifying the guest whatever finish()
// says: a backend that died may have answered and not said so.
//
// A fault is for good: every later call gives the same one. The caller shuts the vif.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>

#include "base/bytes.h"
#include "netback/ring_fault.h"
#include "netback/shared_ring.h"
#include "netback/tx_batch.h"
#include "netback/tx_counters.h"

namespace sallyport::netback {

class TxRing {
 public:
  // In the pool, packets start at multiples of this.
  static constexpr std::size_t kPoolAlignment = 64;
  // What a pool must have to take any one packet.
  static constexpr std::size_t kMinPool = kMaxTxFrame + kPoolAlignment;

  // Picks up where the ring's last published response left it. The page outlives the ring.
  explicit TxRing(RingPage page) : ring_(page, SharedRing::SlotWords::kTx) {}

  // Fills `batch` with whole packets, at most max_packets (at least 1) and as many as `pool`, of at
  // least kMinPool bytes, can hold; refused ones count too. A packet that does not fit is left for
  // the next round. The batch is empty when nothing waits. After a fault it is empty as well, and
  // what was taken is never answered. The batch before was finished, or this is a new ring.
  std::expected<void, RingFault> begin(TxBatch& batch, base::MutableBytes pool,
                                       std::size_t max_packets = TxBatch::kMaxSlots);

  // Answers every request of the batch that begin() filled from this ring, after its copies ran,
  // and leaves the packets that came whole. True: notify the guest. An empty batch is fine.
  bool finish(TxBatch& batch);

  // Asks for a notification of the next request. True: there is one already, go round again.
  std::expected<bool, RingFault> rearm();

  // Whether requests wait; asks for nothing.
  std::expected<bool, RingFault> has_requests();

  const TxCounters& counters() const { return counters_; }

 private:
  std::unexpected<RingFault> fail(TxBatch& batch, RingFault fault);

  SharedRing ring_;
  TxCounters counters_;
  std::optional<RingFault> fault_;
};

}  // namespace sallyport::netback
