// What a Tx ring has carried and refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/counter_set.h"

namespace sallyport::netback {

// Why a guest's packet was answered with NETIF_RSP_ERROR. Its vif goes on.
enum class TxRefusal : std::uint8_t {
  kTooShort,          // less than an Ethernet header
  kTooManySlots,      // more than kMaxDataSlots
  kSizesDisagree,     // the later slots hold more than the whole packet
  kMulticastControl,  // a request to filter multicast, which was not offered
  kCopyFailed,        // a grant that does not exist, is not ours, or was taken back
  kCount,
};

// As in `status`: "packet too short".
std::string_view describe(TxRefusal refusal);

struct TxCounters {
  std::uint64_t packets = 0;  // handed on
  std::uint64_t bytes = 0;    // of those, with their Ethernet headers
  std::uint64_t slots = 0;    // answered, one way or the other
  std::uint64_t copies = 0;   // grant copy operations
  std::uint64_t batches = 0;  // finished: at most one call and one notification each
  std::uint64_t notifications = 0;
  base::CounterSet<TxRefusal> refused;
};

}  // namespace sallyport::netback
