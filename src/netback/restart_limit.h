// How often the other end of a link may start over: some times at once, and then once in a while.
// Each time costs us calls into the kernel and xenstore, and a line or two in the log.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"

namespace sallyport::netback {

class RestartLimit {
 public:
  static constexpr std::uint32_t kBurst = 8;
  static constexpr base::Duration kInterval = std::chrono::seconds(2);

  // When the next may be; in the past if now.
  base::Instant earliest() const { return paid_until_ - (kBurst - 1) * kInterval; }
  // One is made. Not before earliest().
  void pay(base::Instant now) { paid_until_ = std::max(paid_until_, now) + kInterval; }

 private:
  // Each costs kInterval, and may be paid for later by up to kBurst - 1.
  base::Instant paid_until_{};
};

}  // namespace sallyport::netback
