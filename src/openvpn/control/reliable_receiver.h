// The receiving half of the reliability layer of one TLS session (docs/protocol.md, "Reliability"):
// puts messages in order and remembers what is to be acknowledged.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "openvpn/control/reliable_sender.h"
#include "openvpn/wire/control_packet.h"

namespace sallyport::openvpn {

class ReliableReceiver {
 public:
  // 2.6 sends at most six ahead; twelve is what it receives itself.
  static constexpr std::uint32_t kWindow = 12;

  enum class Outcome {
    kAccepted,
    kDuplicate,  // had it already: discarded, but acknowledged again, or a lost ACK would stall the
                 // peer
    kOutOfWindow,  // too far ahead: dropped without an acknowledgement, since it is not kept
  };
  Outcome receive(MessageId id, Opcode opcode, base::Bytes payload);

  // The next message in order, once.
  std::optional<ReliableMessage> next_in_order();

  // The id of the message that comes next in order.
  MessageId expected() const { return MessageId(expected_); }

  bool has_acks() const { return !acks_.empty(); }
  // Takes up to `limit` pending acknowledgements, oldest first.
  AckList take_acks(std::size_t limit);

 private:
  void owe_ack(MessageId id);

  std::uint32_t expected_ = 0;
  std::map<std::uint32_t, ReliableMessage> early_;  // at most kWindow
  std::deque<MessageId> acks_;                      // at most kMaximumAcks, no doubles
};

}  // namespace sallyport::openvpn
