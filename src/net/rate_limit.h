// A token bucket: how often something may happen, with a burst allowed after silence. Bounds the
// errors and resets we send (RFC 1812 4.3.2.8, RFC 4443 2.4f).
#pragma once

#include <cstdint>

#include "base/time.h"

namespace sallyport::net {

class RateLimit {
 public:
  // Full at first. Both are at least 1; `per_second` at most a million.
  RateLimit(std::uint32_t per_second, std::uint32_t burst);

  // True, and one token less, when there is one. `now` never goes back.
  [[nodiscard]] bool take(base::Instant now);

 private:
  // Time that pays for one token, and for a full bucket.
  base::Duration cost_;
  base::Duration full_;
  // Time saved up until `counted_`.
  base::Duration saved_;
  base::Instant counted_{};
};

}  // namespace sallyport::net
