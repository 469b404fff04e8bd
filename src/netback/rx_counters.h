// What an Rx ring has carried and refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/counter_set.h"

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

struct RxCounters {
  std::uint64_t packets = 0;  // delivered
  std::uint64_t bytes = 0;    // of those, with their Ethernet headers
  std::uint64_t slots = 0;    // used, one way or the other
  std::uint64_t copies = 0;   // grant copy operations
  std::uint64_t batches = 0;  // finished: at most one call and one notification each
  std::uint64_t notifications = 0;
  base::CounterSet<RxRefusal> refused;
};

}  // namespace sallyport::netback
