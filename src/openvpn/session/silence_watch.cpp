#include "openvpn/session/silence_watch.h"

namespace sallyport::openvpn {

SilenceWatch::Step SilenceWatch::handle_timeout(base::Instant now) {
  if (!next_ || *next_ > now) return Step::kNothing;
  if (asked_ == kQuestions) {
    received();
    return Step::kGone;
  }
  ++asked_;
  next_ = now + kPause;
  return Step::kAsk;
}

}  // namespace sallyport::openvpn
