// The backend's end of one shared ring (xen/io/ring.h). The page belongs to the frontend, which may
// write to any byte of it at any time: an index is read once per decision, a request is copied once
// and only the copy is looked at, and nothing that we wrote there is ever read back. There is one
// frontend and one backend to a ring, and one thread of ours.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "base/check.h"
#include "netback/ring_fault.h"
#include "netback/wire.h"

namespace sallyport::netback {

// A mapped ring page, as words. Outlives every ring made of it.
using RingPage = std::span<std::uint32_t, kPageSize / sizeof(std::uint32_t)>;

class SharedRing {
 public:
  // Both netif rings have this many slots: what fits behind the header, rounded down to a power of
  // two.
  static constexpr std::uint32_t kSlots = 256;
  // The header's words: req_prod, req_event, rsp_prod, rsp_event, then padding up to the slots.
  static constexpr std::size_t kReqProd = 0;
  static constexpr std::size_t kReqEvent = 1;
  static constexpr std::size_t kRspProd = 2;
  static constexpr std::size_t kRspEvent = 3;
  static constexpr std::size_t kFirstSlot = 16;

  enum class SlotWords : std::uint8_t { kTx = 3, kRx = 2 };

  // Starts behind the last published response. On a ring that is new to both ends that is 0; on one
  // that a former backend left it repeats what that one took and did not answer, which is all
  // that a frontend can be owed.
  SharedRing(RingPage page, SlotWords slot_words);

  // Requests that wait. Reads req_prod, with acquire.
  std::expected<std::uint32_t, RingFault> available();
  // The same without looking: what the last look left. Never more than available().
  std::uint32_t available_cached() const { return seen_ - consumed_; }

  // A private copy of the request `ahead` places behind the next one; ahead < available_cached().
  template <class Request>
  Request peek(std::uint32_t ahead) const {
    CHECK(ahead < available_cached());
    return read_slot<Request>(consumed_ + ahead);
  }
  void consume(std::uint32_t count);

  // Taken and not answered yet.
  std::uint32_t unanswered() const { return consumed_ - answered_; }

  // Puts the response to the oldest unanswered request in that request's slot, where netfront looks
  // for it. The frontend does not see it before publish().
  template <class Response>
  void respond(const Response& response) {
    CHECK(unanswered() > 0);
    write_slot(answered_++, response);
  }

  // Shows the frontend all responses so far. True: it asked, by rsp_event, to be notified of one of
  // them, and sleeps if it is not.
  bool publish();

  // Before going to sleep: asks, by req_event, for a notification once `wanted` requests wait, then
  // looks again. True: that many are there already, and there may be no notification for them.
  // wanted is 1 to kSlots.
  std::expected<bool, RingFault> wait_for(std::uint32_t wanted);

 private:
  template <class T>
  T read_slot(std::uint32_t index) const {
    constexpr std::size_t kWords = sizeof(T) / sizeof(std::uint32_t);
    std::array<std::uint32_t, kWords> words;
    const std::size_t first = slot_at(index, kWords);
    for (std::size_t i = 0; i < kWords; ++i)
      words[i] = std::atomic_ref(page_[first + i]).load(std::memory_order_relaxed);
    return std::bit_cast<T>(words);
  }
  template <class T>
  void write_slot(std::uint32_t index, const T& value) {
    constexpr std::size_t kWords = sizeof(T) / sizeof(std::uint32_t);
    const auto words = std::bit_cast<std::array<std::uint32_t, kWords>>(value);
    const std::size_t first = slot_at(index, kWords);
    for (std::size_t i = 0; i < kWords; ++i)
      std::atomic_ref(page_[first + i]).store(words[i], std::memory_order_relaxed);
  }
  // The first word of a slot of which `words` are used.
  std::size_t slot_at(std::uint32_t index, std::size_t words) const;

  RingPage page_;
  std::size_t slot_words_;
  // Free-running indices, as in the ring: answered_ <= consumed_ <= seen_ <= answered_ + kSlots.
  std::uint32_t seen_;
  std::uint32_t consumed_;
  std::uint32_t answered_;
  std::uint32_t published_;
};

}  // namespace sallyport::netback
