#include "io/clock_watch.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <limits>
#include <utility>

namespace sallyport::io {

Result<std::unique_ptr<ClockWatch>> ClockWatch::open(EventLoop& loop,
                                                     std::function<void()> callback) {
  UniqueFd fd(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!fd.valid()) return system_error("cannot make a timer");
  std::unique_ptr<ClockWatch> made(new ClockWatch(loop, std::move(fd), std::move(callback)));
  if (!made->arm()) return system_error("cannot watch the clock");
  return made;
}

ClockWatch::ClockWatch(EventLoop& loop, UniqueFd fd, std::function<void()> callback)
    : fd_(std::move(fd)),
      callback_(std::move(callback)),
      readable_(loop, fd_.get(), FdWatch::Readiness::kReadable, [this] {
        std::uint64_t count = 0;
        // ECANCELED, and only once: armed anew it waits for the next time.
        if (::read(fd_.get(), &count, sizeof count) < 0) arm();
        callback_();
      }) {}

// It never goes off by itself.
bool ClockWatch::arm() {
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<std::time_t>::max() / 4;
  return ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                           nullptr) == 0;
}

}  // namespace sallyport::io
