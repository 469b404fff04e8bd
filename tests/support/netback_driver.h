// What the xen layer does with a vif's rings, with a GuestMemory for a hypervisor: the loops of
// netback/tx_ring.h and netback/rx_ring.h.
#pragma once

#include <algorithm>
#include <expected>
#include <memory>
#include <vector>

#include "netback/rx_ring.h"
#include "netback/tx_ring.h"
#include "netfront.h"

namespace sallyport::testing {

inline constexpr netback::FrontendFeatures kAllFeatures{.sg = true,
                                                        .gso_tcpv4 = true,
                                                        .gso_tcpv6 = true,
                                                        .ipv4_csum_offload = true,
                                                        .ipv6_csum_offload = true,
                                                        .rx_notify = true};

struct TakenPacket {
  ByteVector bytes;
  netback::Offload offload;
};

class NetbackDriver {
 public:
  explicit NetbackDriver(Netfront& front, const netback::FrontendFeatures& features = kAllFeatures,
                         std::size_t pool = 4 * netback::TxRing::kMinPool)
      : front_(front), tx_(front.tx().page()), rx_(front.rx().page(), features), pool_(pool) {}

  // One batch of the guest's packets. `notifications` counts those the guest is owed.
  std::expected<std::vector<TakenPacket>, netback::RingFault> take(
      std::size_t max_packets = netback::TxBatch::kMaxSlots) {
    const auto begun = tx_.begin(tx_batch_, pool_, max_packets);
    if (!begun) return std::unexpected(begun.error());
    copies_are_sound = front_.tx_memory().run(tx_batch_.copies()) && copies_are_sound;
    tx_notifications += tx_.finish(tx_batch_);
    std::vector<TakenPacket> taken;
    for (const auto& packet : tx_batch_.packets())
      taken.push_back({{packet.bytes.begin(), packet.bytes.end()}, packet.offload});
    return taken;
  }

  // Until the ring is empty and the next request is announced.
  std::expected<std::vector<TakenPacket>, netback::RingFault> take_all() {
    std::vector<TakenPacket> all;
    for (bool more = true; more;) {
      const auto some = take();
      if (!some) return some;
      all.insert(all.end(), some->begin(), some->end());
      const auto again = tx_.rearm();
      if (!again) return std::unexpected(again.error());
      more = *again;
    }
    return all;
  }

  // Plans a frame, cut into pieces of `piece` bytes behind a first one of `first`. It must live
  // until flush().
  std::expected<netback::RxPlan, netback::RingFault> add(const ByteVector& frame,
                                                         const netback::Offload& offload = {},
                                                         std::size_t first = 0xffff,
                                                         std::size_t piece = 0xffff) {
    std::vector<base::Bytes> pieces;
    for (base::Bytes rest(frame); !rest.empty();) {
      const std::size_t size = std::min(pieces.empty() ? first : piece, rest.size());
      pieces.push_back(rest.first(size));
      rest = rest.subspan(size);
    }
    return rx_.add(rx_batch_, {.pieces = pieces, .offload = offload});
  }

  // Runs and finishes the batch.
  void flush() {
    copies_are_sound = front_.rx_memory().run(rx_batch_.copies()) && copies_are_sound;
    rx_notifications += rx_.finish(rx_batch_);
  }

  netback::TxRing& tx() { return tx_; }
  netback::RxRing& rx() { return rx_; }

  std::size_t tx_notifications = 0;
  std::size_t rx_notifications = 0;
  bool copies_are_sound = true;

 private:
  Netfront& front_;
  netback::TxRing tx_;
  netback::RxRing rx_;
  netback::TxBatch tx_batch_;
  netback::RxBatch rx_batch_;
  ByteVector pool_;
};

}  // namespace sallyport::testing
