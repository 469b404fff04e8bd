#include "io/event_loop.h"

#include <event2/event.h>

#include <algorithm>

#include "base/check.h"

namespace sallyport::io {
namespace {

// libevent hands the pointer back that it was given: the std::function of the watch.
void call(evutil_socket_t, short, void* callback) {
  (*static_cast<std::function<void()>*>(callback))();
}

internal::UniqueEvent make_event(EventLoop& loop, int fd, short what,
                                 std::function<void()>& callback) {
  internal::UniqueEvent made(::event_new(loop.handle(), fd, what, call, &callback));
  CHECK(made != nullptr);
  return made;
}

}  // namespace

void EventLoop::Free::operator()(event_base* base) const {
  ::event_base_free(base);
}
void internal::FreeEvent::operator()(event* watched) const {
  ::event_free(watched);
}

EventLoop::EventLoop() {
  const std::unique_ptr<event_config, decltype(&::event_config_free)> config(::event_config_new(),
                                                                             ::event_config_free);
  CHECK(config != nullptr);
  ::event_config_set_flag(config.get(), EVENT_BASE_FLAG_NOLOCK);
  base_.reset(::event_base_new_with_config(config.get()));
  CHECK(base_ != nullptr);
}

void EventLoop::run() {
  CHECK(::event_base_loop(base_.get(), EVLOOP_NO_EXIT_ON_EMPTY) >= 0);
}
void EventLoop::stop() {
  CHECK(::event_base_loopbreak(base_.get()) == 0);
}

FdWatch::FdWatch(EventLoop& loop, int fd, Readiness readiness, std::function<void()> callback)
    : callback_(std::move(callback)),
      event_(make_event(
          loop, fd,
          static_cast<short>(EV_PERSIST | (readiness == Readiness::kReadable ? EV_READ : EV_WRITE)),
          callback_)) {
  enable();
}

void FdWatch::enable() {
  if (!enabled_) CHECK(::event_add(event_.get(), nullptr) == 0);
  enabled_ = true;
}

void FdWatch::disable() {
  if (enabled_) CHECK(::event_del(event_.get()) == 0);
  enabled_ = false;
}

Timer::Timer(EventLoop& loop, std::function<void()> callback)
    : callback_(std::move(callback)), event_(make_event(loop, -1, 0, callback_)) {}

void Timer::set(base::Duration delay) {
  const auto micros = std::max<base::Duration::rep>(delay.count(), 0);
  const timeval wait{static_cast<time_t>(micros / 1'000'000),
                     static_cast<suseconds_t>(micros % 1'000'000)};
  CHECK(::event_add(event_.get(), &wait) == 0);
}

void Timer::cancel() {
  CHECK(::event_del(event_.get()) == 0);
}

SignalWatch::SignalWatch(EventLoop& loop, int signal, std::function<void()> callback)
    : callback_(std::move(callback)),
      event_(make_event(loop, signal, EV_SIGNAL | EV_PERSIST, callback_)) {
  CHECK(::event_add(event_.get(), nullptr) == 0);
}

}  // namespace sallyport::io
