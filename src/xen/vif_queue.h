// One queue of a connected vif: its two rings, mapped, and the channels that go with them. What the
// rings mean is netback's; here the copies are run and the guest is notified.
#pragma once

#include <expected>
#include <optional>
#include <vector>

#include "netback/frontend_details.h"
#include "netback/rx_ring.h"
#include "netback/tx_ring.h"
#include "xen/event_channels.h"
#include "xen/gnttab.h"
#include "xen/rx_backlog.h"

namespace sallyport::xen {

class VifQueue {
 public:
  static Result<VifQueue> open(GrantTable& grants, EventChannels& channels,
                               netback::DomainId domain, const netback::QueueDetails& details,
                               const netback::FrontendFeatures& features);

  // One, or two where the frontend splits them.
  std::vector<LocalPort> ports() const;
  bool is_tx_port(LocalPort port) const { return port == tx_channel_.port(); }
  bool is_rx_port(LocalPort port) const {
    return rx_channel_ ? port == rx_channel_->port() : is_tx_port(port);
  }

  // Whether requests wait.
  std::expected<bool, netback::RingFault> has_requests() { return tx_.has_requests(); }
  // Takes at most max_packets from the guest: they are batch.packets(), in `pool`. False when
  // nothing waits; the guest then notifies us of the next.
  std::expected<bool, netback::RingFault> receive(netback::TxBatch& batch, base::MutableBytes pool,
                                                  std::size_t max_packets);

  // Gives the guest a frame, now or with flush(), or keeps it until it has buffers. `batch` is
  // empty or this queue's.
  std::expected<void, netback::RingFault> send(netback::RxBatch& batch,
                                               const netback::RxFrame& frame);
  // The pieces of all frames sent may be used again after this.
  void flush(netback::RxBatch& batch);
  // The guest may have posted buffers: what waits for them goes. False: nothing went.
  std::expected<bool, netback::RingFault> drain_backlog(netback::RxBatch& batch);

  const netback::TxCounters& tx_counters() const { return tx_.counters(); }
  const netback::RxCounters& rx_counters() const { return rx_.counters(); }

 private:
  VifQueue(GrantTable& grants, netback::DomainId domain, bool rx_notify,
           GrantTable::MappedRing tx_page, GrantTable::MappedRing rx_page,
           const netback::FrontendFeatures& features, EventChannels::Bound tx_channel,
           std::optional<EventChannels::Bound> rx_channel);
  // Whether it is on its way; false: the guest has no buffers and will say when.
  std::expected<bool, netback::RingFault> try_send(netback::RxBatch& batch,
                                                   const netback::RxFrame& frame);
  void notify_rx() const { rx_channel_ ? rx_channel_->notify() : tx_channel_.notify(); }

  GrantTable* grants_;
  netback::DomainId domain_;
  bool rx_notify_;
  GrantTable::MappedRing tx_page_;
  GrantTable::MappedRing rx_page_;
  netback::TxRing tx_;
  netback::RxRing rx_;
  EventChannels::Bound tx_channel_;
  std::optional<EventChannels::Bound> rx_channel_;  // empty: the same as tx
  RxBacklog backlog_;
};

}  // namespace sallyport::xen
