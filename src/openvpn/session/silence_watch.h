// Notices within seconds that what is sent gets no answer of any kind, long before ping-restart: a
// server that was restarted drops our packets without a word.
//
// A path that is full is silent, too: our questions stand in line behind what was sent before them,
// and many of them find no room. So whoever sends much waits longer, and asks more often.
#pragma once

#include <cstddef>
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

  // Or as much more time as a path that carries so many bytes a second needs for all that was sent
  // meanwhile. While a path of C fills up with R bytes a second, what is asked after a second is
  // answered R/C seconds after the first unanswered packet, however much the path holds; that is
  // within the time for any C of at least a third of this: 0.7 Mbit/s.
  static constexpr std::int64_t kSlowPath = 250'000;
  // Or twice as long as an answer took in the last half minute.
  static constexpr base::Duration kMemory = std::chrono::seconds(30);
  // But no longer than this. A server's own pings are heard within it.
  static constexpr base::Duration kLongestWait = std::chrono::seconds(30);
  // How often it is asked meanwhile: a full queue refuses most of what comes.
  static constexpr base::Duration kPauseInWait = std::chrono::milliseconds(250);

  // `bytes` of packets that may deserve an answer went out. What was sent before and is unanswered
  // counts.
  void sent(base::Instant now, std::size_t bytes);
  // Anything that the peer surely sent.
  void received(base::Instant now);

  enum class Step { kNothing, kAsk, kGone };
  // kGone is said once.
  Step handle_timeout(base::Instant now);
  std::optional<base::Instant> next_deadline() const { return next_; }

 private:
  // What the path may need to bring the last question and its answer.
  base::Duration wait_for_path(base::Instant now) const;
  void forget();

  std::optional<base::Instant> next_;
  base::Instant silent_since_{};
  std::size_t unanswered_ = 0;  // bytes since then
  int asked_ = 0;
  base::Duration slowest_{0};  // answer, of those that came after the second question
  base::Instant slowest_at_{};
};

}  // namespace sallyport::openvpn
