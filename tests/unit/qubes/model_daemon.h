// The other end of a session, as far as one client can tell: qubesdb-daemon at its local socket, or
// dom0's at a vchan. dom0's doings are write(), rm() and commit_firewall().
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "qubes/message.h"
#include "qubes/session.h"

namespace sallyport::qubes {

inline constexpr base::Now kStart{base::Instant(std::chrono::seconds(1000)), {}};
inline base::Now after(base::Duration passed) {
  return {kStart.mono + passed, {}};
}

std::vector<Message> messages_in(base::Bytes bytes);
std::vector<std::uint8_t> bytes_of(const std::vector<Message>& messages);
// All changes that wait.
std::vector<Change> changes_of(Session& session);

class ModelDaemon {
 public:
  enum class Kind : std::uint8_t { kSocket, kVchan };
  explicit ModelDaemon(Kind kind = Kind::kSocket) : kind_(kind) {}

  // Fires watches, or is told to the other end of the vchan.
  void write(std::string_view path, std::string_view value);
  void rm(std::string_view path);
  // As dom0's qubesd does it.
  void commit_firewall(std::string_view source, const std::vector<std::string>& rules);

  // Answers at once, and wants its own commands answered; both are forgotten by disconnect().
  void handle(const Message& request);
  void disconnect();

  const std::map<std::string, std::string>& entries() const { return entries_; }
  // What was sent since; and a way to send more, or to change the order.
  std::vector<Message> sent;
  // All requests that came.
  std::vector<Message> requests;

 private:
  void answer(MessageType type, std::string_view path, std::string_view data = {});
  void fire(std::string_view path);
  void expect_confirmation(const Message& message);

  Kind kind_;
  std::map<std::string, std::string> entries_;
  std::vector<std::string> watches_;
  std::deque<std::string> unconfirmed_;
};

// Carries bytes between the two until both are silent. False after a fault.
bool settle(Session& session, ModelDaemon& daemon, base::Now now = kStart);

}  // namespace sallyport::qubes
