// libevent as RAII: watches and timers that call a function, and one loop that runs them all on one
// thread. A callback is a transaction: nothing else of ours runs meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/time.h"

struct event;
struct event_base;

namespace sallyport::io {

class EventLoop {
 public:
  EventLoop();

  // Runs until stop(), which may be called from any callback.
  void run();
  void stop();
  event_base* handle() const { return base_.get(); }

 private:
  struct Free {
    void operator()(event_base* base) const;
  };
  std::unique_ptr<event_base, Free> base_;
};

namespace internal {
struct FreeEvent {
  void operator()(event* watched) const;
};
using UniqueEvent = std::unique_ptr<event, FreeEvent>;
}  // namespace internal

// Calls back whenever the descriptor is ready, until destroyed or disabled. The descriptor outlives
// the watch.
class FdWatch {
 public:
  enum class Readiness { kReadable, kWritable };

  FdWatch(EventLoop& loop, int fd, Readiness readiness, std::function<void()> callback);
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  void enable();
  void disable();

 private:
  std::function<void()> callback_;
  internal::UniqueEvent event_;
  bool enabled_ = false;
};

class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> callback);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls back once, `delay` from now; replaces what was set before. Negative delays count as zero.
  void set(base::Duration delay);
  void cancel();

 private:
  std::function<void()> callback_;
  internal::UniqueEvent event_;
};

class SignalWatch {
 public:
  SignalWatch(EventLoop& loop, int signal, std::function<void()> callback);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  std::function<void()> callback_;
  internal::UniqueEvent event_;
};

}  // namespace sallyport::io
