// What one ring has carried and refused.
#pragma once

#include <cstdint>

#include "base/counter_set.h"

namespace sallyport::netback {

template <class Refusal>
struct RingCounters {
  std::uint64_t packets = 0;  // that got through
  std::uint64_t bytes = 0;    // of those, with their Ethernet headers
  std::uint64_t slots = 0;    // answered, one way or the other
  std::uint64_t copies = 0;   // grant copy operations
  std::uint64_t batches = 0;  // finished: at most one call and one notification each
  std::uint64_t notifications = 0;
  base::CounterSet<Refusal> refused;

  RingCounters& operator+=(const RingCounters& other) {
    packets += other.packets;
    bytes += other.bytes;
    slots += other.slots;
    copies += other.copies;
    batches += other.batches;
    notifications += other.notifications;
    refused += other.refused;
    return *this;
  }
};

}  // namespace sallyport::netback
