#include "daemon/password_worker.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace sallyport::daemon {

io::Result<std::unique_ptr<PasswordWorker>> PasswordWorker::start(io::EventLoop& loop,
                                                                  Answer answer) {
  io::UniqueFd wake_up(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_up.valid()) return io::system_error("cannot make an eventfd");
  return std::unique_ptr<PasswordWorker>(
      new PasswordWorker(loop, std::move(wake_up), std::move(answer)));
}

PasswordWorker::PasswordWorker(io::EventLoop& loop, io::UniqueFd wake_up, Answer answer)
    : wake_up_(std::move(wake_up)),
      answer_(std::move(answer)),
      watch_(loop, wake_up_.get(), io::FdWatch::Readiness::kReadable, [this] { take_verdicts(); }),
      thread_([this] { work(); }) {}

PasswordWorker::~PasswordWorker() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  more_.notify_one();
  thread_.join();
}

bool PasswordWorker::add(openvpn::PasswordCheck& check) {
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.add(check)) return false;
  }
  more_.notify_one();
  return true;
}

void PasswordWorker::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    more_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
    if (ends_) return;
    const auto check = waiting_.next();
    lock.unlock();
    const bool right = check->hash.matches(check->password.reveal_text());
    lock.lock();
    verdicts_.push_back({check->client, check->number, right});
    const std::uint64_t one = 1;
    static_cast<void>(::write(wake_up_.get(), &one, sizeof one) == sizeof one);
  }
}

void PasswordWorker::take_verdicts() {
  std::uint64_t count = 0;
  static_cast<void>(::read(wake_up_.get(), &count, sizeof count) == sizeof count);
  std::deque<Verdict> verdicts;
  {
    const std::lock_guard lock(mutex_);
    verdicts.swap(verdicts_);
  }
  for (const Verdict& verdict : verdicts) answer_(verdict.client, verdict.number, verdict.right);
}

}  // namespace sallyport::daemon
