// How long a channel stays masked after an event that was about nothing. A guest sends events as
// fast as it likes; taking one costs us more than sending it costs the guest. Correct frontends
// send few for nothing, when we found by looking what they were about to announce.
#pragma once

#include "base/time.h"

namespace sallyport::netback {

class SpuriousEvents {
 public:
  // In a row, before there are pauses.
  static constexpr unsigned kFree = 16;
  // The pauses double between these. A guest that sends something after a storm waits for one.
  static constexpr base::Duration kShortest = std::chrono::milliseconds(1);
  static constexpr base::Duration kLongest = std::chrono::milliseconds(128);

  // There was something to do.
  void useful() {
    free_ = kFree;
    pause_ = kShortest;
  }

  // There was not. How long to keep the channel masked; zero: not at all.
  base::Duration spurious();

 private:
  unsigned free_ = kFree;
  base::Duration pause_ = kShortest;
};

}  // namespace sallyport::netback
