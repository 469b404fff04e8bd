// The sending half of the reliability layer of one TLS session (docs/protocol.md, "Reliability"):
// keeps messages until they are acknowledged and says when one is to go out, for the first time or
// again. It holds plain messages, not packets: every transmission is wrapped afresh under a new
// packet id, or the peer's replay filter would eat retransmissions.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/time.h"
#include "openvpn/wire/opcode.h"

namespace sallyport::openvpn {

struct ReliableMessage {
  MessageId id;
  Opcode opcode;
  std::vector<std::uint8_t> payload;
};

class ReliableSender {
 public:
  // Old peers take four messages at once (2.5 and before receive eight, but answer four by four).
  static constexpr std::size_t kWindow = 4;

  // `first_timeout` is tls-timeout; it doubles with each retransmission of a message, but for a
  // client's hard reset not beyond four seconds.
  explicit ReliableSender(base::Duration first_timeout) : first_timeout_(first_timeout) {}

  bool has_room() const { return waiting_.size() < kWindow; }
  bool all_acknowledged() const { return waiting_.empty(); }
  // Of the newest message; there has been one.
  MessageId last_id() const { return MessageId(next_id_ - 1); }

  // Takes a message under the next id; it is due at once. Only while has_room().
  void push(Opcode opcode, std::vector<std::uint8_t> payload);

  // The peer has it. Unknown ids are ignored: acknowledgements repeat. A message that three later
  // ones overtook is due again at once.
  void acknowledge(MessageId id);

  // The next message that is due, oldest first, now counted as sent at `now`. Valid until the next
  // call.
  const ReliableMessage* next_due(base::Instant now);

  std::optional<base::Instant> next_deadline() const;

 private:
  struct Waiting {
    ReliableMessage message;
    base::Instant due;  // the epoch: at once
    base::Duration timeout;
    int overtaken = 0;
  };

  base::Duration first_timeout_;
  std::uint32_t next_id_ = 0;
  std::deque<Waiting> waiting_;
};

}  // namespace sallyport::openvpn
