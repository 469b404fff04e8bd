#pragma once

#include <functional>
#include <memory>

#include "io/error.h"
#include "io/event_loop.h"
#include "io/unique_fd.h"

namespace sallyport::io {

// Calls back after the calendar clock was set, as it is when a machine resumes (timerfd_create(2),
// TFD_TIMER_CANCEL_ON_SET).
class ClockWatch {
 public:
  static Result<std::unique_ptr<ClockWatch>> open(EventLoop& loop, std::function<void()> callback);

 private:
  ClockWatch(EventLoop& loop, UniqueFd fd, std::function<void()> callback);
  bool arm();

  UniqueFd fd_;
  std::function<void()> callback_;
  FdWatch readable_;
};

}  // namespace sallyport::io
