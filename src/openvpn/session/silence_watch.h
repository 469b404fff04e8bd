// Notices within seconds that what is sent gets no answer of any kind, long before ping-restart: a
// server that was restarted drops our packets without a word.
#pragma once

#include <optional>

#include "base/time.h"

namespace sallyport::openvpn {

class SilenceWatch {
 public:
  // How long silence after a packet of ours means nothing.
  static constexpr base::Duration kPatience = std::chrono::seconds(1);
  // The peer is then asked for a sign of life so often, a second apart, and has another second.
  static constexpr int kQuestions = 3;
  static constexpr base::Duration kPause = std::chrono::seconds(1);

  // A packet that may deserve an answer went out. What was sent before and is unanswered counts.
  void sent(base::Instant now) {
    if (!next_) next_ = now + kPatience;
  }
  // Anything that the peer surely sent.
  void received() {
    next_.reset();
    asked_ = 0;
  }

  enum class Step { kNothing, kAsk, kGone };
  // kGone is said once.
  Step handle_timeout(base::Instant now);
  std::optional<base::Instant> next_deadline() const { return next_; }

 private:
  std::optional<base::Instant> next_;
  int asked_ = 0;
};

}  // namespace sallyport::openvpn
