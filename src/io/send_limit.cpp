#include "io/send_limit.h"

#include <algorithm>

namespace sallyport::io {

void SendLimit::full(base::Instant now) {
  if (!full_since_) full_since_ = now;
  last_full_ = now;
  batch_ = std::min(batch_, socket_ / 2);
}

void SendLimit::writable(base::Instant now) {
  if (!full_since_) return;
  const auto took = std::max<base::Duration::rep>((now - *full_since_).count(), 1);
  full_since_.reset();
  last_full_ = now;
  const auto in_target = static_cast<std::size_t>(static_cast<base::Duration::rep>(socket_) *
                                                  kTarget.count() / (2 * took));
  socket_ = std::clamp(std::min(in_target, 2 * socket_), kLeast, kMost);
  batch_ = socket_ / 2;
}

void SendLimit::took(base::Instant now, std::size_t bytes) {
  if (bytes < batch_ || (last_full_ && now - *last_full_ < kCalm)) return;
  batch_ = std::min(2 * batch_, kMostBatch);
}

}  // namespace sallyport::io
