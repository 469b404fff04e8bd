#include "netback/tx_ring.h"

#include <algorithm>

#include "base/check.h"
#include "netback/tx_chain.h"

namespace sallyport::netback {
namespace {

constexpr std::size_t aligned(std::size_t size) {
  return (size + TxRing::kPoolAlignment - 1) / TxRing::kPoolAlignment * TxRing::kPoolAlignment;
}

}  // namespace

std::expected<void, RingFault> TxRing::begin(TxBatch& batch, base::MutableBytes pool,
                                             std::size_t max_packets) {
  CHECK(pool.size() >= kMinPool && max_packets > 0);
  batch.clear();
  if (fault_) return std::unexpected(*fault_);
  CHECK(ring_.unanswered() == 0);
  if (const auto waiting = ring_.available(); !waiting) return fail(batch, waiting.error());

  TxChain chain;
  std::size_t pool_used = 0;
  for (std::size_t taken = 0; taken < max_packets && ring_.available_cached() > 0; ++taken) {
    const auto first = ring_.peek<TxRequest>(0);
    if (first.size > pool.size() - pool_used) break;
    const auto fault =
        chain.read(ring_, first, std::span(batch.responses_).subspan(batch.slot_count_));
    if (fault) return fail(batch, *fault);
    ring_.consume(static_cast<std::uint32_t>(chain.slot_count()));
    if (chain.refusal()) {
      counters_.refused.add(*chain.refusal());
    } else {
      batch.add_packet(chain, pool.subspan(pool_used, chain.size()));
      pool_used = std::min(pool_used + aligned(chain.size()), pool.size());
    }
    batch.slot_count_ += chain.slot_count();
  }
  return {};
}

bool TxRing::finish(TxBatch& batch) {
  if (batch.empty()) return false;
  CHECK(!fault_ && ring_.unanswered() == batch.slot_count_);
  ++counters_.batches;
  counters_.slots += batch.slot_count_;
  counters_.copies += batch.copy_count_;
  const std::size_t failed = batch.settle_packets();
  counters_.refused.add(TxRefusal::kCopyFailed, failed);
  for (const TxBatch::Packet& packet : batch.packets()) counters_.bytes += packet.bytes.size();
  counters_.packets += batch.packet_count_;
  for (const TxResponse& response : std::span(batch.responses_).first(batch.slot_count_))
    ring_.respond(response);
  batch.slot_count_ = batch.copy_count_ = 0;
  const bool notify = ring_.publish();
  counters_.notifications += notify;
  return notify;
}

std::expected<bool, RingFault> TxRing::rearm() {
  if (!fault_) {
    const auto more = ring_.wait_for(1);
    if (more) return more;
    fault_ = more.error();
  }
  return std::unexpected(*fault_);
}

std::expected<bool, RingFault> TxRing::has_requests() {
  if (!fault_) {
    const auto waiting = ring_.available();
    if (waiting) return *waiting > 0;
    fault_ = waiting.error();
  }
  return std::unexpected(*fault_);
}

std::unexpected<RingFault> TxRing::fail(TxBatch& batch, RingFault fault) {
  batch.clear();
  fault_ = fault;
  return std::unexpected(fault);
}

}  // namespace sallyport::netback
