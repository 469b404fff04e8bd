// Fewer, fuller batches under load, as network cards moderate their interrupts. While packets
// arrive densely, the loop rests a moment after each turn, so that the next turn finds a batch and
// not one packet: the price of waking up, of a system call and of a merge is then paid once for
// many. A gateway that is quiet, or carries one request at a time, is never delayed.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace sallyport::io {

class TurnPacer {
 public:
  // From this many arriving packets a millisecond on. One request and its answer after the other
  // stay well below, a bulk transfer to us is far above.
  static constexpr std::uint64_t kDensePackets = 24;
  // What a packet may wait; short beside any uplink's round trip.
  static constexpr base::Duration kRest = std::chrono::microseconds(200);

  // To be called at the end of a turn with the number of packets that arrived since the start.
  // Returns how long to rest: kRest or zero.
  base::Duration rest_after(base::Instant now, std::uint64_t packets);

 private:
  static constexpr base::Duration kWindow = std::chrono::milliseconds(1);

  base::Instant window_start_{};
  std::uint64_t packets_at_start_ = 0;
  bool dense_ = false;
};

// Lets this process's waits end when they are to and not half a rest later, as is the kernel's way.
// Before the cage, which does not let it.
void keep_waits_short();

// Blocks this thread; signals cut it short.
void rest(base::Duration duration);

}  // namespace sallyport::io
