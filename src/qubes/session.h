// A connection to a QubesDB, without the connection: bytes and time in, bytes and changes out. One
// object lasts over all connections, so that its settings do.
//
// After each handle_*: send what take_output() gives, take changes with poll() until there are
// none, and ask next_deadline(). After a fault, close the connection; handle_connected() begins the
// next one.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/counter_set.h"
#include "base/time.h"
#include "qubes/change.h"
#include "qubes/database.h"
#include "qubes/fault.h"
#include "qubes/message.h"
#include "qubes/settings.h"

namespace sallyport::qubes {

class Session {
 public:
  // How long a request may be unanswered; dom0 can be busy starting VMs.
  static constexpr base::Duration kPatience = std::chrono::seconds(30);

  virtual ~Session() = default;

  // A new connection, on which nothing has been sent or received. What was under way on the one
  // before is forgotten; everything is read again, and only what differs is a change.
  void handle_connected(base::Now now);
  void handle_disconnected();
  // The fault is counted. It is for good: until handle_connected() there is no more output, and
  // further bytes give the same fault.
  std::expected<void, Fault> handle_bytes(base::Now now, base::Bytes bytes);
  std::expected<void, Fault> handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const { return deadline_; }

  // What is to be sent now; at most a few hundred bytes more than was received.
  std::vector<std::uint8_t> take_output();
  std::optional<Change> poll() { return changes_.take(); }

  // Everything has been read on this connection.
  bool synchronised() const { return synchronised_; }
  // Good at any time, from the last connection while there is none.
  const Settings& settings() const { return settings_; }
  const base::CounterSet<Fault>& faults() const { return faults_; }

 protected:
  virtual void start(base::Now now) = 0;
  virtual std::expected<void, Fault> handle(base::Now now, Message message) = 0;

  void send(const Message& message) { append_message(message, output_); }
  void become_synchronised();
  void expect_answer(base::Now now) { deadline_ = now.mono + kPatience; }
  void expect_nothing() { deadline_.reset(); }

  // What was read on this connection, as far as it is needed again.
  Database database_;
  Settings settings_;
  ChangeQueue changes_;

 private:
  void forget_connection();
  std::unexpected<Fault> fail(Fault fault);

  MessageReader reader_;
  std::vector<std::uint8_t> output_;
  std::optional<base::Instant> deadline_;
  std::optional<Fault> broken_;
  bool synchronised_ = false;
  base::CounterSet<Fault> faults_;
};

}  // namespace sallyport::qubes
