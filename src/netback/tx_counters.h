// What a Tx ring has carried and refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "netback/ring_counters.h"

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

using TxCounters = RingCounters<TxRefusal>;

}  // namespace sallyport::netback
