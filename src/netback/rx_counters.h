// What an Rx ring has carried and refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "netback/ring_counters.h"

namespace sallyport::netback {

// Why a frame did not reach its guest.
enum class RxRefusal : std::uint8_t {
  kTooLong,     // beyond kMaxRxFrame
  kNeedsSg,     // more than a page, for a frontend without feature-sg
  kNeedsGso,    // a super-packet, for a frontend without the feature-gso-* of its kind
  kNeedsCsum,   // a blank checksum, for a frontend that does not fill it
  kNoSlots,     // the caller gave up waiting for the guest to post buffers
  kCopyFailed,  // a grant that does not exist, is not ours, or was taken back
  kCount,
};

// As in `status`: "guest has no buffers".
std::string_view describe(RxRefusal refusal);

using RxCounters = RingCounters<RxRefusal>;

}  // namespace sallyport::netback
