// What `status` tells about a vif's rings: how well its packets are batched, and what its frontend
// was refused. All queues together.
#pragma once

#include <map>

#include "net/nat/flow.h"
#include "netback/rx_counters.h"
#include "netback/tx_counters.h"

namespace sallyport::daemon {

struct RingStatus {
  netback::TxCounters tx;  // from the guest
  netback::RxCounters rx;  // to the guest
};

using RingsByClient = std::map<net::ClientId, RingStatus>;

}  // namespace sallyport::daemon
