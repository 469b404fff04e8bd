#include "io/turn_pacer.h"

#include <sys/prctl.h>

#include <ctime>

namespace sallyport::io {

base::Duration TurnPacer::rest_after(base::Instant now, std::uint64_t packets) {
  const base::Duration elapsed = now - window_start_;
  if (elapsed >= kWindow) {
    const auto windows = static_cast<std::uint64_t>(elapsed / kWindow);
    dense_ = packets - packets_at_start_ >= kDensePackets * windows;
    window_start_ = now;
    packets_at_start_ = packets;
  }
  return dense_ ? kRest : base::Duration::zero();
}

void keep_waits_short() {
  // What the kernel adds by default is 50 us. Where it can't be changed, rests are longer.
  constexpr unsigned long kSlackNanoseconds = 1000;
  ::prctl(PR_SET_TIMERSLACK, kSlackNanoseconds, 0, 0, 0);
}

void rest(base::Duration duration) {
  const timespec time{
      0, static_cast<long>(std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count())};
  ::nanosleep(&time, nullptr);
}

}  // namespace sallyport::io
