#include "net/rate_limit.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::net {

RateLimit::RateLimit(std::uint32_t per_second, std::uint32_t burst)
    : cost_(base::Duration(std::chrono::seconds(1)) / per_second),
      full_(cost_ * burst),
      saved_(full_) {
  CHECK(cost_ > base::Duration::zero() && burst > 0);
}

bool RateLimit::take(base::Instant now) {
  saved_ = std::min(full_, saved_ + (now - counted_));
  counted_ = now;
  if (saved_ < cost_) return false;
  saved_ -= cost_;
  return true;
}

}  // namespace sallyport::net
