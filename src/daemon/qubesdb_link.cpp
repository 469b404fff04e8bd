#include "daemon/qubesdb_link.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "io/clock.h"
#include "qubes/socket_session.h"
#include "qubes/vchan_session.h"

namespace sallyport::daemon {
namespace {

constexpr std::size_t kReadSize = 16 * 1024;
constexpr int kReadsPerTurn = 16;
constexpr base::Duration kFirstPause = std::chrono::milliseconds(200);
constexpr base::Duration kLongestPause = std::chrono::seconds(5);
// A vchan does not say when there is room again.
constexpr base::Duration kRetrySending = std::chrono::milliseconds(10);

std::unique_ptr<qubes::Session> make_session(const QubesDbSource& source) {
  if (std::holds_alternative<QubesDbVchan>(source)) return std::make_unique<qubes::VchanSession>();
  return std::make_unique<qubes::SocketSession>();
}

std::unexpected<std::string> fault_error(qubes::Fault fault) {
  return std::unexpected("the other end is refused: " + std::string(qubes::describe(fault)));
}

}  // namespace

std::string_view name_of(QubesDbState state) {
  switch (state) {
    case QubesDbState::kOff:
      return "off";
    case QubesDbState::kConnecting:
      return "connecting";
    case QubesDbState::kSynchronised:
      return "synchronised";
    case QubesDbState::kLost:
      return "lost";
  }
  CHECK(false);
}

QubesDbLink::QubesDbLink(io::EventLoop& loop, QubesDbSource source, Events events)
    : loop_(loop),
      source_(std::move(source)),
      events_(std::move(events)),
      session_(make_session(source_)),
      space_(kReadSize),
      timer_(loop, [this] { on_timer(); }),
      again_(loop, [this] { on_again(); }),
      since_(io::read_clock()),
      pause_(kFirstPause) {
  timer_.set(base::Duration::zero());
}

QubesDbStatus QubesDbLink::status() const {
  return {state_, since_.wall,        settings().firewall_count(),
          told_,  session_->faults(), settings().ignored()};
}

void QubesDbLink::connect() {
  const base::Now now = io::read_clock();
  readable_.reset();
  writable_.reset();
  auto transport = QubesDbTransport::open(source_);
  if (!transport) return lose(now, transport.error());
  transport_ = std::move(*transport);
  using Readiness = io::FdWatch::Readiness;
  readable_ = std::make_unique<io::FdWatch>(loop_, transport_->fd(), Readiness::kReadable,
                                            [this] { on_readable(); });
  writable_ = std::make_unique<io::FdWatch>(loop_, transport_->fd(), Readiness::kWritable,
                                            [this] { on_writable(); });
  session_->handle_connected(now);
  settle(now, send_output());
}

void QubesDbLink::on_timer() {
  if (!transport_) return connect();
  const base::Now now = io::read_clock();
  const auto in_time = session_->handle_timeout(now);
  if (!in_time) return settle(now, fault_error(in_time.error()));
  settle(now, {});
}

void QubesDbLink::on_readable() {
  const base::Now now = io::read_clock();
  transport_->take_event();
  settle(now, receive(now));
}

// Without an event to take: a vchan would wait for one.
void QubesDbLink::on_again() {
  if (!transport_) return;
  const base::Now now = io::read_clock();
  settle(now, receive(now));
}

void QubesDbLink::on_writable() {
  settle(io::read_clock(), {});
}

std::expected<void, std::string> QubesDbLink::receive(base::Now now) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const auto count = transport_->read(space_.bytes());
    if (!count) return std::unexpected("the other end is gone");
    if (*count == 0) return {};
    if (auto read = session_->handle_bytes(now, space_.bytes().first(*count)); !read)
      return fault_error(read.error());
    if (auto sent = send_output(); !sent) return sent;
  }
  again_.set(base::Duration::zero());
  return {};
}

std::expected<void, std::string> QubesDbLink::send_output() {
  const std::vector<std::uint8_t> output = session_->take_output();
  if (!output.empty() && !transport_->send(output))
    return std::unexpected("the other end does not read");
  return {};
}

void QubesDbLink::settle(base::Now now, const std::expected<void, std::string>& done) {
  deliver(now);
  if (!done) return lose(now, done.error());
  if (!transport_->flush()) return lose(now, "the other end is gone");
  const bool waits = transport_->has_unsent();
  if (std::holds_alternative<QubesDbVchan>(source_)) {
    writable_->disable();
    if (waits) again_.set(kRetrySending);
  } else if (waits) {
    writable_->enable();
  } else {
    writable_->disable();
  }
  if (const auto deadline = session_->next_deadline()) {
    timer_.set(*deadline - now.mono);
  } else {
    timer_.cancel();
  }
}

void QubesDbLink::deliver(base::Now now) {
  std::vector<qubes::Change> changes;
  while (auto change = session_->poll()) changes.push_back(std::move(*change));
  if (changes.empty()) return;
  told_ += changes.size();
  if (session_->synchronised() && state_ != QubesDbState::kSynchronised) {
    enter(now, QubesDbState::kSynchronised);
    last_problem_.clear();
    events_.log("QubesDB is synchronised");
  }
  events_.on_changes(session_->settings(), changes);
}

// Called from the watches' own callbacks too, so they go with the next attempt.
void QubesDbLink::lose(base::Now now, const std::string& why) {
  session_->handle_disconnected();
  if (readable_) readable_->disable();
  if (writable_) writable_->disable();
  transport_.reset();
  // Who is there for a moment only is not asked more often than who is not there.
  if (state_ == QubesDbState::kSynchronised && now.mono - since_.mono > kLongestPause)
    pause_ = kFirstPause;
  if (state_ == QubesDbState::kSynchronised) {
    enter(now, QubesDbState::kLost);
    events_.log("QubesDB is lost, and what it said stays: " + why);
  } else if (why != last_problem_) {
    events_.log("QubesDB: " + why);
  }
  last_problem_ = why;
  timer_.set(pause_);
  pause_ = std::min(2 * pause_, kLongestPause);
}

void QubesDbLink::enter(base::Now now, QubesDbState state) {
  state_ = state;
  since_ = now;
}

}  // namespace sallyport::daemon
