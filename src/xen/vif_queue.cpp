#include "xen/vif_queue.h"

namespace sallyport::xen {
namespace {

// At a ring, before it is another's turn. A correct frontend needs two; one that takes back what it
// has announced, again and again, could keep us.
constexpr std::size_t kLooks = 8;

}  // namespace

Result<VifQueue> VifQueue::open(GrantTable& grants, EventChannels& channels,
                                netback::DomainId domain, const netback::QueueDetails& details,
                                const netback::FrontendFeatures& features) {
  auto tx_page = grants.map_ring(domain, details.tx_ring);
  if (!tx_page) return std::unexpected(tx_page.error());
  auto rx_page = grants.map_ring(domain, details.rx_ring);
  if (!rx_page) return std::unexpected(rx_page.error());
  auto tx_channel = channels.bind(domain, details.tx_port);
  if (!tx_channel) return std::unexpected(tx_channel.error());
  std::optional<EventChannels::Bound> rx_channel;
  if (details.split_channels()) {
    auto bound = channels.bind(domain, details.rx_port);
    if (!bound) return std::unexpected(bound.error());
    rx_channel = std::move(*bound);
  }
  VifQueue queue(grants, domain, features.rx_notify, std::move(*tx_page), std::move(*rx_page),
                 features, std::move(*tx_channel), std::move(rx_channel));
  // A backend before us may have answered and died before it said so.
  queue.tx_channel_.notify();
  queue.notify_rx();
  return queue;
}

VifQueue::VifQueue(GrantTable& grants, netback::DomainId domain, bool rx_notify,
                   GrantTable::MappedRing tx_page, GrantTable::MappedRing rx_page,
                   const netback::FrontendFeatures& features, EventChannels::Bound tx_channel,
                   std::optional<EventChannels::Bound> rx_channel)
    : grants_(&grants),
      domain_(domain),
      rx_notify_(rx_notify),
      tx_page_(std::move(tx_page)),
      rx_page_(std::move(rx_page)),
      tx_(tx_page_.page()),
      rx_(rx_page_.page(), features),
      tx_channel_(std::move(tx_channel)),
      rx_channel_(std::move(rx_channel)) {}

std::vector<LocalPort> VifQueue::ports() const {
  std::vector<LocalPort> ports{tx_channel_.port()};
  if (rx_channel_) ports.push_back(rx_channel_->port());
  return ports;
}

std::expected<bool, netback::RingFault> VifQueue::receive(netback::TxBatch& batch,
                                                          base::MutableBytes pool,
                                                          std::size_t max_packets) {
  for (std::size_t looks = 0; looks < kLooks; ++looks) {
    if (const auto begun = tx_.begin(batch, pool, max_packets); !begun)
      return std::unexpected(begun.error());
    if (!batch.empty()) break;
    const auto more = tx_.rearm();
    if (!more) return std::unexpected(more.error());
    if (!*more) return false;
  }
  if (!batch.copies().empty()) grants_->copy_from(domain_, batch.copies());
  if (tx_.finish(batch)) tx_channel_.notify();
  return true;
}

std::expected<void, netback::RingFault> VifQueue::send(netback::RxBatch& batch,
                                                       const netback::RxFrame& frame) {
  if (backlog_.empty()) {
    const auto sent = try_send(batch, frame);
    if (!sent) return std::unexpected(sent.error());
    if (*sent) return {};
  }
  if (!backlog_.push(frame)) rx_.drop();
  return {};
}

std::expected<bool, netback::RingFault> VifQueue::try_send(netback::RxBatch& batch,
                                                           const netback::RxFrame& frame) {
  for (std::size_t looks = 0; looks < kLooks; ++looks) {
    const auto plan = rx_.add(batch, frame);
    if (!plan) return std::unexpected(plan.error());
    if (*plan == netback::RxPlan::kPlanned || *plan == netback::RxPlan::kRefused) return true;
    flush(batch);
    if (*plan == netback::RxPlan::kBatchFull) continue;
    // Without the promise of a notification there is nobody who would come back for it.
    if (!rx_notify_) {
      rx_.drop();
      return true;
    }
    std::size_t size = 0;
    for (const base::Bytes piece : frame.pieces) size += piece.size();
    const auto enough = rx_.wait_for(netback::RxRing::slots_for(size, frame.offload));
    if (!enough) return std::unexpected(enough.error());
    if (!*enough) return false;
  }
  return false;
}

void VifQueue::flush(netback::RxBatch& batch) {
  if (batch.empty()) return;
  grants_->copy_to(domain_, batch.copies());
  if (rx_.finish(batch)) notify_rx();
}

std::expected<bool, netback::RingFault> VifQueue::drain_backlog(netback::RxBatch& batch) {
  bool went = false;
  while (!backlog_.empty()) {
    const auto sent = try_send(batch, backlog_.front());
    if (!sent) return std::unexpected(sent.error());
    if (!*sent) break;
    // Its memory goes with it.
    flush(batch);
    backlog_.pop();
    went = true;
  }
  return went;
}

}  // namespace sallyport::xen
