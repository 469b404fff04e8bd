// So many in so long a time (connect-freq-initial N SECONDS): a bucket that is full again when the
// time is over.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace sallyport::openvpn {

class RateLimit {
 public:
  RateLimit(std::uint32_t count, base::Duration period) : count_(count), period_(period) {}

  bool has_room(base::Instant now) {
    if (now - begin_ >= period_) {
      begin_ = now;
      used_ = 0;
    }
    return used_ < count_;
  }
  void take() { ++used_; }

 private:
  std::uint32_t count_;
  base::Duration period_;
  base::Instant begin_{};
  std::uint32_t used_ = 0;
};

}  // namespace sallyport::openvpn
