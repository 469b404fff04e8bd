// Checks passwords beside the server's loop: each costs tens of milliseconds and 32 MiB on purpose.
// One thread, made before the cage forbids new ones; it touches nothing but its queue.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "io/error.h"
#include "io/event_loop.h"
#include "io/unique_fd.h"
#include "openvpn/server/password_queue.h"

namespace sallyport::daemon {

class PasswordWorker {
 public:
  using Answer = std::function<void(openvpn::PeerId client, std::uint64_t number, bool right)>;

  // `answer` is called from the loop.
  static io::Result<std::unique_ptr<PasswordWorker>> start(io::EventLoop& loop, Answer answer);
  ~PasswordWorker();

  // False, and `check` as it was: too many wait.
  [[nodiscard]] bool add(openvpn::PasswordCheck& check);

 private:
  struct Verdict {
    openvpn::PeerId client;
    std::uint64_t number;
    bool right;
  };

  PasswordWorker(io::EventLoop& loop, io::UniqueFd wake_up, Answer answer);
  void work();
  void take_verdicts();

  io::UniqueFd wake_up_;  // an eventfd, written when a verdict is there
  Answer answer_;
  std::mutex mutex_;
  std::condition_variable more_;
  openvpn::PasswordQueue waiting_;
  std::deque<Verdict> verdicts_;
  bool ends_ = false;
  io::FdWatch watch_;
  std::thread thread_;
};

}  // namespace sallyport::daemon
