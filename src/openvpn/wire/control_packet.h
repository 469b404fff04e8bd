// The control packet without its wrapping (docs/protocol.md, "Packets"):
//   all:             hdr(1) | own_session_id(8) | n(1) | ack_id(4)*n | peer_session_id(8) if n>0
//   CONTROL, RESET:  and then message_id(4) | payload
// tls-auth and tls-crypt put their fields between the first nine bytes (the header) and the rest
// (the body).
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "openvpn/drop_reason.h"
#include "openvpn/wire/opcode.h"

namespace sallyport::openvpn {

// The message ids one packet acknowledges: at most eight on the wire.
class AckList {
 public:
  static constexpr std::size_t kMaximum = 8;

  AckList() = default;
  explicit AckList(std::initializer_list<MessageId> ids);

  void add(MessageId id);  // only while size() < kMaximum
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const MessageId> ids() const { return std::span(ids_).first(size_); }

 private:
  std::array<MessageId, kMaximum> ids_{};
  std::size_t size_ = 0;
};

// The nine bytes that every wrapping leaves in clear.
struct ControlHeader {
  static constexpr std::size_t kSize = 9;

  Opcode opcode;
  KeyId key_id;
  SessionId session;  // the sender's

  static std::expected<ControlHeader, DropReason> parse(base::Bytes packet);
  std::array<std::uint8_t, kSize> serialize() const;
};

struct ControlBody {
  // OpenVPN's control packets are at most 2,048 bytes (--max-packet-size of 2.6), whatever carries
  // them. It bounds what a peer that nobody knows yet can have us keep.
  static constexpr std::size_t kMaxPayload = 2048;

  AckList acks;
  SessionId acked_session;              // the receiver's own, meaningful when there are acks
  std::optional<MessageId> message_id;  // none in ACK_V1
  base::Bytes payload;                  // borrowed: TLS bytes, or what a reset carries

  // Takes the whole body; `opcode` decides whether a message id follows. A payload is at most
  // kMaxPayload.
  static std::expected<ControlBody, DropReason> parse(Opcode opcode, base::Bytes body);
  std::vector<std::uint8_t> serialize() const;
};

// What serialize() adds to a payload when it carries `acks` acknowledgements.
std::size_t control_body_overhead(std::size_t acks);

}  // namespace sallyport::openvpn
