#include "netback/shared_ring.h"

#include <utility>

namespace sallyport::netback {
namespace {

std::uint32_t load(RingPage page, std::size_t word, std::memory_order order) {
  return std::atomic_ref(page[word]).load(order);
}

void store(RingPage page, std::size_t word, std::uint32_t value, std::memory_order order) {
  std::atomic_ref(page[word]).store(value, order);
}

}  // namespace

SharedRing::SharedRing(RingPage page, SlotWords slot_words)
    : page_(page), slot_words_(std::to_underlying(slot_words)) {
  seen_ = consumed_ = answered_ = published_ = load(page, kRspProd, std::memory_order_relaxed);
}

std::expected<std::uint32_t, RingFault> SharedRing::available() {
  const std::uint32_t produced = load(page_, kReqProd, std::memory_order_acquire);
  const std::uint32_t outstanding = produced - answered_;
  if (outstanding > kSlots || outstanding < unanswered())
    return std::unexpected(RingFault::kProducerOverrun);
  seen_ = produced;
  return available_cached();
}

void SharedRing::consume(std::uint32_t count) {
  CHECK(count <= available_cached());
  consumed_ += count;
}

bool SharedRing::publish() {
  if (answered_ == published_) return false;
  store(page_, kRspProd, answered_, std::memory_order_release);
  // The frontend sets rsp_event and then looks at rsp_prod, we do it the other way round: one of
  // the two sees what the other did (ring.h, RING_PUSH_RESPONSES_AND_CHECK_NOTIFY).
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const std::uint32_t event = load(page_, kRspEvent, std::memory_order_relaxed);
  const bool passed_event = answered_ - event < answered_ - published_;
  published_ = answered_;
  return passed_event;
}

std::expected<bool, RingFault> SharedRing::wait_for(std::uint32_t wanted) {
  CHECK(wanted > 0 && wanted <= kSlots);
  auto waiting = available();
  if (waiting && *waiting < wanted) {
    store(page_, kReqEvent, consumed_ + wanted, std::memory_order_relaxed);
    // ring.h, RING_FINAL_CHECK_FOR_REQUESTS: what came before the frontend could see the request
    // for a notification comes without one.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    waiting = available();
  }
  if (!waiting) return std::unexpected(waiting.error());
  return *waiting >= wanted;
}

std::size_t SharedRing::slot_at(std::uint32_t index, std::size_t words) const {
  CHECK(words <= slot_words_);
  return kFirstSlot + (index & (kSlots - 1)) * slot_words_;
}

}  // namespace sallyport::netback
