// The connection to QubesDB: made, kept, and made again. What is known stays known meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "daemon/qubesdb_source.h"
#include "daemon/qubesdb_status.h"
#include "daemon/qubesdb_transport.h"
#include "io/event_loop.h"
#include "qubes/session.h"

namespace sallyport::daemon {

class QubesDbLink {
 public:
  struct Events {
    // After every wake-up that brought changes, with all of them. The link must not be destroyed
    // from here.
    std::function<void(const qubes::Settings&, std::span<const qubes::Change>)> on_changes;
    std::function<void(const std::string&)> log;
  };

  // Connects at the next turn of the loop.
  QubesDbLink(io::EventLoop& loop, QubesDbSource source, Events events);

  // Good at any time; empty until the first connection, which means that everything is dropped.
  const qubes::Settings& settings() const { return session_->settings(); }
  QubesDbStatus status() const;

 private:
  void connect();
  void on_readable();
  void on_again();
  void on_writable();
  void on_timer();
  // What there is to read, for a turn; the error is why the connection is to be given up.
  std::expected<void, std::string> receive(base::Now now);
  std::expected<void, std::string> send_output();
  void deliver(base::Now now);
  void settle(base::Now now, const std::expected<void, std::string>& done);
  void lose(base::Now now, const std::string& why);
  void enter(base::Now now, QubesDbState state);

  io::EventLoop& loop_;
  QubesDbSource source_;
  Events events_;
  std::unique_ptr<qubes::Session> session_;
  base::Buffer space_;
  std::unique_ptr<QubesDbTransport> transport_;
  std::unique_ptr<io::FdWatch> readable_;
  std::unique_ptr<io::FdWatch> writable_;
  io::Timer timer_;  // to connect, or while connected, the session's deadline
  io::Timer again_;  // more is to be read or sent than was done in one turn
  QubesDbState state_ = QubesDbState::kConnecting;
  base::Now since_;
  std::uint64_t told_ = 0;
  base::Duration pause_;
  std::string last_problem_;
};

}  // namespace sallyport::daemon
