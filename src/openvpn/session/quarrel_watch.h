// Notices that two clients with one certificate throw each other out: a server that allows a name
// once ends the older connection without a word. Each of the two sees a tunnel that comes up at
// once, and that nobody answers a few seconds later, again and again.
#pragma once

#include <optional>

#include "base/time.h"

namespace sallyport::openvpn {

class QuarrelWatch {
 public:
  // An attempt to connect begins.
  void attempt(base::Instant now) { attempt_ = now; }
  // It led to a tunnel.
  void up(base::Instant now);
  // The tunnel ended from the other side, or by silence. Any other end is to be told by calm().
  void ended(base::Instant now);
  void calm() { short_lives_ = 0; }

  // Three tunnels in a row came up at once and ended soon after.
  bool suspected() const { return short_lives_ >= kTellingLives; }
  // To leave the place to the other one; zero where nothing is suspected.
  base::Duration pause() const;

 private:
  static constexpr unsigned kTellingLives = 3;

  std::optional<base::Instant> attempt_, up_;
  bool came_at_once_ = false;
  unsigned short_lives_ = 0;
};

}  // namespace sallyport::openvpn
