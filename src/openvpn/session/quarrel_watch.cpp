#include "openvpn/session/quarrel_watch.h"

#include "base/back_off.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

// A network that was away takes longer to answer than a server that is there all the time.
constexpr base::Duration kAtOnce = seconds(5);
constexpr base::Duration kShortLife = seconds(90);
constexpr base::Duration kFirstPause = seconds(15);
constexpr base::Duration kLongestPause = seconds(60);

}  // namespace

void QuarrelWatch::up(base::Instant now) {
  came_at_once_ = attempt_ && now - *attempt_ <= kAtOnce;
  up_ = now;
}

void QuarrelWatch::ended(base::Instant now) {
  const bool short_life = came_at_once_ && up_ && now - *up_ <= kShortLife;
  short_lives_ = short_life ? short_lives_ + 1 : 0;
}

base::Duration QuarrelWatch::pause() const {
  if (!suspected()) return base::Duration::zero();
  return base::doubled(kFirstPause, short_lives_ - kTellingLives, kLongestPause);
}

}  // namespace sallyport::openvpn
