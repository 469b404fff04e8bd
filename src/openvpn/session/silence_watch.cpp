#include "openvpn/session/silence_watch.h"

#include <algorithm>

namespace sallyport::openvpn {

void SilenceWatch::sent(base::Instant now, std::size_t bytes) {
  unanswered_ += bytes;
  if (next_) return;
  silent_since_ = now;
  next_ = now + kPatience;
}

void SilenceWatch::received(base::Instant now) {
  // Between two questions a second passes for the path, and not only for a machine that slept.
  if (next_ && asked_ > 1) {
    const bool fresh = now - slowest_at_ < kMemory;
    slowest_ = fresh ? std::max(slowest_, now - silent_since_) : now - silent_since_;
    slowest_at_ = now;
  }
  forget();
}

void SilenceWatch::forget() {
  next_.reset();
  unanswered_ = 0;
  asked_ = 0;
}

base::Duration SilenceWatch::wait_for_path(base::Instant now) const {
  constexpr std::int64_t kSecond = base::Duration(std::chrono::seconds(1)).count();
  constexpr auto kMost = static_cast<std::size_t>(kLongestWait.count() / kSecond * kSlowPath);
  const auto bytes = static_cast<std::int64_t>(std::min(unanswered_, kMost));
  const base::Duration to_carry(bytes * kSecond / kSlowPath);
  const bool fresh = now - slowest_at_ < kMemory;
  return std::min(std::max(to_carry, fresh ? 2 * slowest_ : base::Duration(0)), kLongestWait);
}

SilenceWatch::Step SilenceWatch::handle_timeout(base::Instant now) {
  if (!next_ || *next_ > now) return Step::kNothing;
  const base::Duration last_asked = kPatience + (kQuestions - 1) * kPause;
  if (asked_ >= kQuestions && now - silent_since_ >= last_asked + std::max(kPause, wait_for_path(now))) {
    forget();
    return Step::kGone;
  }
  ++asked_;
  next_ = now + (asked_ > kQuestions ? kPauseInWait : kPause);
  return Step::kAsk;
}

}  // namespace sallyport::openvpn
